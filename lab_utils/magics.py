"""The cell magics: ``%%terraform`` and ``%%workspace`` write files, ``%%timestream`` asks."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from lab_utils.configuration import write_section
from lab_utils.errors import QueryError
from lab_utils.query_text import fill_in
from lab_utils.session import Lab
from lab_utils.settings import Settings, read_settings
from lab_utils.workspace_files import write_file

_WORKBOOK_LINE = re.compile(r"^#.*$", re.M)
"""The stub of an exercise and the marks of its solution, in a language that has no ``#``."""


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
        folder = self._settings().terraform_dir
        written = write_section(folder, line.strip(), cell, self._cell_id())
        print("\n".join(written.summary()))

    @cell_magic  # type: ignore[untyped-decorator]
    def workspace(self, line: str, cell: str) -> None:
        """Write the cell as a whole file of the workspace; what was typed by hand is kept.

        Args:
            line: The file's path in the workspace, such as ``ci/lambda.gitlab-ci.yml``.
            cell: The file's text.
        """
        print("\n".join(write_file(self._settings(), line.strip(), cell).summary()))

    @magic_arguments()  # type: ignore[untyped-decorator]
    @argument("name", nargs="?", help="the variable that keeps the result")  # type: ignore[untyped-decorator]
    @argument("--at-least", type=int, default=0, help="run it until there are so many rows")  # type: ignore[untyped-decorator]
    @cell_magic  # type: ignore[untyped-decorator]
    def timestream(self, line: str, cell: str) -> pd.DataFrame | None:
        """Run the cell's SQL on Timestream and show its result; see `Lab.query`.

        A variable's name in braces, as in ``WHERE sensor_id = {sensor}``, stands for its value,
        written as SQL: texts get their quotes. Such a query is printed as it is run. Lines that
        begin with ``#`` are not sent; a cell with nothing else runs nothing.

        Args:
            line: ``[NAME] [--at-least ROWS]``.
            cell: One statement.
        """
        options = parse_argstring(self.timestream, line)
        variables = self.shell.user_ns if self.shell is not None else {}
        lab = variables.get("lab")
        if not isinstance(lab, Lab):
            raise QueryError(
                "run the query",
                "This notebook has no lab yet.",
                "run the cell with `lab = Lab(...)` first.",
            )
        written = _WORKBOOK_LINE.sub("", cell)
        if not written.strip():
            print("no query yet")
            return None
        sql = fill_in(written, variables)
        if sql != written:
            print(sql.rstrip())
        frame = lab.query(sql, at_least=options.at_least)
        if options.name:
            variables[options.name] = frame
        return frame

    def _settings(self) -> Settings:
        """Return the settings of the notebook's lab, before there is one those of the default."""
        named = self.shell.user_ns.get("lab") if self.shell is not None else None
        return named.settings if isinstance(named, Lab) else read_settings()

    def _cell_id(self) -> str:
        """Return the id that JupyterLab gives the running cell; batch tools give none."""
        kernel = getattr(self.shell, "kernel", None)
        parent: dict[str, Any] = kernel.get_parent() if kernel is not None else {}
        return str(parent.get("metadata", {}).get("cellId", ""))
