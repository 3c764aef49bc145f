"""What the schema data does not hold: which change replaces, defaults, validity, secrets.

Every name is a dotted path of attribute and block names, without indexes: ``dynamodb.table_name``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Validator = Callable[[str, Any], str | None]
"""Takes the attribute's dotted path and its known value; returns what is wrong, or ``None``."""

Paths = frozenset[str]


@dataclass(frozen=True)
class ErrorPath:
    """Which attribute an API error is about.

    Attributes:
        code: The AWS error code.
        attribute: The dotted path of the attribute.
        words: Text that has to be in the message; empty for any message.
    """

    code: str
    attribute: str
    words: str = ""


@dataclass(frozen=True)
class Overlay:
    """What a resource type declares beyond its schema.

    Attributes:
        force_new: A change of one of these replaces the resource; a block's name covers all in it.
        defaults: The value of an attribute that the configuration leaves out.
        sensitive: Hidden in Terraform's output.
        deprecated: Shown with a warning when used.
        json: Texts whose JSON is compared, not their spelling.
        recompute: Computed attributes, each with the attributes whose change makes it unknown.
        validators: Checks of single attributes.
        conflicts: Groups of which at most one may be set.
        exactly_one_of: Groups of which exactly one has to be set.
        at_least_one_of: Groups of which one or more have to be set.
        required_with: An attribute, with those that have to be set beside it.
        no_effect: Refused: accepting them in silence would mislead on the embedded AWS.
        errors: Which attribute an API error belongs to.
        min_items: Fewest blocks, where the schema data does not say.
        max_items: Most blocks, where the schema data does not say.
    """

    force_new: Paths = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    sensitive: Paths = frozenset()
    deprecated: Paths = frozenset()
    json: Paths = frozenset()
    recompute: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    validators: Mapping[str, tuple[Validator, ...]] = field(default_factory=dict)
    conflicts: tuple[tuple[str, ...], ...] = ()
    exactly_one_of: tuple[tuple[str, ...], ...] = ()
    at_least_one_of: tuple[tuple[str, ...], ...] = ()
    required_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_effect: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[ErrorPath, ...] = ()
    min_items: Mapping[str, int] = field(default_factory=dict)
    max_items: Mapping[str, int] = field(default_factory=dict)


def replaces(overlay: Overlay, names: tuple[str, ...]) -> bool:
    """Return whether a change at these names replaces the resource."""
    return any(".".join(names[: end + 1]) in overlay.force_new for end in range(len(names)))


_SHORTEST_SECRET = 4
"""Shorter texts occur by chance, and hiding those would make a message unreadable."""


def secret_texts(overlay: Overlay, state: Any) -> frozenset[str]:
    """Return the texts of a state that must not stand in a message."""
    if not overlay.sensitive:
        return frozenset()
    return frozenset(text for text in _sensitive(overlay, state, ()) if _is_long(text))


def _sensitive(overlay: Overlay, value: Any, at: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _sensitive(overlay, item, at)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _sensitive(overlay, item, (*at, name))
    elif any(".".join(at[: end + 1]) in overlay.sensitive for end in range(len(at))):
        yield value


def _is_long(text: Any) -> bool:
    return isinstance(text, str) and len(text) >= _SHORTEST_SECRET
