"""What gitlab-ci-local needs of rsync: copies of folders on one machine.

It copies files, links and folders with their modes and times, leaves out what is excluded, and
deletes what the source has no more. Any option that it does not know it refuses by name.

Source: https://download.samba.org/pub/rsync/rsync.1
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SYNTAX_ERROR, PARTIAL_TRANSFER = 1, 23
_LETTERS = set("arR")
_WITH_VALUE = ("--exclude", "--exclude-from", "--files-from")


class UsageError(Exception):
    """An option, or a number of arguments, that is not supported."""


@dataclass
class Request:
    """What the command line asks for.

    Attributes:
        is_relative: Whether the whole of a source's path is made anew (``-R``).
        deletes: Whether what the source lacks goes from the target.
        excludes: Patterns of what is left out.
        files_from: The names that are copied, below the one source; None for all.
        paths: The sources, and the target as the last.
    """

    is_relative: bool = False
    deletes: bool = False
    excludes: list[str] = field(default_factory=list)
    files_from: list[str] | None = None
    paths: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Copy as the arguments say, and return rsync's exit status."""
    try:
        request = parse(arguments)
        missing = [name for name in _copy(request) if name]
    except UsageError as error:
        print(f"rsync (the workbook's stand-in): {error}", file=sys.stderr)
        return SYNTAX_ERROR
    for name in missing:
        print(f'rsync: link_stat "{name}" failed: No such file or directory', file=sys.stderr)
    return PARTIAL_TRANSFER if missing else 0


def parse(arguments: Sequence[str]) -> Request:
    """Return what the arguments ask for.

    Raises:
        UsageError: Something of it is not supported.
    """
    request = Request()
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        name, has_value, value = option.partition("=")
        if name in _WITH_VALUE:
            if not has_value and not rest:
                raise UsageError(f"{name} lacks its value")
            _take(request, name, value if has_value else rest.pop(0))
        elif option in ("--delete", "--delete-excluded"):
            request.deletes = True
        elif option.startswith("-") and not (len(option) > 1 and set(option[1:]) <= _LETTERS):
            raise UsageError(f"it does not know {option}; install rsync itself")
        elif option.startswith("-"):
            request.is_relative |= "R" in option
        else:
            request.paths.append(option)
    if len(request.paths) < 2:
        raise UsageError("it needs a source and a target")
    return request


def _take(request: Request, name: str, value: str) -> None:
    if name == "--exclude":
        request.excludes.append(value)
        return
    lines = [
        line for line in Path(value).read_text("utf-8", "surrogateescape").splitlines() if line
    ]
    if name == "--exclude-from":
        request.excludes += lines
    else:
        request.files_from = lines


def _copy(request: Request) -> Iterator[str]:
    """Copy, and yield the names of the sources that are not there."""
    *sources, target = request.paths
    excludes = [_pattern(text) for text in request.excludes]
    into = Path(target)
    if request.files_from is not None:
        yield from _copy_named(Path(sources[0]), request.files_from, into, excludes)
        return
    for source in sources:
        if not os.path.lexists(source):
            yield source
        elif request.is_relative:
            yield from _copy_named(Path(), [source], into, excludes)
        elif source.endswith(("/", "/.")) or source == ".":
            _copy_folder(Path(source), into, "", excludes, request.deletes)
        else:
            into.mkdir(parents=True, exist_ok=True)
            _copy_one(Path(source), into / Path(source).name, Path(source).name, excludes)


def _copy_named(
    root: Path, names: Sequence[str], into: Path, excludes: Sequence[re.Pattern[str]]
) -> Iterator[str]:
    """Copy files and folders below a folder, each to the same path below the target."""
    into.mkdir(parents=True, exist_ok=True)
    for name in names:
        plain = os.path.normpath(name.lstrip("/"))
        if not os.path.lexists(root / plain):
            yield name
        elif plain == ".":
            _copy_folder(root, into, "", excludes, deletes=False)
        else:
            parents = [part for part in reversed(Path(plain).parents) if part != Path()]
            if not any(_is_excluded(f"{part.as_posix()}/", excludes) for part in parents):
                (into / plain).parent.mkdir(parents=True, exist_ok=True)
                _copy_one(root / plain, into / plain, plain, excludes)


def _copy_one(source: Path, target: Path, name: str, excludes: Sequence[re.Pattern[str]]) -> None:
    mode = source.lstat().st_mode
    if _is_excluded(f"{name}/" if stat.S_ISDIR(mode) else name, excludes):
        return
    if stat.S_ISDIR(mode):
        _copy_folder(source, target, name, excludes, deletes=False)
    elif stat.S_ISLNK(mode) or stat.S_ISREG(mode):
        _remove(target)
        shutil.copy2(source, target, follow_symlinks=False)
    else:
        print(f"skipping non-regular file {name!r}", file=sys.stderr)


def _copy_folder(
    source: Path, target: Path, name: str, excludes: Sequence[re.Pattern[str]], deletes: bool
) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()
    target.mkdir(parents=True, exist_ok=True)
    kept = set()
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        below = f"{name}/{entry.name}" if name else entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if _is_excluded(f"{below}/" if is_folder else below, excludes):
            continue
        kept.add(entry.name)
        if is_folder:
            _copy_folder(Path(entry.path), target / entry.name, below, excludes, deletes)
        else:
            _copy_one(Path(entry.path), target / entry.name, below, [])
    if deletes:
        for present in list(target.iterdir()):
            if present.name not in kept:
                _remove(present)
    shutil.copystat(source, target)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def _is_excluded(name: str, excludes: Sequence[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(name) for pattern in excludes)


def _pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of what a rule of rsync leaves out; folders end with a slash."""
    is_anchored, is_folder = text.startswith("/"), text.endswith("/")
    plain = text.strip("/")
    parts = re.split(r"(\*\*|\*|\?|\[[^]]*\])", plain)
    glob = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(
        glob.get(part, part if part.startswith("[") else re.escape(part)) for part in parts
    )
    start = "" if is_anchored else "(?:.*/)?"
    return re.compile(f"{start}{body}{'/' if is_folder else '/?'}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
