"""What stands in the way of a destroy: what somebody tied by hand to what Terraform made.

Terraform removes what it attached, and nothing else; AWS then refuses to delete what is still in
use (DeleteConflict). This finds it before, so that it can be told in words and taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab_utils.teardown.calls import Call
from lab_utils.teardown.evidence import State, managed
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, unless_gone
from lab_utils.teardown.look_functions import rule_targets
from lab_utils.teardown.look_iam import access_keys, detach_policy, has_password
from lab_utils.teardown.look_iot import (
    certificate_policies,
    policy_targets,
    principal_things,
    thing_principals,
)

Attributes = Mapping[str, Any]
Ties = set[tuple[str, str]]
_BY_HAND = "by hand"


def find_blockers(look: Look, state: State) -> list[Leftover]:
    """Return what was tied by hand to what a state holds, each with the calls that untie it.

    Args:
        look: The look at hand.
        state: Terraform's state.
    """
    ties = _ties(state)
    # One tie may be found from both its ends.
    found: dict[str, Leftover] = {}
    for kind, attributes in managed(state):
        for one in _FINDERS[kind](look, attributes, ties) if kind in _FINDERS else ():
            found.setdefault(one.remove, one)
    return list(found.values())


def _ties(state: State) -> Ties:
    """Return what Terraform tied itself, and unties itself: both ends of each tie."""
    ends = {
        "aws_iot_thing_principal_attachment": ("thing", "principal"),
        "aws_iot_policy_attachment": ("policy", "target"),
        "aws_cloudwatch_event_target": ("rule", "target_id"),
        "aws_timestreamwrite_table": ("database_name", "table_name"),
        "aws_iam_access_key": ("user", "id"),
        "aws_iam_user_policy": ("user", "name"),
        "aws_iam_role_policy_attachment": ("policy_arn", "role"),
        "aws_iam_group_policy_attachment": ("policy_arn", "group"),
        "aws_iam_user_policy_attachment": ("policy_arn", "user"),
    }
    held = list(managed(state))
    ties = {
        (str(attributes.get(ends[kind][0])), str(attributes.get(ends[kind][1])))
        for kind, attributes in held
        if kind in ends
    }
    # This one ties a policy to many.
    return ties | {
        (attributes["policy_arn"], name)
        for kind, attributes in held
        if kind == "aws_iam_policy_attachment"
        for names in ("users", "roles", "groups")
        for name in attributes.get(names) or ()
    }


def _of_certificate(look: Look, certificate: Attributes, ties: Ties) -> Iterator[Leftover]:
    arn, name = certificate["arn"], certificate["id"]
    for thing in principal_things(look, arn):
        if (thing, arn) not in ties:
            why = f"your certificate {name[:8]}... was attached to it {_BY_HAND}"
            call = Call("iot", "detach_thing_principal", {"thingName": thing, "principal": arn})
            yield Leftover("IoT Core", "thing", thing, why, (call,))
    for policy in certificate_policies(look, arn):
        if (policy, arn) not in ties:
            why = f"it was attached to your certificate {name[:8]}... {_BY_HAND}"
            call = Call("iot", "detach_policy", {"policyName": policy, "target": arn})
            yield Leftover("IoT Core", "policy", policy, why, (call,))


def _of_thing(look: Look, thing: Attributes, ties: Ties) -> Iterator[Leftover]:
    name = thing["name"]
    for arn in thing_principals(look, name):
        if (name, arn) not in ties:
            why = f"it was attached to your thing {name} {_BY_HAND}"
            call = Call("iot", "detach_thing_principal", {"thingName": name, "principal": arn})
            yield Leftover("IoT Core", "certificate", arn.rsplit("/", 1)[-1], why, (call,))


def _of_policy(look: Look, policy: Attributes, ties: Ties) -> Iterator[Leftover]:
    name = policy["name"]
    for target in policy_targets(look, name):
        if (name, target) not in ties:
            why = f"your policy {name} was attached to it {_BY_HAND}"
            call = Call("iot", "detach_policy", {"policyName": name, "target": target})
            yield Leftover("IoT Core", "certificate", target.rsplit("/", 1)[-1], why, (call,))


def _of_rule(look: Look, rule: Attributes, ties: Ties) -> Iterator[Leftover]:
    name = rule["name"]
    extra = [one["Id"] for one in rule_targets(look, name) if (name, one["Id"]) not in ties]
    for identity in extra:
        why = f"it was made a target of your rule {name} {_BY_HAND}"
        call = Call("events", "remove_targets", {"Rule": name, "Ids": [identity]})
        yield Leftover("EventBridge", "target", identity, why, (call,))


def _of_database(look: Look, database: Attributes, ties: Ties) -> Iterator[Leftover]:
    name = database["database_name"]
    arguments = {"DatabaseName": name}
    tables = unless_gone(
        lambda: look.every("timestream-write", "list_tables", "Tables", **arguments), []
    )
    for table in (one["TableName"] for one in tables):
        if (name, table) not in ties:
            why = f"it was made in your database {name} {_BY_HAND}; it goes with all its data"
            call = Call("timestream-write", "delete_table", {**arguments, "TableName": table})
            yield Leftover("Timestream", "table", f"{name}.{table}", why, (call,))


def _of_user(look: Look, user: Attributes, ties: Ties) -> Iterator[Leftover]:
    name = user["name"]
    for key in access_keys(look, name):
        if (name, key) not in ties:
            why = f"it was made for your user {name} {_BY_HAND}"
            call = Call("iam", "delete_access_key", {"UserName": name, "AccessKeyId": key})
            yield Leftover("IAM", "access key", key, why, (call,))
    if has_password(look, name):
        why = f"your user {name} was given a password {_BY_HAND}"
        call = Call("iam", "delete_login_profile", {"UserName": name})
        yield Leftover("IAM", "login profile", name, why, (call,))
    yield from _policies_of_user(look, name, ties)


def _policies_of_user(look: Look, name: str, ties: Ties) -> Iterator[Leftover]:
    user = {"UserName": name}
    inline = unless_gone(lambda: look.every("iam", "list_user_policies", "PolicyNames", **user), [])
    for policy in inline:
        if (name, policy) not in ties:
            why = f"it was put into your user {name} {_BY_HAND}"
            call = Call("iam", "delete_user_policy", {**user, "PolicyName": policy})
            yield Leftover("IAM", "inline policy", policy, why, (call,))
    attached = unless_gone(
        lambda: look.every("iam", "list_attached_user_policies", "AttachedPolicies", **user), []
    )
    for policy in attached:
        arn = policy["PolicyArn"]
        if (arn, name) not in ties:
            why = f"it was attached to your user {name} {_BY_HAND}"
            call = Call("iam", "detach_user_policy", {**user, "PolicyArn": arn})
            yield Leftover("IAM", "policy", policy["PolicyName"], why, (call,))


def _of_iam_policy(look: Look, policy: Attributes, ties: Ties) -> Iterator[Leftover]:
    arn = policy["arn"]
    for call in unless_gone(lambda: list(detach_policy(look, arn, set())), []):
        who = next(str(value) for key, value in call.arguments.items() if key != "PolicyArn")
        if (arn, who) not in ties:
            why = f"your policy {policy['name']} was attached to it {_BY_HAND}"
            kind = call.operation.split("_")[1]
            yield Leftover("IAM", kind, who, why, (call,))


_FINDERS: Mapping[str, Callable[[Look, Attributes, Ties], Iterator[Leftover]]] = {
    "aws_iot_certificate": _of_certificate,
    "aws_iot_thing": _of_thing,
    "aws_iot_policy": _of_policy,
    "aws_cloudwatch_event_rule": _of_rule,
    "aws_timestreamwrite_database": _of_database,
    "aws_iam_user": _of_user,
    "aws_iam_policy": _of_iam_policy,
}
