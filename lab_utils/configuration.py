"""Terraform files that are written from notebook cells, one marked section a cell.

A file keeps what the student typed into it by hand; a cell owns only its own section. Running
a cell again replaces that section. A section that declares the same block as the new text is
replaced too, since Terraform takes every block once: so a copied cell, or one run by a batch
tool that knows no cell ids, never leaves a duplicate behind. Both hold for the other Terraform
files of the folder too: a cell may have named another file before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import SettingsError
from lab_utils.workspace import unwritable

_BEGIN = "# >>> notebook cell "
_END = "# <<< notebook cell"
_UNNAMED = "unnamed"
# With the empty line before it. A section without its end mark, which somebody took away, is
# none: it would reach as far as the next one's end, over what was typed by hand in between.
_SECTION = re.compile(
    rf"(?:(?<![^\n])\r?\n)?^{re.escape(_BEGIN)}(?P<cell>\S+)\r?\n"
    rf"(?P<text>(?:(?!{re.escape(_BEGIN)})[^\n]*\n)*?){re.escape(_END)}\r?(?:\n|\Z)",
    re.M,
)
_BLOCK = re.compile(
    r'^(resource|data|module|variable|output|provider)[ \t]+"([^"]+)"(?:[ \t]+"([^"]+)")?', re.M
)
_SOLUTION_MARK = re.compile(r"^### (BEGIN|END) SOLUTION[ \t]*$", re.M)
_COMMENT = re.compile(r"/\*.*?\*/|(#|//)[^\n]*", re.S)
_FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+\.tf(\.json)?|files/[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Removal:
    """An earlier section that was taken out of a file.

    Attributes:
        file: The name of the file.
        is_of_another_cell: Whether another cell wrote it, one that declares the same block.
    """

    file: str
    is_of_another_cell: bool


@dataclass(frozen=True)
class WrittenSection:
    """What one cell wrote.

    Attributes:
        path: The file.
        lines: How many lines the section has.
        removals: The earlier sections it took the place of, in this file and in others.
        addresses: The blocks it declares, such as ``resource.aws_iot_thing.house``.
        is_empty: Whether it holds nothing but comments.
    """

    path: Path
    lines: int
    removals: tuple[Removal, ...]
    addresses: tuple[str, ...]
    is_empty: bool

    @property
    def replaced(self) -> int:
        """How many earlier sections it took the place of."""
        return len(self.removals)

    def summary(self) -> list[str]:
        """Return the lines that tell the reader what became of the cell."""
        names = ", ".join(address.removeprefix("resource.") for address in self.addresses)
        counted = f"{self.lines} line{'' if self.lines == 1 else 's'} written"
        done = f"declares {names}" if names else counted
        if self.is_empty and self.path.suffix == ".tf":
            done = "nothing declared yet"
        return [*self._removal_lines(), f"terraform/{_shown(self.path)}: {done}"]

    def _removal_lines(self) -> Iterator[str]:
        for removal in dict.fromkeys(self.removals):
            where = f"terraform/{removal.file}"
            if removal.is_of_another_cell:
                yield f"{where}: the text of another cell that declares the same was removed"
            elif removal.file != self.path.name:
                yield f"{where}: the earlier text of this cell was removed"


def write_section(folder: Path, name: str, text: str, cell: str = "") -> WrittenSection:
    """Write a cell's text as its section of a Terraform file, and return what was written.

    Args:
        folder: The Terraform folder.
        name: File in it, such as ``iot.tf``.
        text: The HCL of the cell.
        cell: The cell's id where the front end tells one; else the blocks identify it.

    Raises:
        SettingsError: A name that is no Terraform file in this folder, or a folder that cannot
            be written to.
    """
    path = folder / _checked_name(name)
    # An empty line for each mark of nbgrader's: so a line of the section is the same line of the
    # cell, where its own mark stands for the line with %%terraform.
    body = _SOLUTION_MARK.sub("", text).rstrip() + "\n"
    addresses = declared_addresses(body)
    kept, removals = _without_earlier(path, cell, set(addresses))
    section = f"{_BEGIN}{cell or _UNNAMED}\n{body}{_END}\n"
    _write(path, f"{kept.rstrip()}\n\n{section}" if kept.strip() else section)
    for other in sorted(set(folder.glob("*.tf")) - {path}):
        rest, found = _without_earlier(other, cell, set(addresses))
        if found:
            _write(other, rest)
        removals += found
    is_empty = not _COMMENT.sub("", body).strip()
    return WrittenSection(path, body.count("\n"), tuple(removals), addresses, is_empty)


def cell_line(path: Path, line: int) -> int | None:
    """Return which line of a cell a line of a file is; None for what no cell wrote.

    Args:
        path: A Terraform file.
        line: Its line, counted from 1.

    Returns:
        The line as an editor counts it, with ``%%terraform`` as line 1.
    """
    text = _read(path)
    for match in _SECTION.finditer(text):
        mark = text.count("\n", 0, match.start("cell")) + 1
        if mark < line <= mark + match["text"].count("\n"):
            return line - mark + 1
    return None


def folder_addresses(folder: Path) -> list[str]:
    """Return the addresses of the blocks that a folder's Terraform files declare, sorted."""
    texts = (_read(path) for path in folder.glob("*.tf"))
    return sorted({address for text in texts for address in declared_addresses(text)})


def without_sections(text: str) -> str:
    """Return a file's text without what cells wrote: what was given, or typed by hand."""
    return _SECTION.sub("", text)


def declared_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of the blocks that begin in a text's first column, in order."""
    return tuple(".".join(filter(None, match.groups())) for match in _BLOCK.finditer(text))


def _without_earlier(path: Path, cell: str, addresses: set[str]) -> tuple[str, list[Removal]]:
    """Return a file's text without the sections that a cell's new text takes the place of."""
    removals: list[Removal] = []

    def keep(match: re.Match[str]) -> str:
        is_same_cell = bool(cell) and match["cell"] == cell
        if not (is_same_cell or addresses & set(declared_addresses(match["text"]))):
            return match[0]
        is_known = bool(cell) and match["cell"] != _UNNAMED
        removals.append(Removal(path.name, is_known and not is_same_cell))
        return ""

    return _SECTION.sub(keep, _read(path)), removals


def _checked_name(name: str) -> str:
    if _FILE_NAME.fullmatch(name):
        return name
    raise SettingsError(
        f"write the cell to {name!r}",
        "That is not the name of a file in the Terraform folder.",
        "begin the cell with, for instance, %%terraform iot.tf",
    )


def _shown(path: Path) -> str:
    return f"files/{path.name}" if path.parent.name == "files" else path.name


def _read(path: Path) -> str:
    # As bytes: what was typed by hand keeps its line ends and whatever it is encoded in.
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else ""


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise unwritable(path, error) from error
