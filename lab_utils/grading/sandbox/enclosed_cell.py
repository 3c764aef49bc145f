"""The command that runs another in a cell, and all that it gets."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from lab_utils.grading.sandbox.cell_command import Bubblewrap, etc_files
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.users import cell_user
from lab_utils.grading.sandbox.view import PROGRAMS
from lab_utils.settings import CHECKOUT

_PATH = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


def enclosed(
    program: str, paths: CellPaths, limits: Limits, command: Sequence[str], stack: ExitStack
) -> tuple[list[str], list[int]]:
    """Return the command that runs another in a cell, and the descriptors that it reads.

    Args:
        program: bubblewrap.
        paths: Where things lie in the cell.
        limits: What may be used.
        command: What runs in the cell.
        stack: Gives back what was taken for it.
    """
    user = stack.enter_context(cell_user())
    etc = {name: _in_memory(text, stack) for name, text in etc_files(user).items()}
    bubblewrap = Bubblewrap(program, paths)
    argv = bubblewrap.cell(command, limits, etc, cell_environment(paths))
    return bubblewrap.as_user(argv, user) if os.geteuid() == 0 else argv, list(etc.values())


def cell_environment(paths: CellPaths) -> dict[str, str]:
    """Return all that the grader in a cell gets: nothing of this process's own environment."""
    programs = [str(Path(sys.executable).parent), *_PATH, str(PROGRAMS)]
    return {
        "PATH": os.pathsep.join(dict.fromkeys(programs)),
        "HOME": str(paths.private),
        "TMPDIR": str(paths.scratch),
        "LANG": "C.UTF-8",
        # The package that started the cell, whichever one this Python has installed.
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _in_memory(content: bytes, stack: ExitStack) -> int:
    descriptor = os.memfd_create("cell-etc")
    stack.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
