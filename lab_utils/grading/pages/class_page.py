"""The page for who grades the class: points, where they were lost, what took long, who is late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab_utils.grading.pages import wording
from lab_utils.grading.pages.feedback import (
    FOLDER,
    hidden_checks,
    how_it_ended,
    late_of,
    verdict_of,
    write_feedback,
)
from lab_utils.grading.pages.histogram import histogram_of
from lab_utils.grading.pages.measures import failures_of, phase_times_of, spread_of
from lab_utils.grading.pages.names import page_name
from lab_utils.grading.pages.templates import write_page

_ENDINGS = {
    "late": "ended at the limit of time",
    "unreadable": "could not be read",
    "lost": "its process was lost",
    "ungraded": "not graded",
}
_SLOWEST = 10
_PAIRS = 50
_PASSAGES = 5
"""How many pairs, and how many passages of each, the page shows; the results hold all."""


def write_pages(
    results: Mapping[str, Any], out: Path, similarity: Mapping[str, Any] | None = None
) -> Path:
    """Write every student's page into ``out/feedback`` and the class page; return the latter.

    Args:
        results: The results of a grading, as ``results.json`` holds them.
        out: Where to.
        similarity: The report of similar work, where the results do not hold it.

    Raises:
        SettingsError: The place cannot be written to.
    """
    for submission in results["submissions"]:
        write_feedback(results, submission, out / FOLDER)
    return write_class_page({"similarity": similarity, **results}, out)


def write_class_page(results: Mapping[str, Any], out: Path) -> Path:
    """Write the class page alone, which links to the students' pages, and return its file."""
    submissions = sorted(results["submissions"], key=lambda one: str(one["student"]).casefold())
    spread = spread_of(submissions) if submissions else None
    checks = [check for one in submissions for check in verdict_of(one).checks]
    values = {
        "results": results,
        "policy": {"due": None, "rule": "", **(results.get("late_policy") or {})},
        "hidden": hidden_checks(results, checks),
        "rows": [_row(one) for one in submissions],
        "spread": spread,
        "picture": histogram_of(spread) if spread else None,
        "failures": failures_of(submissions),
        "phases": phase_times_of(submissions),
        "slowest": _slowest(submissions),
        "similarity": results.get("similarity") or {},
        "page_of": _page_of,
        "most_pairs": _PAIRS,
        "most_passages": _PASSAGES,
    }
    return write_page("class.html", values, out / "index.html")


def _row(submission: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "one": submission,
        "late": late_of(submission),
        "ending": how_it_ended(submission),
        "remarks": list(_remarks(submission)),
    }


def _remarks(submission: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the table says of a submission, in few words each."""
    if submission.get("form"):
        yield submission["form"]
    if days := late_of(submission)["days"]:
        yield f"{wording.days(days)} late"
    if left_out := len(verdict_of(submission).set_aside):
        yield f"blocks set aside: {left_out}"
    if (status := submission["ending"]["status"]) != "done":
        yield _ENDINGS.get(status, "ended before its end")
    if earlier := len(submission.get("history", ())):
        yield f"graded {earlier + 1} times"


def _slowest(submissions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the submissions that took longest, each with the phase that took most of it."""
    by_time = sorted(submissions, key=lambda one: -one["ending"]["seconds"])[:_SLOWEST]
    return [
        {
            "one": one,
            "phase": max(verdict_of(one).phases, key=lambda phase: phase.seconds, default=None),
        }
        for one in by_time
    ]


def _page_of(student: object) -> str:
    """Return the address of a student's page, as the class page links to it."""
    return f"{FOLDER}/{quote(page_name(str(student)))}"
