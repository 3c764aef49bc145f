"""``aws_iam_group``, ``aws_iam_group_membership`` and ``aws_iam_user_group_membership``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.aws.iam_identities import NAME_CHECK, NAME_TAKEN, unless_gone
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource, refuse_import
from lab_utils.local_aws.provider.values import State

_MISSING = (
    ErrorPath("NoSuchEntity", "group", "group with name"),
    ErrorPath("NoSuchEntity", "user", "user with name"),
)


class Group(AwsResource):
    """A group of users; another name or path renames it in place."""

    type_name = "aws_iam_group"
    label = "IAM Group"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        defaults={"path": "/"},
        recompute={"id": ("name",), "arn": ("name", "path")},
        validators={"name": (NAME_CHECK,)},
        errors=(NAME_TAKEN,),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the group."""
        context.client("iam").create_group(GroupName=planned["name"], Path=planned["path"] or "/")
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Get the group."""
        group = context.client("iam").get_group(GroupName=state["id"])["Group"]
        return {
            "arn": group["Arn"],
            "name": group["GroupName"],
            "path": group["Path"],
            "unique_id": group["GroupId"],
        }

    def update(self, context: Context, prior: State, planned: State) -> State:
        """Rename the group."""
        context.client("iam").update_group(
            GroupName=prior["id"], NewGroupName=planned["name"], NewPath=planned["path"] or "/"
        )
        return {"id": planned["name"]}

    def delete(self, context: Context, state: State) -> None:
        """Delete the group; members and policies keep it, as on AWS."""
        context.client("iam").delete_group(GroupName=state["id"])


class GroupMembership(AwsResource):
    """All the users of a group: who is not listed, it takes out."""

    type_name = "aws_iam_group_membership"
    label = "IAM Group Membership"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"group", "name"}),
        errors=(_MISSING[0], ErrorPath("NoSuchEntity", "users", "user with name")),
    )

    def create(self, context: Context, planned: State) -> State:
        """Add the users."""
        context.keep(id=planned["name"])
        for user in planned["users"]:
            _add(context, planned["group"], user)
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """List the group's users."""
        pages = context.client("iam").get_paginator("get_group").paginate(GroupName=state["group"])
        return {"users": [user["UserName"] for page in pages for user in page["Users"]]}

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Take out who is no longer listed, and add who is new."""
        before, after = set(prior["users"] or ()), set(planned["users"])
        for user in sorted(before - after):
            _remove(context, planned["group"], user)
        for user in sorted(after - before):
            _add(context, planned["group"], user)

    def delete(self, context: Context, state: State) -> None:
        """Take all users out."""
        for user in state["users"] or ():
            _remove(context, state["group"], user)

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse it, as the real provider does."""
        return refuse_import(self.type_name)


class UserGroupMembership(AwsResource):
    """Some groups of a user; others that it is in are left alone."""

    type_name = "aws_iam_user_group_membership"
    label = "IAM User Group Membership"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"user"}),
        errors=(_MISSING[1], ErrorPath("NoSuchEntity", "groups", "group with name")),
    )

    def create(self, context: Context, planned: State) -> State:
        """Add the user to the groups."""
        made = {"id": unique_name()}
        context.keep(**made)
        for group in planned["groups"]:
            _add(context, group, planned["user"])
        return made

    def read(self, context: Context, state: State) -> State:
        """List the user's groups, of those that the state has."""
        pages = context.client("iam").get_paginator("list_groups_for_user")
        names = {
            group["GroupName"]
            for page in pages.paginate(UserName=state["user"])
            for group in page["Groups"]
        }
        return {"groups": [name for name in state["groups"] or () if name in names]}

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Take the user out of groups that are no longer listed, and add it to new ones."""
        before, after = set(prior["groups"] or ()), set(planned["groups"])
        for group in sorted(before - after):
            _remove(context, group, planned["user"])
        for group in sorted(after - before):
            _add(context, group, planned["user"])

    def delete(self, context: Context, state: State) -> None:
        """Take the user out of the groups."""
        for group in state["groups"] or ():
            _remove(context, group, state["user"])

    def import_(self, _context: Context, import_id: str) -> State:
        """Take the id apart, ``user/group/group...``."""
        user, *groups = import_id.split("/")
        if not groups:
            raise ProviderError(
                f'unexpected format of ID ("{import_id}"), expected <user-name>/<group-name1>/...'
            )
        return {"id": unique_name(), "user": user, "groups": groups}

    def display_name(self, state: State) -> str:
        """Return the user."""
        return str(state.get("user"))


def _add(context: Context, group: str, user: str) -> None:
    context.client("iam").add_user_to_group(GroupName=group, UserName=user)


def _remove(context: Context, group: str, user: str) -> None:
    unless_gone(context.client("iam").remove_user_from_group, GroupName=group, UserName=user)


RESOURCES: tuple[type[AwsResource], ...] = (Group, GroupMembership, UserGroupMembership)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
