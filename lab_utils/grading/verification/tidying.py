"""What may not stand in a workspace that the grader reads: ways out of it, and no plain files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_MOST_NAMED = 5


def tidy(workspace: Path) -> str:
    """Remove what would lead the grader astray, and return a remark on it; "" if there was none.

    The student's code may have made symbolic links that lead out of the workspace, to read by the
    grader's eyes what is none of its business, or pipes and sockets that nobody answers.

    Args:
        workspace: The folder of the student's files.
    """
    removed = [path.relative_to(workspace).as_posix() for path in _strange(workspace)]
    for name in removed:
        (workspace / name).unlink(missing_ok=True)
    if not removed:
        return ""
    more = len(removed) - _MOST_NAMED
    named = ", ".join(removed[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"left out, as it is no plain file of the workspace: {named}"


def _strange(workspace: Path) -> Iterator[Path]:
    """Yield links that lead out of a folder, and what is neither file, folder nor link."""
    root = workspace.resolve()
    for folder, folders, files in os.walk(workspace):
        for name in [*folders, *files]:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                if not _stays_in(path, root):
                    yield path
            elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                yield path


def _stays_in(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # A link to itself.
        return False
