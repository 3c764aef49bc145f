"""Takes away what a student's program left in the workspace to be read by the grader in its place.

The grader in a cell sees more than the student's programs do: solutions, hidden checks, the
state of the embedded AWS. A link to one of them would be followed by whatever packs or copies the
workspace, and a pipe (FIFO) would keep its reader waiting for ever. What its owner may not read or
write any more would end the grader, which is the same user: the owner's rights come back.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab_utils.grading.sandbox.output import clean
from lab_utils.grading.sandbox.paths import CellPaths

_LONGEST_PATH, _DEEPEST = 2000, 64
_LONGEST_NAME = 200


def sweep(paths: CellPaths) -> list[str]:
    """Remove links that lead out, pipes and sockets, and say what was removed, a sentence each.

    To be called when none of the student's programs runs: else it may come too early.

    Args:
        paths: Of the cell.
    """
    allowed = [paths.workspace, paths.scratch, Path("/usr")]
    allowed += [Path(one) for one in (sys.prefix, sys.base_prefix)]
    roots = [os.path.realpath(one) for one in allowed]
    said = []
    for entry in _entries(paths.workspace):
        what = _what_is_wrong(entry, roots)
        if what:
            _remove(entry)
            name = clean(os.path.relpath(entry.path, paths.workspace))
            said.append(f"{name[:_LONGEST_NAME]} is {what}: it was removed.")
    return said


def _what_is_wrong(entry: os.DirEntry[str], roots: Sequence[str]) -> str:
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        is_inside = any(target == one or target.startswith(f"{one}/") for one in roots)
        return "" if is_inside else "a link that leads out of the workspace"
    if entry.is_dir(follow_symlinks=False):
        return "a folder with too long a path" if _is_deep(entry) else ""
    if entry.is_file(follow_symlinks=False):
        _give_rights(entry.path, stat.S_IRUSR | stat.S_IWUSR)
        return ""
    is_pipe = stat.S_ISFIFO(entry.stat(follow_symlinks=False).st_mode)
    return "a pipe" if is_pipe else "a socket"


def _is_deep(entry: os.DirEntry[str]) -> bool:
    """Return whether a folder is so deep that what reads it may come to the system's limits."""
    return len(os.fsencode(entry.path)) > _LONGEST_PATH or entry.path.count("/") > _DEEPEST


def _remove(entry: os.DirEntry[str]) -> None:
    """Remove an entry; a folder by a program that goes down to any depth."""
    if not entry.is_dir(follow_symlinks=False):
        Path(entry.path).unlink(missing_ok=True)
        return
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        subprocess.run([*command, "--", entry.path], capture_output=True, check=False)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything below a folder; each folder is opened for its owner first."""
    waiting = [str(folder)]
    while waiting:
        current = waiting.pop()
        _give_rights(current, stat.S_IRWXU)
        for entry in list(os.scandir(current)):
            yield entry
            if entry.is_dir(follow_symlinks=False) and not _is_deep(entry):
                waiting.append(entry.path)


def _give_rights(path: str, wanted: int) -> None:
    """Give the owner rights to a file or folder that is no link; others stay as they are."""
    mode = stat.S_IMODE(os.lstat(path).st_mode)
    if mode & wanted != wanted:
        Path(path).chmod(mode | wanted)
