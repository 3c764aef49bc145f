"""``aws_iam_user``."""

from __future__ import annotations

from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iam_identities import NAME_CHECK, NAME_TAKEN, unless_gone
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import length
from lab_utils.local_aws.provider.values import State

Client = Any


class User(AwsResource):
    """A user; another name or path renames it in place, with its keys and policies."""

    type_name = "aws_iam_user"
    label = "IAM User"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        defaults={"path": "/", "force_destroy": False},
        recompute={"id": ("name",), "arn": ("name", "path")},
        validators={"name": (NAME_CHECK,), "permissions_boundary": (length(0, 2048),)},
        errors=(
            ErrorPath("NoSuchEntity|ValidationError", "permissions_boundary", "ARN"),
            NAME_TAKEN,
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the user."""
        boundary = planned["permissions_boundary"]
        context.client("iam").create_user(
            UserName=planned["name"],
            Path=planned["path"] or "/",
            Tags=to_list(planned["tags_all"]),
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Get the user."""
        user = context.client("iam").get_user(UserName=state["id"])["User"]
        boundary = user.get("PermissionsBoundary") or {}
        return {
            **read_tags(from_list(user.get("Tags")), state, context.tags),
            "arn": user["Arn"],
            "force_destroy": state.get("force_destroy") or False,
            "name": user["UserName"],
            "path": user["Path"],
            "permissions_boundary": boundary.get("PermissionsBoundaryArn"),
            "unique_id": user["UserId"],
        }

    def update(self, context: Context, prior: State, planned: State) -> State:
        """Rename the user, then change its boundary and its tags."""
        client, name = context.client("iam"), planned["name"]
        path = planned["path"] or "/"
        if (prior["name"], prior["path"]) != (name, path):
            client.update_user(UserName=prior["id"], NewUserName=name, NewPath=path)
        if (boundary := planned["permissions_boundary"]) != prior["permissions_boundary"]:
            if boundary:
                client.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
            else:
                client.delete_user_permissions_boundary(UserName=name)
        change_tags(
            prior,
            planned,
            untag=lambda keys: client.untag_user(UserName=name, TagKeys=keys),
            tag=lambda tags: client.tag_user(UserName=name, Tags=to_list(tags)),
        )
        return {"id": name}

    def delete(self, context: Context, state: State) -> None:
        """Delete the user; keys and passwords that Terraform did not make keep it, unless forced.

        Its memberships go in any case. The other credentials that the real provider clears when
        forced (SSH keys, signing certificates and the like) do not exist on the embedded AWS.
        """
        client, name = context.client("iam"), state["id"]
        pages = client.get_paginator("list_groups_for_user").paginate(UserName=name)
        for group in [one["GroupName"] for page in pages for one in page["Groups"]]:
            unless_gone(client.remove_user_from_group, GroupName=group, UserName=name)
        if state["force_destroy"]:
            _clear_credentials(client, name)
        client.delete_user(UserName=name)


def _clear_credentials(client: Client, name: str) -> None:
    """Delete access keys, MFA devices and the password of a user."""
    pages = client.get_paginator("list_access_keys").paginate(UserName=name)
    for key in [one["AccessKeyId"] for page in pages for one in page["AccessKeyMetadata"]]:
        unless_gone(client.delete_access_key, UserName=name, AccessKeyId=key)
    pages = client.get_paginator("list_mfa_devices").paginate(UserName=name)
    for device in [one["SerialNumber"] for page in pages for one in page["MFADevices"]]:
        unless_gone(client.deactivate_mfa_device, UserName=name, SerialNumber=device)
        unless_gone(client.delete_virtual_mfa_device, SerialNumber=device)
    unless_gone(client.delete_login_profile, UserName=name)


RESOURCES: tuple[type[AwsResource], ...] = (User,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
