"""What is in a role: inline policies, attached managed policies, instance profiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab_utils.local_aws.provider.aws.policies import normalize_policy, read_policy, same_policy
from lab_utils.local_aws.provider.computed import plan_computed_blocks
from lab_utils.local_aws.provider.values import State, has_unknown

Client = Any
Policies = list[State] | None
"""``inline_policy`` blocks; one without a name stands for "no inline policies"."""


def plan_inline(prior: State | None, planned: State) -> None:
    """Plan ``inline_policy``: computed when no block is there, else spelt as it is stored."""
    blocks = planned["inline_policy"]
    if blocks == []:
        plan_computed_blocks(prior, planned, "inline_policy")
    elif not has_unknown(blocks):
        wanted = [{**one, "policy": normalize_policy(one["policy"])} for one in blocks]
        is_known = prior is not None and _is_same(prior["inline_policy"], wanted)
        planned["inline_policy"] = prior["inline_policy"] if prior and is_known else wanted


def put_inline(client: Client, role: str, policies: Policies) -> None:
    """Put inline policies into a role."""
    for policy in _named(policies):
        client.put_role_policy(
            RoleName=role, PolicyName=policy["name"], PolicyDocument=policy["policy"]
        )


def change_inline(client: Client, role: str, before: Policies, after: Policies) -> None:
    """Delete the inline policies that are gone from the list, and put those that changed."""
    kept = {policy["name"] for policy in _named(after)}
    for policy in _named(before):
        if policy["name"] not in kept:
            client.delete_role_policy(RoleName=role, PolicyName=policy["name"])
    known = {policy["name"]: policy["policy"] for policy in _named(before)}
    put_inline(
        client, role, [one for one in _named(after) if known.get(one["name"]) != one["policy"]]
    )


def read_inline(client: Client, state: State) -> list[State]:
    """Return the role's inline policies, in the state's spelling where that means the same."""
    known = {policy["name"]: policy for policy in _named(state.get("inline_policy"))}
    found = []
    for name in _inline_names(client, state["id"]):
        answer = client.get_role_policy(RoleName=state["id"], PolicyName=name)
        text = read_policy(known.get(name, {}), "policy", answer["PolicyDocument"])
        found.append({"name": name, "policy": text})
    if found or known:
        return found
    blocks: list[State] = state.get("inline_policy") or []
    return blocks


def attached_arns(client: Client, role: str) -> list[str]:
    """Return the ARNs of the managed policies that are attached to a role."""
    pages = client.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def attach_managed(client: Client, role: str, arns: Iterable[str] | None) -> None:
    """Attach managed policies."""
    for arn in sorted(arns or ()):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)


def detach_managed(client: Client, role: str, arns: Iterable[str]) -> None:
    """Detach managed policies."""
    for arn in sorted(arns):
        client.detach_role_policy(RoleName=role, PolicyArn=arn)


def clear_attached(client: Client, role: str) -> None:
    """Detach every managed policy."""
    detach_managed(client, role, attached_arns(client, role))


def clear_inline(client: Client, role: str) -> None:
    """Delete every inline policy."""
    for name in _inline_names(client, role):
        client.delete_role_policy(RoleName=role, PolicyName=name)


def clear_instance_profiles(client: Client, role: str) -> None:
    """Take the role out of every instance profile."""
    pages = client.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role)
    for name in [one["InstanceProfileName"] for page in pages for one in page["InstanceProfiles"]]:
        client.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)


def _inline_names(client: Client, role: str) -> list[str]:
    pages = client.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _named(policies: Policies) -> list[State]:
    return [policy for policy in policies or [] if policy["name"]]


def _is_same(before: Policies, after: Policies) -> bool:
    """Return whether two lists hold the same inline policies."""
    old = {policy["name"]: policy["policy"] for policy in _named(before)}
    new = {policy["name"]: policy["policy"] for policy in _named(after)}
    return old.keys() == new.keys() and all(same_policy(old[name], new[name]) for name in old)
