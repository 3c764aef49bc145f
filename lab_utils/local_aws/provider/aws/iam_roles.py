"""``aws_iam_role``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.aws.iam_names import chosen_name, name_validators, named
from lab_utils.local_aws.provider.aws.iam_role_contents import (
    attach_managed,
    attached_arns,
    change_inline,
    clear_attached,
    clear_inline,
    clear_instance_profiles,
    detach_managed,
    plan_inline,
    put_inline,
    read_inline,
)
from lab_utils.local_aws.provider.aws.policies import (
    is_policy,
    normalize_json,
    read_policy,
    settle_policy,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import between, is_arn, is_json, length, matches
from lab_utils.local_aws.provider.values import UNKNOWN, State

_QUOTES = "cannot contain specially formatted single or double quotes: [\u201c\u2018]"
_INLINE_NAME = name_validators(128)["name"]


class Role(AwsResource):
    """A role, with the policies that its own arguments list."""

    type_name = "aws_iam_role"
    label = "IAM Role"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "name_prefix", "path"}),
        defaults={"path": "/", "max_session_duration": 3600, "force_detach_policies": False},
        deprecated=frozenset({"inline_policy", "managed_policy_arns"}),
        json=frozenset({"assume_role_policy", "inline_policy.policy"}),
        validators={
            **name_validators(64),
            "assume_role_policy": (is_json,),
            "description": (length(0, 1000), matches("[^\u201c\u2018]*", _QUOTES)),
            "inline_policy.name": _INLINE_NAME,
            "inline_policy.policy": (is_policy,),
            "max_session_duration": (between(3600, 43200),),
            "path": (length(0, 512),),
            "permissions_boundary": (is_arn,),
        },
        conflicts=(("name", "name_prefix"),),
        errors=(
            ErrorPath("EntityAlreadyExists", "name"),
            ErrorPath("MalformedPolicyDocument", "inline_policy", "inline policy"),
            ErrorPath("MalformedPolicyDocument", "assume_role_policy"),
            ErrorPath("NoSuchEntity", "permissions_boundary", "Scope ARN"),
            ErrorPath("NoSuchEntity", "managed_policy_arns", "Policy "),
            ErrorPath("ValidationError", "permissions_boundary", "ARN"),
            ErrorPath("ValidationError", "description", "description"),
        ),
    )

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Spell the trust policy as it is stored; keep inline policies that nothing lists."""
        if planned["assume_role_policy"] is not UNKNOWN:
            planned["assume_role_policy"] = normalize_json(planned["assume_role_policy"])
        settle_policy(prior, planned, "assume_role_policy")
        plan_inline(prior, planned)

    def create(self, context: Context, planned: State) -> State:
        """Create the role, then put and attach its policies."""
        name = chosen_name(planned)
        client = context.client("iam")
        client.create_role(**_arguments(name, planned))
        context.keep(id=name, name=name)
        put_inline(client, name, planned["inline_policy"])
        attach_managed(client, name, planned["managed_policy_arns"])
        return {"id": name, "name": name}

    def read(self, context: Context, state: State) -> State:
        """Get the role and list its policies."""
        client = context.client("iam")
        role = client.get_role(RoleName=state["id"])["Role"]
        trust = role["AssumeRolePolicyDocument"]
        boundary = role.get("PermissionsBoundary") or {}
        return {
            **named(role["RoleName"]),
            **read_tags(from_list(role.get("Tags")), state, context.tags),
            "arn": role["Arn"],
            "assume_role_policy": read_policy(state, "assume_role_policy", trust, normalize_json),
            "create_date": f"{role['CreateDate']:%Y-%m-%dT%H:%M:%SZ}",
            "description": role.get("Description"),
            "force_detach_policies": state.get("force_detach_policies") or False,
            "inline_policy": read_inline(client, state),
            "managed_policy_arns": attached_arns(client, state["id"]),
            "max_session_duration": role["MaxSessionDuration"],
            "path": role["Path"],
            "permissions_boundary": boundary.get("PermissionsBoundaryArn"),
            "unique_id": role["RoleId"],
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change what differs, each by its own call."""
        client, name = context.client("iam"), prior["id"]
        trust = planned["assume_role_policy"]
        if prior["assume_role_policy"] != trust:
            client.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        if any(prior[one] != planned[one] for one in ("description", "max_session_duration")):
            client.update_role(
                RoleName=name,
                Description=planned["description"] or "",
                MaxSessionDuration=planned["max_session_duration"],
            )
        if (boundary := planned["permissions_boundary"]) != prior["permissions_boundary"]:
            if boundary:
                client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
            else:
                client.delete_role_permissions_boundary(RoleName=name)
        change_inline(client, name, prior["inline_policy"], planned["inline_policy"])
        before, after = (set(one["managed_policy_arns"] or ()) for one in (prior, planned))
        detach_managed(client, name, before - after)
        attach_managed(client, name, after - before)
        change_tags(
            prior,
            planned,
            untag=lambda keys: client.untag_role(RoleName=name, TagKeys=keys),
            tag=lambda tags: client.tag_role(RoleName=name, Tags=to_list(tags)),
        )

    def delete(self, context: Context, state: State) -> None:
        """Delete the role; policies that its state does not know keep it, unless forced."""
        client, name = context.client("iam"), state["id"]
        forced = bool(state["force_detach_policies"])
        clear_instance_profiles(client, name)
        if forced or state["managed_policy_arns"]:
            clear_attached(client, name)
        if forced or state["inline_policy"]:
            clear_inline(client, name)
        client.delete_role(RoleName=name)


def _arguments(name: str, planned: State) -> State:
    arguments: State = {
        "RoleName": name,
        "AssumeRolePolicyDocument": planned["assume_role_policy"],
        "Path": planned["path"] or "/",
        "MaxSessionDuration": planned["max_session_duration"],
        "Tags": to_list(planned["tags_all"]),
    }
    if planned["description"]:
        arguments["Description"] = planned["description"]
    if planned["permissions_boundary"]:
        arguments["PermissionsBoundary"] = planned["permissions_boundary"]
    return arguments


RESOURCES: tuple[type[AwsResource], ...] = (Role,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
