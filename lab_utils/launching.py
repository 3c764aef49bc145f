"""How a program that runs somebody else's code is started: as it is, or enclosed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

Enclose = Callable[[Sequence[str], Path], list[str]]
"""Takes a command and the folder that it starts in; returns the command that runs it enclosed.

The caller starts what is returned with the environment, the pipes and the folder that it would
have given the command itself.
"""


def as_it_is(command: Sequence[str], _cwd: Path) -> list[str]:
    """Return a command unchanged: on the student's own machine their code is nobody's danger."""
    return list(command)
