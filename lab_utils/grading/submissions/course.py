"""What the course gives its students: the seed of a workspace, and the released notebooks.

It is read from a checkout of the course. In the students' own copy the notebooks are their own;
compared with themselves, nothing in them is new, so that only cells that write files are replayed.
"""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lab_utils.configuration import without_sections
from lab_utils.grading.solved_files import SOLVED_FILES
from lab_utils.grading.submissions.notebooks import Cell, Notebook, read_notebook
from lab_utils.grading.submissions.unwanted import PACKAGE
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace
from lab_utils.workspace_files import STUB

_SOLUTION = re.compile(r"### BEGIN SOLUTION\n.*?### END SOLUTION", re.S)


@dataclass(frozen=True)
class Course:
    """The course as its students get it.

    Attributes:
        seed: The files of a fresh workspace, by path.
        notebooks: The released notebooks, by part.
        package: The modules of the course's package, by their path in it.
    """

    seed: Mapping[str, bytes]
    notebooks: Mapping[int, Notebook]
    package: Mapping[str, bytes]


@functools.cache
def read_course(checkout: Path = CHECKOUT) -> Course:
    """Return the course of a checkout, read once."""
    books = [
        read_notebook(path.stem, path.read_bytes())
        for path in sorted((checkout / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    ]
    package = checkout / PACKAGE
    modules = {
        path.relative_to(package).as_posix(): path.read_bytes() for path in package.rglob("*.py")
    }
    return Course(
        given_seed(checkout), {book.part: _released(book) for book in books if book.part}, modules
    )


def given_seed(checkout: Path = CHECKOUT) -> dict[str, bytes]:
    """Return what a student's workspace begins with, by path.

    It is that of `seed_workspace`, without what solves an exercise: the instructor may have run
    the notebooks in the checkout, and the given tests of the decision are part 5's solution.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        seed_workspace(checkout, workspace)
        files = files_of(workspace)
    return {
        path: without_sections(content.decode()).encode() if path.endswith(".tf") else content
        for path, content in files.items()
        if path not in SOLVED_FILES
    }


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that is ours, by their path in it, sorted."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def with_unix_ends(content: bytes) -> bytes:
    """Return a text's bytes with line ends as on Unix."""
    return content.replace(b"\r\n", b"\n")


def is_given(course: Course, path: str, content: bytes) -> bool:
    """Return whether a file is the course's own, whatever its line ends."""
    given = course.seed.get(path)
    return given is not None and with_unix_ends(given) == with_unix_ends(content)


def _released(book: Notebook) -> Notebook:
    return replace(book, cells=tuple(_without_solution(cell) for cell in book.cells))


def _without_solution(cell: Cell) -> Cell:
    return replace(cell, source=_SOLUTION.sub(STUB, cell.source))
