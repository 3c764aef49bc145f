"""A function's package made of its sources alone, and what a package holds."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab_utils.grading.configuration.sources import read_regular
from lab_utils.grading.workplace import Workplace
from lab_utils.workspace import LAMBDA_FOLDERS

LARGEST_PACKAGE = 64 * 1024 * 1024
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_NOT_PACKED = {"__pycache__", "tests", "test", "node_modules", "venv", "conftest.py"}
_NOT_SOURCES = {*_NOT_PACKED, "lab_utils", "staging", "simulation", "dashboard", "notebooks"}
_HANDLERS = ("def lambda_handler", "def handler", "def main(event", "def lambda_function(")
_MOST_FILES = 2000


def handler_module(handler: str) -> str:
    """Return the path of a handler's module in its package, such as ``src/control.py``."""
    return f"{handler.rpartition('.')[0].replace('.', '/')}.py"


def find_sources(place: Workplace, handler: str) -> Path | None:
    """Return the folder that holds a handler's module as a package has it; None if there is none.

    Args:
        place: Where the submission is.
        handler: As the function names it; "" takes the practical's own folder.
    """
    module = Path(handler_module(handler))
    for path in _python_files(place):
        if handler and path.parts[-len(module.parts) :] == module.parts:
            return Path(*path.parts[: -len(module.parts)])
    for name in LAMBDA_FOLDERS:
        for folder in (place.workspace / name / "src", place.workspace / name):
            if folder.is_dir() and place.holds(folder) and any(folder.glob("*.py")):
                return folder
    texts = (
        (path, (read_regular(path) or b"").decode("utf-8", "replace"))
        for path in _python_files(place)
    )
    return next((path.parent for path, text in texts if _has_handler(text)), None)


def source_files(folder: Path) -> dict[str, bytes]:
    """Return name and content of what is packed of a folder: no tests, no caches, Linux' lines."""
    files: dict[str, bytes] = {}
    for path in _walk(folder):
        content = read_regular(path)
        if content is not None:
            is_text = b"\0" not in content
            name = path.relative_to(folder).as_posix()
            files[name] = content.replace(b"\r\n", b"\n") if is_text else content
    return files


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files: the same bytes of the same files, anywhere."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return content.getvalue()


def packed_names(path: Path) -> list[str] | None:
    """Return the names in a zip; None if it is none, or a large one."""
    content = read_regular(path, LARGEST_PACKAGE)
    if content is None:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None


def zips_in(place: Workplace) -> dict[Path, tuple[int, int]]:
    """Return the zips of a workspace, each with what changes when it is written anew."""
    found: dict[Path, tuple[int, int]] = {}
    for path in _walk(place.workspace, skipped={"node_modules", "venv"}):
        if path.suffix == ".zip":
            told = path.stat()
            found[path] = (told.st_mtime_ns, told.st_size)
    return found


def _has_handler(text: str) -> bool:
    return any(words in text for words in _HANDLERS)


def _python_files(place: Workplace) -> list[Path]:
    """Return the Python files that may be a function's, those in folders named like one first."""
    paths = [path for path in _walk(place.workspace, _NOT_SOURCES) if path.suffix == ".py"]
    return sorted(paths, key=lambda path: ("lambda" not in str(path.parent), len(path.parts), path))


def _walk(folder: Path, skipped: set[str] = _NOT_PACKED) -> Iterator[Path]:
    """Yield the regular files below a folder, sorted; no link is followed."""
    count = 0
    for current, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in skipped
        )
        for name in sorted(names):
            path = Path(current) / name
            is_left_out = name.startswith(".") or name in skipped or name.endswith((".pyc", ".pyo"))
            if not is_left_out and path.is_file() and not path.is_symlink():
                count += 1
                if count > _MOST_FILES:
                    return
                yield path
