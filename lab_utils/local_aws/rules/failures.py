"""How an action's end is told: to the log, and to the rule's error action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab_utils.local_aws.rules.actions.base import Action, Step
from lab_utils.local_aws.rules.actions.timestream import TIMESTREAM
from lab_utils.local_aws.rules.definition import Rule
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.output import as_base64
from lab_utils.local_aws.rules.roles import ActionFailedError, service_error
from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.watch import ActionReport
from lab_utils.local_aws.timestream.errors import RejectedRecordsException, TimestreamError

_MOST_REASONS = 3


def succeeded(action: Action, step: Step) -> ActionReport:
    """Return the report of an action that did its work."""
    return ActionReport(action.kind, action.log_name, step.resource, step.resources)


def failed(
    action: Action, step: Step | Exception, error: Exception, message: Message
) -> ActionReport:
    """Return the report of an action that failed.

    Args:
        action: The action.
        step: What it was to do; the error itself if that could not be said.
        error: Why it failed.
        message: The message that the rule was working on.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    """
    details = _details(error)
    is_known = isinstance(step, Step)
    resource = step.resource if isinstance(step, Step) else action.resource
    resources = step.resources if isinstance(step, Step) else {}
    purpose = step.purpose if isinstance(step, Step) else "prepare the action"
    named = ", ".join(f"{name}: {value}" for name, value in resources.items())
    return ActionReport(
        kind=action.kind,
        name=action.log_name,
        resource=resource,
        resources=resources if is_known else {"Resource": resource},
        details=details,
        error_message=(
            f"Failed to {purpose}. The error received was {details.rstrip('.')}. "
            f"Message arrived on: {message.published_to}, Action: {action.kind}"
            + (f", {named}" if named else "")
        ),
    )


def error_document(
    rule: Rule, message: Message, failures: Sequence[ActionReport]
) -> dict[str, Any]:
    """Return the message that a rule's error action gets: one, with all that failed.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    """
    return {
        "ruleName": rule.name,
        "topic": message.published_to,
        "cloudwatchTraceId": message.trace_id,
        "clientId": message.client_id or "N/A",
        "base64OriginalPayload": as_base64(message.payload),
        "failures": [
            {
                "failedAction": failure.name,
                "failedResource": failure.resource,
                "errorMessage": failure.error_message,
            }
            for failure in failures
        ],
    }


def _details(error: Exception) -> str:
    if isinstance(error, ActionFailedError | EvaluationError):
        return str(error)
    if isinstance(error, TimestreamError):
        text = error.message
        if isinstance(error, RejectedRecordsException):
            reasons = list(dict.fromkeys(one.reason for one in error.rejected))
            text = " ".join((text, *reasons[:_MOST_REASONS]))
        return service_error(text, TIMESTREAM, error.status, error.code)
    return f"{type(error).__name__}: {error}"
