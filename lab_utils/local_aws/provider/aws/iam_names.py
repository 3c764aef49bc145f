"""Names of IAM: what they may hold, and how the provider makes one up."""

from __future__ import annotations

from lab_utils.local_aws.provider.naming import DEFAULT_PREFIX, prefix_of, unique_name
from lab_utils.local_aws.provider.overlay import Validator
from lab_utils.local_aws.provider.validation import length, matches
from lab_utils.local_aws.provider.values import State

_SUFFIX = 26
"""How many characters ``unique_name`` adds to a prefix."""


def name_validators(most: int) -> dict[str, tuple[Validator, ...]]:
    """Return the checks of ``name`` and ``name_prefix`` for names of at most so many characters."""
    characters = matches(r"[\w+=,.@-]*", r"must match [\w+=,.@-]")
    return {
        "name": (length(1, most), characters),
        "name_prefix": (length(1, most - _SUFFIX), characters),
    }


def chosen_name(planned: State) -> str:
    """Return the name to create with: the planned one, or one that is made up."""
    return planned["name"] or unique_name(planned["name_prefix"] or DEFAULT_PREFIX)


def named(name: str) -> State:
    """Return the attributes of a name for the state."""
    return {"name": name, "name_prefix": prefix_of(name)}
