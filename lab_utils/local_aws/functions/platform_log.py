"""What Lambda itself writes to a function's log.

AWS writes what went wrong beside the status of ``REPORT`` in some regions, and the status alone
in others; the lab writes both, since the first says more and programs look for the second.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime

from lab_utils.local_aws.functions.model import Function, Outcome

_RUNTIME_VERSION = "v1"


def init_start(function: Function) -> str:
    """Return the line of a new execution environment."""
    version = f"{function.runtime.replace('python', 'python:')}.{_RUNTIME_VERSION}"
    digest = hashlib.sha256(version.encode()).hexdigest()
    arn = f"arn:aws:lambda:{function.place.region}::runtime:{digest}"
    return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"


def init_report(duration_ms: float, phase: str, outcome: Outcome) -> str:
    """Return the line of a start that failed."""
    return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}{_status(outcome)}\n"


def start(request_id: str, version: str) -> str:
    """Return the first line of an invocation."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end(request_id: str) -> str:
    """Return the line at an invocation's end."""
    return f"END RequestId: {request_id}\n"


def report(
    request_id: str,
    duration_ms: float,
    init_ms: float | None,
    memory_mb: tuple[int, int],
    outcome: Outcome,
) -> str:
    """Return the last line of an invocation.

    Args:
        request_id: Its id.
        duration_ms: How long the handler took, real time.
        init_ms: How long the start of the environment took, if it was new.
        memory_mb: The memory that was configured, and the most that was used.
        outcome: What it ended with.
    """
    billed = math.ceil(duration_ms + (init_ms or 0.0))
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {memory_mb[0]} MB",
        f"Max Memory Used: {min(memory_mb)} MB",
    ]
    if init_ms is not None:
        parts.append(f"Init Duration: {init_ms:.2f} ms")
    failed = _status(outcome) if outcome.is_over else ""
    return "\t".join(parts) + (f"{failed}\n" if failed else "\t\n")


def failure(request_id: str, outcome: Outcome, time_ns: int) -> str | None:
    """Return the line that names why an invocation was ended, if its own code did not tell."""
    message = str(json.loads(outcome.payload).get("errorMessage", ""))
    if outcome.status == "timeout":
        text = message.rpartition("Error: ")[2]
        return f"{_moment(time_ns)} {request_id} {text}\n\n"
    if outcome.error_type == "Runtime.ExitError":
        return f"{message}\n{outcome.error_type}\n"
    return None


def _status(outcome: Outcome) -> str:
    error = f"\tError Type: {outcome.error_type}" if outcome.status == "error" else ""
    return f"\tStatus: {outcome.status}{error}"


def _moment(time_ns: int) -> str:
    seconds, rest = divmod(time_ns // 1_000_000, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
