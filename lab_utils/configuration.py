"""Terraform files that are written from notebook cells, one marked section a cell.

A file keeps what the student typed into it by hand; a cell owns only its own section. Running
a cell again replaces that section. A section that declares the same block as the new text is
replaced too, since Terraform takes every block once: so a copied cell, or one run by a batch
tool that knows no cell ids, never leaves a duplicate behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import SettingsError

_BEGIN = "# >>> notebook cell "
_END = "# <<< notebook cell"
_SECTION = re.compile(
    rf"^{re.escape(_BEGIN)}(?P<cell>\S+)\n(?P<text>.*?)^{re.escape(_END)}\n?", re.M | re.S
)
_BLOCK = re.compile(
    r'^(resource|data|module|variable|output|provider)[ \t]+"([^"]+)"(?:[ \t]+"([^"]+)")?', re.M
)
_FILE_NAME = re.compile(r"[A-Za-z0-9_.-]+\.tf(\.json)?|files/[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class WrittenSection:
    """What one cell wrote.

    Attributes:
        path: The file.
        lines: How many lines the section has.
        replaced: How many earlier sections it took the place of.
        addresses: The blocks it declares, such as ``resource.aws_iot_thing.house``.
    """

    path: Path
    lines: int
    replaced: int
    addresses: tuple[str, ...]


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
    addresses = declared_addresses(text)
    body = text.strip("\n") + "\n"
    current = _read(path)
    kept, replaced = _without_earlier(current, cell, set(addresses))
    section = f"{_BEGIN}{cell or 'unnamed'}\n{body}{_END}\n"
    _write(path, f"{kept.rstrip()}\n\n{section}" if kept.strip() else section)
    return WrittenSection(path, body.count("\n"), replaced, addresses)


def declared_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of the blocks that begin in a text's first column, in order."""
    return tuple(".".join(filter(None, match.groups())) for match in _BLOCK.finditer(text))


def _without_earlier(current: str, cell: str, addresses: set[str]) -> tuple[str, int]:
    replaced = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal replaced
        is_same_cell = bool(cell) and match["cell"] == cell
        if is_same_cell or addresses & set(declared_addresses(match["text"])):
            replaced += 1
            return ""
        return match[0]

    return _SECTION.sub(keep, current), replaced


def _checked_name(name: str) -> str:
    if _FILE_NAME.fullmatch(name):
        return name
    raise SettingsError(
        f"write the cell to {name!r}",
        "That is not the name of a file in the Terraform folder.",
        "begin the cell with, for instance, %%terraform iot.tf",
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SettingsError(
            f"write {path}",
            f"The system says: {error.strerror}.",
            "choose a workspace that you may write to, with LAB_WORKSPACE, and free disk space "
            "if there is none left.",
        ) from error
