"""What is compared: passages of code as signs from which names, layout and order are gone."""

from __future__ import annotations

from dataclasses import dataclass

HCL, PYTHON, YAML = "HCL", "Python", "YAML"
NAME, TEXT, NUMBER = "N", "S", "0"
"""What stands for a name that a student chose, a text and a number."""


@dataclass(frozen=True)
class Sign:
    """One sign of a passage.

    Attributes:
        text: What it is, whatever the student called it.
        line: Its line in the file, from 1.
    """

    text: str
    line: int


@dataclass(frozen=True)
class Passage:
    """A block, a function or a job: what can be moved as a whole.

    Attributes:
        kind: ``HCL``, ``Python`` or ``YAML``.
        file: Its file, and the cell where it stands in a notebook.
        signs: Its signs in an order that does not depend on how it was written.
    """

    kind: str
    file: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Source:
    """The text of a file or of a cell.

    Attributes:
        kind: ``HCL``, ``Python`` or ``YAML``.
        file: Where it stands, for the reader.
        text: The text.
    """

    kind: str
    file: str
    text: str
