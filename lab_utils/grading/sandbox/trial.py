"""Whether bubblewrap works on this machine: tried once, by a program enclosed in a cell."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from functools import cache

from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox.bubblewrap import ATTEMPTED, find_bubblewrap, way_on
from lab_utils.grading.sandbox.cell_command import Bubblewrap
from lab_utils.grading.sandbox.enclosed_cell import cell_environment, enclosed
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.paths import CellPaths

_LIMIT_S = 60


@cache
def require_bubblewrap() -> str:
    """Return the path of a ``bwrap`` that was seen to enclose a program in an enclosed one.

    Raises:
        SandboxError: There is none, or it does not work on this machine; with the way on.
    """
    program, paths = find_bubblewrap(), CellPaths()
    prefix = Bubblewrap(program, paths).function_prefix(disk_mb=1)
    inner = [word.replace("{folder}", str(paths.workspace)) for word in prefix]
    with ExitStack() as stack:
        command, descriptors = enclosed(program, paths, Limits(), [*inner, "true"], stack)
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=cell_environment(paths),
            pass_fds=descriptors,
            timeout=_LIMIT_S,
            check=False,
        )
    if done.returncode == 0:
        return program
    words = done.stderr.strip() or f"It ended with status {done.returncode} and said nothing."
    raise SandboxError(ATTEMPTED, f"{program} does not work here: {words}", way_on(words))
