"""Results made by hand, for the tests of what is done with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lab_utils.checks.base import Result
from lab_utils.grading.batch.entries import Entry, ending
from lab_utils.grading.batch.times import Handed
from lab_utils.grading.results import Verdict

RUN, NEXT_RUN = "2026-11-28T12:00:00+00:00", "2026-11-29T12:00:00+00:00"
CHECKS = [
    {"id": "part1-thing", "part": 1, "points": 4},
    {"id": "part2-hot", "part": 2, "points": 6},
]


def verdict(first: int, second: int) -> dict[str, Any]:
    """Return a verdict on the two checks."""
    results = (
        Result("part1-thing", 1, 4, first, "failed", "seen", "wanted", ""),
        Result("part2-hot", 2, 6, second, "failed", "seen", "wanted", ""),
    )
    return Verdict(results).to_json()


def entry(student: str = "ada", earned: tuple[int, int] = (4, 6), **changed: Any) -> Entry:
    """Return a student's result."""
    fields: dict[str, Any] = {
        "student": student,
        "source": f"{student}.zip",
        "form": "repository",
        "handed": Handed(datetime(2026, 11, 28, 12, 0, tzinfo=UTC), "times file"),
        "verdict": verdict(*earned),
        "ending": ending("done", seconds=2.0),
        "sha256": "ab" * 32,
        "graded_at": RUN,
        "run": RUN,
    }
    return Entry(**{**fields, **changed})
