"""What the course gives, and what it asks for word by word: no student's own work."""

from __future__ import annotations

from pathlib import Path

from lab_utils.grading.release.contents import read_books, release_files
from lab_utils.grading.release.notebooks import notebook_bytes
from lab_utils.grading.similarity.fingerprints import Print, all_prints
from lab_utils.grading.similarity.sources import read_work
from lab_utils.grading.solved_files import SOLVED_FILES

_LAB = "lab_utils/"


def course_prints(checkout: Path) -> frozenset[Print]:
    """Return the fingerprints of the release, and of the solutions that the checkout has.

    Whoever does an exercise exactly as its text says writes what the solution has. That two did is
    no sign of anything.

    Args:
        checkout: The workbook's checkout: the instructor's, or a student's.
    """
    books = read_books(checkout)
    given = {
        name: file.content
        for name, file in release_files(checkout, books).items()
        if not name.startswith(_LAB)
    }
    solved = {f"solved/{name}": notebook_bytes(book) for name, book in books.items()}
    for name in SOLVED_FILES:
        if (checkout / name).is_file():
            solved[name] = (checkout / name).read_bytes()
    return all_prints(read_work({**given, **solved}).passages)
