"""The students' version on disk: a folder, and a zip of it that is the same on every day."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.release.contents import ASSIGNMENT, File, read_books, release_files
from lab_utils.grading.release.errors import ReleaseError
from lab_utils.grading.release.leaks import refuse_leaks

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MARK = "lab_utils/grading/release/README.md"
"""A folder whose README.md has these bytes is an earlier release."""


@dataclass(frozen=True)
class Release:
    """A students' version that was written.

    Attributes:
        folder: Its folder.
        archive: Its zip.
        files: How many files it has.
        exercises: How many cells hold a stub.
        points: How many points its check cells give.
    """

    folder: Path
    archive: Path
    files: int
    exercises: int
    points: int


def write_release(checkout: Path, out: Path, *, is_forced: bool = False) -> Release:
    """Write the students' version of a checkout as a folder and as a zip beside it.

    The zip has the folder's name and ``.zip``; in it all stands below `ASSIGNMENT`. Equal files
    make an equal zip, whenever it is made.

    Args:
        checkout: The instructor's checkout.
        out: The folder to write.
        is_forced: Take the place of an earlier release that is there.

    Raises:
        ReleaseError: The notebooks are not fit for it, a file gives a solution away, or the place
            is taken.
    """
    out = out.expanduser().resolve()
    archive = out.with_name(f"{out.name}.zip")
    _refuse_taken(checkout.resolve(), out, archive, is_forced)
    books = read_books(checkout)
    files = release_files(checkout, books)
    refuse_leaks(files, books, checkout)
    try:
        _write(files, out, archive)
    except OSError as error:
        raise ReleaseError(
            f"write {out}",
            f"The system says: {error.strerror}.",
            "choose a folder that you may write to, and free disk space if there is none left.",
        ) from error
    cells = [cell.metadata.get("nbgrader", {}) for book in books.values() for cell in book.cells]
    return Release(
        out,
        archive,
        len(files),
        sum(bool(one.get("solution")) for one in cells),
        sum(one["points"] for one in cells if one.get("grade")),
    )


def _refuse_taken(checkout: Path, out: Path, archive: Path, is_forced: bool) -> None:
    """Refuse a place where something is that the release would destroy.

    Raises:
        ReleaseError: There is something, and it is no earlier release or was not to be replaced.
    """
    attempted, other = f"release to {out}", "name a folder that does not exist yet."
    if checkout.is_relative_to(out):
        raise ReleaseError(attempted, "That folder holds the checkout itself.", other)
    if out.exists() and not out.is_dir():
        raise ReleaseError(attempted, "There is a file of that name.", other)
    is_filled = out.is_dir() and any(out.iterdir())
    if is_filled and not _is_release(out):
        raise ReleaseError(attempted, "It holds other things than a release.", other)
    if (is_filled or archive.exists()) and not is_forced:
        taken = out if is_filled else archive
        raise ReleaseError(
            attempted,
            f"There is something already: {taken}.",
            "name another folder, or add --force to replace the release that is there.",
        )


def _is_release(folder: Path) -> bool:
    mark, readme = folder / _MARK, folder / "README.md"
    return mark.is_file() and readme.is_file() and mark.read_bytes() == readme.read_bytes()


def _write(files: Mapping[str, File], out: Path, archive: Path) -> None:
    """Write beside the place, then change places: what is there is whole or the earlier one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        folder, packed = Path(scratch) / "folder", Path(scratch) / "zip"
        _write_folder(files, folder)
        _write_zip(files, packed)
        if out.exists():
            shutil.move(out, Path(scratch) / "earlier")
        folder.rename(out)
        packed.replace(archive)


def _write_folder(files: Mapping[str, File], folder: Path) -> None:
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)


def _write_zip(files: Mapping[str, File], archive: Path) -> None:
    """Write a zip of files in order, without times, and with the modes of Unix."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{ASSIGNMENT}/{name}", _EARLIEST)
            entry.create_system = _UNIX
            entry.external_attr = (0o100000 | file.mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, file.content)
