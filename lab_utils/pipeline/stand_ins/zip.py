"""What package scripts need of zip: ``zip -r ../package.zip . -x '*.pyc'``.

It makes or updates an archive, with zip's names, messages and exit status. Any option that it does
not know it refuses by name.

Source: https://infozip.sourceforge.net/
"""

from __future__ import annotations

import fnmatch
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NOTHING_TO_DO, SYNTAX_ERROR = 12, 16
_LETTERS = set("rqvjuXyDogT0123456789")
"""The options of one letter; those that are not looked at change nothing of what is in the zip."""


class UsageError(Exception):
    """An option that is not supported."""


@dataclass
class Request:
    """What the command line asks for.

    Attributes:
        letters: The options of one letter.
        paths: The archive, and what comes into it.
        excludes: Patterns of what is left out (``-x``).
        includes: Patterns of what alone is taken (``-i``).
    """

    letters: set[str] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Make the archive, and return zip's exit status."""
    try:
        request = parse(arguments)
    except UsageError as error:
        print(f"zip (the workbook's stand-in): {error}", file=sys.stderr)
        return SYNTAX_ERROR
    archive = Path(request.paths[0] + ("" if Path(request.paths[0]).suffix else ".zip"))
    found = {name: path for name, path in _files(request) if not _is_same(path, archive)}
    if not found:
        print(f"\nzip error: Nothing to do! ({archive})", file=sys.stderr)
        return NOTHING_TO_DO
    _write(archive, found, "q" not in request.letters)
    return 0


def parse(arguments: Sequence[str]) -> Request:
    """Return what the arguments ask for.

    Raises:
        UsageError: Something of it is not supported.
    """
    request = Request()
    current = request.paths
    for word in arguments:
        if word == "-x" or word == "--exclude":
            current = request.excludes
        elif word == "-i" or word == "--include":
            current = request.includes
        elif word in ("--recurse-paths", "--quiet"):
            request.letters.add(word[2])
        elif word == "@":
            current = request.paths
        elif word.startswith("-") and not (len(word) > 1 and set(word[1:]) <= _LETTERS):
            raise UsageError(f"it does not know {word}; install zip itself")
        elif word.startswith("-"):
            request.letters |= set(word[1:])
            current = request.paths
        else:
            current.append(word)
    if len(request.paths) < 2:
        raise UsageError("it needs an archive, and what comes into it")
    return request


def _files(request: Request) -> Iterator[tuple[str, Path]]:
    for given in request.paths[1:]:
        if not os.path.lexists(given):
            print(f"\tzip warning: name not matched: {given}", file=sys.stderr)
            continue
        for path in _below(Path(given), "r" in request.letters):
            plain = os.path.normpath(path).lstrip("/")
            name = path.name if "j" in request.letters else plain
            is_folder = path.is_dir()
            if is_folder and (plain == "." or request.letters & {"D", "j"}):
                continue
            named = f"{name}/" if is_folder else name
            if _is_wanted(named, request):
                yield named, path


def _below(path: Path, is_recursive: bool) -> Iterator[Path]:
    yield path
    if is_recursive and path.is_dir():
        for child in sorted(path.iterdir()):
            yield from _below(child, is_recursive and not child.is_symlink())


def _is_wanted(name: str, request: Request) -> bool:
    # In zip, `*` of a pattern takes slashes too.
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in request.excludes):
        return False
    wanted = request.includes
    return not wanted or any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)


def _is_same(path: Path, archive: Path) -> bool:
    return archive.exists() and path.exists() and path.samefile(archive)


def _write(archive: Path, found: dict[str, Path], is_spoken: bool) -> None:
    """Write the archive anew: what it had stays, unless it is among what is found."""
    draft = archive.with_name(f".{archive.name}.part")
    old = {}
    if archive.is_file():
        with zipfile.ZipFile(archive) as present:
            old = {one.filename: (one, present.read(one)) for one in present.infolist()}
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as made:
        for name, (entry, content) in old.items():
            if name not in found:
                made.writestr(entry, content)
        for name, path in found.items():
            made.write(path, name)
            if is_spoken:
                print(f"{'updating' if name in old else '  adding'}: {name}")
    draft.replace(archive)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
