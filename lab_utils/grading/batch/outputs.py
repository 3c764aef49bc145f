"""What is made of the results once all are there; nothing of it can lose one."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.errors import LabError
from lab_utils.grading.batch.book import Book
from lab_utils.grading.batch.collected import Task
from lab_utils.grading.batch.folder import SIMILARITY, ResultsFolder, json_bytes
from lab_utils.grading.pages import write_pages
from lab_utils.grading.similarity import find_similar
from lab_utils.grading.submissions import SubmissionError, read_submission

GRADEBOOK = "gradebook.db"
Say = Callable[[str], None]


@dataclass
class Written:
    """What was made of the results.

    Attributes:
        page: The class page; None if it could not be written.
        gradebook: The URL of nbgrader's gradebook, without a password; "" if there is none.
        failures: What could not be made, and why.
        remarks: What to know of the others.
    """

    page: Path | None = None
    gradebook: str = ""
    failures: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def write_outputs(
    book: Book, tasks: list[Task], out: Path, database: str | None, say: Say
) -> Written:
    """Return what was made of the results: similarity, pages and the gradebook.

    Args:
        book: The results, which are on disk.
        tasks: The submissions that there are.
        out: The folder of the results.
        database: The URL of nbgrader's gradebook; None for a SQLite file in `out`.
        say: Takes a line that says what happens.
    """
    written = Written()
    steps: Mapping[str, Callable[[], None]] = {
        "compare the submissions": lambda: _compare(book, tasks, out),
        "write the pages": lambda: _write_pages(book, out, written),
        "write the gradebook": lambda: _write_gradebook(book, out, database, written),
        "write what formgrader shows": lambda: _gradebook().write_sheets(book.results(), out),
    }
    for name, step in steps.items():
        try:
            step()
        except (LabError, OSError) as error:
            written.failures.append(f"Could not {name}: {_words(error)}")
            say(written.failures[-1])
    return written


def _compare(book: Book, tasks: list[Task], out: Path) -> None:
    works: dict[str, Mapping[str, bytes]] = {}
    for task in tasks:
        try:
            works[task.student] = read_submission(task.paths, task.student).files
        except SubmissionError:
            continue  # its result says why it cannot be read
    report = find_similar(works).to_json()
    ResultsFolder(out).write(SIMILARITY, json_bytes(report))
    book.add_similarity(report)


def _write_pages(book: Book, out: Path, written: Written) -> None:
    results = book.results()
    written.page = write_pages(results, out, results.get("similarity"))


def _write_gradebook(book: Book, out: Path, database: str | None, written: Written) -> None:
    url = database or f"sqlite:///{(out / GRADEBOOK).resolve()}"
    updated = _gradebook().update_gradebook(book.results(), url)
    written.gradebook = updated.url
    written.remarks.extend(updated.left_alone)


def _gradebook() -> Any:
    """Return the gradebook's module: nbgrader takes seconds to load, and no result waits for it."""
    return importlib.import_module("lab_utils.grading.gradebook")


def _words(error: LabError | OSError) -> str:
    if isinstance(error, LabError):
        return f"{error.happened} What to do: {error.next_step}"
    return str(error)
