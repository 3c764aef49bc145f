"""Packs a Lambda function into a zip: the same bytes from the same sources, on any machine.

    ci/package_lambda.sh [FOLDER] [--to ZIP] [--python 3.13]

FOLDER has the sources in ``src/``, or is itself the folder of the sources; without it, it is
``lambda/ac_control_lambda`` or ``ac_control_lambda`` beside this script's folder. Tests, caches and
hidden files stay out, Windows line ends become Unix ones; order, times and modes are fixed.
Nothing is compressed, unless Lambda would not take it otherwise: another machine's zlib may make
other bytes of the same file, and a function of a few kilobytes gains nothing by it.

What ``requirements.txt`` names is installed into the package for Lambda's Linux, but for what the
runtime has already. All this needs is Python 3.9, and pip and a network if something is installed.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import os
import re
import stat
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "3.13"
IN_THE_RUNTIME = {
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
}
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
NOT_FOR_LAMBDA = re.compile(r"\..*|__pycache__|.*\.py[co]|tests?|test_.*\.py|conftest\.py")
"""Names of files and folders that are not packed."""
NOT_AT_THE_TOP = {"requirements.txt", "pytest.ini"}
OF_THE_MACHINE = re.compile(
    r"bin/.*|[^/]*\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)"
)
"""What pip writes otherwise from machine to machine."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
MEGABYTE = 1024 * 1024
MOST_PACKED, MOST_UNPACKED = 50 * MEGABYTE, 250 * MEGABYTE


class PackagingError(Exception):
    """What is wrong, and what to do."""


def main() -> int:
    """Pack the function that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description="Pack a Lambda function into a zip.")
    parser.add_argument("folder", nargs="?", type=Path, help="such as lambda/ac_control_lambda")
    parser.add_argument("--to", type=Path, help="the zip (default: build/NAME.zip)")
    parser.add_argument("--python", default=RUNTIME, help="the runtime's version")
    arguments = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):  # whatever this machine's locale can write
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        folder = (arguments.folder or default_folder()).resolve()
        named = folder.parent if folder.name == "src" else folder
        target = arguments.to or ROOT / "build" / f"{named.name}.zip"
        print(pack(folder, named, target.resolve(), arguments.python))
    except (PackagingError, OSError) as error:
        print(f"package_lambda: {error}", file=sys.stderr)
        return 1
    return 0


def default_folder() -> Path:
    """Return the folder of the practical's function."""
    places = (ROOT / "lambda" / "ac_control_lambda", ROOT / "ac_control_lambda")
    return next((place for place in places if place.is_dir()), places[0])


def pack(folder: Path, named: Path, target: Path, python: str) -> str:
    """Write the zip, and return the line that tells its size and its hash."""
    sources = folder / "src" if (folder / "src").is_dir() else folder
    files = dict(own_files(sources))
    if not any(name.endswith(".py") for name in files):
        raise PackagingError(
            f"there is no Python file in {sources}. Name the function's folder, or its sources'."
        )
    for place in dict.fromkeys((named, sources)):
        if (place / "requirements.txt").is_file():
            files = {**dependencies(place / "requirements.txt", python), **files}
    check_size(sum(map(len, files.values())), MOST_UNPACKED, "unpacked")
    packed = zipped(files, zipfile.ZIP_STORED)
    if len(packed) > MOST_PACKED:
        print("compressed, because it is too large otherwise: its bytes depend on this zlib")
        packed = zipped(files, zipfile.ZIP_DEFLATED)
    check_size(len(packed), MOST_PACKED, "packed")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_bytes(packed)
    draft.replace(target)
    code_sha256 = base64.b64encode(hashlib.sha256(packed).digest()).decode()
    here = Path.cwd()
    shown = target.relative_to(here) if here in target.parents else target
    return f"{shown}: {len(files)} files, {len(packed)} bytes, CodeSha256 {code_sha256}"


def own_files(sources: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of what is packed of a folder of sources."""
    if not sources.is_dir():
        raise PackagingError(f"there is no folder {sources}. Name the function's folder.")
    for path in walk(sources):
        name = path.relative_to(sources).as_posix()
        if name not in NOT_AT_THE_TOP:
            content = path.read_bytes()
            yield name, content.replace(b"\r\n", b"\n") if is_text(content) else content


def is_text(content: bytes) -> bool:
    """Return whether a file is text, in which a checkout on Windows has other line ends."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and those below it, but for what is not for Lambda."""
    for path in folder.iterdir():
        if NOT_FOR_LAMBDA.fullmatch(path.name):
            continue
        if path.is_symlink() and path.is_dir():
            raise PackagingError(f"{path} is a link to a folder. Copy the folder there instead.")
        if not (path.is_dir() or path.is_file()):
            raise PackagingError(f"{path} is neither a file nor a folder. Remove it.")
        yield from walk(path) if path.is_dir() else [path]


def dependencies(requirements: Path, python: str) -> dict[str, bytes]:
    """Return the installed files of what the requirements name and the runtime lacks."""
    text = requirements.read_text(encoding="utf-8-sig").replace("\\\n", " ")
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    present = [line for line in lines if distribution(line) in IN_THE_RUNTIME]
    lacking = [line for line in lines if line and line not in present]
    for line in present:
        print(f"left out, because Lambda's runtime has it: {line}")
    if not lacking or all(line.startswith("-") for line in lacking):
        return {}
    # Beside the requirements, because what they name may be relative to them.
    listed = requirements.with_name(f".requirements-{os.getpid()}.txt")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            install(lacking, Path(scratch), listed, python)
        finally:
            listed.unlink(missing_ok=True)
        return dict(installed_files(Path(scratch)))


def install(lines: list[str], target: Path, listed: Path, python: str) -> None:
    """Install packages into a folder, built for Lambda's Linux."""
    for line in lines:
        if not re.search(r"===?|^-|@", line):
            print(f"{line} is not pinned with ==: tomorrow's package may have other bytes")
    listed.write_text("\n".join(lines), encoding="utf-8")
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "--no-compile", "--only-binary=:all:", *platforms),
        *("--implementation", "cp", "--python-version", python),
        *("--target", str(target), "--requirement", str(listed)),
    ]
    if subprocess.run(command, cwd=listed.parent, check=False).returncode:
        raise PackagingError(
            f"pip could not install {', '.join(lines)} for Python {python}; it says above why. It "
            "needs pip, a network, and a wheel of each package for Linux."
        )


def installed_files(target: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what pip installed, but for the machine's own traces and what the runtime has."""
    left_out: set[str] = set()
    for record in target.glob("*.dist-info/RECORD"):
        name = distribution(record.parent.name.split("-")[0])
        if name in IN_THE_RUNTIME:
            print(f"left out, because Lambda's runtime has it: {name}")
            with record.open(newline="", encoding="utf-8") as rows:
                left_out |= {row[0] for row in csv.reader(rows)}
    for path in target.rglob("*"):
        name = path.relative_to(target).as_posix()
        is_wanted = name not in left_out and not OF_THE_MACHINE.fullmatch(name)
        if path.is_file() and is_wanted and "__pycache__" not in path.parts:
            yield name, path.read_bytes()


def distribution(requirement: str) -> str:
    """Return the name that a requirement begins with, in PyPI's normal form."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def zipped(files: dict[str, bytes], compression: int) -> bytes:
    """Return the zip of the files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in sorted((plain_name(name), data) for name, data in files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = compression
            entry.create_system = 3  # Unix, also on Windows
            # Lambda runs as a user of its own: everyone has to be able to read.
            mode = 0o755 if data.startswith(b"#!") else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, data)
    return content.getvalue()


def plain_name(name: str) -> str:
    """Return a file's name as it is on every machine: a Mac hands out another form of Unicode."""
    try:
        return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PackagingError(f"the name {name!a} is no UTF-8. Rename the file.") from error


def check_size(size: int, most: int, which: str) -> None:
    """Refuse what Lambda would refuse."""
    if size > most:
        raise PackagingError(
            f"the package has {size / MEGABYTE:.0f} MB {which}, and Lambda takes "
            f"{most // MEGABYTE} MB. Leave packages out, or put them into a layer."
        )


if __name__ == "__main__":
    raise SystemExit(main())
