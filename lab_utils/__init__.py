"""The lab of "Practical AWS IoT Core": what the notebooks import.

``from lab_utils import House, Lab`` and ``%load_ext lab_utils`` are all that a notebook needs.

The names are loaded when they are first asked for: the embedded AWS's process is a part of this
package too, and must neither wait for pandas nor hold it in memory.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from lab_utils.errors import LabError
    from lab_utils.house.house import House
    from lab_utils.session import Lab

__all__ = ["House", "Lab", "LabError", "load_ipython_extension"]

_HOMES = {
    "House": "lab_utils.house.house",
    "Lab": "lab_utils.session",
    "LabError": "lab_utils.errors",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the cell magics: IPython calls this for ``%load_ext lab_utils``."""
    register: Any = shell.register_magics
    register(importlib.import_module("lab_utils.magics").LabMagics)
