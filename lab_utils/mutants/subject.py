"""What is scored: the sources of a function, the tests that count, and where they are run."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_utils.mutants.source import Source

GIVEN_TESTS = ("test_decision.py", "test_handler.py")
"""The workbook's own tests of its function, which are no student's."""
OWN_TESTS = "test_own.py"
"""Where the workbook asks for a student's own tests."""
DECISION = "decision.py"
"""The workbook's module whose mutants the own tests are scored on."""
_ABOVE = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "conftest.py")
"""What pytest reads in the folders above the tests."""
_LEFT_OUT = shutil.ignore_patterns(
    *("__pycache__", ".pytest_cache", ".git", ".venv", "venv", "node_modules", "build", "*.zip")
)
_AGE_S = 1_700_000_000
_A_TEST = re.compile(r"(test_.*|.*_test)\.py")
_NO_SOURCE = re.compile(r"(test_.*|.*_test|conftest|setup|__init__)\.py")


@dataclass(frozen=True)
class Subject:
    """What is scored.

    Attributes:
        folder: The function's folder.
        root: The repository's folder, in which the pipeline runs the tests.
        sources: The folder of the sources.
        modules: The sources' names in that folder; empty if there are none.
        tests: The tests that count, relative to the folder.
        put_aside: The tests that do not, relative to the folder.
    """

    folder: Path
    root: Path
    sources: Path
    modules: tuple[str, ...]
    tests: tuple[Path, ...]
    put_aside: tuple[Path, ...] = ()

    @property
    def place(self) -> Path:
        """The function's folder, relative to the repository."""
        return self.folder.relative_to(self.root)

    @property
    def is_workbook(self) -> bool:
        """Whether the workbook's own tests are there, and put aside."""
        return bool(self.put_aside)

    def read(self) -> list[Source]:
        """Return the sources that are mutated.

        Raises:
            SyntaxError: One of them is no Python.
            ValueError: One of them cannot be decoded.
        """
        return [Source.read(self.sources / name, name) for name in self.modules]

    def copied_tests(self) -> tuple[str, ...]:
        """Return the tests that are copies of given ones, as ``FILE::NAME`` in the folder."""
        given = {body for path in self.put_aside for _, body in _tests_in(self.folder / path)}
        return tuple(
            f"{path.as_posix()}::{name}"
            for path in self.tests
            for name, body in _tests_in(self.folder / path)
            if body in given
        )

    def fingerprint(self) -> str:
        """Return a name of what is scored: the same files have the same name."""
        files = [*_modules(self.folder), *(self.root / name for name in _ABOVE)]
        files += [self.folder / name for name in _ABOVE]
        content = hashlib.sha256()
        for path in sorted({path for path in files if path.is_file()}):
            content.update(f"{path}\0{path.stat().st_size}\0".encode() + path.read_bytes())
        return content.hexdigest()

    def copy(self, root: Path) -> None:
        """Copy what the tests need to a new folder, in the same order of folders."""
        target = root / self.place
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_folder(self.folder, target)
        for name in _ABOVE:
            if (self.root / name).is_file():
                shutil.copy(self.root / name, root / name, follow_symlinks=False)
        for path in self.put_aside:
            (target / path).unlink()


def make_same_age(folder: Path) -> None:
    """Give all files of a folder the same time: none tells that it was changed."""
    for path in folder.rglob("*"):
        os.utime(path, (_AGE_S, _AGE_S), follow_symlinks=False)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder to a new place, without caches and what was built."""
    shutil.copytree(source, target, ignore=_LEFT_OUT, symlinks=True)


def find_subject(folder: Path, tests: Sequence[Path] | None = None) -> Subject:
    """Return what is scored in a function's folder.

    Where the workbook's given tests stand beside its decision module, only the tests of another
    file count, with what they share in ``conftest.py``, and the decision is what is mutated.
    Anywhere else, as in the practical's own repository, it is all tests of the folder and all
    sources.

    Args:
        folder: The function's folder, with the sources in ``src/`` or in itself.
        tests: The tests that count, in that folder; by default as said.
    """
    folder = folder.resolve()
    sources = folder / "src" if (folder / "src").is_dir() else folder
    root = folder.parent.parent if folder.parent.name == "lambda" else folder.parent
    found = tuple(path.relative_to(folder) for path in _test_files(folder))
    given = tuple(path for path in found if path.name in GIVEN_TESTS)
    modules = tuple(_source_files(sources))
    if not given or DECISION not in modules:
        given = ()
    chosen = found if tests is None else tuple((folder / one).relative_to(folder) for one in tests)
    return Subject(
        folder,
        root,
        sources,
        (DECISION,) if given else modules,
        tuple(path for path in chosen if path not in given),
        given,
    )


def _tests_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and content of each test function of a file; nothing if it is no Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, "".join(map(ast.dump, (*node.decorator_list, *node.body)))


def _test_files(folder: Path) -> list[Path]:
    """Return the files of tests: those of ``tests/``, else those beside the sources."""
    places = [folder / "tests", folder / "test", folder, folder / "src"]
    for place in places[:2]:
        if place.is_dir():
            return sorted(path for path in _modules(place) if _A_TEST.fullmatch(path.name))
    found = (path for place in places[2:] for path in place.glob("*.py"))
    return sorted(path for path in found if _A_TEST.fullmatch(path.name))


def _modules(folder: Path) -> Iterator[Path]:
    """Yield the Python files of a folder; what a link leads to elsewhere is none of it."""
    place = folder.resolve()
    for path in folder.rglob("*.py"):
        if path.is_file() and path.resolve().is_relative_to(place):
            yield path


def _source_files(sources: Path) -> Iterator[str]:
    """Yield the names of the function's own modules: no tests, and nothing that pip put there."""
    if not sources.is_dir():
        return
    installed = {
        line.split("/")[0].split(",")[0]
        for record in sources.glob("*.dist-info/RECORD")
        for line in record.read_text(encoding="utf-8").splitlines()
    }
    for path in sorted(_modules(sources)):
        place = path.relative_to(sources)
        is_hidden = any(part.startswith(".") or part == "tests" for part in place.parts)
        if (
            not is_hidden
            and place.parts[0] not in installed
            and not _NO_SOURCE.fullmatch(path.name)
        ):
            yield place.as_posix()
