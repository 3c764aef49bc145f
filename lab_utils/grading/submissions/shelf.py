"""The notebooks of a submission: one a part, free of outputs, each cell with its role."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_utils.grading.submissions.course import Course
from lab_utils.grading.submissions.notebooks import Cell, Notebook, read_notebook
from lab_utils.grading.submissions.remarks import shown, shown_names
from lab_utils.grading.submissions.roles import FILE, OWN, comparison_remarks, is_released, role_of
from lab_utils.workspace_files import STUB

FOLDER = "notebooks/"
ROLE = "role"
"""The key of a cell's metadata that tells its role."""
RELEASED = "is_released"
"""The key of a cell's metadata that tells whether it is as the course gives it."""
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Shelf:
    """The notebooks that count.

    Attributes:
        files: Each as a file of nbformat 4, by its path.
        remarks: What was damaged, is missing or does not count.
    """

    files: Mapping[str, bytes]
    remarks: tuple[str, ...]


def fill_shelf(files: Mapping[str, bytes], course: Course) -> Shelf:
    """Return the notebooks among files that count.

    Of several for one part, such as copies that a browser numbered, that with most cells of the
    student's own counts. A notebook of no part counts if it writes a file of the workspace.

    Args:
        files: What was submitted, by path.
        course: The released notebooks.
    """
    by_part: dict[int | None, list[tuple[str, Notebook]]] = defaultdict(list)
    for path, content in sorted(files.items()):
        if path.endswith(".ipynb"):
            book = read_notebook(path.rpartition("/")[2].removesuffix(".ipynb"), content)
            by_part[book.part].append((path, book))
    remarks: list[str] = []
    chosen: dict[str, bytes] = {}
    for part in sorted(by_part, key=lambda one: one or 0):
        given = course.notebooks.get(part) if part else None
        for name, book in _counting(by_part[part], given, remarks):
            remarks += [*book.remarks, *comparison_remarks(book, given)]
            chosen[f"{FOLDER}{name}.ipynb"] = notebook_bytes(book, given)
    return Shelf(chosen, tuple(remarks))


def _counting(
    books: Sequence[tuple[str, Notebook]], given: Notebook | None, remarks: list[str]
) -> Iterator[tuple[str, Notebook]]:
    """Yield the notebooks of one part that count, with their names."""
    if given is None:
        for number, (path, book) in enumerate(books):
            if any(role_of(cell, None) == FILE for cell in book.cells if cell.kind == "code"):
                yield f"other_{number + 1}", book
            else:
                remarks += book.remarks
                remarks.append(f"Notebook {shown(path)} is none of the course's: not counted.")
        return
    best = max(books, key=lambda one: (_own_cells(one[1], given), -len(one[0])))
    if others := [path for path, _book in books if path != best[0]]:
        remarks.append(
            f"Of several notebooks for one part {shown(best[0])} counts, "
            f"not {shown_names(sorted(others))}."
        )
    yield given.name, best[1]


def _own_cells(book: Notebook, given: Notebook) -> int:
    """Return how many cells the student wrote or changed."""
    released = {cell.source.strip() for cell in given.cells}
    return sum(
        role_of(cell, given) in {FILE, OWN} and cell.source.strip() not in released
        for cell in book.cells
        if cell.kind == "code"
    )


def notebook_bytes(book: Notebook, given: Notebook | None) -> bytes:
    """Return a notebook as a file: nbformat 4, no outputs, each code cell with its role."""
    cells = [_written(number, cell, given) for number, cell in enumerate(book.cells)]
    document = {
        "cells": cells,
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()


def _written(number: int, cell: Cell, given: Notebook | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.id:
        metadata["name"] = cell.id
    common = {"cell_type": cell.kind, "id": f"cell-{number + 1}", "source": cell.source}
    if cell.kind != "code":
        return {**common, "metadata": metadata}
    metadata[ROLE] = role_of(cell, given)
    metadata[RELEASED] = is_released(cell, given)
    return {**common, "metadata": metadata, "execution_count": None, "outputs": []}


def is_stub(source: str) -> bool:
    """Return whether a cell holds nothing but its magic and the stub of its exercise."""
    lines = {line.strip() for line in source.strip().splitlines()}
    return {line for line in lines if not line.startswith("%%")} <= {STUB, ""}
