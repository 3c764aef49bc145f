"""Whose a submission is, by the names that learning platforms give to downloads.

- nbgrader: ``submitted/STUDENT/ASSIGNMENT`` and the notebooks in it.
- Moodle: a folder ``First Last_12345_assignsubmission_file`` (with or without a slash at its
  end), or a file ``First Last_12345_assignsubmission_file_work.zip``.
- Canvas: ``lastfirst_12345_67890_work.zip``, ``lastfirst_LATE_12345_67890_work-2.zip``; the
  number that Canvas adds to a file handed in again is no part of its name.
- Blackboard: ``Assignment_USER_attempt_2026-11-28-12-00-00_work.zip``.
- Else the name of the folder or the file without its ending; of ``ada_01_iot_core_setup.ipynb``
  it is ``ada``, and for a notebook that bears the course's own name the folder's that it is in.

A student's name becomes the name of a file and of a gradebook entry: letters, digits and
``. _ - @ +`` stay, spaces become ``_``, anything else goes. A name without any of them is
``unnamed``.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_ENDINGS = re.compile(r"(?:\.(?:zip|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz)|ipynb|rar|7z|tf))$", re.I)
_MOODLE = re.compile(r"(?P<student>.+?)_(?P<number>\d+)_assignsubmission_\w+?(?:_.*)?", re.S)
_CANVAS = re.compile(r"(?P<student>[^\W_][^_]*)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)", re.S)
_BLACKBOARD = re.compile(r".+_(?P<student>[^_]+)_attempt_\d{4}(?:-\d\d){5}(?:[_.].*)?", re.S)
_NOTEBOOK = re.compile(r"(?:(?P<student>.+?)[_\- ])?0[1-7]_[a-z_]+(?:[-_ (].*)?", re.I | re.S)
_KEPT = re.compile(r"[^\w.@+-]+")
_LONGEST = 80
SUBMITTED = "submitted"
"""The folder in which nbgrader collects submissions."""


def student_of(path: Path) -> str:
    """Return the student of a folder or a file; see the module for how it is found."""
    is_notebook = path.suffix.lower() == ".ipynb"
    folder = path.absolute().parent if is_notebook else path.absolute()
    if folder.parent.parent.name == SUBMITTED and not _ENDINGS.search(folder.name):
        return clean_student(folder.parent.name)
    name = path.name if path.is_dir() else _ENDINGS.sub("", path.name)
    for pattern in (_MOODLE, _CANVAS, _BLACKBOARD):
        if found := pattern.fullmatch(name):
            return clean_student(found["student"])
    if is_notebook and (found := _NOTEBOOK.fullmatch(name)):
        return clean_student(found["student"] or path.absolute().parent.name)
    return clean_student(name)


def clean_student(name: str) -> str:
    """Return a student's name as it may stand in the name of a file."""
    composed = unicodedata.normalize("NFC", name).strip()
    kept = _KEPT.sub("", re.sub(r"\s+", "_", composed)).strip("._-")
    return kept[:_LONGEST] or "unnamed"


def number_of(name: str) -> str:
    """Return the platform's number of the student in a download's name, "" if there is none."""
    bare = _ENDINGS.sub("", name)
    found = _MOODLE.fullmatch(bare) or _CANVAS.fullmatch(bare)
    return found["number"] if found else ""


def handed_in_name(name: str) -> str:
    """Return the name under which a student handed a file in, without what Canvas adds to it."""
    found = _CANVAS.fullmatch(name)
    if not found or _MOODLE.fullmatch(_ENDINGS.sub("", name)):
        return name
    stem, ending = _split(found["file"])
    return f"{re.sub(r'-[0-9]+$', '', stem)}{ending}"


def attempt_of(name: str) -> int:
    """Return which time a file was handed in on Canvas, 0 for the first."""
    found = _CANVAS.fullmatch(name)
    again = re.search(r"-([0-9]+)$", _split(found["file"])[0]) if found else None
    return int(again[1]) if again else 0


def _split(name: str) -> tuple[str, str]:
    ending = _ENDINGS.search(name)
    return (name[: ending.start()], ending[0]) if ending else (name, "")
