"""Copies the outputs of a batch run into the notebooks, for the cells whose output is compared.

The notebooks are committed with outputs in exactly those cells that nbval compares; all others
are published as the executed copies of ``make run``. Run it after ``lab run``::

    .venv/bin/python ci/refresh_outputs.py
    .venv/bin/python ci/refresh_outputs.py --check    # changes nothing, names what differs
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
COMPARED = "nbval-check-output"
_IMAGES = ("image/png", "image/jpeg")  # as nbval, which compares no images


def refresh(source: Path, executed: Path) -> None:
    """Write a notebook with the outputs of its executed copy where they are compared."""
    book = nbformat.read(source, as_version=4)
    outputs = _outputs(executed)
    code_cells = (cell for cell in book.cells if cell.cell_type == "code")
    for number, cell in enumerate(code_cells, start=1):
        is_compared = _is_compared(cell)
        # nbval takes a cell that has an output and no number for one that was never run.
        cell.execution_count = number if is_compared else None
        cell.outputs = _numbered(outputs[cell.id], number) if is_compared else []
    nbformat.write(book, source)


def differing_cells(source: Path, executed: Path) -> list[str]:
    """Return the ids of the compared cells whose output an executed copy has otherwise."""
    outputs = _outputs(executed)
    compared = [one for one in nbformat.read(source, as_version=4).cells if _is_compared(one)]
    return [
        cell.id
        for cell in compared
        if cell.id not in outputs or _content(cell.outputs) != _content(outputs[cell.id])
    ]


def _outputs(executed: Path) -> dict[str, list[nbformat.NotebookNode]]:
    cells = nbformat.read(executed, as_version=4).cells
    return {cell.id: cell.get("outputs", []) for cell in cells}


def _is_compared(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and COMPARED in cell.metadata.get("tags", [])


def _numbered(outputs: list[nbformat.NotebookNode], number: int) -> list[nbformat.NotebookNode]:
    for output in outputs:
        if "execution_count" in output:
            output.execution_count = number
    return outputs


def _content(outputs: list[nbformat.NotebookNode]) -> dict[str, list[Any]]:
    """Return what a reader sees, by its kind: streams whole, images left out."""
    seen: dict[str, list[Any]] = defaultdict(list)
    for output in outputs:
        if output.output_type == "stream":
            seen[output.name] = ["".join([*seen[output.name], output.text])]
        elif output.output_type == "error":
            seen["error"].append((output.ename, output.evalue))
        else:
            for kind, data in output.data.items():
                if kind not in _IMAGES:
                    seen[kind].append(data)
    return dict(seen)


def main() -> int:
    """Refresh the notebooks, or compare them; return 1 if an output differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "latest")
    arguments = parser.parse_args()
    differing: list[str] = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        executed = arguments.runs / path.name
        if arguments.check:
            differing += differing_cells(path, executed)
        else:
            refresh(path, executed)
            print(path.name)
    if arguments.check:
        print(f"other than committed: {', '.join(differing) or 'nothing'}")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
