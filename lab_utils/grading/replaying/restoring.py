"""Puts files back after a student's program could write where they lie."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Saved:
    """A file as it was.

    Attributes:
        content: Its bytes.
        mode: Its permissions.
    """

    content: bytes
    mode: int


def save(folder: Path, names: Iterable[str] | None = None) -> dict[str, Saved]:
    """Return files of a folder that no student's program has written to yet, by path.

    Args:
        folder: The folder.
        names: Paths in it; all of its files if there are none.
    """
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: Saved((folder / name).read_bytes(), stat.S_IMODE((folder / name).stat().st_mode))
        for name in (found if names is None else names)
    }


def is_lacking(workspace: Path, name: str) -> bool:
    """Return whether a file is not there as an ordinary file in ordinary folders."""
    place = workspace
    *folders, last = name.split("/")
    try:
        for folder in folders:
            place /= folder
            if not stat.S_ISDIR(place.lstat().st_mode):
                return True
        return not stat.S_ISREG((place / last).lstat().st_mode)
    except OSError:
        return True


def restore(workspace: Path, files: Mapping[str, Saved]) -> None:
    """Write files into the workspace as they were, whatever lies there now.

    A link that was planted on the way is removed and not followed, so nothing outside of the
    workspace is written. No program of the student's may run meanwhile.

    Args:
        workspace: The workspace.
        files: What was saved.
    """
    for name, saved in files.items():
        *folders, last = name.split("/")
        with _opened(workspace, folders) as folder:
            _remove(folder, last)
            number = os.open(last, _NEW_FILE, saved.mode, dir_fd=folder)
            with os.fdopen(number, "wb") as stream:
                stream.write(saved.content)
                os.fchmod(number, saved.mode)


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
