"""The lab of "Practical AWS IoT Core": what the notebooks import.

``from lab_utils import Lab`` and ``%load_ext lab_utils`` are all that a notebook needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab_utils.errors import LabError
from lab_utils.magics import LabMagics
from lab_utils.session import Lab

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Lab", "LabError", "load_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the cell magics: IPython calls this for ``%load_ext lab_utils``."""
    register: Any = shell.register_magics
    register(LabMagics)
