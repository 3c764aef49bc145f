"""Invoking the function as its schedule would, and how that ends."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from lab_utils.checks.base import CheckContext
from lab_utils.checks.functions import Function

_TOO_MANY = "TooManyRequestsException"
_TAIL_LINES = 6
_LONGEST_LINE = 300
_FRAME, _OWN_FRAME = '  File "', '  File "/var/task/'
"""How a line of a traceback begins, and one of the function's own code."""
_PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ", "INIT_REPORT ")


@dataclass(frozen=True)
class Invocation:
    """How an invocation ended.

    Attributes:
        error_type: The type of the function's error; "" where it returned.
        message: The error's message.
        log: The last lines of its log.
    """

    error_type: str
    message: str
    log: tuple[str, ...]

    @property
    def has_failed(self) -> bool:
        """Whether the function ended with an error."""
        return bool(self.error_type)


def invoke(context: CheckContext, function: Function, rule_arn: str = "") -> Invocation:
    """Return how an invocation with a scheduled event ends.

    Args:
        context: The APIs.
        function: The function.
        rule_arn: The rule that the event names.
    """
    event = json.dumps(_event(context, function, rule_arn))
    try:
        answer = context.client("lambda").invoke(
            FunctionName=function.arn, LogType="Tail", Payload=event
        )
    except ReadTimeoutError:
        return Invocation("Timed out", "it had not ended when the check went on", ())
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != _TOO_MANY:
            raise
        said = "no more invocations are taken, as earlier ones have not ended or timed out"
        return Invocation(_TOO_MANY, said, ())
    payload = answer["Payload"].read()
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    if not answer.get("FunctionError"):
        return Invocation("", "", shorten_log(log))
    error = _error(payload)
    return Invocation(
        str(error.get("errorType") or answer["FunctionError"]),
        str(error.get("errorMessage", "")),
        shorten_log(log),
    )


def shorten_log(text: str) -> tuple[str, ...]:
    """Return the last lines of a log, without those that Lambda writes or that tell of its code."""
    kept: list[str] = []
    is_library = False
    for line in text.replace("\u00a0", " ").splitlines():
        if line.startswith(_FRAME):
            is_library = not line.startswith(_OWN_FRAME)
        elif not line.startswith(f"{_FRAME[:2]}  "):
            is_library = False
        if line.strip() and not is_library and not line.startswith(_PLATFORM):
            kept.append(line.rstrip()[:_LONGEST_LINE])
    return tuple(kept[-_TAIL_LINES:])


def _error(payload: bytes) -> dict[str, Any]:
    try:
        error = json.loads(payload)
    except ValueError:
        return {"errorMessage": payload[:_LONGEST_LINE].decode("utf-8", "replace")}
    return error if isinstance(error, dict) else {"errorMessage": str(error)}


def _event(context: CheckContext, function: Function, rule_arn: str) -> dict[str, Any]:
    """Return an event as a scheduled rule sends it.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
    """
    region, account = function.arn.split(":")[3:5]
    return {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": context.timeline().now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [rule_arn] if rule_arn else [],
        "detail": {},
    }


def describe_failure(invocation: Invocation) -> str:
    """Return a failed invocation in words: the error, and the end of the log."""
    said = f"{invocation.error_type}: {invocation.message}"
    log = "\n  ".join(invocation.log)
    return f"{said[: 2 * _LONGEST_LINE]}\n  {log}" if log else said
