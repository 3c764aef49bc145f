"""A notebook as students get it, made by nbgrader's own preprocessors."""

from __future__ import annotations

import copy
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from lab_utils.grading.release.errors import ReleaseError
from lab_utils.workspace_files import STUB

_LANGUAGE = "python"
_KEPT_OF_A_NOTEBOOK = ("kernelspec", "language_info")
_KEPT_OF_A_CELL = ("nbgrader", "tags", "deletable", "editable")
_FOR_INSTRUCTORS = {"nbval-check-output", "grading-skip"}
"""Tags for tests and for grading: of outputs, of which a student gets none, and of replays."""


def released_notebook(book: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook without solutions, hidden tests, outputs and stray metadata.

    A stub takes the place of each solution: a comment in Python, HCL and YAML, and the lab's magics
    know it where it is none, as in SQL. Check cells are locked, and no cell of an exercise can be
    deleted. nbgrader's checksums are those of the cells as students get them.

    Args:
        book: The instructor's notebook.

    Raises:
        ReleaseError: nbgrader refuses it.
    """
    released = copy.deepcopy(book)
    steps = (
        LockCells(),
        ClearSolutions(code_stub={_LANGUAGE: STUB}),
        ClearOutput(),
        ClearHiddenTests(),
        ClearMarkScheme(),
        ComputeChecksums(),
        CheckCellMetadata(),
    )
    resources: dict[str, Any] = {}
    try:
        for step in steps:
            released, resources = step.preprocess(released, resources)
    except (RuntimeError, ValueError, ValidationError) as error:
        raise ReleaseError(
            "release a notebook",
            f"nbgrader refuses it: {error}.",
            "mend the cell that it names, in notebooks/.",
        ) from error
    return _tidy(released)


def notebook_bytes(book: NotebookNode) -> bytes:
    """Return a notebook as its file holds it."""
    return f"{nbformat.writes(book).rstrip()}\n".encode()


def _tidy(book: NotebookNode) -> NotebookNode:
    """Return the notebook without metadata that tells of the instructor's machine and tools."""
    book.metadata = _only(book.metadata, _KEPT_OF_A_NOTEBOOK)
    book.metadata["language_info"] = {"name": _LANGUAGE}
    for cell in book.cells:
        cell.metadata = _only(cell.metadata, _KEPT_OF_A_CELL)
        tags = [tag for tag in cell.metadata.pop("tags", []) if tag not in _FOR_INSTRUCTORS]
        if tags:
            cell.metadata["tags"] = tags
    return book


def _only(metadata: NotebookNode, names: tuple[str, ...]) -> NotebookNode:
    return NotebookNode({name: metadata[name] for name in names if name in metadata})
