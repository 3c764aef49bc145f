"""Writes the files of cells without a kernel, as the workbook's magics would."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.configuration import declared_addresses, folder_addresses, write_section
from lab_utils.errors import SettingsError
from lab_utils.grading.replaying.plan import Plan, Step
from lab_utils.settings import read_settings
from lab_utils.workspace_files import write_file


@dataclass
class FileCells:
    """The files that cells write; the submission's own files win over them.

    Attributes:
        plan: Names the submission's own files and what they declare.
        workspace: Where to write.
        passed_over: How many cells were not written, since own files say the same.
    """

    plan: Plan
    workspace: Path
    passed_over: set[str] = field(default_factory=set)

    def write(self, step: Step) -> str:
        """Write what a cell writes, and return why it could not, "" if it could."""
        if self._is_passed_over(step):
            self.passed_over.add(step.name)
            return ""
        settings = read_settings(target="local", workspace=self.workspace, environ={})
        try:
            if step.magic == "terraform":
                write_section(settings.terraform_dir, step.file, step.text, step.cell)
            else:
                write_file(settings, step.file, step.text)
        except (SettingsError, OSError) as error:
            return f"{type(error).__name__}: {_reason(error)}"
        return ""

    def is_gone(self, step: Step) -> bool:
        """Return whether nothing is left of what a cell wrote: its blocks, or its file."""
        if step.magic == "workspace":
            return not (self.workspace / step.file).is_file()
        folder = self.workspace / "terraform"
        return not set(declared_addresses(step.text)) & set(folder_addresses(folder))

    def _is_passed_over(self, step: Step) -> bool:
        if step.magic == "workspace":
            return step.file in self.plan.own
        declared = declared_addresses(step.text)
        if declared:
            return bool(set(declared) & set(self.plan.addresses))
        return f"terraform/{step.file}" in self.plan.own


def _reason(error: Exception) -> str:
    if isinstance(error, SettingsError):
        return f"could not {error.attempted}: {error.happened}"
    return str(error)
