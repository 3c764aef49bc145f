"""Whether a line of a solution stands anywhere in the students' version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from lab_utils.grading.release.contents import File
from lab_utils.grading.release.errors import ReleaseError
from lab_utils.grading.release.regions import open_lines, withheld_lines
from lab_utils.grading.solved_files import SOLVED_FILES

_FEWEST_SIGNS = 13
"""A line with fewer signs than this, white space aside, tells nothing: ``enabled = true``."""
_TOLD_BY_THE_LAB = (
    # Hints of the checks of parts 4 and 5, and of the pipeline's lint.
    'schedule_expression = "rate(1 minute)"',
    'action = "lambda:InvokeFunction"',
    "- if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    "- pip install awscli",
    # The dashboard page asks so, too.
    "GROUP BY bin(time, 1m), zone_id",
    "ORDER BY minute, zone_id",
)


@dataclass(frozen=True)
class SecretLine:
    """A line that no student gets.

    Attributes:
        text: The line.
        source: Where it stands: a notebook and its cell, or a file.
    """

    text: str
    source: str


def search(
    files: Mapping[str, File], books: Mapping[str, NotebookNode], checkout: Path
) -> list[str]:
    """Return where a line of a solution stands in a file, a sentence each.

    White space does not count. Lines are left out that say nothing by themselves (shorter than 13
    signs), that a notebook shows openly outside its solutions, and the few that the lab itself
    says.

    Args:
        files: The files that students get.
        books: The instructor's notebooks.
        checkout: The instructor's checkout, for files that are solutions.
    """
    secrets = {squeezed(one.text): one for one in secret_lines(books, checkout)}
    texts = {name: squeezed(_text(name, file.content)) for name, file in files.items()}
    return [
        f"{name} holds `{secret.text.strip()}`, which is a line of the solution in {secret.source}"
        for name, text in texts.items()
        for line, secret in secrets.items()
        if line in text
    ]


def refuse_leaks(
    files: Mapping[str, File], books: Mapping[str, NotebookNode], checkout: Path
) -> None:
    """Refuse files that give a line of a solution away; see `search`.

    Raises:
        ReleaseError: They do.
    """
    found = search(files, books, checkout)
    if found:
        raise ReleaseError(
            "release the students' version",
            "\n".join(found),
            "take these lines out of the files, or, if students may know one, let a notebook's "
            "text say it; nothing was written.",
            found,
        )


def secret_lines(books: Mapping[str, NotebookNode], checkout: Path) -> Iterator[SecretLine]:
    """Yield the lines that no file of the students' version may hold.

    Args:
        books: The instructor's notebooks.
        checkout: The instructor's checkout.
    """
    shown = "\n".join(map(squeezed, _openly_shown(books)))
    told = set(map(squeezed, _TOLD_BY_THE_LAB))
    for secret in _all_lines(books, checkout):
        line = squeezed(secret.text)
        if len(line) >= _FEWEST_SIGNS and line not in shown and line not in told:
            yield secret


def squeezed(text: str) -> str:
    """Return a text without its white space."""
    return re.sub(r"\s+", "", text)


def _all_lines(books: Mapping[str, NotebookNode], checkout: Path) -> Iterator[SecretLine]:
    for name, book in books.items():
        for cell in book.cells:
            for line in withheld_lines(cell):
                yield SecretLine(line, f"{name}, cell {cell.get('id', '?')}")
    for file in SOLVED_FILES:
        if (checkout / file).is_file():
            for line in (checkout / file).read_text(encoding="utf-8").splitlines():
                yield SecretLine(line, file)


def _openly_shown(books: Mapping[str, NotebookNode]) -> Iterator[str]:
    for book in books.values():
        for cell in book.cells:
            yield from open_lines(cell)


def _text(name: str, content: bytes) -> str:
    """Return a file's text; of a notebook, what its cells hold, as a reader sees it."""
    text = content.decode("utf-8", "replace")
    if not name.endswith(".ipynb"):
        return text
    return "\n".join(_strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _strings(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in _strings(one))
