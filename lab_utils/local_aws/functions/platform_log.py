"""What Lambda itself writes to a function's log.

AWS writes what went wrong beside the status of ``REPORT`` in some regions, and the status alone
in others; the lab writes both, since the first says more and programs look for the second.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from lab_utils.local_aws.functions.model import Function, Outcome

_RUNTIME_VERSION = "v1"


@dataclass(frozen=True)
class Usage:
    """What an invocation took, in real time.

    Attributes:
        duration_ms: The handler's time.
        init_ms: The time in which the environment started, if it was new.
        memory_mb: The most memory that was used.
    """

    duration_ms: float
    init_ms: float | None
    memory_mb: int

    @property
    def billed_ms(self) -> int:
        """The time that AWS would bill."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0))


class PlatformLog(Protocol):
    """Lambda's own entries for one function; None where there is none."""

    def init_start(self, time_ns: int) -> str | None:
        """Return the entry of a new execution environment."""

    def init_report(self, time_ns: int, duration_ms: float, phase: str, end: Outcome) -> str | None:
        """Return the entry of a start that failed."""

    def start(self, time_ns: int, request_id: str) -> str | None:
        """Return the first entry of an invocation."""

    def failure(self, time_ns: int, request_id: str, end: Outcome) -> str | None:
        """Return why an invocation was ended, if its own code did not tell."""

    def end(self, request_id: str) -> str | None:
        """Return the entry at an invocation's end."""

    def report(self, time_ns: int, request_id: str, usage: Usage, end: Outcome) -> str | None:
        """Return the last entry of an invocation."""


def platform_log(function: Function) -> PlatformLog:
    """Return the log of a function in the format that it is configured with."""
    return JsonPlatformLog(function) if function.is_json_log else TextPlatformLog(function)


class TextPlatformLog:
    """Lambda's entries as lines of text."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def init_start(self, time_ns: int) -> str:
        """Return the line of a new execution environment."""
        del time_ns
        version, arn = _runtime_version(self._function)
        return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"

    def init_report(self, time_ns: int, duration_ms: float, phase: str, end: Outcome) -> str:
        """Return the line of a start that failed."""
        del time_ns
        return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}{_status(end)}\n"

    def start(self, time_ns: int, request_id: str) -> str:
        """Return the first line of an invocation."""
        del time_ns
        return f"START RequestId: {request_id} Version: {self._function.version}\n"

    def failure(self, time_ns: int, request_id: str, end: Outcome) -> str | None:
        """Return the line that names why an invocation was ended."""
        message = str(json.loads(end.payload).get("errorMessage", ""))
        if end.status == "timeout":
            return f"{iso_moment(time_ns)} {request_id} {message.rpartition('Error: ')[2]}\n\n"
        if end.error_type == "Runtime.ExitError":
            return f"{message}\n{end.error_type}\n"
        return None

    def end(self, request_id: str) -> str:
        """Return the line at an invocation's end."""
        return f"END RequestId: {request_id}\n"

    def report(self, time_ns: int, request_id: str, usage: Usage, end: Outcome) -> str:
        """Return the last line of an invocation."""
        del time_ns
        size_mb = self._function.memory_mb
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {usage.duration_ms:.2f} ms",
            f"Billed Duration: {usage.billed_ms} ms",
            f"Memory Size: {size_mb} MB",
            f"Max Memory Used: {min(size_mb, usage.memory_mb)} MB",
        ]
        if usage.init_ms is not None:
            parts.append(f"Init Duration: {usage.init_ms:.2f} ms")
        return "\t".join(parts) + (f"{_status(end)}\n" if end.is_over else "\t\n")


class JsonPlatformLog:
    """Lambda's entries as JSON documents."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def init_start(self, time_ns: int) -> str:
        """Return the document of a new execution environment."""
        version, arn = _runtime_version(self._function)
        record = {"initializationType": "on-demand", "phase": "init"}
        runtime = {"runtimeVersion": version, "runtimeVersionArn": arn}
        return _document(time_ns, "initStart", {**record, **runtime})

    def init_report(self, time_ns: int, duration_ms: float, phase: str, end: Outcome) -> str:
        """Return the document of a start that failed."""
        metrics = {"durationMs": round(duration_ms, 3)}
        record = {"initializationType": "on-demand", "phase": phase, "metrics": metrics}
        return _document(time_ns, "initReport", {**record, **_result(end)})

    def start(self, time_ns: int, request_id: str) -> str:
        """Return the first document of an invocation."""
        record = {"requestId": request_id, "version": self._function.version}
        return _document(time_ns, "start", record)

    def failure(self, time_ns: int, request_id: str, end: Outcome) -> None:
        """Return nothing: the report tells it."""

    def end(self, request_id: str) -> None:
        """Return nothing: the report tells it."""

    def report(self, time_ns: int, request_id: str, usage: Usage, end: Outcome) -> str:
        """Return the last document of an invocation."""
        size_mb = self._function.memory_mb
        metrics: dict[str, float] = {
            "durationMs": round(usage.duration_ms, 3),
            "billedDurationMs": usage.billed_ms,
            "memorySizeMB": size_mb,
            "maxMemoryUsedMB": min(size_mb, usage.memory_mb),
        }
        if usage.init_ms is not None:
            metrics["initDurationMs"] = round(usage.init_ms, 3)
        record = {"requestId": request_id, "metrics": metrics, **_result(end)}
        return _document(time_ns, "report", record)


def iso_moment(time_ns: int) -> str:
    """Return a moment as text, in UTC, to the millisecond."""
    seconds, rest = divmod(time_ns // 1_000_000, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _runtime_version(function: Function) -> tuple[str, str]:
    version = f"{function.runtime.replace('python', 'python:')}.{_RUNTIME_VERSION}"
    digest = hashlib.sha256(version.encode()).hexdigest()
    return version, f"arn:aws:lambda:{function.place.region}::runtime:{digest}"


def _status(end: Outcome) -> str:
    error = f"\tError Type: {end.error_type}" if end.status == "error" else ""
    return f"\tStatus: {end.status}{error}"


def _result(end: Outcome) -> dict[str, str]:
    kind = {"errorType": end.error_type} if end.status == "error" else {}
    return {"status": end.status, **kind}


def _document(time_ns: int, kind: str, record: dict[str, Any]) -> str:
    document = {"time": iso_moment(time_ns), "type": f"platform.{kind}", "record": record}
    return json.dumps(document) + "\n"
