"""What each topic rule made of a message, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError

from lab_utils.errors import LogError
from lab_utils.waiting import wait_for

COLUMNS = ("FROM", "WHERE", "message", "role", "actions")
_LOG_GROUP = "AWSIotLogsV2"
_NOT_LOGGED = "unknown: AWS does not log it"


def trace_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the rules' own account of a message, as the embedded AWS gives it.

    Args:
        rows: One a rule, with ``rule``, ``topic``, ``condition``, ``message``, ``roles``,
            ``actions`` and ``problem``.

    Returns:
        A row a rule, the index its name. ``FROM`` says whether it took the topic and why,
        ``WHERE`` the values that the condition saw and its result, ``message`` what the SQL
        selected, as JSON, ``role`` what the roles were asked and answered, ``actions`` how each
        action ended: ``ok``, or AWS's words. Empty where the rule did not come so far. All
        columns are ``string``.
    """
    return _frame({str(row["rule"]): _cells(row) for row in rows})


def trace_from_log(
    iot: Any, logs: Any, topic: str, client_id: str, since: datetime, timeout_s: float
) -> pd.DataFrame:
    """Return what the log of AWS IoT tells of a message that was published.

    Args:
        iot: The boto3 client of AWS IoT.
        logs: The boto3 client of CloudWatch Logs.
        topic: The message's topic.
        client_id: The client that published it.
        since: When, with a zone.
        timeout_s: How long to wait for entries, in seconds of the wall clock.

    Returns:
        The columns of `trace_table`; what AWS does not log says so.

    Raises:
        LogError: Logging is off, or says too little: it has to be at INFO or DEBUG.
    """
    _require_logging(iot)
    pages = iot.get_paginator("list_topic_rules").paginate()
    patterns = {r["ruleName"]: r.get("topicPattern", "") for page in pages for r in page["rules"]}
    start_ms = int(since.timestamp() * 1000)

    def look() -> list[dict[str, Any]] | None:
        found = _entries(logs, topic, client_id, start_ms)
        has_ended = any(entry.get("eventType") == "RuleExecution" for entry in found)
        return found if has_ended else None

    entries = wait_for(look, timeout_s) or _entries(logs, topic, client_id, start_ms)
    of_rule: dict[str, list[dict[str, Any]]] = {name: [] for name in patterns}
    for entry in entries:
        of_rule.setdefault(str(entry.get("ruleName", "")), []).append(entry)
    return _frame(
        {name: _logged(patterns.get(name, ""), found) for name, found in of_rule.items() if name}
    )


def _cells(row: Mapping[str, Any]) -> list[str]:
    actions = [*row["actions"], *([row["problem"]] if row["problem"] else [])]
    return [
        row["topic"],
        row["condition"],
        row["message"] or "",
        "\n".join(row["roles"]),
        "\n".join(actions),
    ]


def _logged(pattern: str, entries: list[dict[str, Any]]) -> list[str]:
    kinds = {entry.get("eventType") for entry in entries}
    if not entries:
        return [f"'{pattern}': the log has no RuleMatch", "", "", "", ""]
    ended = [entry for entry in entries if entry.get("eventType") == "RuleExecution"]
    results = [f"{e.get('ruleAction', 'SQL')}: {e.get('details') or 'ok'}" for e in ended]
    where = "true" if ended else _NOT_LOGGED + "; no action ran, so it was not true"
    denied = [r for r in results if "is not authorized to perform" in r]
    role = "denied" if denied else ("allowed" if ended else "")
    matched = "RuleMatch" in kinds or bool(ended)
    return [
        f"'{pattern}' matches" if matched else _NOT_LOGGED,
        where,
        _NOT_LOGGED,
        role,
        "\n".join(results),
    ]


def _require_logging(iot: Any) -> None:
    try:
        options = iot.get_v2_logging_options()
    except ClientError:
        options = {}
    level = "DISABLED" if options.get("disableAllLogs") else options.get("defaultLogLevel")
    if level not in ("INFO", "DEBUG"):
        raise LogError(
            "trace a message",
            f"The log level of AWS IoT is {level or 'not set'}: what rules do is not logged.",
            "call set_v2_logging_options with defaultLogLevel DEBUG and a role that may log.",
        )


def _entries(logs: Any, topic: str, client_id: str, start_ms: int) -> list[dict[str, Any]]:
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=_LOG_GROUP, startTime=start_ms, filterPattern=f'"{client_id}"'
        )
        messages = [json.loads(event["message"]) for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return []
    return [entry for entry in messages if entry.get("topicName") == topic and "ruleName" in entry]


def _frame(cells: Mapping[str, list[str]]) -> pd.DataFrame:
    index = pd.Index(list(cells), name="rule", dtype="string")
    return pd.DataFrame(list(cells.values()), index=index, columns=list(COLUMNS), dtype="string")
