"""Mutants: copies of a folder in which one mistake was made, for tests that ought to notice it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_TIMEOUT_S = 120
_CACHES = shutil.ignore_patterns("__pycache__", ".pytest_cache")


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        name: What the mistake is, in words.
        file: The file in the folder.
        right: The text that is replaced; it has to be there exactly once.
        wrong: What stands there instead.
    """

    name: str
    file: str
    right: str
    wrong: str

    def write(self, source: Path, folder: Path) -> None:
        """Copy the source to a new folder, with the mistake in it.

        Raises:
            ValueError: The text that is replaced is not there, or not once.
        """
        shutil.copytree(source, folder, ignore=_CACHES)
        text = (folder / self.file).read_text(encoding="utf-8")
        if text.count(self.right) != 1:
            raise ValueError(f"{self.name}: {self.right!r} is {text.count(self.right)} times there")
        mutated = text.replace(self.right, self.wrong)
        (folder / self.file).write_text(mutated, encoding="utf-8")


def run_tests(*folders: Path) -> list[int]:
    """Run the tests of each folder until one fails, with nothing but pytest itself.

    One fresh process does it for all: what is imported from a folder is forgotten after it.

    Args:
        folders: Folders that hold ``tests/``.

    Returns:
        pytest's exit status of each: 0 when all passed, 1 when one failed.
    """
    done = subprocess.run(
        [sys.executable, __file__, *map(str, folders)],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
    )
    return [int(status) for status in done.stdout.split()]


def surviving(source: Path, mutants: Sequence[Mutant], scratch: Path) -> list[str]:
    """Return the names of the mutants that the folder's own tests did not notice.

    Args:
        source: The folder that is mutated; it stays as it is.
        mutants: The mistakes.
        scratch: An empty folder to work in.

    Raises:
        ValueError: A mutant does not fit the source, or its tests cannot be run.
    """
    folders = [scratch / f"mutant-{number}" for number in range(len(mutants))]
    for mutant, folder in zip(mutants, folders, strict=True):
        mutant.write(source, folder)
    statuses = dict(zip(mutants, run_tests(*folders), strict=True))
    broken = [mutant.name for mutant, status in statuses.items() if status not in (0, 1)]
    if broken:
        raise ValueError(f"the tests of these could not be run: {broken}")
    return [mutant.name for mutant, status in statuses.items() if status == 0]


def _status(folder: str) -> int:
    """Return pytest's exit status of one folder's tests, and forget its modules."""
    path, text = list(sys.path), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(text):
        status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", f"{folder}/tests"]))
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(folder):
            del sys.modules[name]
    sys.path[:] = path
    if status > 1:
        print(text.getvalue(), file=sys.stderr)
    return status


if __name__ == "__main__":
    print(*[_status(one) for one in sys.argv[1:]])
