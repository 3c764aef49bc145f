"""Files packed into one, byte for byte the same for the same content."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TYPES = ("zip", "tar.gz")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip file can hold; a file's own time would change the digest."""
_UNIX = 3
_REGULAR_FILE = 0o100000


@dataclass(frozen=True)
class Entry:
    """A file of an archive; ``name`` has forward slashes."""

    name: str
    content: bytes
    mode: int


def pack(kind: str, entries: Iterable[Entry]) -> bytes:
    """Return an archive of type ``zip`` or ``tar.gz``."""
    return _zip(entries) if kind == "zip" else _tar_gz(entries)


def folder_entries(
    folder: Path,
    excludes: Iterable[str],
    follow_links: bool,
    skipped: Path,
    allowed: Callable[[Path], Path],
) -> Iterator[Entry]:
    """Yield the files under a folder, in the order of their paths.

    Args:
        folder: Where to start.
        excludes: Paths and glob patterns (``**`` spans folders), relative to ``folder``; one
            that matches a folder leaves out all in it.
        follow_links: Whether to enter folders that are symbolic links.
        skipped: A file that is left out: the archive itself, from an earlier run.
        allowed: Returns a file's path, or raises `OSError` if it may not be read.
    """
    patterns = [glob_pattern(one) for one in excludes if one]
    for path, name in _walk(folder, "", patterns, follow_links, {folder.resolve()}):
        if path.resolve() != skipped:
            yield Entry(name, allowed(path).read_bytes(), path.stat().st_mode & 0o7777)


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob pattern with ``*``, ``**``, ``?``, ``[]``, ``{}``."""
    parts: list[str] = []
    depth = 0
    for token in re.findall(r"\*\*/|\*\*|\\.|\[[^\]]+\]|.", glob.replace("\\", "/"), re.DOTALL):
        if token in _GLOBS:
            parts.append(_GLOBS[token])
        elif token[0] == "[" and len(token) > 1:
            parts.append(token.replace("[!", "[^"))
        elif token == "{":
            depth += 1
            parts.append("(?:")
        elif depth and token in "},":
            depth -= token == "}"
            parts.append(")" if token == "}" else "|")
        else:
            parts.append(re.escape(token))
    return re.compile("".join(parts) + ")" * depth, re.DOTALL)


_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _walk(
    folder: Path,
    above: str,
    patterns: list[re.Pattern[str]],
    follow_links: bool,
    entered: set[Path],
) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.iterdir()):
        name = above + path.name
        if any(one.fullmatch(name) for one in patterns):
            continue
        if not path.is_dir():
            yield path, name
        elif path.is_symlink() and not follow_links:
            continue
        elif (real := path.resolve()) not in entered:
            deeper = {*entered, real}  # a link back to a folder above would have no end
            yield from _walk(path, f"{name}/", patterns, follow_links, deeper)


def _zip(entries: Iterable[Entry]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            told = zipfile.ZipInfo(entry.name, _EARLIEST)
            told.create_system = _UNIX
            told.external_attr = (_REGULAR_FILE | entry.mode) << 16
            told.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(told, entry.content)
    return buffer.getvalue()


def _tar_gz(entries: Iterable[Entry]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            told = tarfile.TarInfo(entry.name)
            told.size, told.mode = len(entry.content), entry.mode
            archive.addfile(told, io.BytesIO(entry.content))
    return gzip.compress(buffer.getvalue(), mtime=0)
