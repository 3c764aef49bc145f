"""The pictures of the notebooks, for pages that are read without a network.

JupyterLab draws Mermaid by itself. An exported page would load the drawing program from the
internet, so the pictures are drawn at export. And its figures would say that they have no
description, whether they have one or not.
"""

from __future__ import annotations

import base64
import html
import re

import mermaidx
from nbformat import NotebookNode

_MERMAID = re.compile(r"^```mermaid\n(?P<source>.*?)^```\n?", re.M | re.S)
_IN_WORDS = re.compile(r"\*In words: (?P<words>.+?)\*$", re.M | re.S)


def draw_pictures(book: NotebookNode) -> NotebookNode:
    """Return the notebook with each Mermaid block a picture, each figure with its description.

    Args:
        book: A notebook; changed in place. The sentence "In words: ..." of a text cell becomes the
            picture's alternative text; a figure has its own in its metadata, as `alt`.

    Raises:
        RuntimeError: A block that is no valid Mermaid.
    """
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = _with_pictures(cell.source)
        for output in cell.get("outputs", []):
            _describe_figure(output)
    return book


def _with_pictures(text: str) -> str:
    words = _IN_WORDS.search(text)
    alternative = html.escape(words["words"] if words else "A diagram", quote=True)

    def draw(match: re.Match[str]) -> str:
        svg = mermaidx.render(match["source"]).svg()
        data = base64.b64encode(svg.encode()).decode()
        return f'<img alt="{alternative}" src="data:image/svg+xml;base64,{data}">\n'

    return _MERMAID.sub(draw, text)


def _describe_figure(output: NotebookNode) -> None:
    about = output.get("metadata", {}).get("image/png", {})
    if "alt" in about:
        words = html.escape(about["alt"], quote=True)
        size = "".join(f' {side}="{about[side]}"' for side in ("width", "height") if side in about)
        data = output.data.pop("image/png")
        output.data["text/html"] = (
            f'<img alt="{words}"{size} style="height: auto" src="data:image/png;base64,{data}">'
        )
