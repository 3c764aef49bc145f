"""The cell magic ``%%terraform FILE``: the cell's text becomes a part of that Terraform file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core.magic import Magics, cell_magic, magics_class

from lab_utils.configuration import write_section
from lab_utils.session import Lab
from lab_utils.settings import read_settings


@magics_class
class LabMagics(Magics):  # type: ignore[misc]  # IPython ships no types
    """The workbook's cell magics."""

    @cell_magic  # type: ignore[untyped-decorator]
    def terraform(self, line: str, cell: str) -> None:
        """Write the cell into ``terraform/FILE`` of the workspace, replacing its earlier text.

        Args:
            line: The file's name, such as ``iot.tf``.
            cell: HCL.
        """
        written = write_section(self._folder(), line.strip(), cell, self._cell_id())
        print("\n".join(written.summary()))

    def _folder(self) -> Path:
        """Return the Terraform folder of the notebook's lab, of the default workspace before it."""
        named = self.shell.user_ns.get("lab") if self.shell is not None else None
        settings = named.settings if isinstance(named, Lab) else read_settings()
        return settings.terraform_dir

    def _cell_id(self) -> str:
        """Return the id that JupyterLab gives the running cell; batch tools give none."""
        kernel = getattr(self.shell, "kernel", None)
        parent: dict[str, Any] = kernel.get_parent() if kernel is not None else {}
        return str(parent.get("metadata", {}).get("cellId", ""))
