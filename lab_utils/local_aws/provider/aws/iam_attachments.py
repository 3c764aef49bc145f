"""Attachments of managed policies: to a role, a user or a group, or to all that are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iam_identities import unless_gone
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource, refuse_import
from lab_utils.local_aws.provider.validation import is_arn, length
from lab_utils.local_aws.provider.values import State

_KINDS = ("group", "role", "user")
_POLICY_ERRORS = ErrorPath("NoSuchEntity|InvalidInput|ValidationError|LimitExceeded", "policy_arn")


def _overlay(holder: str) -> Overlay:
    return Overlay(
        force_new=frozenset({holder, "policy_arn"}),
        validators={"policy_arn": (is_arn,)},
        errors=(ErrorPath("NoSuchEntity", holder, f"{holder} with name"), _POLICY_ERRORS),
    )


def _operation(context: Context, verb: str, kind: str) -> Callable[..., Any]:
    call: Callable[..., Any] = getattr(context.client("iam"), f"{verb}_{kind}_policy")
    return call


def _arguments(kind: str, holder: str, policy_arn: str) -> dict[str, str]:
    return {f"{kind.title()}Name": holder, "PolicyArn": policy_arn}


class HolderAttachment(AwsResource):
    """A managed policy's attachment to one identity.

    Attributes:
        holder: The kind of identity, which is also the argument that names it.
    """

    service = "IAM"
    gone = ("NoSuchEntity",)
    holder: ClassVar[str]

    def create(self, context: Context, planned: State) -> State:
        """Attach the policy."""
        holder, policy_arn = planned[self.holder], planned["policy_arn"]
        attach = _operation(context, "attach", self.holder)
        attach(**_arguments(self.holder, holder, policy_arn))
        return {"id": unique_name(f"{holder}-")}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the policy among the holder's."""
        pages = context.client("iam").get_paginator(f"list_attached_{self.holder}_policies")
        attached = {
            policy["PolicyArn"]
            for page in pages.paginate(**{f"{self.holder.title()}Name": state[self.holder]})
            for policy in page["AttachedPolicies"]
        }
        if state["policy_arn"] not in attached:
            return None
        return {self.holder: state[self.holder], "policy_arn": state["policy_arn"]}

    def delete(self, context: Context, state: State) -> None:
        """Detach the policy."""
        detach = _operation(context, "detach", self.holder)
        detach(**_arguments(self.holder, state[self.holder], state["policy_arn"]))

    def import_(self, _context: Context, import_id: str) -> State:
        """Take the id apart, ``holder/policy_arn``."""
        holder, _, policy_arn = import_id.partition("/")
        if not holder or not policy_arn:
            raise ProviderError(
                f"unexpected format of ID ({import_id}), expected <{self.holder}-name>/<policy_arn>"
            )
        return {"id": f"{holder}-{policy_arn}", self.holder: holder, "policy_arn": policy_arn}

    def display_name(self, state: State) -> str:
        """Return holder and policy."""
        return f"{state.get(self.holder)}/{state.get('policy_arn')}"


class RolePolicyAttachment(HolderAttachment):
    """A managed policy's attachment to a role."""

    type_name = "aws_iam_role_policy_attachment"
    label = "IAM Role Policy Attachment"
    holder = "role"
    overlay: ClassVar[Overlay] = _overlay("role")


class UserPolicyAttachment(HolderAttachment):
    """A managed policy's attachment to a user."""

    type_name = "aws_iam_user_policy_attachment"
    label = "IAM User Policy Attachment"
    holder = "user"
    overlay: ClassVar[Overlay] = _overlay("user")


class GroupPolicyAttachment(HolderAttachment):
    """A managed policy's attachment to a group."""

    type_name = "aws_iam_group_policy_attachment"
    label = "IAM Group Policy Attachment"
    holder = "group"
    overlay: ClassVar[Overlay] = _overlay("group")


class PolicyAttachment(AwsResource):
    """Everything that a managed policy is attached to: what is not listed, it detaches."""

    type_name = "aws_iam_policy_attachment"
    label = "IAM Policy Attachment"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "policy_arn"}),
        validators={"name": (length(1, 2048),), "policy_arn": (is_arn,)},
        at_least_one_of=(("groups", "roles", "users"),),
        errors=(
            *(ErrorPath("NoSuchEntity", f"{kind}s", f"{kind} with name") for kind in _KINDS),
            _POLICY_ERRORS,
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Attach the policy to all that are listed."""
        context.keep(id=planned["name"])
        for kind in _KINDS:
            _attach(context, kind, planned[f"{kind}s"] or (), planned["policy_arn"])
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State | None:
        """List what the policy is attached to."""
        pages = context.client("iam").get_paginator("list_entities_for_policy")
        found: dict[str, list[str]] = {f"{kind}s": [] for kind in _KINDS}
        for page in pages.paginate(PolicyArn=state["policy_arn"]):
            for kind in _KINDS:
                title = kind.title()
                found[f"{kind}s"] += [one[f"{title}Name"] for one in page[f"Policy{title}s"]]
        return {**found} if any(found.values()) else None

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Detach what is no longer listed, and attach what is new."""
        for kind in _KINDS:
            before, after = (set(one[f"{kind}s"] or ()) for one in (prior, planned))
            _detach(context, kind, before - after, planned["policy_arn"])
            _attach(context, kind, after - before, planned["policy_arn"])

    def delete(self, context: Context, state: State) -> None:
        """Detach the policy from everything."""
        for kind in _KINDS:
            _detach(context, kind, state[f"{kind}s"] or (), state["policy_arn"])

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse it, as the real provider does."""
        return refuse_import(self.type_name)


def _attach(context: Context, kind: str, holders: Iterable[str], policy_arn: str) -> None:
    for holder in sorted(holders):
        _operation(context, "attach", kind)(**_arguments(kind, holder, policy_arn))


def _detach(context: Context, kind: str, holders: Iterable[str], policy_arn: str) -> None:
    for holder in sorted(holders):
        unless_gone(_operation(context, "detach", kind), **_arguments(kind, holder, policy_arn))


RESOURCES: tuple[type[AwsResource], ...] = (
    RolePolicyAttachment,
    UserPolicyAttachment,
    GroupPolicyAttachment,
    PolicyAttachment,
)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
