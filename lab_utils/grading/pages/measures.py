"""The figures of a class: how its points are spread, where they were lost, what took long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from lab_utils.checks.base import Result
from lab_utils.grading.pages.causes import Cause, frequent_causes
from lab_utils.grading.pages.feedback import verdict_of
from lab_utils.grading.results import SKIPPED

Submission = Mapping[str, Any]
_BINS = 10


@dataclass(frozen=True)
class Bin:
    """How many submissions have from ``low`` to ``high`` percent of the points."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Spread:
    """How the final points of a class are spread; all are of the same number of points.

    Attributes:
        points: What could be earned.
        bins: From few points to all of them.
    """

    count: int
    points: float
    mean: float
    median: float
    lowest: float
    highest: float
    bins: tuple[Bin, ...]

    @property
    def in_words(self) -> str:
        """The bins that are not empty, in a sentence."""
        told = [f"{one.count} from {one.low} to {one.high} %" for one in self.bins if one.count]
        return f"Submissions by their share of the points: {', '.join(told)}."


@dataclass(frozen=True)
class CheckFailures:
    """A check, and whom it stopped.

    Attributes:
        failed: How many submissions did not get all of its points.
        count: How many submissions it is a check of.
        causes: What it saw there.
    """

    id: str
    points: float
    failed: int
    count: int
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class PhaseTimes:
    """How long a phase took.

    Attributes:
        slowest: The student whose submission took longest.
    """

    name: str
    count: int
    median_s: float
    longest_s: float
    slowest: str


def spread_of(submissions: Sequence[Submission]) -> Spread:
    """Return how the final points are spread; there is one submission at least."""
    finals = [float(one["final"]) for one in submissions]
    counts = [0] * _BINS
    for one in submissions:
        share = one["final"] / one["points"] if one["points"] else 0.0
        counts[max(0, min(_BINS - 1, int(share * _BINS + 1e-9)))] += 1
    return Spread(
        count=len(finals),
        points=max(float(one["points"]) for one in submissions),
        mean=mean(finals),
        median=median(finals),
        lowest=min(finals),
        highest=max(finals),
        bins=tuple(_bin(place, count) for place, count in enumerate(counts)),
    )


def failures_of(submissions: Sequence[Submission]) -> list[CheckFailures]:
    """Return the checks, those that stopped most submissions first."""
    by_id: defaultdict[str, list[Result]] = defaultdict(list)
    for one in submissions:
        for check in verdict_of(one).checks:
            by_id[check.id].append(check)
    found = [_failures(check_id, results) for check_id, results in by_id.items()]
    return sorted(found, key=lambda one: (-one.failed / one.count, -one.points))


def phase_times_of(submissions: Sequence[Submission]) -> list[PhaseTimes]:
    """Return the phases, those with the longest median first."""
    by_name: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for one in submissions:
        for phase in verdict_of(one).phases:
            if phase.status != SKIPPED:
                by_name[phase.name].append((phase.seconds, str(one["student"])))
    found = [
        PhaseTimes(name, len(times), median(seconds for seconds, _who in times), *max(times))
        for name, times in by_name.items()
    ]
    return sorted(found, key=lambda one: -one.median_s)


def _bin(place: int, count: int) -> Bin:
    low = place * 100 // _BINS
    return Bin(low, 100 if place == _BINS - 1 else low + 100 // _BINS - 1, count)


def _failures(check_id: str, results: Sequence[Result]) -> CheckFailures:
    failed = [check for check in results if check.earned < check.points]
    return CheckFailures(
        id=check_id,
        points=results[0].points,
        failed=len(failed),
        count=len(results),
        causes=frequent_causes(check.seen for check in failed),
    )
