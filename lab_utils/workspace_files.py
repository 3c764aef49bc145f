"""Files of the workspace that are written from notebook cells, a whole file a cell.

A cell's text takes the place of what the file held. What no cell wrote, since a student typed it
in an editor, is kept first: a file's hash, noted whenever a cell writes it, tells the two apart.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import SettingsError
from lab_utils.settings import CHECKOUT, Settings
from lab_utils.workspace import unwritable

STUB = "# YOUR CODE HERE"
"""What stands in a released exercise in the place of its solution."""
_SOLUTION_LINE = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*(?:\n|\Z)", re.M)
_NAME = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_NOT_WRITTEN = {"..", ".", ".lab", ".git"}
_BACKUPS = "backup"
_NOTES = "written-by-cells.json"


@dataclass(frozen=True)
class WrittenFile:
    """What one cell wrote.

    Attributes:
        name: The file's path in the workspace, with slashes.
        lines: How many lines the cell wrote; None where it held only its stub.
        is_there: Whether there is such a file now.
        backup: Where its earlier text was kept, in the workspace; "" where no cell's text was
            lost.
    """

    name: str
    lines: int | None
    is_there: bool = True
    backup: str = ""

    def summary(self) -> list[str]:
        """Return the lines that tell the reader what became of the cell."""
        if self.lines is None:
            said = "left as it is, the cell holds only its stub"
            return [f"{self.name}: {said if self.is_there else 'nothing written yet'}"]
        kept = f"{self.name}: what was there, written by no cell, is kept as {self.backup}"
        counted = f"{self.lines} line{'' if self.lines == 1 else 's'} written"
        return [*([kept] if self.backup else []), f"{self.name}: {counted}"]


def write_file(settings: Settings, name: str, text: str) -> WrittenFile:
    """Write a cell's text as a whole file of the workspace, and return what was written.

    The marks of a solution are left out, and line ends are those of Unix; nothing else changes.
    A cell with nothing but its stub writes nothing. A ``.sh`` file may be executed.

    Args:
        settings: Whose workspace.
        name: Path in the workspace with slashes, such as ``ci/lambda.gitlab-ci.yml``.
        text: The cell's text.

    Raises:
        SettingsError: A path that leaves the workspace or belongs to the lab or to Git, a folder,
            or a place that cannot be written to.
    """
    path = _checked_path(settings.workspace, name)
    body = _SOLUTION_LINE.sub("", text.replace("\r\n", "\n"))
    if {line.strip() for line in body.splitlines()} <= {STUB, ""}:
        return WrittenFile(name, None, path.is_file())
    content = (body if body.endswith("\n") else f"{body}\n").encode()
    try:
        backup = _keep_what_no_cell_wrote(settings, path, name, content)
        _note(settings, name, content)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.suffix == ".sh":
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o444) >> 2)  # whoever may read it may run it
    except OSError as error:
        raise unwritable(path, error) from error
    return WrittenFile(name, content.count(b"\n"), backup=backup)


def _checked_path(workspace: Path, name: str) -> Path:
    parts = {part.lower() for part in name.split("/")}
    path = workspace / name
    reason = ""
    if not _NAME.fullmatch(name) or parts & {"..", "."}:
        reason = "That is not the path of a file in the workspace."
    elif parts & _NOT_WRITTEN:
        reason = "What is in .lab and .git belongs to the lab and to Git."
    elif not path.resolve().is_relative_to(workspace.resolve()):
        reason = "A link leads out of the workspace."
    elif path.is_dir():
        reason = "That is a folder."
    if not reason:
        return path
    raise SettingsError(
        f"write the cell to {name!r}",
        reason,
        "begin the cell with, for instance, %%workspace ci/lambda.gitlab-ci.yml",
    )


def _keep_what_no_cell_wrote(settings: Settings, path: Path, name: str, content: bytes) -> str:
    """Keep a file's earlier text where it would be lost; return where, "" if nothing would be."""
    if not path.is_file():
        return ""
    earlier = path.read_bytes()
    given = CHECKOUT / name
    is_given = settings.workspace != CHECKOUT and given.is_file() and given.read_bytes() == earlier
    if earlier == content or is_given or _hash(earlier) == _notes(settings).get(name):
        return ""
    kept = settings.state_dir / _BACKUPS / name
    kept = kept.with_name(f"{kept.name}.{_hash(earlier)[:8]}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(earlier)
    return kept.relative_to(settings.workspace).as_posix()


def _note(settings: Settings, name: str, content: bytes) -> None:
    notes = {**_notes(settings), name: _hash(content)}
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notes, indent=2, sort_keys=True)
    (settings.state_dir / _NOTES).write_text(f"{text}\n", encoding="utf-8")


def _notes(settings: Settings) -> dict[str, str]:
    """Return the hash of what a cell wrote last, by file; what cannot be read tells nothing."""
    try:
        notes = json.loads((settings.state_dir / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
