"""How the ``lab`` command ends."""

from __future__ import annotations

from typing import NoReturn

import pytest

from lab_utils.cli import main


def test_ctrl_c_ends_a_command_with_one_line_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_settings: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab_utils.commands.doctor.examine", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "lab: stopped by Ctrl-C\n"
