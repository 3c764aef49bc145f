"""Offers the files of a folder: ordinary ones only, and no link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from lab_utils.grading.submissions.collection import Collection, Offer, UnreadableError
from lab_utils.grading.submissions.naming import readable_name
from lab_utils.grading.submissions.unwanted import unwanted_folder

_KINDS = {
    stat.S_IFLNK: "since links are not followed",
    stat.S_IFIFO: "since it is a pipe and no file",
    stat.S_IFSOCK: "since it is a socket and no file",
    stat.S_IFBLK: "since it is a device and no file",
    stat.S_IFCHR: "since it is a device and no file",
}


def collect_folder(folder: Path, collection: Collection, prefix: str = "") -> None:
    """Take the files of a folder.

    Links, pipes, sockets and devices are left out; a file that is replaced by one while it is
    opened is, too. Folders without work in them, such as ``.git``, are not entered.

    Args:
        folder: The folder.
        collection: Takes the files.
        prefix: Put before each name, with its slash.
    """
    waiting, seen = [(folder, prefix)], 0
    while waiting:
        place, within = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            collection.left_out.add(_refused(error), within or place.name)
            continue
        for entry in entries:
            seen += 1
            if seen > collection.limits.entries:
                collection.left_out.add("since there are too many entries", "the rest")
                return
            name = within + readable_name(entry.name, os.fsencode(entry.name))
            if entry.is_dir(follow_symlinks=False):
                if _is_entered(collection, entry.name, name):
                    waiting.append((Path(entry.path), f"{name}/"))
            else:
                _offer(collection, Path(entry.path), name)


def _is_entered(collection: Collection, own: str, name: str) -> bool:
    reason = unwanted_folder(own)
    if not reason and name.count("/") >= collection.limits.depth:
        reason = f"since it lies more than {collection.limits.depth} folders deep"
    if reason:
        collection.left_out.add(reason, name)
    return not reason


def _offer(collection: Collection, path: Path, name: str) -> None:
    try:
        found = path.lstat()
    except OSError as error:
        collection.left_out.add(_refused(error), name)
        return
    if reason := _KINDS.get(stat.S_IFMT(found.st_mode)):
        collection.left_out.add(reason, name)
        return
    is_executable = bool(found.st_mode & 0o100)
    collection.take(
        Offer(name, found.st_size, lambda: open_file(path), is_executable=is_executable)
    )


def open_file(path: Path) -> IO[bytes]:
    """Open an ordinary file, and nothing that only has its name.

    Raises:
        UnreadableError: The system refuses it, or it is no ordinary file.
    """
    try:
        # A pipe would wait for a writer, a link would lead elsewhere.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableError(_refused(error)) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnreadableError("since it is no ordinary file")
    return os.fdopen(number, "rb")


def _refused(error: OSError) -> str:
    return f"since the system refuses to read it ({error.strerror})"
