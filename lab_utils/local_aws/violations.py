"""AWS's words for a request of which one member is not as it has to be."""

from __future__ import annotations

from collections.abc import Iterable


def violation(value: object, member: str, constraint: str) -> str:
    """Return the message for a member that does not satisfy a constraint.

    Args:
        value: What the request gives.
        member: The member's name, beginning with a small letter; dots lead into it.
        constraint: What it has to be, in AWS's words.
    """
    return (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: {constraint}"
    )


def one_of(values: Iterable[str]) -> str:
    """Return the constraint of a member that has to be one of some values."""
    return f"Member must satisfy enum value set: [{', '.join(values)}]"
