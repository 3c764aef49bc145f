"""Finds the submissions in a folder as nbgrader, Moodle or Canvas leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.submissions.collection import SubmissionError
from lab_utils.grading.submissions.students import (
    SUBMITTED,
    attempt_of,
    clean_student,
    handed_in_name,
    number_of,
    student_of,
)

_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".rar", ".7z")
_WORK = (*_ARCHIVES, ".ipynb", ".tf")
_TIMESTAMP = "timestamp.txt"
_ONLINE_TEXT = "_assignsubmission_onlinetext"
_OF_A_WORKSPACE = {
    *("terraform", "notebooks", "ac_control_lambda", ".gitlab-ci.yml"),
    *("iot.tf", "iam.tf", "main.tf", "provider.tf"),
}
"""What stands at the top of a workspace, and of no folder of submissions."""


@dataclass(frozen=True)
class Found:
    """Where one submission is.

    Attributes:
        student: The student's name; see `student_of`.
        paths: The folder or the files that make it up.
        assignment: nbgrader's name of the assignment; "" elsewhere.
    """

    student: str
    paths: tuple[Path, ...]
    assignment: str = ""


def find_submissions(folder: Path) -> list[Found]:
    """Return the submissions in a folder, sorted by student.

    Loose files of one student, as flat downloads have them, are one submission; of a file that
    Canvas numbers, the last attempt counts. A folder that is itself a workspace or holds the
    course's notebooks is one submission, and so is a single file. Files that are no work, such as
    a list of grades, are not submissions; whatever a platform's name says is a student's, is one.

    Args:
        folder: The folder, or one file.

    Raises:
        SubmissionError: There is no such folder, or no submission in it.
    """
    try:
        found = _found_in(folder)
    except OSError as error:
        raise _nothing(folder, f"The system says: {error.strerror}.") from error
    if not found:
        raise _nothing(folder, "There is no folder, archive or notebook in it.")
    return sorted(_distinct(found), key=lambda one: (one.student.casefold(), one.paths))


def _nothing(folder: Path, happened: str) -> SubmissionError:
    return SubmissionError(
        f"find submissions in {folder}",
        happened,
        "name the folder that holds one folder or archive a student, or nbgrader's `submitted`.",
    )


def _found_in(folder: Path) -> list[Found]:
    if not folder.is_dir():
        folder.stat()
        return [Found(student_of(folder), (folder,))]
    if (folder / SUBMITTED).is_dir():
        folder = folder / SUBMITTED
    entries = sorted(folder.iterdir())
    if _is_one_submission(entries):
        return [Found(student_of(folder), (folder,))]
    entries = [path for path in entries if not path.name.startswith((".", "__"))]
    found, others = [], []
    for entry in entries:
        works = _works_of_nbgrader(entry)
        found += [Found(clean_student(entry.name), (work,), work.name) for work in works]
        others += [] if works else [entry]
    return [*found, *_found_loose(others)]


def _works_of_nbgrader(student: Path) -> list[Path]:
    """Return the assignments in a student's folder of nbgrader's; none where it is none of its."""
    if student.is_symlink() or not student.is_dir():
        return []
    folders = sorted(path for path in student.iterdir() if _is_own_folder(path))
    is_submitted = student.parent.name == SUBMITTED
    return [
        work
        for work in folders
        if (work / _TIMESTAMP).is_file() or (is_submitted and any(work.glob("*.ipynb")))
    ]


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


def _is_one_submission(entries: list[Path]) -> bool:
    names = {entry.name.casefold() for entry in entries}
    if names & _OF_A_WORKSPACE:
        return True
    notebooks = [entry for entry in entries if entry.suffix.lower() == ".ipynb"]
    own = {student_of(path) for path in notebooks}
    return bool(notebooks) and own == {clean_student(notebooks[0].absolute().parent.name)}


def _found_loose(entries: Iterable[Path]) -> Iterable[Found]:
    """Yield a submission a folder, and one for the files of each student.

    A link is one too: reading it fails, with the reason.
    """
    files: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for entry in _without_online_texts(list(entries)):
        if entry.is_dir() or entry.is_symlink():
            yield Found(student_of(entry), (entry,))
        elif entry.suffix.lower() in _WORK or number_of(entry.name):
            files[student_of(entry), number_of(entry.name)].append(entry)
    for (student, _number), paths in files.items():
        yield Found(student, tuple(_last_attempts(paths)))


def _without_online_texts(entries: list[Path]) -> list[Path]:
    """Leave out what a student typed into Moodle, where there is also a file."""
    texts = [entry for entry in entries if _ONLINE_TEXT in entry.name]
    others = {number_of(entry.name) for entry in entries if entry not in texts}
    return [one for one in entries if one not in texts or number_of(one.name) not in others]


def _last_attempts(paths: list[Path]) -> list[Path]:
    last: dict[str, Path] = {}
    for path in sorted(paths, key=lambda one: (attempt_of(one.name), one.name)):
        last[handed_in_name(path.name)] = path
    return sorted(last.values())


def _distinct(found: list[Found]) -> list[Found]:
    """Tell students of one name apart by the platform's number."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for one in found:
        numbers[one.student].add(number_of(one.paths[0].name))
    return [
        Found(f"{one.student}_{number}", one.paths, one.assignment)
        if len(numbers[one.student]) > 1 and (number := number_of(one.paths[0].name))
        else one
        for one in found
    ]
