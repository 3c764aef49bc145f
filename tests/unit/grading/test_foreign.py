"""What was made beside Terraform is taken away before anything is looked at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lab_utils.grading.verification import foreign
from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import BY_HAND, IN_STATE, NAMED, REMEMBERED
from lab_utils.teardown.survey import Survey


class _Client:
    def __init__(self, called: list[str]) -> None:
        self._called = called

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self._called.append(f"{name} {arguments['Name']}")


def _found(service: str, name: str, why: str, kind: str = "table") -> Leftover:
    return Leftover(service, kind, name, why, (Call("x", "delete", {"Name": name}),))


def _survey(*found: Leftover) -> Survey:
    return Survey(found, (), (), {})


def test_only_what_terraform_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        _found("DynamoDB", "own", IN_STATE),
        _found("DynamoDB", "Temperature", NAMED),
        _found("IoT Core", "rule", BY_HAND),
        _found("IoT Core", "claimed", REMEMBERED),
        _found("Timestream", "iot.t", "made by hand in the database iot"),
        _found("S3", "packages", BY_HAND),
        _found("CloudWatch Logs", "/aws/lambda/f", "Lambda made it"),
        _found("IoT Core", "DISABLED", BY_HAND, kind="logging options"),
    )
    monkeypatch.setattr(foreign, "survey", lambda *_: _survey(*found))
    called: list[str] = []

    remark = foreign.remove_foreign(tmp_path, lambda _name: _Client(called), {})

    assert Counter(called) == Counter(
        f"delete {name}" for name in ("Temperature", "rule", "claimed", "iot.t")
    )
    assert "DynamoDB table Temperature; IoT Core table rule" in remark


def test_nothing_is_said_where_terraform_made_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "survey", lambda *_: _survey(_found("DynamoDB", "own", IN_STATE)))
    assert foreign.remove_foreign(tmp_path, lambda _name: _Client([]), {}) == ""
