"""What graders mark on in nbgrader's formgrader: a notebook a part, with what each check saw.

Submissions in the practical's own form have no notebooks, and those that have were graded by what
they built. So each student gets sheets made from the results, in the folders of an nbgrader course.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lab_utils.checks.base import Result
from lab_utils.errors import SettingsError
from lab_utils.grading.gradebook.names import ASSIGNMENT, notebook_of, student_id
from lab_utils.grading.pages.feedback import hidden_checks, verdict_of
from lab_utils.grading.pages.untrusted import shown, shown_name
from lab_utils.grading.pages.wording import part_title, points

_CONFIGURATION = """c = get_config()
c.CourseDirectory.course_id = {course!r}
# A gradebook in another database than this folder's gradebook.db:
# c.CourseDirectory.db_url = "postgresql://USER:PASSWORD@HOST/DATABASE"
"""
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_WIDTH = 100


def write_sheets(results: Mapping[str, Any], course: Path) -> None:
    """Write an nbgrader course around a gradebook: its configuration and each student's sheets.

    Formgrader can hand the sheets on to students, so of a hidden check they tell the points only.

    Args:
        results: As ``results.json`` holds them.
        course: The course's folder, which holds ``gradebook.db``.

    Raises:
        SettingsError: The folder cannot be written to.
    """
    name = str(results.get("assignment") or ASSIGNMENT)
    try:
        (course / "source" / name).mkdir(parents=True, exist_ok=True)
        _configure(course, str(results.get("course") or ASSIGNMENT))
        for submission in results["submissions"]:
            student = student_id(str(submission["student"]))
            _write_time(submission, course / "submitted" / student / name)
            hidden = hidden_checks(results, verdict_of(submission).checks)
            _write_sheets_of(submission, hidden, course / "autograded" / student / name)
    except OSError as error:
        raise SettingsError(
            f"write what formgrader shows into {course}",
            str(error),
            "choose a folder that you may write to.",
        ) from error


def _configure(course: Path, course_id: str) -> None:
    """Write nbgrader's configuration, unless there is one, which may be the instructor's own."""
    file = course / "nbgrader_config.py"
    if not file.exists():
        file.write_text(_CONFIGURATION.format(course=course_id), encoding="utf-8")


def _write_time(submission: Mapping[str, Any], folder: Path) -> None:
    """Write when it was submitted: formgrader takes it for graded if the gradebook says the same.

    Args:
        submission: One of the results' submissions.
        folder: Where nbgrader looks for what the student handed in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if submission.get("submitted_at"):
        (folder / "timestamp.txt").write_text(submission["submitted_at"], encoding="utf-8")


def _write_sheets_of(submission: Mapping[str, Any], hidden: frozenset[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    checks = sorted(verdict_of(submission).checks, key=lambda check: check.part)
    for part, members in groupby(checks, key=lambda check: check.part):
        title = _title(str(submission["student"]), part)
        cells = [title, *(_graded_cell(check, check.id in hidden) for check in members)]
        sheet = new_notebook(cells=cells, metadata={"kernelspec": _KERNEL})
        nbformat.write(sheet, folder / f"{notebook_of(part)}.ipynb")


def _title(student: str, part: int) -> nbformat.NotebookNode:
    # A name may be anything, also HTML and Markdown: as numbers its signs are neither.
    name = "".join(one if one.isalnum() else f"&#{ord(one)};" for one in shown_name(student))
    return new_markdown_cell(f"# {part_title(part)}\n\n{name}", id=f"title-{part}")


def _graded_cell(check: Result, is_hidden: bool) -> nbformat.NotebookNode:
    said = "\n".join(_lines(check, is_hidden))
    return new_code_cell(
        f"lab.check({check.id!r})",
        id=_cell_id(check.id),
        outputs=[new_output("stream", name="stdout", text=f"{said}\n")],
        metadata={
            "nbgrader": {
                "grade": True,
                "grade_id": check.id,
                "points": check.points,
                "cell_type": "code",
                "locked": True,
                "solution": False,
                "task": False,
                "schema_version": 3,
            }
        },
    )


def _lines(check: Result, is_hidden: bool) -> Iterator[str]:
    status = "a check of the instructor's own" if is_hidden else check.status
    yield f"{status}, {points(check.earned)} of {points(check.points)} points"
    if is_hidden:
        return
    for heading in ("seen", "wanted", "hint"):
        for place, line in enumerate(shown(getattr(check, heading)).splitlines()):
            start = "" if place else f"{heading}:"
            yield textwrap.fill(f"{start:8}{line}", _WIDTH, subsequent_indent=" " * 8)


def _cell_id(check: str) -> str:
    """Return an id as nbformat allows it: 1 to 64 letters, digits, dashes."""
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in check)[:64]
