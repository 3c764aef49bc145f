"""What the Lambda decided, from its own log: the only place that tells when an AC was switched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.dashboard.endpoint import Connection
from lab_utils.dashboard.queries import FUNCTION
from lab_utils.dashboard.snapshot import Decision, Lack

PATTERN = "zone"
_LINE = re.compile(
    r"zone (?P<zone>\d+): (?:mean (?P<mean>-?\d+(?:\.\d+)?) C of \d+ readings?|no valid reading): "
    r"(?P<said>AC on|AC off|nothing is sent)"
)
_BEFORE_MINUTES = 60
"""How far before the window is looked for the last switch, in lab minutes."""
_MISSING = "ResourceNotFoundException"
_SAID = {"AC on": True, "AC off": False, "nothing is sent": None}


def read_decisions(at: Connection, minutes: int) -> tuple[Decision, ...] | Lack:
    """Return what the Lambda's log says of each zone, oldest first.

    Args:
        at: The target.
        minutes: The window, in lab minutes; some of what was before it is read too.

    Raises:
        ClientError: CloudWatch Logs refuses.
        BotoCoreError: It does not answer.
    """
    start = at.now - timedelta(minutes=minutes + _BEFORE_MINUTES)
    try:
        pages = (
            at.client("logs")
            .get_paginator("filter_log_events")
            .paginate(
                logGroupName=f"/aws/lambda/{FUNCTION}",
                filterPattern=PATTERN,
                startTime=int(start.timestamp() * 1000),
            )
        )
        events = [event for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != _MISSING:
            raise
        return _no_log()
    return parse_decisions(events) or _no_decisions(minutes + _BEFORE_MINUTES)


def parse_decisions(events: Iterable[Mapping[str, Any]]) -> tuple[Decision, ...]:
    """Return the decisions that log entries tell, oldest first; other lines are left out."""
    found = []
    for event in events:
        match = _LINE.search(str(event["message"]))
        if match is not None:
            mean = match["mean"]
            found.append(
                Decision(
                    datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC),
                    int(match["zone"]),
                    None if mean is None else float(mean),
                    _SAID[match["said"]],
                    match[0],
                )
            )
    return tuple(sorted(found, key=lambda one: one.time))


def _no_log() -> Lack:
    return Lack(
        f"The function {FUNCTION} has no log, so nothing tells what it switched.",
        "Part 4 makes it; a log begins with the first run of a function whose role may write one.",
    )


def _no_decisions(minutes: int) -> Lack:
    return Lack(
        f"The log of {FUNCTION} tells no decision in the last {minutes} lab minutes, in lines "
        "such as: zone 1: mean 35.20 C of 24 readings: AC on.",
        "The schedule of part 4 runs it every minute; look at `lab logs ac_control_lambda`.",
    )
