"""What must be right in the instructor's notebooks before students get them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.grading.release.errors import ReleaseError
from lab_utils.grading.release.regions import HIDDEN_TESTS, REGIONS, SOLUTION

_POINTS = {check.id: check.points for check in ALL_CHECKS}
_CALL = re.compile(r"""\blab\.check\(\s*["']([^"']*)["']\s*\)""")


def examine(books: Mapping[str, NotebookNode]) -> None:
    """Refuse notebooks that would give a solution away, or that could not be graded.

    Args:
        books: The instructor's notebooks by name.

    Raises:
        ReleaseError: What is wrong, all of it.
    """
    problems = [f"{name}: {one}" for name, book in books.items() for one in _faults(book)]
    problems += _doubled(books)
    problems += _checks_that_lack(books)
    if problems:
        raise ReleaseError(
            "release the notebooks",
            "\n".join(problems),
            "mend these cells in notebooks/, and release again; nothing was written.",
            problems,
        )


def _faults(book: NotebookNode) -> Iterator[str]:
    for cell in book.cells:
        for fault in (*_region_faults(cell), *_grade_faults(cell)):
            yield f"cell {cell.get('id', '?')}: {fault}"


def _region_faults(cell: NotebookNode) -> Iterator[str]:
    told = _nbgrader(cell)
    faults = [fault for region in REGIONS if (fault := region.fault(cell.source))]
    yield from faults
    if faults:
        return
    has_solution = bool(SOLUTION.lines(cell.source)[0])
    if has_solution and not told.get("solution"):
        yield "it holds a solution, but nbgrader's metadata does not call it a solution cell"
    if told.get("solution") and not has_solution:
        yield "it is a solution cell without a line between BEGIN SOLUTION and END SOLUTION"
    if HIDDEN_TESTS.lines(cell.source)[0] and not told.get("grade"):
        yield "it holds hidden tests, but earns no points"


def _grade_faults(cell: NotebookNode) -> Iterator[str]:
    told = _nbgrader(cell)
    called = _CALL.findall(cell.source) if cell.cell_type == "code" else []
    for check_id in called:
        if check_id not in _POINTS:
            yield f"there is no check {check_id!r}"
    if not told.get("grade"):
        if called:
            yield f"it runs the check {called[0]!r}, but earns no points"
        return
    points, check_id = told.get("points"), told.get("grade_id")
    if not isinstance(points, int | float) or points <= 0:
        yield "this check cell has no points"
    elif check_id in _POINTS and points != _POINTS[check_id]:
        yield f"it has {points} points, and the check itself {_POINTS[check_id]}"
    if called and check_id not in called:
        yield f"its id is {check_id!r}, and it runs the check {called[0]!r}"


def _doubled(books: Mapping[str, NotebookNode]) -> Iterator[str]:
    """Yield the ids that more than one cell of the course has."""
    cells = [(name, cell) for name, book in books.items() for cell in book.cells]
    for key, ids in (
        ("id", [(name, cell.get("id")) for name, cell in cells]),
        ("grade_id", [(name, _nbgrader(cell).get("grade_id")) for name, cell in cells]),
    ):
        counted = Counter(one for _, one in ids if one)
        for doubled in (one for one, count in counted.items() if count > 1):
            places = ", ".join(dict.fromkeys(name for name, one in ids if one == doubled))
            yield f"{places}: the {key} {doubled!r} belongs to {counted[doubled]} cells"


def _checks_that_lack(books: Mapping[str, NotebookNode]) -> Iterator[str]:
    """Yield the checks of the notebooks' parts that no cell gives points for."""
    graded = {_nbgrader(cell).get("grade_id") for book in books.values() for cell in book.cells}
    parts = {int(name[:2]) for name in books if name[:2].isdigit()}
    for check in ALL_CHECKS:
        if check.part in parts and check.id not in graded:
            yield f"no check cell has the id {check.id!r}, so its points could not be earned"


def _nbgrader(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))
