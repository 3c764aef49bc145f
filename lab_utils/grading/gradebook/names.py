"""The course's names in nbgrader's gradebook: students, and the notebook of each part."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from lab_utils.settings import CHECKOUT

ASSIGNMENT = "practical-aws-iot"
"""The assignment's name, which is that of the folder that students are given."""
_LONGEST = 128
"""What nbgrader's columns hold; SQLite does not mind, PostgreSQL does."""
_BAD = re.compile(r"[,\"/\\]|^[=+@.\s-]|\s$")
"""nbgrader's export writes ids into a CSV file as they are, and formgrader looks for folders of
that name."""


def student_id(student: str) -> str:
    """Return the id of a student in the gradebook: the name itself wherever that can be stored.

    Args:
        student: Any text.
    """
    if 0 < len(student) <= _LONGEST and student.isprintable() and not _BAD.search(student):
        return student
    plain = re.sub(r"[^\w.@ -]+", "_", student)[: _LONGEST - 20].strip("@.- ")
    mark = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain}~{mark}"


def notebook_of(part: int) -> str:
    """Return the name of the notebook that teaches a part; one of its own where none does."""
    return notebook_names().get(part, f"{part:02}_more")


@cache
def notebook_names() -> dict[int, str]:
    """Return the names of the workbook's notebooks by the number of their part."""
    files = (CHECKOUT / "notebooks").glob("[0-9][0-9]_*.ipynb")
    return {int(file.stem[:2]): file.stem for file in sorted(files)}
