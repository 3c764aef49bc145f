"""Where two submissions share something: passages side by side, for a human to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from lab_utils.grading.similarity.fingerprints import Found, Print, prints_of
from lab_utils.grading.similarity.passages import Passage

_MOST = 12
"""So many passages are shown of a pair, the longest first."""


@dataclass(frozen=True)
class Place:
    """Lines of a file, counted from 1."""

    file: str
    first_line: int
    last_line: int


@dataclass(frozen=True)
class Match:
    """A passage of each of two submissions that is alike.

    Attributes:
        kind: ``HCL``, ``Python`` or ``YAML``.
        tokens: How many signs of the first one's passage the other one has, too.
        places: Where it stands in each.
    """

    kind: str
    tokens: int
    places: tuple[Place, Place]


def matches(
    left: Sequence[Passage], right: Sequence[Passage], shared: frozenset[Print]
) -> list[Match]:
    """Return the passages of the first that the second has too, the longest first.

    Each passage of the first stands beside that one of the second which shares most with it. What
    stands twice, in a notebook and in a file, is told once.

    Args:
        left: The first one's passages.
        right: The second one's.
        shared: The fingerprints that count.
    """
    by_print = _by_print(right, shared)
    found: dict[frozenset[Print], Match] = {}
    for passage in left:
        inside = [one for one in prints_of(passage) if one.print in shared]
        if not inside:
            continue
        holders = chain.from_iterable(by_print[one.print] for one in inside)
        partner = _most_frequent(list(holders))
        both = _prints(inside) & _prints(prints_of(right[partner]))
        match = Match(
            passage.kind,
            len(_covered(passage, both)),
            (_place(passage, both), _place(right[partner], both)),
        )
        found.setdefault(both, match)
    return sorted(found.values(), key=lambda one: -one.tokens)[:_MOST]


def _by_print(passages: Sequence[Passage], shared: frozenset[Print]) -> Mapping[Print, list[int]]:
    places: dict[Print, list[int]] = {one: [] for one in shared}
    for number, passage in enumerate(passages):
        for one in _prints(prints_of(passage)) & shared:
            places[one].append(number)
    return places


def _prints(found: Iterable[Found]) -> frozenset[Print]:
    return frozenset(one.print for one in found)


def _most_frequent(numbers: Sequence[int]) -> int:
    counted = Counter(numbers)
    return max(sorted(counted), key=counted.__getitem__)


def _covered(passage: Passage, prints: frozenset[Print]) -> set[int]:
    """Return the signs of a passage that fingerprints cover, counted from 0."""
    inside = (one for one in prints_of(passage) if one.print in prints)
    return {number for one in inside for number in range(one.begin, one.end)}


def _place(passage: Passage, prints: frozenset[Print]) -> Place:
    lines = [passage.signs[number].line for number in _covered(passage, prints)]
    return Place(passage.file, min(lines), max(lines))
