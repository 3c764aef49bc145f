"""``aws_iam_role_policy`` and ``aws_iam_role_policy_attachment``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.aws.iam_names import chosen_name, name_validators, named
from lab_utils.local_aws.provider.aws.policies import (
    is_policy,
    normalize_policy,
    read_policy,
    settle_policy,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import is_arn
from lab_utils.local_aws.provider.values import UNKNOWN, State


class RolePolicy(AwsResource):
    """A policy inside a role; a second one of the same name overwrites it, as on AWS."""

    type_name = "aws_iam_role_policy"
    label = "IAM Role Policy"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "name_prefix", "role"}),
        json=frozenset({"policy"}),
        validators={**name_validators(128), "policy": (is_policy,)},
        conflicts=(("name", "name_prefix"),),
        errors=(
            ErrorPath("MalformedPolicyDocument|LimitExceeded", "policy"),
            ErrorPath("NoSuchEntity|UnmodifiableEntity", "role"),
        ),
    )

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Spell the policy as it is stored."""
        if planned["policy"] is not UNKNOWN:
            planned["policy"] = normalize_policy(planned["policy"])
        settle_policy(prior, planned, "policy")

    def create(self, context: Context, planned: State) -> State:
        """Put the policy."""
        name = chosen_name(planned)
        self._put(context, planned["role"], name, planned["policy"])
        return {"id": f"{planned['role']}:{name}", "name": name}

    def read(self, context: Context, state: State) -> State:
        """Get the policy."""
        role, name = _parts(state["id"])
        answer = context.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        policy = read_policy(state, "policy", answer["PolicyDocument"])
        return {"role": role, "policy": policy, **named(name)}

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Put the changed policy."""
        role, name = _parts(prior["id"])
        self._put(context, role, name, planned["policy"])

    def delete(self, context: Context, state: State) -> None:
        """Delete the policy."""
        role, name = _parts(state["id"])
        context.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def import_(self, _context: Context, import_id: str) -> State:
        """Check the id, ``role:name``."""
        _parts(import_id)
        return {"id": import_id}

    def display_name(self, state: State) -> str:
        """Return the id, else the role and the name."""
        if isinstance(state.get("id"), str):
            return str(state["id"])
        return f"{state.get('role')}:{state.get('name')}"

    def _put(self, context: Context, role: str, name: str, policy: str) -> None:
        context.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)


class RolePolicyAttachment(AwsResource):
    """A managed policy's attachment to a role."""

    type_name = "aws_iam_role_policy_attachment"
    label = "IAM Role Policy Attachment"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"role", "policy_arn"}),
        validators={"policy_arn": (is_arn,)},
        errors=(
            ErrorPath("NoSuchEntity", "role", "role with name"),
            ErrorPath("NoSuchEntity|InvalidInput|ValidationError|LimitExceeded", "policy_arn"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Attach the policy."""
        role, policy_arn = planned["role"], planned["policy_arn"]
        context.client("iam").attach_role_policy(RoleName=role, PolicyArn=policy_arn)
        return {"id": unique_name(f"{role}-")}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the policy among the role's."""
        pages = context.client("iam").get_paginator("list_attached_role_policies")
        attached = {
            policy["PolicyArn"]
            for page in pages.paginate(RoleName=state["role"])
            for policy in page["AttachedPolicies"]
        }
        if state["policy_arn"] not in attached:
            return None
        return {"role": state["role"], "policy_arn": state["policy_arn"]}

    def delete(self, context: Context, state: State) -> None:
        """Detach the policy."""
        context.client("iam").detach_role_policy(
            RoleName=state["role"], PolicyArn=state["policy_arn"]
        )

    def import_(self, _context: Context, import_id: str) -> State:
        """Take the id apart, ``role/policy_arn``."""
        role, _, policy_arn = import_id.partition("/")
        if not role or not policy_arn:
            raise ProviderError(
                f"unexpected format of ID ({import_id}), expected <role-name>/<policy_arn>"
            )
        return {"id": f"{role}-{policy_arn}", "role": role, "policy_arn": policy_arn}

    def display_name(self, state: State) -> str:
        """Return role and policy."""
        return f"{state.get('role')}/{state.get('policy_arn')}"


def _parts(policy_id: str) -> tuple[str, str]:
    """Return the role and the name of a policy's id."""
    role, colon, name = policy_id.partition(":")
    if not colon or not role or not name:
        raise ProviderError(
            f"unexpected format for ID ({policy_id}), expected <role name>:<role policy name>"
        )
    return role, name


RESOURCES: tuple[type[AwsResource], ...] = (RolePolicy, RolePolicyAttachment)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
