"""The checks of a topic rule's arguments, in the real provider's words."""

from __future__ import annotations

import re
from typing import Any

from lab_utils.local_aws.provider.overlay import Validator
from lab_utils.local_aws.provider.validation import between, is_arn, one_of

_WITH_ROLE = (
    "cloudwatch_alarm",
    "cloudwatch_logs",
    "cloudwatch_metric",
    "dynamodb",
    "dynamodbv2",
    "elasticsearch",
    "firehose",
    "iot_analytics",
    "iot_events",
    "kinesis",
    "republish",
    "s3",
    "sns",
    "sqs",
    "step_functions",
    "timestream",
)
_CANNED_ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
)
_TIME_UNITS = ("SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS")


def rule_validators(error_action: str) -> dict[str, tuple[Validator, ...]]:
    """Return the checks by dotted name; those of the actions hold in the error action, too."""
    actions = _action_validators()
    failing = {f"{error_action}.{name}": checks for name, checks in actions.items()}
    return {"name": (_is_rule_name,), **actions, **failing}


def _action_validators() -> dict[str, tuple[Validator, ...]]:
    return {
        **{f"{action}.role_arn": (is_arn,) for action in _WITH_ROLE},
        "cloudwatch_alarm.state_value": (_is_alarm_state,),
        "cloudwatch_metric.metric_timestamp": (_is_utc_timestamp,),
        "dynamodb.operation": (one_of("DELETE", "INSERT", "UPDATE"),),
        "elasticsearch.endpoint": (_is_url,),
        "firehose.separator": (_is_separator,),
        "http.confirmation_url": (_is_https,),
        "http.url": (_is_https,),
        "kafka.destination_arn": (is_arn,),
        "lambda.function_arn": (is_arn,),
        "republish.qos": (between(0, 1),),
        "s3.canned_acl": (one_of(*_CANNED_ACLS),),
        "sns.message_format": (one_of("JSON", "RAW"),),
        "sns.target_arn": (is_arn,),
        "timestream.timestamp.unit": (one_of(*_TIME_UNITS),),
    }


def _is_rule_name(_name: str, value: Any) -> str | None:
    if not 1 <= len(value) <= 128:
        return "Name must between 1 and 128 characters long"
    if not re.fullmatch("[0-9A-Za-z_]+", value):
        return "Name must match the pattern ^[0-9A-Za-z_]+$"
    return None


def _is_alarm_state(_name: str, value: Any) -> str | None:
    if value in ("OK", "ALARM", "INSUFFICIENT_DATA"):
        return None
    return "State must be one of OK, ALARM, or INSUFFICIENT_DATA"


def _is_utc_timestamp(name: str, value: Any) -> str | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return None
    return f'"{name}" must be in RFC3339 time format "2006-01-02T15:04:05Z"'


def _is_url(name: str, value: Any) -> str | None:
    return None if re.search("https?://", value) else f'"{name}" should be an URL: "{value}"'


def _is_https(name: str, value: Any) -> str | None:
    if re.match(r"https://[^/]", value):
        return None
    return f'expected "{name}" to have a url with schema of: "https", got {value}'


def _is_separator(_name: str, value: Any) -> str | None:
    if value in (",", "\t", "\n", "\r\n"):
        return None
    return (
        "Separator must be one of ',' (comma), '\\t' (tab) '\\n' (newline) or "
        "'\\r\\n' (Windows newline)"
    )
