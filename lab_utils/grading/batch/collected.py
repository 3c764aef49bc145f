"""Which submissions are graded: the latest of each student, with the time of its handing in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.shown import printable
from lab_utils.grading.batch.times import Clock, Handed
from lab_utils.grading.submissions import Found, find_submissions


@dataclass(frozen=True)
class Task:
    """A submission that is to be graded.

    Attributes:
        student: Whose it is.
        paths: Its folder or files.
        source: Its name, relative to the folder of submissions.
        handed: When it was handed in.
        remarks: What to know of it, in sentences.
    """

    student: str
    paths: tuple[Path, ...]
    source: str
    handed: Handed
    remarks: tuple[str, ...] = ()


def collect(folder: Path, clock: Clock, assignment: str = "") -> list[Task]:
    """Return the submission of each student, in the order of their names.

    Args:
        folder: Of the submissions.
        clock: Tells when each was handed in.
        assignment: The name of nbgrader's assignment to take; any by default.

    Raises:
        BatchError: There is no such folder, or nothing in it.
    """
    by_student: dict[str, list[Task]] = defaultdict(list)
    for one in _found(folder, assignment):
        by_student[one.student].append(_task(one, folder, clock))
    return [_latest(by_student[student]) for student in sorted(by_student)]


def chosen(tasks: list[Task], only: Sequence[str]) -> list[Task]:
    """Return the submissions of the students named; of all if none is.

    Raises:
        BatchError: There is no submission of one of them.
    """
    students = [task.student for task in tasks]
    if missing := [name for name in only if name not in students]:
        happened = f"There is no submission of {', '.join(missing)}"
        near = ", ".join(printable(name, 40) for name in students[:12])
        raise BatchError("grade the students named", happened, f"there are: {near}.")
    return [task for task in tasks if not only or task.student in only]


def _found(folder: Path, assignment: str) -> list[Found]:
    if not folder.is_dir():
        hint = "name the folder that holds one folder, zip or notebook for each student."
        raise BatchError("collect the submissions", f"There is no folder {folder}", hint)
    found = find_submissions(folder)
    if assignment:
        found = [one for one in found if one.assignment == assignment]
    if not found:
        happened = f"{folder} holds no submission"
        happened += f" of the assignment {assignment}" if assignment else ""
        hint = "put one folder, zip or notebook for each student into it."
        raise BatchError("collect the submissions", happened, hint)
    return found


def _task(found: Found, folder: Path, clock: Clock) -> Task:
    source = ", ".join(path.relative_to(folder).as_posix() for path in found.paths)
    return Task(found.student, tuple(found.paths), source, clock.of(found.student, found.paths))


def _latest(attempts: list[Task]) -> Task:
    """Return the attempt that counts: the latest, and of several at one time the last by name."""
    attempts.sort(key=lambda one: (_seconds(one.handed), one.source))
    latest, others = attempts[-1], attempts[:-1]
    if not others:
        return latest
    names = ", ".join(one.source for one in others)
    remark = (
        f"Handed in {len(attempts)} times: {latest.source} is the latest and counts, not {names}."
    )
    return Task(latest.student, latest.paths, latest.source, latest.handed, (remark,))


def _seconds(handed: Handed) -> float:
    return handed.at.timestamp() if handed.at else 0.0
