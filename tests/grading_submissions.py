"""Makes submissions: notebooks solved or released, with changed cells, and archives of any kind."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab_utils.grading.release.notebooks import released_notebook
from tests.notebooks.books import PATHS, read

Change = Callable[[list[Any]], object]
"""Changes the cells of a notebook in place."""


def write_notebooks(
    folder: Path,
    *,
    solved: bool = True,
    parts: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7),
    changes: Mapping[int, Change] | None = None,
) -> Path:
    """Write notebooks as a student would hand them in, and return the folder.

    Args:
        folder: Where to; made if it is not there.
        solved: Whether the exercises are solved; else they hold their stubs.
        parts: The parts whose notebooks there are.
        changes: What is done to the cells of a part's notebook.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part, path in enumerate(PATHS, start=1):
        if part in parts:
            book = read(path) if solved else released_notebook(read(path))
            if changes and part in changes:
                changes[part](book.cells)
            (folder / path.name).write_text(json.dumps(book), encoding="utf-8")
    return folder


def code_cell(source: str, cell_id: str = "own-cell") -> dict[str, Any]:
    """Return a code cell of the student's own."""
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def add_cell(source: str, cell_id: str = "own-cell") -> Change:
    """Return the change that adds a cell of the student's own at the end."""
    return lambda cells: cells.append(code_cell(source, cell_id))


def set_cell(cell_id: str, source: str) -> Change:
    """Return the change that gives a cell another source."""

    def change(cells: list[Any]) -> None:
        [cell] = [one for one in cells if one["id"] == cell_id]
        cell["source"] = source

    return change


def write_zip(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write a zip of files by name, whatever the names are, and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


def zip_folder(path: Path, folder: Path) -> Path:
    """Write a zip of a folder, with the folder's name on top, and return its path."""
    files = [one for one in sorted(folder.rglob("*")) if one.is_file()]
    return write_zip(
        path, {one.relative_to(folder.parent).as_posix(): one.read_bytes() for one in files}
    )
