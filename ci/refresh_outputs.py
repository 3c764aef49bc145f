"""Copies the outputs of a batch run into the notebooks, for the cells whose output is compared.

The notebooks are committed with outputs in exactly those cells that nbval compares; all others
are published as the executed copies of ``make run``. Run it after ``lab run``::

    .venv/bin/python ci/refresh_outputs.py
"""

from __future__ import annotations

from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
COMPARED = "nbval-check-output"


def refresh(source: Path, executed: Path) -> None:
    """Write a notebook with the outputs of its executed copy where they are compared."""
    book = nbformat.read(source, as_version=4)
    outputs = {
        cell.id: cell.get("outputs", []) for cell in nbformat.read(executed, as_version=4).cells
    }
    code_cells = (cell for cell in book.cells if cell.cell_type == "code")
    for number, cell in enumerate(code_cells, start=1):
        is_compared = COMPARED in cell.metadata.get("tags", [])
        # nbval takes a cell that has an output and no number for one that was never run.
        cell.execution_count = number if is_compared else None
        cell.outputs = _numbered(outputs[cell.id], number) if is_compared else []
    nbformat.write(book, source)


def _numbered(outputs: list[nbformat.NotebookNode], number: int) -> list[nbformat.NotebookNode]:
    for output in outputs:
        if "execution_count" in output:
            output.execution_count = number
    return outputs


if __name__ == "__main__":
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        refresh(path, ROOT / "runs" / "latest" / path.name)
        print(path.name)
