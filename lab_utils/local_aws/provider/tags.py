"""``tags`` and ``tags_all``: the provider block's default tags under the resource's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab_utils.local_aws.provider.context import TagRules
from lab_utils.local_aws.provider.values import UNKNOWN, State, has_unknown


def plan_tags(planned: State, rules: TagRules) -> None:
    """Set ``tags_all`` in a planned state."""
    if "tags_all" not in planned:
        return
    tags = planned.get("tags")
    if has_unknown(tags) or rules.is_unknown:
        planned["tags_all"] = UNKNOWN
        return
    merged = {**rules.defaults, **(tags or {})}
    planned["tags_all"] = {key: one for key, one in merged.items() if not rules.is_ignored(key)}


def read_tags(remote: Mapping[str, str], state: State, rules: TagRules) -> State:
    """Return ``tags`` and ``tags_all`` from the tags that the service has.

    A default tag counts as the resource's own only when its state says so.
    """
    kept = {key: value for key, value in remote.items() if not rules.is_ignored(key)}
    mine = state.get("tags") or {}
    own = {
        key: value for key, value in kept.items() if key in mine or rules.defaults.get(key) != value
    }
    return {"tags": own or None, "tags_all": kept}


def change_tags(
    prior: State,
    planned: State,
    *,
    untag: Callable[[list[str]], Any],
    tag: Callable[[dict[str, str]], Any],
) -> None:
    """Make the tags of a resource as planned, with no call where nothing differs.

    Args:
        prior: The state before.
        planned: The state to reach.
        untag: Removes the tags of these keys.
        tag: Sets these tags.
    """
    old, new = prior.get("tags_all") or {}, planned.get("tags_all") or {}
    to_set = {key: value for key, value in new.items() if old.get(key) != value}
    to_remove = sorted(set(old) - set(new))
    if to_remove:
        untag(to_remove)
    if to_set:
        tag(to_set)


def from_list(tags: Any, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Return ``[{"Key": ..., "Value": ...}]`` as a dict."""
    return {tag[key]: tag.get(value, "") for tag in tags or []}


def to_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return a dict as ``[{"Key": ..., "Value": ...}]``."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]
