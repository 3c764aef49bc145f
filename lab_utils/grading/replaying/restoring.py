"""Puts files back after a student's program could write where they lie."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def restore(workspace: Path, submission: Path, names: Iterable[str]) -> None:
    """Write files of the submission into the workspace as they were, whatever lies there now.

    A link that was planted on the way is removed and not followed, so nothing outside of the
    workspace is written. No program of the student's may run meanwhile.

    Args:
        workspace: The workspace.
        submission: The folder that has the files.
        names: Their paths in both.
    """
    for name in names:
        source = submission / name
        *folders, last = name.split("/")
        with _opened(workspace, folders) as folder:
            _remove(folder, last)
            mode = stat.S_IMODE(source.stat().st_mode)
            number = os.open(last, _NEW_FILE, mode, dir_fd=folder)
            with os.fdopen(number, "wb") as stream:
                stream.write(source.read_bytes())
                os.fchmod(number, mode)


@contextmanager
def _opened(workspace: Path, folders: Iterable[str]) -> Iterator[int]:
    """Open a folder below the workspace step by step; what is no folder makes way for one."""
    number = os.open(workspace, _FOLDER)
    try:
        for name in folders:
            if not _is_folder(number, name):
                _remove(number, name)
                os.mkdir(name, 0o755, dir_fd=number)
            os.chmod(name, 0o755, dir_fd=number)
            inner = os.open(name, _FOLDER, dir_fd=number)
            os.close(number)
            number = inner
        yield number
    finally:
        os.close(number)


def _is_folder(parent: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode)
    except FileNotFoundError:
        return False


def _remove(parent: int, name: str) -> None:
    if _is_folder(parent, name):
        shutil.rmtree(name, dir_fd=parent)
        return
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return
