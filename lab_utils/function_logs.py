"""What Lambda functions log, as DataFrames and as lines that come by."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import LogError
from lab_utils.frames import wait_for_frame
from lab_utils.function_errors import refused_error
from lab_utils.function_log_lines import LogLine, read_lines

Until = Callable[[pd.DataFrame], bool]
_POLL_S = 0.5
_OVERLAP_S = 60
"""How far back is looked for entries that come late, in real seconds: they have the time at which
they were logged, and those of another stream may have come before them.
"""
_TEXTS = ("stream", "request_id", "level", "message")
_MISSING = "ResourceNotFoundException"


class FunctionLog:
    """A function's log group.

    Args:
        client: Returns the boto3 client of a service.
        function: The function's name.
        pattern: A filter pattern of CloudWatch Logs; "" for all entries.
        speed: How many times faster than the wall clock the time of the entries runs.

    Raises:
        FunctionError: Lambda does not answer.
    """

    def __init__(
        self, client: Callable[[str], Any], function: str, pattern: str = "", speed: int = 1
    ) -> None:
        self._lambda, self._logs = client("lambda"), client("logs")
        self._function, self._pattern = function, pattern
        self._overlap_ms = _OVERLAP_S * 1000 * speed
        self._group = self._find_group()

    def wait(
        self, since: datetime | None, at_least: int, until: Until | None, timeout_s: float
    ) -> pd.DataFrame:
        """Return the entries once they are as they were waited for.

        Args:
            since: Only entries from then on; None for all.
            at_least: How many there have to be.
            until: What has to hold for them; None for nothing.
            timeout_s: How long to wait, in seconds of the wall clock.

        Raises:
            LogError: There is no log, or what was waited for did not come.
        """
        start_ms = _milliseconds(since)
        frame, lack = wait_for_frame(lambda: self._frame(start_ms), at_least, until, timeout_s)
        if frame is not None:
            return frame
        if self._read(start_ms) is None:
            raise self._missing()
        raise LogError(
            f"see in the log of {self._function} what was waited for",
            f"After {timeout_s:g} s {lack}",
            f"look at lab.logs({self._function!r}), and whether the schedule invokes it.",
        )

    def follow(
        self,
        since: datetime,
        until: Until | None,
        timeout_s: float | None,
        report: Callable[[str], None],
    ) -> pd.DataFrame:
        """Print entries as they come, until an interrupt, and return them.

        Args:
            since: Entries from then on.
            until: Ends it when it holds for what has come so far.
            timeout_s: Ends it after so many seconds of the wall clock; None for never.
            report: Takes each entry.

        Raises:
            LogError: CloudWatch Logs refuses, or does not answer.
        """
        deadline = math.inf if timeout_s is None else time.monotonic() + timeout_s
        events: dict[Hashable, Mapping[str, Any]] = {}
        lines, start_ms = list[LogLine](), _milliseconds(since)
        if self._read(start_ms) is None:
            report(f"waiting for entries: {self._missing().happened}")
        try:
            while True:
                events = {**events, **_by_identity(self._read(start_ms) or [])}
                known, lines = len(lines), read_lines(events.values())
                for line in lines[known:]:
                    report(str(line))
                if time.monotonic() >= deadline or (until and until(_frame_of(lines))):
                    break
                start_ms = max([start_ms, *(line.time_ms - self._overlap_ms for line in lines)])
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            report(f"no longer following {self._function}")
        return _frame_of(lines)

    def _find_group(self) -> str:
        """Return the log group that the function is configured with, or the usual one."""
        usual = f"/aws/lambda/{self._function}"
        try:
            told = self._lambda.get_function_configuration(FunctionName=self._function)
        except ClientError:
            return usual  # deleted, while its log is still there; or not to be asked for
        except BotoCoreError as error:
            attempted = f"read the log of {self._function}"
            raise refused_error(self._lambda, attempted, self._function, error) from error
        return str(told.get("LoggingConfig", {}).get("LogGroup") or usual)

    def _frame(self, start_ms: int) -> pd.DataFrame | str:
        events = self._read(start_ms)
        return "there is no log yet." if events is None else _frame_of(read_lines(events))

    def _read(self, start_ms: int) -> list[Mapping[str, Any]] | None:
        """Return the entries from a time on, sorted by time; None without a log group."""
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=self._group,
                startTime=start_ms,
                **({"filterPattern": self._pattern} if self._pattern else {}),
            )
            return [event for page in pages for event in page["events"]]
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _MISSING:
                return None
            raise LogError(
                f"read the log of {self._function}",
                f"CloudWatch Logs refused, or does not answer: {error}.",
                "mend what it says; `lab status` tells whether the embedded AWS runs.",
            ) from error

    def _missing(self) -> LogError:
        """Return the error of a function that has no log: it says why that may be."""
        attempted = f"read the log of {self._function}"
        try:
            told = self._lambda.get_function_configuration(FunctionName=self._function)
        except ClientError as error:
            refused = refused_error(self._lambda, attempted, self._function, error)
            return LogError(attempted, refused.happened, refused.next_step)
        role = str(told["Role"]).rpartition("/")[2]
        return LogError(
            attempted,
            f"There is no log group {self._group}: {self._function} was never invoked, or its "
            f"role {role} may not write a log.",
            f"invoke it; if that changes nothing, allow {role} in terraform/iam.tf the actions "
            "logs:CreateLogGroup, logs:CreateLogStream and logs:PutLogEvents, as AWS's policy "
            "AWSLambdaBasicExecutionRole does.",
        )


def log_texts(frame: pd.DataFrame) -> list[str]:
    """Return the entries of a log, as `FunctionLog.follow` prints them."""
    plain = frame.astype(object).where(frame.notna(), None)
    times = [int(time.timestamp() * 1000) for time in frame["time"]]
    rows = zip(times, *(plain[name] for name in _TEXTS), strict=True)
    return [str(LogLine(*row)) for row in rows]


def _by_identity(events: Iterable[Mapping[str, Any]]) -> dict[Hashable, Mapping[str, Any]]:
    """Return entries by what tells them apart; equal ones of one moment are numbered."""
    alike = Counter[Hashable]()
    identified: dict[Hashable, Mapping[str, Any]] = {}
    for event in events:
        looks = event["logStreamName"], event["timestamp"], event["message"]
        alike[looks] += 1
        identified[looks, alike[looks]] = event
    return identified


def _milliseconds(since: datetime | None) -> int:
    """Return a moment in milliseconds since the epoch, 0 for none.

    Raises:
        LogError: It is no time, or one without a zone, which could be anywhere.
    """
    if since is None:
        return 0
    if isinstance(since, datetime) and since.tzinfo is not None:
        return int(since.timestamp() * 1000)
    raise LogError(
        "read a function's log",
        f"since is {since!r}, which is no time with a zone.",
        "take lab.now(), earlier or now, or say how long ago: timedelta(minutes=5).",
    )


def _frame_of(lines: Sequence[LogLine]) -> pd.DataFrame:
    times = pd.to_datetime([line.time_ms for line in lines], unit="ms", utc=True)
    texts = {
        name: pd.array([getattr(line, name) for line in lines], dtype="string") for name in _TEXTS
    }
    return pd.DataFrame({"time": times.astype("datetime64[ns, UTC]"), **texts})
