"""Which submissions share what the course does not give, and how much of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from lab_utils.grading.similarity.fingerprints import Print, all_prints
from lab_utils.grading.similarity.sources import Work

NEARLY_ALL = 0.8
"""What so great a share of a class has is what the practical dictates."""
_FEWEST_OF_A_CLASS = 3
"""In a smaller class nothing can be told to be common."""
FEWEST_SHARED = 30
"""Pairs that share fewer fingerprints are not told: a few lines are alike by chance."""
REMARKABLE = 0.3
"""Pairs with a lower score are not told, unless one has more than twice as much of the other's.

Measured (see the tests): independent solutions come to 0.01, a renamed, reordered copy to 1, one
that has a line of padding after each line that can take one to 0.5."""


@dataclass(frozen=True)
class Alike:
    """Two submissions and what they share.

    Attributes:
        students: Whose they are.
        shares: The share of each one's own work that the other has as well, from 0 to 1.
        score: What both shares come to together, from 0 to 1.
        shared: The fingerprints that both have.
    """

    students: tuple[str, str]
    shares: tuple[float, float]
    score: float
    shared: frozenset[Print]


@dataclass(frozen=True)
class Comparison:
    """All pairs of a class.

    Attributes:
        pairs: The remarkable ones, the most alike first.
        typical: The score in the middle of all pairs.
        common: How many fingerprints nearly all have, beside what the course gives.
    """

    pairs: tuple[Alike, ...]
    typical: float
    common: int


def compare(works: Mapping[str, Work], given: Iterable[Print], least: float) -> Comparison:
    """Return how much of their own work submissions share.

    A fingerprint counts the more, the fewer have it: what ten students do alike is a habit, what
    two do is not.

    Args:
        works: What is compared of each student's submission.
        given: What the course gives, or asks for word by word.
        least: Pairs with a lower score are left out, unless a share is twice as high.
    """
    known = frozenset(given)
    own = {student: all_prints(work.passages) - known for student, work in works.items()}
    holders = Counter(one for prints in own.values() for one in prints)
    common = frozenset(_common(holders, len(own)))
    own = {student: prints - common for student, prints in own.items()}
    weights = {
        one: math.log((len(own) + 1) / count) for one, count in holders.items() if one not in common
    }
    totals = {student: _weight(prints, weights) for student, prints in own.items()}
    scores: list[float] = []
    told: list[Alike] = []
    for a, b in combinations(sorted(own), 2):
        alike = _alike(a, b, own, totals, weights)
        scores.append(alike.score)
        is_remarkable = alike.score >= least or max(alike.shares) >= 2 * least
        if is_remarkable and len(alike.shared) >= FEWEST_SHARED:
            told.append(alike)
    told.sort(key=lambda one: (-one.score, one.students))
    return Comparison(tuple(told), median(scores or [0.0]), len(common))


def _common(holders: Counter[Print], students: int) -> list[Print]:
    if students < _FEWEST_OF_A_CLASS:
        return []
    return [one for one, count in holders.items() if count >= NEARLY_ALL * students]


def _alike(
    a: str,
    b: str,
    own: Mapping[str, frozenset[Print]],
    totals: Mapping[str, float],
    weights: Mapping[Print, float],
) -> Alike:
    shared = own[a] & own[b]
    weight = _weight(shared, weights)
    shares = (_share(weight, totals[a]), _share(weight, totals[b]))
    score = _share(2 * weight, totals[a] + totals[b])
    return Alike((a, b), shares, score, shared)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _weight(prints: Iterable[Print], weights: Mapping[Print, float]) -> float:
    return math.fsum(weights[one] for one in prints)
