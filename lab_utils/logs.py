"""CloudWatch Logs: entries of a log group."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.errors import LogError
from lab_utils.waiting import wait_for


def wait_for_entry(
    client: Any, group: str, pattern: str, since: datetime | None, timeout_s: float
) -> Any:
    """Return the newest entry that matches, once there is one, read as JSON.

    Args:
        client: The boto3 client of CloudWatch Logs.
        group: The log group.
        pattern: A filter pattern.
        since: Only entries from then on count; None for all.
        timeout_s: How long to wait, in seconds of the wall clock.

    Raises:
        LogError: No entry came in time, or the group was never made.

    Source:
        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    entry = wait_for(lambda: _newest(client, group, pattern, since), timeout_s)
    if entry is not None:
        return json.loads(entry)
    raise LogError(
        f"find {pattern} in the log group {group}",
        f"Within {timeout_s:g} s no such entry came.",
        "check that logging is switched on, and that its role may write to the log group; on "
        "real AWS entries can take a few minutes.",
    )


def _newest(client: Any, group: str, pattern: str, since: datetime | None) -> str | None:
    start_ms = int(since.timestamp() * 1000) if since else 0
    try:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=pattern, startTime=start_ms
        )
        events = [event for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    newest = max(events, key=lambda event: int(event["timestamp"]), default=None)
    return str(newest["message"]) if newest else None
