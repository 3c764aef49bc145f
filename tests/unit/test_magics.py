"""The cell magics, in an IPython shell without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from lab_utils.errors import QueryError
from lab_utils.magics import LabMagics
from lab_utils.session import Lab


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


def test_a_workspace_cell_says_how_many_lines_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_WORKSPACE", str(tmp_path))
    shell = InteractiveShell()
    shell.register_magics(LabMagics)
    shell.run_cell("%%workspace ci/x.yml\na: 1\n\n### BEGIN SOLUTION\nb: 2\n### END SOLUTION")
    assert capsys.readouterr().out == "ci/x.yml: 3 lines written\n"
    assert (tmp_path / "ci" / "x.yml").read_text() == "a: 1\n\nb: 2\n"


class RecordingLab(Lab):
    """A lab without a target that keeps the queries it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def query(self, sql: str, *, at_least: int = 0, **_rest: Any) -> pd.DataFrame:
        self.asked.append((sql, at_least))
        return pd.DataFrame({"n": [1]})


def test_a_timestream_cell_shows_and_keeps_the_result_of_its_query(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = InteractiveShell()
    shell.register_magics(LabMagics)
    lab = shell.user_ns["lab"] = RecordingLab()
    shell.user_ns["sensor"] = "1"
    shown = shell.run_cell_magic("timestream", "", "SELECT 1\n")
    kept = shell.run_cell_magic("timestream", "rows --at-least 2", "SELECT {sensor}\n")
    assert lab.asked == [("SELECT 1\n", 0), ("SELECT '1'\n", 2)]
    assert shown.equals(pd.DataFrame({"n": [1]}))
    assert shell.user_ns["rows"] is kept
    assert capsys.readouterr().out == "SELECT '1'\n"


def test_a_stub_runs_nothing_and_the_marks_of_a_solution_keep_the_lines_in_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = InteractiveShell()
    shell.register_magics(LabMagics)
    lab = shell.user_ns["lab"] = RecordingLab()
    shell.run_cell_magic("timestream", "means", "# YOUR CODE HERE\n")
    assert capsys.readouterr().out == "no query yet\n"
    shell.run_cell_magic("timestream", "", "### BEGIN SOLUTION\nSELECT 1\n### END SOLUTION\n")
    assert lab.asked == [("\nSELECT 1\n\n", 0)]


def test_a_timestream_cell_before_the_lab_says_what_to_run_first() -> None:
    shell = InteractiveShell()
    shell.register_magics(LabMagics)
    with pytest.raises(QueryError, match="lab = Lab"):
        shell.run_cell_magic("timestream", "", "SELECT 1\n")
