"""The cell magic, in an IPython shell without a kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from lab_utils.magics import LabMagics


def test_a_terraform_cell_says_what_it_declares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_WORKSPACE", str(tmp_path))
    shell = InteractiveShell()
    shell.register_magics(LabMagics)
    shell.run_cell_magic("terraform", "iot.tf", "# YOUR CODE HERE\n")
    shell.run_cell_magic("terraform", "iam.tf", 'resource "a_thing" "it" {\n}\n')
    shell.run_cell_magic("terraform", "iot.tf", 'resource "a_thing" "it" {\n}\n')
    assert capsys.readouterr().out.splitlines() == [
        "terraform/iot.tf: nothing declared yet",
        "terraform/iam.tf: declares a_thing.it",
        "terraform/iam.tf: the earlier text of this cell was removed",
        "terraform/iot.tf: declares a_thing.it",
    ]
    assert (tmp_path / "terraform" / "iam.tf").read_text() == ""
