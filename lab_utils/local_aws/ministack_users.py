"""IAM's users, groups and access keys, where ministack takes more than AWS does or knows less."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_MOST_KEYS = 2
"""How many access keys a user may have."""


def mend_users(iam: Any) -> None:
    """Replace what differs in ministack's ``iam`` module.

    A user or a group goes only when nothing hangs on it, in IAM's words. A user has at most two
    access keys, and a key is deleted only as its own user's. Users and groups can be renamed.

    Source:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    _check(iam, "DeleteUser", lambda parameters: _user_conflict(iam, parameters))
    _check(iam, "DeleteGroup", lambda parameters: _group_conflict(iam, parameters))
    _check(iam, "CreateAccessKey", lambda parameters: _quota_problem(iam, parameters))
    _check(iam, "DeleteAccessKey", lambda parameters: _foreign_key(iam, parameters))
    _check(iam, "ListAccessKeys", lambda parameters: _missing_user(iam, parameters))
    iam._IAM_HANDLERS["UpdateUser"] = lambda parameters: _update_user(iam, parameters)
    iam._IAM_HANDLERS["UpdateGroup"] = lambda parameters: _update_group(iam, parameters)


Problem = tuple[int, str, str] | None
"""Status, code and message of an error."""


def _check(iam: Any, operation: str, problem_of: Callable[[Any], Problem]) -> None:
    handle = iam._IAM_HANDLERS[operation]

    def checked(parameters: Mapping[str, Any]) -> Any:
        problem = problem_of(parameters)
        return iam._error(*problem, ns="iam") if problem else handle(parameters)

    iam._IAM_HANDLERS[operation] = checked


def _user_conflict(iam: Any, parameters: Any) -> Problem:
    name = iam._p(parameters, "UserName")
    user = iam._users.get(name)
    if not user:
        return None
    # Which of several AWS names first, it does not document.
    hanging = (
        (iam._user_inline_policies.get(name), "delete policies"),
        (user.get("AttachedPolicies"), "detach all policies"),
        (list(_groups_of(iam, name)), "remove users from group"),
        (name in iam._login_profiles, "delete login profile"),
        (any(one.get("User") == name for one in iam._mfa_devices.values()), "delete MFA device"),
        (list(_keys_of(iam, name)), "delete access keys"),
    )
    return _conflict(hanging)


def _group_conflict(iam: Any, parameters: Any) -> Problem:
    name = iam._p(parameters, "GroupName")
    group = iam._groups.get(name)
    if not group:
        return None
    hanging = (
        (group.get("Users"), "remove users from group"),
        (iam._group_inline_policies.get(name), "delete policies"),
        (group.get("AttachedPolicies"), "detach all policies"),
    )
    return _conflict(hanging)


def _conflict(hanging: tuple[tuple[object, str], ...]) -> Problem:
    for what, remedy in hanging:
        if what:
            return 409, "DeleteConflict", f"Cannot delete entity, must {remedy} first."
    return None


def _quota_problem(iam: Any, parameters: Any) -> Problem:
    keys = list(_keys_of(iam, iam._p(parameters, "UserName")))
    if len(keys) < _MOST_KEYS:
        return None
    return 409, "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {_MOST_KEYS}"


def _foreign_key(iam: Any, parameters: Any) -> Problem:
    name, key_id = (iam._p(parameters, one) for one in ("UserName", "AccessKeyId"))
    key = iam._access_keys.get(key_id)
    if key is None or not name or key["UserName"] == name:
        return None
    return 404, "NoSuchEntity", f"The Access Key with id {key_id} cannot be found."


def _missing_user(iam: Any, parameters: Any) -> Problem:
    name = iam._p(parameters, "UserName")
    if not name or name in iam._users:
        return None
    return 404, "NoSuchEntity", f"The user with name {name} cannot be found."


def _update_user(iam: Any, parameters: Any) -> Any:
    """Rename a user, with its policies, keys, password and devices; or move it to a path."""
    name = iam._p(parameters, "UserName")
    groups, keys = list(_groups_of(iam, name)), list(_keys_of(iam, name))
    devices = [one for one in iam._mfa_devices.values() if one.get("User") == name]
    problem, new = _rename(iam, parameters, "User", iam._users)
    if problem:
        return problem
    for group in groups:
        group["Users"] = [new if one == name else one for one in group["Users"]]
    for record in keys:
        record["UserName"] = new
    for device in devices:
        device["User"] = new
    for store in (iam._user_inline_policies, iam._login_profiles):
        _move(store, name, new)
    if new in iam._login_profiles:
        iam._login_profiles[new]["UserName"] = new
    return iam._xml(200, "UpdateUserResponse", "", ns="iam")


def _update_group(iam: Any, parameters: Any) -> Any:
    """Rename a group, with its policies and members; or move it to a path."""
    problem, new = _rename(iam, parameters, "Group", iam._groups)
    if problem:
        return problem
    _move(iam._group_inline_policies, iam._p(parameters, "GroupName"), new)
    return iam._xml(200, "UpdateGroupResponse", "", ns="iam")


def _rename(iam: Any, parameters: Any, kind: str, holders: Any) -> tuple[Any, str]:
    """Give a user or a group another name, path and ARN; return the error, if any, and the name."""
    name = iam._p(parameters, f"{kind}Name")
    new = iam._p(parameters, f"New{kind}Name") or name
    record = holders.get(name)
    if record is None:
        words = f"The {kind.lower()} with name {name} cannot be found."
        return iam._error(404, "NoSuchEntity", words, ns="iam"), new
    if new != name and new in holders:
        words = f"{kind} with name {new} already exists."
        return iam._error(409, "EntityAlreadyExists", words, ns="iam"), new
    path = iam._p(parameters, "NewPath") or record["Path"]
    account = record["Arn"].partition(f":{kind.lower()}/")[0]
    arn = f"{account}:{kind.lower()}{path}{new}"
    record.update({f"{kind}Name": new, "Path": path, "Arn": arn})
    _move(holders, name, new)
    return None, new


def _move(store: Any, name: str, new: str) -> None:
    if name != new and name in store:
        store[new] = store.pop(name)


def _groups_of(iam: Any, user: str) -> Iterator[Any]:
    return (group for group in iam._groups.values() if user in group["Users"])


def _keys_of(iam: Any, user: str) -> Iterator[Any]:
    return (key for key in iam._access_keys.values() if key["UserName"] == user)
