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
_IN_WORDS = re.compile(r"\*In words: (?P<words>.+?)\*(?=\s|$)", re.S)


def draw_pictures(book: NotebookNode) -> NotebookNode:
    """Return the notebook with each Mermaid block a picture, each figure with its description.

    Args:
        book: A notebook; changed in place. The sentence "In words: ..." of a text cell becomes the
            picture's alternative text. A figure has its own in its metadata, as `alt`, or takes
            the sentence of the text cell after it.

    Raises:
        RuntimeError: A block that is no valid Mermaid.
    """
    texts = [_in_words(cell.source) if cell.cell_type == "markdown" else "" for cell in book.cells]
    for cell, after in zip(book.cells, [*texts[1:], ""], strict=True):
        if cell.cell_type == "markdown":
            cell.source = _with_pictures(cell.source)
        for output in cell.get("outputs", []):
            _describe_figure(output, after)
    return book


def _in_words(text: str) -> str:
    match = _IN_WORDS.search(text)
    return match["words"] if match else ""


def _with_pictures(text: str) -> str:
    alternative = html.escape(_in_words(text) or "A diagram", quote=True)

    def draw(match: re.Match[str]) -> str:
        svg = mermaidx.render(match["source"]).svg()
        data = base64.b64encode(svg.encode()).decode()
        return f'<img alt="{alternative}" src="data:image/svg+xml;base64,{data}">\n'

    return _MERMAID.sub(draw, text)


def _describe_figure(output: NotebookNode, after: str) -> None:
    """Turn a figure that somebody has described into an image with that description."""
    about = output.get("metadata", {}).get("image/png", {})
    words = html.escape(about.get("alt", after), quote=True)
    if words and "image/png" in output.get("data", {}):
        size = "".join(f' {side}="{about[side]}"' for side in ("width", "height") if side in about)
        data = output.data.pop("image/png")
        output.data["text/html"] = (
            f'<img alt="{words}"{size} style="height: auto" src="data:image/png;base64,{data}">'
        )
