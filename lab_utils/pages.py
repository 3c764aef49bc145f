"""The pages of executed notebooks: HTML for a screen of any width, without a network."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from lab_utils.parameters import assigned_values
from lab_utils.pictures import draw_pictures

_SOLUTION_MARK = re.compile(r"^### (BEGIN|END) SOLUTION\n?", re.M)
# nbconvert cuts off the lines of code that are longer than the window is wide.
_STYLE = """
.jp-InputArea-editor { overflow-x: auto; }
.jp-RenderedHTMLCommon img, .jp-RenderedImage img { max-width: 100%; height: auto; }
@media (max-width: 40rem) {
  body.jp-Notebook { padding: 0.5rem; }
}
"""


def write_page(executed: Path) -> None:
    """Write the HTML page of an executed notebook beside it, which needs no network.

    Args:
        executed: The notebook's file.
    """
    book = _readable(nbformat.read(executed, as_version=4))
    # No script of a page comes from the internet: what it would do is done here already.
    exporter = HTMLExporter(
        embed_images=True, mathjax_url="", require_js_url="", jquery_url="", mermaid_js_url=""
    )
    body, _resources = exporter.from_notebook_node(draw_pictures(book))
    page = body.replace("</head>", f"<style>{_STYLE}</style></head>", 1)
    executed.with_suffix(".html").write_text(page, encoding="utf-8")


def _readable(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook without what only tools read: solution marks, parameters said twice.

    Parameters that the run was given stay where they differ from those that stand above them.
    """
    own = "\n".join(cell.source for cell in book.cells if "parameters" in _tags(cell))
    declared = assigned_values(own).items()
    book.cells = [
        cell
        for cell in book.cells
        if "injected-parameters" not in _tags(cell)
        or assigned_values(cell.source).items() - declared
    ]
    for cell in book.cells:
        cell.source = _SOLUTION_MARK.sub("", cell.source)
    return book


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))
