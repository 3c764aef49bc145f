"""Regions of a cell between a begin and an end mark, as nbgrader knows them."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode


@dataclass(frozen=True)
class Region:
    """One kind of region: ``### BEGIN`` and ``### END`` with its name, each on its own line.

    Attributes:
        name: Such as ``SOLUTION``.
        what: What stands in it, for messages.
    """

    name: str
    what: str

    @property
    def begin(self) -> str:
        """What the first line of a region holds."""
        return f"BEGIN {self.name}"

    @property
    def end(self) -> str:
        """What the last line of a region holds."""
        return f"END {self.name}"

    def lines(self, text: str) -> tuple[list[str], list[str]]:
        """Return the lines within the regions of a text, and those outside, without the marks."""
        within: list[str] = []
        outside: list[str] = []
        is_within = False
        for line in text.split("\n"):
            if self.begin in line or self.end in line:
                is_within = self.begin in line
            else:
                (within if is_within else outside).append(line)
        return within, outside

    def fault(self, text: str) -> str:
        """Return why the marks of a text do not fit together; "" if they do."""
        is_within = False
        for line in text.split("\n"):
            if self.begin in line:
                if is_within:
                    return f"a {self.what} begins inside another one"
                is_within = True
            elif self.end in line:
                if not is_within:
                    return f"a {self.what} ends that never began"
                is_within = False
        return f"a {self.what} begins and never ends" if is_within else ""


SOLUTION = Region("SOLUTION", "solution")
HIDDEN_TESTS = Region("HIDDEN TESTS", "hidden test")
MARK_SCHEME = Region("MARK SCHEME", "mark scheme")
REGIONS = (SOLUTION, HIDDEN_TESTS, MARK_SCHEME)
INSTRUCTOR = Region("INSTRUCTOR", "part for instructors")
"""What the Makefile holds for instructors alone."""


def withheld_lines(cell: NotebookNode) -> list[str]:
    """Return the lines of a cell that no student gets."""
    return [line for region in REGIONS for line in region.lines(cell.source)[0]]


def open_lines(cell: NotebookNode) -> list[str]:
    """Return the lines of a cell that every student gets."""
    text: str = cell.source
    for region in REGIONS:
        text = "\n".join(region.lines(text)[1])
    return text.split("\n")
