"""What each cell of a submitted notebook is to the replay.

A check is never run: the checks run outside the student's reach. What the course gives and nobody
changed need not be run, since it only shows something. A cell that writes a file is what most of
the practical is made of. What is left is the student's own Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_utils.grading.submissions.notebooks import Cell, Notebook
from lab_utils.grading.submissions.remarks import shown, shown_names

CHECK, FILE, SETUP, GIVEN, READING, OWN = "check", "file", "setup", "given", "reading", "own"
"""The roles: a check; writes a file; makes the lab; as released; only reads; the student's own."""
SHOWN = "shown"
"""The role of what the course tags `NOT_REPLAYED`, where nobody changed it."""
NOT_REPLAYED = "grading-skip"
"""The tag of cells that only show something: it takes seconds, or is other where one grades."""
_FILE_MAGIC = re.compile(r"\s*%%(?:terraform|workspace)\b")
_READING_MAGIC = re.compile(r"\s*%%(?:timestream|html|markdown|latex|svg)\b")
_SETUP = re.compile(r"^%(?:re)?load_ext lab_utils\b", re.M)
_ONLY_CHECKS = re.compile(r"(?:\s*lab\.check\([^()\n]*\)[ \t]*(?:#.*)?)+\s*")


def role_of(cell: Cell, given: Notebook | None) -> str:
    """Return the role of a code cell.

    Args:
        cell: A submitted cell.
        given: The released notebook of its part; None if there is none.
    """
    if _is_check(cell, given):
        return CHECK
    if _FILE_MAGIC.match(cell.source):
        return FILE
    if "parameters" in cell.tags or _SETUP.search(cell.source):
        return SETUP
    if _plain(cell.source) in _sources(given, NOT_REPLAYED):
        return SHOWN
    if not cell.source.strip() or _plain(cell.source) in _sources(given):
        return GIVEN
    return READING if _READING_MAGIC.match(cell.source) else OWN


def is_released(cell: Cell, given: Notebook | None) -> bool:
    """Return whether a cell is as the course gives it, so that its errors are not the student's."""
    return _plain(cell.source) in _sources(given)


def comparison_remarks(book: Notebook, given: Notebook | None) -> Iterator[str]:
    """Yield what a notebook lacks of the released one, and which of its checks were altered."""
    name = shown(book.name)
    for cell in book.cells:
        if cell.kind != "code" and _FILE_MAGIC.match(cell.source):
            yield f"Notebook {name}: a {cell.kind} cell begins with %%; it is no code, and not run."
    if given is None:
        yield f"Notebook {name} is none of the course's; what its cells write counts all the same."
        return
    present = {cell.id for cell in book.cells if cell.kind == "code"}
    known = present & {cell.id for cell in given.cells}
    lacking = [cell.id for cell in given.cells if cell.is_solution and cell.id not in present]
    if known and lacking:
        yield f"Notebook {name}: exercises are missing: {shown_names(lacking)}."
    if altered := [cell.id for cell in book.cells if _is_altered_check(cell, given)]:
        names = shown_names(list(dict.fromkeys(altered)))
        yield f"Notebook {name}: check cells were altered, which changes nothing: {names}."


def _is_check(cell: Cell, given: Notebook | None) -> bool:
    is_known = given is not None and any(
        one.is_check and one.id == cell.id for one in given.cells if cell.id
    )
    return cell.is_check or is_known or bool(_ONLY_CHECKS.fullmatch(cell.source))


def _is_altered_check(cell: Cell, given: Notebook) -> bool:
    return any(
        one.is_check and one.id == cell.id and _plain(one.source) != _plain(cell.source)
        for one in given.cells
    )


def _sources(given: Notebook | None, tag: str = "") -> set[str]:
    cells = given.cells if given else ()
    return {_plain(cell.source) for cell in cells if not tag or tag in cell.tags}


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
