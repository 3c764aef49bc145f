"""The reference solution as a submission: the repository that the workbook's own notebooks make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from lab_utils.bench.outcome import BenchmarkError
from lab_utils.workspace import seed_workspace

_MAGIC = re.compile(r"%%(terraform|workspace)[ \t]+(\S+)[^\n]*\n")
_SOLUTION_MARK = re.compile(r"^### (BEGIN|END) SOLUTION\n?", re.M)
_FOLDERS = {"terraform": "terraform/", "workspace": ""}


def write_reference(checkout: Path, folder: Path) -> None:
    """Write the repository of the solved notebooks: what their cells write, on the given files.

    Args:
        checkout: The instructor's checkout.
        folder: The folder to make.

    Raises:
        BenchmarkError: The notebooks hold no solutions, as those that students have.
    """
    texts = list(_cells_text(checkout))
    if not any(map(_SOLUTION_MARK.search, texts)):
        raise BenchmarkError(
            "grade the reference solution",
            f"The notebooks in {checkout / 'notebooks'} have none.",
            "run this benchmark in the instructor's checkout.",
        )
    seed_workspace(checkout, folder)
    for text in texts:
        if magic := _MAGIC.match(text):
            _write(folder / f"{_FOLDERS[magic[1]]}{magic[2]}", text[magic.end() :], magic[1])


def _write(path: Path, text: str, magic: str) -> None:
    """Write a cell as its magic does: a section of a Terraform file, or a whole file."""
    solved = _SOLUTION_MARK.sub("", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if magic == "terraform" else "w", encoding="utf-8") as file:
        file.write(f"{solved.rstrip()}\n\n")


def _cells_text(checkout: Path) -> Iterator[str]:
    for path in sorted((checkout / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        book = nbformat.read(path, as_version=4)
        yield from (cell.source for cell in book.cells if cell.cell_type == "code")
