"""IAM's policy simulator, where ministack decides otherwise than IAM itself does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}


def mend_simulation(iam: Any, evaluator: Any) -> None:
    """Replace ``SimulatePrincipalPolicy`` of ministack's ``iam`` module.

    A user or a role is found in whatever path it is (ministack: in ``/`` only), its permissions
    boundary counts, every resource is decided on (ministack: the first), and a principal that
    does not exist is an error.

    Source:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = lambda parameters: _simulate(
        iam, evaluator, parameters
    )


def _simulate(iam: Any, evaluator: Any, parameters: Mapping[str, Any]) -> Any:
    arn = iam._p(parameters, "PolicySourceArn")
    found = re.fullmatch(r"arn:[\w-]+:iam::(\d+):(user|role)/(?:.*/)?([^/]+)", arn)
    if not found:
        words = f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        return iam._error(400, "InvalidInput", words, ns="iam")
    account, kind, name = found.groups()
    holders = {"user": iam._users, "role": iam._roles}[kind]
    if name not in holders:
        words = f"The {kind} with name {name} cannot be found."
        return iam._error(404, "NoSuchEntity", words, ns="iam")
    gather = {"user": evaluator._gather_user_policies, "role": evaluator._gather_role_policies}
    policies = gather[kind](name, account)
    limits = evaluator._permissions_boundary(holders, name, account)
    members = []
    for action in _listed(iam, parameters, "ActionNames"):
        for resource in _listed(iam, parameters, "ResourceArns") or ["*"]:
            context = evaluator.EvalContext(
                principal_arn=arn,
                principal_type="User",
                principal_account=account,
                action=action,
                resource_arn=resource,
                region=iam.get_region(),
            )
            decided = evaluator.evaluate(context, policies, *limits).decision
            members.append(_member(action, resource, _DECISIONS.get(decided, "implicitDeny")))
    return iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        f"<SimulatePrincipalPolicyResult><EvaluationResults>{''.join(members)}"
        "</EvaluationResults><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
        ns="iam",
    )


def _listed(iam: Any, parameters: Mapping[str, Any], name: str) -> list[str]:
    return list(_members(iam, parameters, name))


def _members(iam: Any, parameters: Mapping[str, Any], name: str) -> Iterator[str]:
    number = 1
    while one := iam._p(parameters, f"{name}.member.{number}"):
        yield one
        number += 1


def _member(action: str, resource: str, decision: str) -> str:
    """Return a result in the simulator's XML."""
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision>"
        "<MatchedStatements></MatchedStatements><MissingContextValues></MissingContextValues>"
        "</member>"
    )
