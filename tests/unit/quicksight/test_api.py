"""Waiting for QuickSight, and its commands in a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_utils.cli import main
from lab_utils.quicksight.api import Api
from tests.unit.quicksight.account import ACCOUNT


def test_looks_are_ever_further_apart_until_it_is_made() -> None:
    pauses: list[float] = []
    statuses = iter(["CREATION_IN_PROGRESS"] * 6 + ["CREATION_SUCCESSFUL"])
    api = Api(None, ACCOUNT, timeout_s=3600, pause=pauses.append)
    api.wait("make it", lambda: (next(statuses), ""))
    assert pauses == [1, 2, 4, 8, 10, 10]


def test_the_commands_refuse_on_the_local_target_and_tell_the_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = ["--target", "local", "--workspace", str(tmp_path), "quicksight"]
    assert main([*lab, "cost", "--authors", "2", "--readers", "3", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"authors": 2, "readers": 3, "usd_per_month": 57}
    assert "about 57 US dollars a month" in told.err
    for words in (["create", "--yes"], ["status"], ["delete"], ["delete", "--subscription", "1"]):
        assert main([*lab, *words]) == 1
        assert "`lab dashboard`" in capsys.readouterr().err
