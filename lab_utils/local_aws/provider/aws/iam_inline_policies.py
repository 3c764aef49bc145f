"""``aws_iam_role_policy``, ``aws_iam_user_policy`` and ``aws_iam_group_policy``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iam_names import chosen_name, name_validators, named
from lab_utils.local_aws.provider.aws.policies import (
    is_policy,
    normalize_policy,
    read_policy,
    settle_policy,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.values import UNKNOWN, State


def _overlay(holder: str) -> Overlay:
    return Overlay(
        force_new=frozenset({"name", "name_prefix", holder}),
        json=frozenset({"policy"}),
        validators={**name_validators(128), "policy": (is_policy,)},
        conflicts=(("name", "name_prefix"),),
        errors=(
            ErrorPath("MalformedPolicyDocument|LimitExceeded", "policy"),
            ErrorPath("NoSuchEntity|UnmodifiableEntity", holder),
        ),
    )


class InlinePolicy(AwsResource):
    """A policy inside an identity; a second one of the same name overwrites it, as on AWS.

    Attributes:
        holder: The kind of identity, which is also the argument that names it.
        id_form: What an id has to look like, in the real provider's words for an import.
    """

    service = "IAM"
    gone = ("NoSuchEntity",)
    holder: ClassVar[str]
    id_form: ClassVar[str]

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Spell the policy as it is stored."""
        if planned["policy"] is not UNKNOWN:
            planned["policy"] = normalize_policy(planned["policy"])
        settle_policy(prior, planned, "policy")

    def create(self, context: Context, planned: State) -> State:
        """Put the policy."""
        name = chosen_name(planned)
        self._put(context, planned[self.holder], name, planned["policy"])
        return {"id": f"{planned[self.holder]}:{name}", "name": name}

    def read(self, context: Context, state: State) -> State:
        """Get the policy."""
        holder, name = self._parts(state["id"])
        answer = self._call(context, "get")(**self._key(holder, name))
        policy = read_policy(state, "policy", answer["PolicyDocument"])
        return {self.holder: holder, "policy": policy, **named(name)}

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Put the changed policy."""
        holder, name = self._parts(prior["id"])
        self._put(context, holder, name, planned["policy"])

    def delete(self, context: Context, state: State) -> None:
        """Delete the policy."""
        holder, name = self._parts(state["id"])
        self._call(context, "delete")(**self._key(holder, name))

    def import_(self, _context: Context, import_id: str) -> State:
        """Check the id, ``holder:name``."""
        self._parts(import_id)
        return {"id": import_id}

    def display_name(self, state: State) -> str:
        """Return the id, else the holder and the name."""
        if isinstance(state.get("id"), str):
            return str(state["id"])
        return f"{state.get(self.holder)}:{state.get('name')}"

    def _put(self, context: Context, holder: str, name: str, policy: str) -> None:
        self._call(context, "put")(**self._key(holder, name), PolicyDocument=policy)

    def _call(self, context: Context, verb: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(context.client("iam"), f"{verb}_{self.holder}_policy")
        return call

    def _key(self, holder: str, name: str) -> State:
        return {f"{self.holder.title()}Name": holder, "PolicyName": name}

    def _parts(self, policy_id: str) -> tuple[str, str]:
        """Return the holder and the name of a policy's id."""
        holder, colon, name = policy_id.partition(":")
        if not colon or not holder or not name:
            raise ProviderError(self.id_form.format(id=policy_id))
        return holder, name


class RolePolicy(InlinePolicy):
    """A policy inside a role."""

    type_name = "aws_iam_role_policy"
    label = "IAM Role Policy"
    holder = "role"
    id_form = "unexpected format for ID ({id}), expected <role name>:<role policy name>"
    overlay: ClassVar[Overlay] = _overlay("role")


class UserPolicy(InlinePolicy):
    """A policy inside a user."""

    type_name = "aws_iam_user_policy"
    label = "IAM User Policy"
    holder = "user"
    id_form = "user_policy id must be of the form <user name>:<policy name>"
    overlay: ClassVar[Overlay] = _overlay("user")


class GroupPolicy(InlinePolicy):
    """A policy inside a group."""

    type_name = "aws_iam_group_policy"
    label = "IAM Group Policy"
    holder = "group"
    id_form = "group_policy id must be of the form <group name>:<policy name>"
    overlay: ClassVar[Overlay] = _overlay("group")


RESOURCES: tuple[type[AwsResource], ...] = (RolePolicy, UserPolicy, GroupPolicy)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
