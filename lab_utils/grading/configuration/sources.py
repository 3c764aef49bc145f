"""The Terraform files of a submission: where they lie, and how they are read and written."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.grading.configuration.hcl import BLOCK, Part, parts_of, scan
from lab_utils.grading.workplace import Workplace

LARGEST_FILE = 512 * 1024
_USUAL = "terraform"
_DEEPEST = 4
_MOST_FILES = 500
_MOST_MODULES = 50
_SKIPPED = {"node_modules", "venv", "env", "site-packages", "modules_cache"}
_SOURCE = re.compile(r'"(\.{1,2}/[^"]*|\.{1,2})"')


@dataclass
class Sources:
    """The files of a configuration and of the modules in the workspace that it calls.

    Attributes:
        place: Where the submission is.
        folder: The root module's.
        texts: The text of each file.
        remarks: What had to be done to read them, in sentences.
    """

    place: Workplace
    folder: Path
    texts: dict[Path, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def parts(self, path: Path) -> list[Part]:
        """Return the parts of a file; none of one in JSON."""
        return [] if path.suffix == ".json" else scan(self.texts[path])

    def blocks(self, *names: str) -> Iterator[tuple[Path, Part]]:
        """Yield file and block of all blocks of these names, such as ``resource``."""
        for path in self.texts:
            for part in self.parts(path):
                if part.kind == BLOCK and part.name in names:
                    yield path, part

    def attribute(self, path: Path, block: Part, name: str) -> str | None:
        """Return the expression of a block's attribute, None if it has none."""
        text = self.texts[path]
        found = (part for part in parts_of(text, block) if part.name == name)
        return next((text[slice(*part.inner)].strip() for part in found), None)

    def write(self, path: Path, text: str) -> None:
        """Change a file of the cell's copy."""
        self.texts[path] = text
        write_file(self.place, path, text.encode("utf-8"))


def find_configuration(workspace: Path) -> Path | None:
    """Return the folder of a submission's root module; None if there is no Terraform file.

    ``terraform/`` if it has one; else the folder that declares most and is no module of another.
    """
    folders = terraform_folders(workspace)
    if not folders:
        return None
    texts = {path: _decoded(path)[0] for path in _terraform_files(workspace)}
    called = {folder for path, text in texts.items() for folder in _called(path, text)}
    weights = dict.fromkeys(folders - called or folders, 0)
    for path, text in texts.items():
        if path.parent in weights:
            weights[path.parent] += sum(one.name in ("resource", "module") for one in scan(text))
    usual = workspace / _USUAL
    if weights.get(usual):
        return usual
    return min(weights, key=lambda folder: (-weights[folder], len(folder.parts), folder))


def terraform_folders(workspace: Path) -> set[Path]:
    """Return the folders of a submission in which Terraform files lie."""
    return {path.parent for path in _terraform_files(workspace)}


def read_sources(place: Workplace, folder: Path) -> Sources:
    """Return the files of a configuration, mended where only their encoding is unusual."""
    sources = Sources(place, folder)
    waiting, done = [folder], set[Path]()
    while waiting and len(done) < _MOST_MODULES:
        module = waiting.pop()
        if module in done or not place.holds(module):
            continue
        done.add(module)
        for path in sorted(_own_files(module)):
            text, encoding = _decoded(path)
            sources.texts[path] = text
            if encoding:
                sources.write(path, text)
                sources.remarks.append(f"{place.shown(path)} was read as {encoding}.")
            waiting += _called(path, text)
    return sources


def read_regular(path: Path, most: int = LARGEST_FILE) -> bytes | None:
    """Return what a regular file holds; None for a link, for anything else, or if it is large."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        told = os.fstat(handle)
        if not stat.S_ISREG(told.st_mode) or told.st_size > most:
            return None
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read(most)
    finally:
        os.close(handle)


def write_file(place: Workplace, path: Path, content: bytes) -> None:
    """Write a file of the workspace anew; never through a link, never outside.

    Raises:
        PermissionError: It would be outside.
    """
    if not place.holds(path.parent):
        raise PermissionError(f"{path} is not in the workspace")
    remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder of the workspace, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _terraform_files(workspace: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(workspace):
        depth = len(Path(folder).relative_to(workspace).parts)
        folders[:] = sorted(
            name
            for name in folders
            if depth < _DEEPEST and not name.startswith(".") and name not in _SKIPPED
        )
        found += [Path(folder) / name for name in sorted(names) if _is_terraform(name)]
        if len(found) >= _MOST_FILES:
            break
    return [path for path in found if not path.is_symlink()]


def _own_files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in folder.iterdir():
            if _is_terraform(path.name) and path.is_file() and not path.is_symlink():
                yield path


def _is_terraform(name: str) -> bool:
    return name.endswith((".tf", ".tf.json")) and not name.startswith(".")


def _called(path: Path, text: str) -> list[Path]:
    """Return the folders of the modules that a file calls by a relative path."""
    blocks = [part for part in scan(text) if part.kind == BLOCK and part.name == "module"]
    named = [
        _SOURCE.fullmatch(text[slice(*one.inner)].strip())
        for block in blocks
        for one in parts_of(text, block)
        if one.name == "source"
    ]
    return [Path(os.path.normpath(path.parent / match[1])) for match in named if match]


def _decoded(path: Path) -> tuple[str, str]:
    """Return a file's text, and the encoding that it had if Terraform cannot read it."""
    content = read_regular(path) or b""
    for mark, encoding in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if content.startswith(mark):
            return content.decode("utf-16", "replace"), encoding
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "Windows-1252, for it is no UTF-8"
