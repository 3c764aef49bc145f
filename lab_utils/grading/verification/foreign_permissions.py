"""Permissions that a student's programs gave Terraform's own roles beside Terraform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.teardown.calls import ClientOf
from lab_utils.teardown.evidence import managed

_LISTS = ("aws_iam_policy_attachment",)
_ROLE, _INLINE, _ATTACHED = (
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
)


@dataclass(frozen=True)
class _Granted:
    """A role's inline policies by name, and its attached ones by ARN."""

    inline: frozenset[str]
    attached: frozenset[str]


def remove_foreign_permissions(client: ClientOf, state: Mapping[str, Any]) -> list[str]:
    """Take away what the roles of a state may do beside that state, and return it in words.

    Args:
        client: Returns the client of a service.
        state: Terraform's state, as read right after the apply.
    """
    iam = client("iam")
    roles = {str(one.get("name")) for kind, one in managed(state) if kind == _ROLE}
    return [words for role in sorted(roles) for words in _removed(iam, role, _told(state, role))]


def _told(state: Mapping[str, Any], role: str) -> _Granted:
    """Return what a state says of a role's policies."""
    inline: set[str] = set()
    attached: set[str] = set()
    for kind, one in managed(state):
        if kind == _ROLE and one.get("name") == role:
            inline |= {str(policy.get("name")) for policy in one.get("inline_policy") or ()}
            attached |= set(one.get("managed_policy_arns") or ())
        elif kind == _INLINE and one.get("role") == role:
            inline.add(str(one.get("name")))
        elif (kind == _ATTACHED and one.get("role") == role) or (
            kind in _LISTS and role in (one.get("roles") or ())
        ):
            attached.add(str(one.get("policy_arn")))
    return _Granted(frozenset(inline), frozenset(attached))


def _removed(iam: Any, role: str, told: _Granted) -> Iterator[str]:
    """Take a role's other policies away, and yield each in words; a role that is gone has none."""
    try:
        inline = _names(iam, "list_role_policies", "PolicyNames", role)
        attached = _names(iam, "list_attached_role_policies", "AttachedPolicies", role)
    except iam.exceptions.NoSuchEntityException:
        return
    for name in sorted(set(inline) - told.inline):
        iam.delete_role_policy(RoleName=role, PolicyName=name)
        yield f"IAM policy {name} of the role {role}"
    for arn in sorted({str(one["PolicyArn"]) for one in attached} - told.attached):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        yield f"IAM policy {arn} attached to the role {role}"


def _names(iam: Any, operation: str, key: str, role: str) -> list[Any]:
    pages = iam.get_paginator(operation).paginate(RoleName=role)
    return [one for page in pages for one in page[key]]
