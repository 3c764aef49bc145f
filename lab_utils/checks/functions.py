"""The Lambda function that controls the air conditioners: which one it is, and how it runs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.checks import records
from lab_utils.checks.base import CheckContext
from lab_utils.checks.policies import Document, is_trusted, read_document
from lab_utils.checks.roles import decide
from lab_utils.checks.schedules import Schedule, list_schedules
from lab_utils.errors import CheckError
from lab_utils.house.topics import command_topic

USUAL_NAME = "ac_control_lambda"
LAMBDA_SERVICE = "lambda.amazonaws.com"
ZONES = (1, 2)
SELECT, PUBLISH = "timestream:Select", "iot:Publish"
_TAIL_LINES = 6
_LONGEST_LINE = 300
_FRAME, _OWN_FRAME = '  File "', '  File "/var/task/'
"""How a line of a traceback begins, and one of the function's own code."""
_PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ", "INIT_REPORT ")


@dataclass(frozen=True)
class Function:
    """A Lambda function.

    Attributes:
        name: Its name.
        arn: Its ARN, without a version.
        role: The ARN of its role.
        revision: Changes with its code and its configuration.
    """

    name: str
    arn: str
    role: str
    revision: str


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


def find_function(context: CheckContext, schedules: list[Schedule]) -> Function | None:
    """Return the function that controls the air conditioners, or None if there is no function.

    Of several it is the one that most speaks for: it is invoked by a schedule, its role may read
    the table or publish, it has the practical's name.

    Args:
        context: The APIs.
        schedules: All scheduled rules.
    """
    found = _list_functions(context)
    if len(found) < 2:
        return next(iter(found), None)
    table = (records.describe_table(context) or {}).get("Arn", "")
    return max(found, key=lambda one: _likeness(context, one, schedules, table))


def require_function(context: CheckContext) -> tuple[Function, list[Schedule]]:
    """Return the function and all scheduled rules.

    Raises:
        CheckError: There is no function.
    """
    schedules = list_schedules(context)
    function = find_function(context, schedules)
    if function is None:
        raise CheckError(
            "find the function", "there is no Lambda function", "first part4-function."
        )
    return function, schedules


def _list_functions(context: CheckContext) -> list[Function]:
    pages = context.client("lambda").get_paginator("list_functions").paginate()
    return [
        Function(
            one["FunctionName"],
            one["FunctionArn"],
            one["Role"],
            f"{one['CodeSha256']} {one.get('RevisionId', '')}",
        )
        for page in pages
        for one in page["Functions"]
    ]


def _likeness(
    context: CheckContext, function: Function, schedules: list[Schedule], table_arn: str
) -> int:
    is_target = any(schedule.target_of(function.arn) for schedule in schedules)
    may_select = bool(table_arn) and _may(context, function.role, SELECT, table_arn)
    may_publish = _may(
        context, function.role, PUBLISH, command_arn(context, function.role, ZONES[0])
    )
    return 2 * is_target + 2 * may_select + may_publish + (function.name == USUAL_NAME)


def _may(context: CheckContext, role: str, action: str, resource: str) -> bool:
    try:
        return decide(context, role, action, resource) == "allowed"
    except ClientError:
        return False  # The role may have been deleted since.


def lambda_roles(context: CheckContext) -> list[str]:
    """Return the ARNs of the roles that Lambda may assume, but for AWS's own."""
    pages = context.client("iam").get_paginator("list_roles").paginate()
    return [
        role["Arn"]
        for page in pages
        for role in page["Roles"]
        if not role["Path"].startswith("/aws-service-role/")
        and is_trusted(read_document(role["AssumeRolePolicyDocument"]), LAMBDA_SERVICE)
    ]


def command_arn(context: CheckContext, role_arn: str, zone_id: int) -> str:
    """Return the ARN of a zone's command topic, in the account of a role."""
    partition, account = role_arn.split(":")[1], role_arn.split(":")[4]
    region = context.client("lambda").meta.region_name
    return f"arn:{partition}:iot:{region}:{account}:topic/{command_topic(zone_id)}"


def read_policy(context: CheckContext, function: Function, target: str) -> Document:
    """Return the policy of a function, or of the version of it that is a target.

    Args:
        context: The APIs.
        function: The function.
        target: The target's ARN.
    """
    qualifier = target.removeprefix(function.arn).removeprefix(":")
    version = {"Qualifier": qualifier} if qualifier else {}
    try:
        answer = context.client("lambda").get_policy(FunctionName=function.name, **version)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return {}
        raise
    return read_document(answer["Policy"])


def invoke(context: CheckContext, function: Function, rule_arn: str = "") -> Invocation:
    """Return how an invocation with a scheduled event ends.

    Args:
        context: The APIs.
        function: The function.
        rule_arn: The rule that the event names.
    """
    answer = context.client("lambda").invoke(
        FunctionName=function.arn,
        LogType="Tail",
        Payload=json.dumps(_event(context, function, rule_arn)),
    )
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
