"""Mutants by hand: copies of a folder with one mistake that its tests ought to notice."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_utils.mutants.runner import FAILED, PASSED, run_folders
from lab_utils.mutants.subject import copy_folder


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
        copy_folder(source, folder)
        text = (folder / self.file).read_text(encoding="utf-8")
        if text.count(self.right) != 1:
            raise ValueError(f"{self.name}: {self.right!r} is {text.count(self.right)} times there")
        mutated = text.replace(self.right, self.wrong)
        (folder / self.file).write_text(mutated, encoding="utf-8")


def run_tests(*folders: Path) -> list[int | None]:
    """Run the tests of each folder until one fails, with nothing but pytest itself.

    Args:
        folders: Folders that hold ``tests/``.

    Returns:
        pytest's exit status of each: 0 when all passed, 1 when one failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return [one.status for one in run_folders(folders, Path(scratch))]


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
    broken = [mutant.name for mutant, status in statuses.items() if status not in (PASSED, FAILED)]
    if broken:
        raise ValueError(f"the tests of these could not be run: {broken}")
    return [mutant.name for mutant, status in statuses.items() if status == PASSED]
