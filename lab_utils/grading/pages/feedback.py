"""A student's page: the points, what was seen and wanted, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from lab_utils.checks.base import Result
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.grading.pages.names import page_name
from lab_utils.grading.pages.templates import write_page
from lab_utils.grading.pages.wording import part_title
from lab_utils.grading.results import Verdict

FOLDER = "feedback"
_NOT_DONE = {
    "late": "It was ended at its limit of time.",
    "failed": "It was ended before its end.",
    "unreadable": "The submission could not be read.",
    "lost": "The process that graded it was lost.",
    "ungraded": "It has not been graded.",
}


@dataclass(frozen=True)
class ShownCheck:
    """A check as the page shows it; of a hidden one only the id and the points.

    Attributes:
        anchor: Its place on the page.
        status: ``passed``, ``partly passed`` or ``failed``; "" of a hidden one.
        said: Pairs of a heading and a text.
    """

    anchor: str
    id: str
    earned: float
    points: float
    status: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ShownPart:
    """A part of the practical, with its checks in their order."""

    anchor: str
    title: str
    checks: tuple[ShownCheck, ...]

    @property
    def earned(self) -> float:
        """What was earned."""
        return sum(check.earned for check in self.checks)

    @property
    def points(self) -> float:
        """What all of them are worth."""
        return sum(check.points for check in self.checks)


def write_feedback(results: Mapping[str, Any], submission: Mapping[str, Any], folder: Path) -> Path:
    """Write one student's page and return its file.

    Args:
        results: The results that the submission belongs to: its course, time and hidden checks.
        submission: One of the results' submissions.
        folder: Where the pages of all students lie.
    """
    verdict = verdict_of(submission)
    parts = shown_parts(verdict.checks, hidden_checks(results, verdict.checks))
    values = {
        "course": results.get("course", ""),
        "graded_at": submission.get("graded_at") or results.get("graded_at"),
        "one": submission,
        "late": late_of(submission),
        "ending": how_it_ended(submission),
        "parts": parts,
        "lost": [check for part in parts for check in part.checks if check.earned < check.points],
        "verdict": verdict,
        "remarks": (*submission.get("remarks", ()), *verdict.remarks),
        "history": _history(submission),
    }
    return write_page("feedback.html", values, folder / page_name(str(submission["student"])))


def verdict_of(submission: Mapping[str, Any]) -> Verdict:
    """Return a submission's verdict; an empty one where there is none."""
    told = submission.get("verdict")
    return Verdict.from_json(told) if told else Verdict(checks=())


def late_of(submission: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is known of a submission's lateness, with nothing missing."""
    return {"days": 0, "percent": 0.0, "penalty": 0.0, **(submission.get("late") or {})}


def how_it_ended(submission: Mapping[str, Any]) -> str:
    """Return why a grading did not come to its end, in sentences; "" if it did."""
    ending = submission["ending"]
    if ending["status"] == "done":
        return ""
    return f"{_NOT_DONE.get(ending['status'], 'It was ended.')} {ending['reason']}".strip()


def hidden_checks(results: Mapping[str, Any], checks: Sequence[Result]) -> frozenset[str]:
    """Return the ids of the checks of which a student sees no more than the points.

    Whatever is not one of the course's own checks is hidden, so that nothing is shown by mistake.
    """
    known = {check.id for check in ALL_CHECKS}
    return frozenset(results.get("hidden", ())) | {one.id for one in checks if one.id not in known}


def shown_parts(checks: Sequence[Result], hidden: frozenset[str]) -> list[ShownPart]:
    """Return the parts of the practical in order, with their checks.

    Args:
        checks: The results.
        hidden: The ids of the checks that the student may not see.
    """
    numbered = list(enumerate(checks, start=1))
    by_part = groupby(sorted(numbered, key=lambda one: one[1].part), key=lambda one: one[1].part)
    return [
        ShownPart(
            anchor=f"part-{part}",
            title=part_title(part),
            checks=tuple(_shown_check(number, check, hidden) for number, check in members),
        )
        for part, members in by_part
    ]


def _history(submission: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the gradings before this one, the oldest first, and whether of the same files."""
    return [
        {**past, "is_same": past.get("sha256") == submission.get("sha256")}
        for past in submission.get("history", ())
    ]


def _shown_check(number: int, check: Result, hidden: frozenset[str]) -> ShownCheck:
    is_hidden = check.id in hidden
    return ShownCheck(
        anchor=f"check-{number}",
        id=check.id,
        earned=check.earned,
        points=check.points,
        status="" if is_hidden else _status(check),
        said=() if is_hidden else tuple(_said(check)),
    )


def _status(check: Result) -> str:
    if check.status == "passed":
        return "passed"
    return "partly passed" if check.earned else "failed"


def _said(check: Result) -> list[tuple[str, str]]:
    if check.status == "passed":
        texts = [("Seen", check.seen), ("Remark", check.hint)]
    else:
        texts = [("Seen", check.seen), ("Wanted", check.wanted), ("Hint", check.hint)]
    return [(heading, text) for heading, text in texts if text]
