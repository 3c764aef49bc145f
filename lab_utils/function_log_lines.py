"""The lines of a Lambda function's log, read: whose they are, their level, their request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

PLATFORM_LEVELS = ("INIT_START", "START", "END", "REPORT", "INIT_REPORT")
_PLATFORM = re.compile(rf"({'|'.join(PLATFORM_LEVELS)})\b(?:.*?RequestId: (\S+))?")
_LOGGER = re.compile(r"\[([A-Z]+)\]\t\S+Z\t(\S*)\t(.*)", re.DOTALL)
_RAISED = re.compile(r"\[ERROR\] ")
_TIMEOUT = re.compile(r"\S+Z (\S+) (Task timed out after .*)", re.DOTALL)


class LogLine(NamedTuple):
    """One entry of a function's log.

    Attributes:
        time_ms: Milliseconds since the epoch, in lab time.
        stream: The end of the log stream's name: one a execution environment.
        request_id: The invocation's; None for what was logged outside of one.
        level: Of a logger's line; ``START``, ``END``, ``REPORT`` of the platform's; None of what
            was printed.
        message: What was logged, without what the other columns tell.
    """

    time_ms: int
    stream: str
    request_id: str | None
    level: str | None
    message: str

    def __str__(self) -> str:
        """Return the time of day, a logger's level, and the message."""
        moment = datetime.fromtimestamp(self.time_ms / 1000, UTC)
        is_plain = self.level is None or self.level in PLATFORM_LEVELS
        text = self.message if is_plain else f"{self.level} {self.message}"
        return f"{moment:%H:%M:%S} {text}"


def read_lines(events: Iterable[Mapping[str, Any]]) -> list[LogLine]:
    """Return the lines of CloudWatch Logs' events, in their order.

    What a function prints has no request id in it; it is that of the invocation which the same
    stream tells to have started.

    Source:
        https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    current: dict[str, str | None] = {}
    lines = []
    for event in events:
        stream = str(event["logStreamName"])[-8:]
        level, request_id, message = _parse(str(event["message"]))
        if level == "START":
            current[stream] = request_id
        request_id = request_id or current.get(stream)
        lines.append(LogLine(int(event["timestamp"]), stream, request_id, level, message))
        if level in ("END", "REPORT"):
            current[stream] = None if level == "REPORT" else current.get(stream)
    return lines


def _parse(raw: str) -> tuple[str | None, str | None, str]:
    """Return level, request id and message of a line."""
    # Lambda separates the lines of a traceback by a carriage return, and indents by wide blanks.
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").rstrip()
    if text.startswith("{"):
        return _parse_json(text)
    if found := _LOGGER.match(text):
        return found[1], found[2] or None, found[3]
    if found := _TIMEOUT.match(text):
        return "ERROR", found[1], found[2]
    if _RAISED.match(text):
        return "ERROR", None, text.removeprefix("[ERROR] ")
    if found := _PLATFORM.match(text):
        return found[1], found[2], text
    return None, None, text


def _parse_json(text: str) -> tuple[str | None, str | None, str]:
    """Return level, request id and message of a line of a function that logs as JSON."""
    try:
        entry = json.loads(text)
    except ValueError:
        return None, None, text
    if str(entry.get("type", "")).startswith("platform."):
        level = entry["type"].removeprefix("platform.").upper()
        return level, entry.get("record", {}).get("requestId"), text
    if "message" in entry and "level" in entry:
        return entry["level"], entry.get("requestId"), str(entry["message"])
    return None, None, text
