"""Resources that overwrite each other: two blocks with one name for one thing.

Terraform makes both at once, so which of them is there at the end is chance; on a real account
too. A grade must not be: the block whose address comes last wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.teardown.calls import ClientOf

_INLINE = {
    "aws_iam_role_policy": ("put_role_policy", "RoleName", "role"),
    "aws_iam_user_policy": ("put_user_policy", "UserName", "user"),
    "aws_iam_group_policy": ("put_group_policy", "GroupName", "group"),
}
"""How IAM takes an inline policy: its operation, and whose it is, there and in the state."""
_OVERWRITING = (*_INLINE, "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target")
"""What AWS replaces without a word when it is made a second time."""


@dataclass(frozen=True)
class _Made:
    """A resource of the state."""

    address: str
    kind: str
    attributes: Mapping[str, Any]


def settle(client: ClientOf, state: Mapping[str, Any]) -> list[str]:
    """Make the last of several blocks for one thing win, and return a remark on each such thing.

    Args:
        client: Returns the client of a service.
        state: Terraform's state, version 4.
    """
    remarks = []
    for same in _of_one_thing(state):
        last = same[-1]
        others = ", ".join(one.address for one in same[:-1])
        name = last.attributes.get("name") or last.attributes.get("id")
        remarks.append(
            f"{last.address} has the name {name} as well as {others}: one overwrites the other, "
            f"and only one is there ({last.address} was graded). Give each its own name."
        )
        if last.kind in _INLINE:
            remarks += _put(client, last)
    return remarks


def _put(client: ClientOf, policy: _Made) -> Iterator[str]:
    operation, whose, owner = _INLINE[policy.kind]
    told = policy.attributes
    try:
        getattr(client("iam"), operation)(
            **{whose: told[owner]}, PolicyName=told["name"], PolicyDocument=told["policy"]
        )
    except (ClientError, BotoCoreError, LookupError) as error:
        yield f"{policy.address} could not be put in place again: {error}"


def _of_one_thing(state: Mapping[str, Any]) -> Iterator[Sequence[_Made]]:
    """Yield the resources that stand for one thing, by address, where there are several."""
    found: dict[tuple[str, str], list[_Made]] = defaultdict(list)
    for one in _made(state):
        if one.kind in _OVERWRITING and one.attributes.get("id"):
            found[one.kind, str(one.attributes["id"])].append(one)
    for same in found.values():
        if len(same) > 1:
            yield sorted(same, key=lambda one: one.address)


def _made(state: Mapping[str, Any]) -> Iterator[_Made]:
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource["instances"]:
            index = f"[{instance['index_key']!r}]" if "index_key" in instance else ""
            address = f"{module}{resource['type']}.{resource['name']}{index}"
            told = instance.get("attributes")
            # The student's programs could have written the state.
            yield _Made(address, resource["type"], told if isinstance(told, dict) else {})
