"""The Lambda function that controls the air conditioners: which one it is, and what it may."""

from __future__ import annotations

from dataclasses import dataclass

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
