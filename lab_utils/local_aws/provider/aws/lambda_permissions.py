"""``aws_lambda_permission``."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.lambda_names import FUNCTION_NAME
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import DEFAULT_PREFIX, prefix_of, unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import is_arn, length, matches, one_of
from lab_utils.local_aws.provider.values import State

_STATEMENT_ID = (length(1, 100), matches(r"[0-9A-Za-z_-]*", "must match [0-9A-Za-z_-]"))
_FUNCTION_ARN = re.compile(
    r"(?P<arn>arn:[\w-]+:lambda:[\w-]+:\d{12}:function:(?P<name>[\w-]+))(:(?P<qualifier>.+))?"
)
_ARGUMENTS = {
    "event_source_token": "EventSourceToken",
    "function_url_auth_type": "FunctionUrlAuthType",
    "principal_org_id": "PrincipalOrgID",
    "qualifier": "Qualifier",
    "source_account": "SourceAccount",
    "source_arn": "SourceArn",
}
_CONDITIONS = {
    "event_source_token": ("StringEquals", "lambda:EventSourceToken"),
    "function_url_auth_type": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
    "source_account": ("StringEquals", "AWS:SourceAccount"),
    "source_arn": ("ArnLike", "AWS:SourceArn"),
}


class Permission(AwsResource):
    """A statement of a function's own policy: who may invoke it."""

    type_name = "aws_lambda_permission"
    label = "Lambda Permission"
    service = "Lambda"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset(
            {
                "action",
                "function_name",
                "principal",
                "statement_id",
                "statement_id_prefix",
                *_ARGUMENTS,
            }
        ),
        validators={
            "action": (
                matches(
                    r"lambda:[*a-zA-Z]+|\*",
                    'must be a valid action (usually "lambda:InvokeFunction")',
                ),
            ),
            "event_source_token": (length(1, 256),),
            "function_name": (FUNCTION_NAME,),
            "function_url_auth_type": (one_of("NONE", "AWS_IAM"),),
            "source_account": (matches(r"\d{12}", "must be an AWS account ID"),),
            "source_arn": (is_arn,),
            "statement_id": _STATEMENT_ID,
            "statement_id_prefix": _STATEMENT_ID,
        },
        conflicts=(("statement_id", "statement_id_prefix"),),
        errors=(
            ErrorPath("ResourceConflictException", "statement_id"),
            ErrorPath("ResourceNotFoundException", "function_name"),
            ErrorPath("InvalidParameterValueException", "principal", "rincipal"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Add the permission."""
        prefix = planned["statement_id_prefix"] or DEFAULT_PREFIX
        statement_id = planned["statement_id"] or unique_name(prefix)
        context.client("lambda").add_permission(
            FunctionName=planned["function_name"],
            StatementId=statement_id,
            Action=planned["action"],
            Principal=planned["principal"],
            **{key: planned[name] for name, key in _ARGUMENTS.items() if planned[name]},
        )
        return {"id": statement_id, "statement_id": statement_id}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the statement in the function's policy."""
        statement = _find(context, state)
        if statement is None:
            return None
        found = _FUNCTION_ARN.fullmatch(statement["Resource"])
        is_by_arn = state["function_name"].startswith("arn:")
        conditions = statement.get("Condition") or {}
        return {
            "function_name": found["arn" if is_by_arn else "name"] if found else None,
            "qualifier": found["qualifier"] if found else None,
            "action": statement["Action"],
            "principal": _principal(statement["Principal"], state),
            "statement_id": statement["Sid"],
            "statement_id_prefix": prefix_of(statement["Sid"]),
            **{
                name: conditions.get(test, {}).get(variable)
                for name, (test, variable) in _CONDITIONS.items()
            },
        }

    def delete(self, context: Context, state: State) -> None:
        """Remove the permission."""
        qualifier = {"Qualifier": state["qualifier"]} if state["qualifier"] else {}
        context.client("lambda").remove_permission(
            FunctionName=state["function_name"], StatementId=state["id"], **qualifier
        )

    def import_(self, _context: Context, import_id: str) -> State:
        """Take the id apart: ``function/statement`` or ``function:qualifier/statement``."""
        found = re.fullmatch(r"([^/]+)/([^/]+)", import_id)
        if not found:
            raise ProviderError(
                f'Unexpected format of ID ("{import_id}"), expected FUNCTION_NAME/STATEMENT_ID '
                "or FUNCTION_NAME:QUALIFIER/STATEMENT_ID"
            )
        function, statement_id = found.groups()
        name, _, qualifier = (
            ("", "", "") if function.startswith("arn:") else function.partition(":")
        )
        return {
            "id": statement_id,
            "function_name": name or function,
            "statement_id": statement_id,
            "qualifier": qualifier or None,
        }

    def display_name(self, state: State) -> str:
        """Return function and statement."""
        return f"{state.get('function_name')}/{state.get('statement_id') or state.get('id')}"


def _find(context: Context, state: State) -> Any:
    """Return the statement of the state's id, or ``None``."""
    qualifier = {"Qualifier": state["qualifier"]} if state["qualifier"] else {}
    answer = context.client("lambda").get_policy(FunctionName=state["function_name"], **qualifier)
    statements = json.loads(answer["Policy"])["Statement"]
    return next((one for one in statements if one["Sid"] == state["id"]), None)


def _principal(principal: Any, state: State) -> str:
    """Return who a statement is for: a service, an account or everyone."""
    if isinstance(principal, str):
        return principal
    told, known = str(principal.get("AWS") or principal.get("Service")), state.get("principal")
    is_account = re.fullmatch(rf"arn:[\w-]+:iam::{known}:root", told)
    return str(known) if is_account else told


RESOURCES: tuple[type[AwsResource], ...] = (Permission,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
