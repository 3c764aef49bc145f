"""The roles under which rules and functions act: whom they trust and what they may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.policies import is_trusted, read_document, trusted_services

IOT_SERVICE = "iot.amazonaws.com"


def look_at_roles(
    context: CheckContext,
    arns: Sequence[str],
    permission: tuple[str, str, str],
    too_much: Mapping[str, tuple[str, str]],
    service: str = IOT_SERVICE,
) -> Finding:
    """Return whether one of some roles trusts a service and may do what is needed.

    Args:
        context: The APIs.
        arns: The roles; at least one.
        permission: The action that is needed, its resource, and the resource in words.
        too_much: In words, what a role should not be able to do: the action and the resource.
        service: The service that acts under the role.
    """
    findings = [_look_at_role(context, arn, permission, too_much, service) for arn in arns]
    return next((one for one in findings if one.passed), findings[0])


def _look_at_role(
    context: CheckContext,
    arn: str,
    permission: tuple[str, str, str],
    too_much: Mapping[str, tuple[str, str]],
    service: str,
) -> Finding:
    name = arn.rsplit("/", 1)[-1]
    try:
        role = context.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        return Finding(False, f"the role {arn} cannot be read: {error}")
    trust = read_document(role["AssumeRolePolicyDocument"])
    if not is_trusted(trust, service):
        services = ", ".join(trusted_services(trust)) or "no service"
        return Finding(False, f"the role {name} trusts {services}")
    action, resource, words = permission
    decision = decide(context, arn, action, resource)
    seen = f"for the role {name}, {action} on {words} is {decision}"
    return Finding(decision == "allowed", seen, remark=_advice(context, arn, too_much))


def decide(context: CheckContext, role: str, action: str, resource: str) -> str:
    """Return what IAM decides for a role's action: ``allowed`` or which kind of deny."""
    return decide_all(context, role, [action], resource)[action]


def decide_all(
    context: CheckContext, principal: str, actions: Sequence[str], resource: str
) -> dict[str, str]:
    """Return what IAM decides for each of some actions of a role or user; see `decide`."""
    pages = context.client("iam").get_paginator("simulate_principal_policy")
    asked = pages.paginate(PolicySourceArn=principal, ActionNames=actions, ResourceArns=[resource])
    return {
        one["EvalActionName"]: str(one["EvalDecision"])
        for page in asked
        for one in page["EvaluationResults"]
    }


def _advice(context: CheckContext, role: str, too_much: Mapping[str, tuple[str, str]]) -> str:
    """Return a remark on a role that may do more than it needs."""
    found = [
        words
        for words, (action, resource) in too_much.items()
        if decide(context, role, action, resource) == "allowed"
    ]
    return f"the role may also {' and '.join(found)}." if found else ""
