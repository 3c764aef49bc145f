"""The results of a grading in nbgrader's gradebook, through nbgrader's own API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader.api import (
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

from lab_utils.grading.gradebook.database import open_gradebook, safe_url
from lab_utils.grading.gradebook.late import spread_penalty
from lab_utils.grading.gradebook.names import ASSIGNMENT, notebook_names, notebook_of, student_id

_UNGRADED = "ungraded"


@dataclass(frozen=True)
class Updated:
    """What was written.

    Attributes:
        url: The database's, without a password.
        students: How many submissions were written.
        left_alone: What is in the gradebook and not in the results, and stays; in sentences.
    """

    url: str
    students: int
    left_alone: tuple[str, ...] = ()


def update_gradebook(results: Mapping[str, Any], url: str) -> Updated:
    """Write results into nbgrader's gradebook, and return what was written.

    Each check is a grade cell in the notebook of its part. Only automatic scores, times and
    penalties are written: manual scores, extra credit and whatever else graders entered stays, and
    so do students and cells that the results do not have. The same results change nothing.

    Args:
        results: As ``results.json`` holds them.
        url: SQLAlchemy's URL of the database; its tables are made where there are none.

    Raises:
        GradebookError: It cannot be opened or written.
    """
    name = str(results.get("assignment") or ASSIGNMENT)
    with open_gradebook(url, str(results.get("course") or ASSIGNMENT)) as gradebook:
        _write_assignment(gradebook, name, results)
        checks = frozenset(_all_checks(results))
        written = [
            _write_submission(gradebook, name, one, checks)
            for one in results["submissions"]
            if one["ending"]["status"] != _UNGRADED
        ]
        left_alone = tuple(_left_alone(gradebook, name, results, set(written)))
    return Updated(safe_url(url), len(written), left_alone)


def _write_assignment(gradebook: Gradebook, name: str, results: Mapping[str, Any]) -> None:
    due = (results.get("late_policy") or {}).get("due")
    gradebook.update_or_create_assignment(name, **({"duedate": due} if due else {}))
    for part in notebook_names().values():
        gradebook.update_or_create_notebook(part, name)
    for check in _all_checks(results).values():
        notebook = notebook_of(check["part"])
        gradebook.update_or_create_notebook(notebook, name)
        gradebook.update_or_create_grade_cell(
            check["id"], notebook, name, max_score=float(check["points"]), cell_type="code"
        )


def _all_checks(results: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = {check["id"]: check for check in results.get("checks", ())}
    return listed | {
        check["id"]: check
        for submission in results["submissions"]
        for check in submission["verdict"]["checks"]
    }


def _write_submission(
    gradebook: Gradebook, name: str, told: Mapping[str, Any], checks: frozenset[str]
) -> str:
    """Write a student's submission and return the student's id."""
    student = student_id(str(told["student"]))
    gradebook.update_or_create_student(student)
    # nbgrader builds a submission while SQLAlchemy would already write it, and warn.
    with gradebook.db.no_autoflush:
        submission = gradebook.update_or_create_submission(name, student, **_time_of(told))
        notebooks = _complete(gradebook, submission)
    earned = {check["id"]: float(check["earned"]) for check in told["verdict"]["checks"]}
    for notebook in notebooks:
        for grade in notebook.grades:
            if grade.cell.name in checks:
                grade.auto_score = earned.get(grade.cell.name, 0.0)
                grade.needs_manual_grade = False
    _write_penalty(notebooks, told)
    gradebook.db.commit()
    return student


def _time_of(told: Mapping[str, Any]) -> dict[str, str]:
    return {"timestamp": told["submitted_at"]} if told.get("submitted_at") else {}


def _complete(gradebook: Gradebook, submission: SubmittedAssignment) -> list[SubmittedNotebook]:
    """Return a submission's notebooks; it gets the cells that the assignment has got since."""
    there = {notebook.notebook_id: notebook for notebook in submission.notebooks}
    for notebook in submission.assignment.notebooks:
        submitted = there.get(notebook.id)
        if submitted is None:
            submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
            gradebook.db.add(submitted)
        known = {grade.cell_id for grade in submitted.grades}
        for cell in notebook.grade_cells:
            if cell.id not in known:
                gradebook.db.add(Grade(cell=cell, notebook=submitted))
    return sorted(submission.notebooks, key=lambda submitted: submitted.notebook.name)


def _write_penalty(notebooks: list[SubmittedNotebook], told: Mapping[str, Any]) -> None:
    """Write what lateness costs: of the points that count, where graders changed some."""
    late = told.get("late") or {"percent": 0.0, "penalty": 0.0}
    scores = [sum(map(_score, notebook.grades)) for notebook in notebooks]
    has_automatic_points_only = sum(scores) == told["earned"]
    by_percent = round(max(0.0, sum(scores)) * late["percent"] / 100, 2)
    penalty = late["penalty"] if has_automatic_points_only else by_percent
    shares = spread_penalty(float(penalty), scores)
    for notebook, share in zip(notebooks, shares, strict=True):
        notebook.late_submission_penalty = share


def _score(grade: Grade) -> float:
    automatic = grade.auto_score or 0.0
    counted = automatic if grade.manual_score is None else grade.manual_score
    return float(counted + (grade.extra_credit or 0.0))


def _left_alone(
    gradebook: Gradebook, name: str, results: Mapping[str, Any], written: set[str]
) -> Iterator[str]:
    """Yield what the gradebook has of the assignment and the results have not."""
    assignment = gradebook.find_assignment(name)
    others = [one.student.id for one in assignment.submissions if one.student.id not in written]
    if others:
        yield f"{len(others)} of the gradebook's submissions are not in these results: they stay."
    checks = _all_checks(results)
    unknown = sorted(
        cell.name
        for notebook in assignment.notebooks
        for cell in notebook.grade_cells
        if cell.name not in checks and any(grade.auto_score is not None for grade in cell.grades)
    )
    if unknown:
        yield (
            f"The gradebook has grades that these results do not have, and they count on: "
            f"{', '.join(unknown)}."
        )
