"""What IAM has of the practical: users and their keys, roles, groups, policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, unless_gone
from lab_utils.teardown.ownership import has_tag

SERVICE = "IAM"
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")
Detail = Mapping[str, Any]


def look_at_iam(look: Look) -> Iterator[Leftover]:
    """Yield users, roles, groups and policies, in an order in which they can be removed.

    Source:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    pages = look.client("iam").get_paginator("get_account_authorization_details")
    found: dict[str, list[Detail]] = {}
    for page in pages.paginate(Filter=["User", "Role", "Group", "LocalManagedPolicy"]):
        for key in ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"):
            found.setdefault(key, []).extend(page.get(key, []))
    gone: set[str] = set()
    for left in (*_users(look, found), *_roles(look, found), *_groups(look, found)):
        gone.add(left.name)
        yield left
    yield from _policies(look, found, gone)


def _users(look: Look, found: Mapping[str, list[Detail]]) -> Iterator[Leftover]:
    for user in found["UserDetailList"]:
        name, tags = user["UserName"], _tags(user)
        identifiers = (name, user["Arn"], user["UserId"])
        if why := look.owner.reason("aws_iam_user", *identifiers, is_tagged=has_tag(tags)):
            keys = access_keys(look, name)
            calls = [*_unlock(look, name, keys), *_strip("user", "UserName", name, user)]
            calls += [
                Call("iam", "remove_user_from_group", {"GroupName": group, "UserName": name})
                for group in user.get("GroupList", [])
            ]
            calls.append(Call("iam", "delete_user", {"UserName": name}))
            more = f"; it has {len(keys)} access key(s), which work until it goes" if keys else ""
            yield Leftover(SERVICE, "user", name, f"{why}{more}", tuple(calls))


def access_keys(look: Look, user: str) -> list[str]:
    """Return the ids of a user's access keys."""
    keys = unless_gone(
        lambda: look.every("iam", "list_access_keys", "AccessKeyMetadata", UserName=user), []
    )
    return [key["AccessKeyId"] for key in keys]


def _unlock(look: Look, name: str, keys: list[str]) -> Iterator[Call]:
    """Yield what takes a user's keys, devices and password away."""
    for key in keys:
        yield Call("iam", "delete_access_key", {"UserName": name, "AccessKeyId": key})
    for device in look.every("iam", "list_mfa_devices", "MFADevices", UserName=name):
        arguments = {"UserName": name, "SerialNumber": device["SerialNumber"]}
        yield Call("iam", "deactivate_mfa_device", arguments)
    if has_password(look, name):
        yield Call("iam", "delete_login_profile", {"UserName": name})


def has_password(look: Look, user: str) -> bool:
    """Tell whether a user can sign in to the console."""
    try:
        look.client("iam").get_login_profile(UserName=user)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True


def _roles(look: Look, found: Mapping[str, list[Detail]]) -> Iterator[Leftover]:
    for role in found["RoleDetailList"]:
        name = role["RoleName"]
        if role["Path"].startswith(_OF_AWS):
            continue
        identifiers = (name, role["Arn"], role["RoleId"])
        tagged = has_tag(_tags(role))
        if why := look.owner.reason("aws_iam_role", *identifiers, is_tagged=tagged):
            calls = [
                Call(
                    "iam",
                    "remove_role_from_instance_profile",
                    {"InstanceProfileName": one["InstanceProfileName"], "RoleName": name},
                )
                for one in role.get("InstanceProfileList", [])
            ]
            calls += _strip("role", "RoleName", name, role)
            calls.append(Call("iam", "delete_role", {"RoleName": name}))
            yield Leftover(SERVICE, "role", name, why, tuple(calls))


def _groups(look: Look, found: Mapping[str, list[Detail]]) -> Iterator[Leftover]:
    for group in found["GroupDetailList"]:
        name = group["GroupName"]
        if why := look.owner.reason("aws_iam_group", name, group["Arn"], group["GroupId"]):
            told = look.client("iam").get_group(GroupName=name)
            calls = [
                Call("iam", "remove_user_from_group", {"GroupName": name, "UserName": user})
                for user in (one["UserName"] for one in told["Users"])
            ]
            calls += _strip("group", "GroupName", name, group)
            calls.append(Call("iam", "delete_group", {"GroupName": name}))
            yield Leftover(SERVICE, "group", name, why, tuple(calls))


def _strip(kind: str, key: str, name: str, detail: Detail) -> Iterator[Call]:
    """Yield what takes the policies from a user, a role or a group."""
    inline = {"user": "UserPolicyList", "role": "RolePolicyList", "group": "GroupPolicyList"}
    for policy in detail.get("AttachedManagedPolicies", []):
        arguments = {key: name, "PolicyArn": policy["PolicyArn"]}
        yield Call("iam", f"detach_{kind}_policy", arguments)
    for policy in detail.get(inline[kind], []):
        arguments = {key: name, "PolicyName": policy["PolicyName"]}
        yield Call("iam", f"delete_{kind}_policy", arguments)


def _policies(look: Look, found: Mapping[str, list[Detail]], gone: set[str]) -> Iterator[Leftover]:
    for policy in found["Policies"]:
        name, arn = policy["PolicyName"], policy["Arn"]
        tags = look.every("iam", "list_policy_tags", "Tags", PolicyArn=arn)
        tagged = has_tag({one["Key"]: one["Value"] for one in tags})
        if why := look.owner.reason("aws_iam_policy", name, arn, is_tagged=tagged):
            calls = list(detach_policy(look, arn, gone))
            old = [one for one in policy["PolicyVersionList"] if not one["IsDefaultVersion"]]
            calls += [
                Call(
                    "iam",
                    "delete_policy_version",
                    {"PolicyArn": arn, "VersionId": one["VersionId"]},
                )
                for one in old
            ]
            more = f"; it has {len(old)} older version(s)" if old else ""
            calls.append(Call("iam", "delete_policy", {"PolicyArn": arn}))
            yield Leftover(SERVICE, "policy", name, f"{why}{more}", tuple(calls))


def detach_policy(look: Look, arn: str, gone: set[str]) -> Iterator[Call]:
    """Yield what detaches a policy of the account from whatever has it.

    Args:
        look: The look at hand.
        arn: The policy's ARN.
        gone: The names of users, roles and groups that lose it anyway.
    """
    kinds = (("role", "PolicyRoles"), ("user", "PolicyUsers"), ("group", "PolicyGroups"))
    pages = look.client("iam").get_paginator("list_entities_for_policy")
    for page in pages.paginate(PolicyArn=arn):
        for kind, key in kinds:
            field = f"{kind.capitalize()}Name"
            for one in page.get(key, []):
                if one[field] not in gone:
                    arguments = {field: one[field], "PolicyArn": arn}
                    yield Call("iam", f"detach_{kind}_policy", arguments)


def _tags(detail: Detail) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in detail.get("Tags", [])}
