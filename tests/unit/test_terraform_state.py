"""Terraform's state as it lies in the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_utils.terraform_state import read_local_state, state_addresses

STATE = {
    "version": 4,
    "outputs": {"iot_endpoint": {"value": "localhost", "type": "string"}},
    "resources": [
        {"mode": "managed", "type": "aws_iot_thing", "name": "house", "instances": [{}]},
        {"mode": "data", "type": "aws_iot_endpoint", "name": "one", "instances": [{}]},
        {
            "module": "module.zone",
            "mode": "managed",
            "type": "aws_iot_thing",
            "name": "many",
            "instances": [{"index_key": "a"}, {"index_key": 1}],
        },
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terraform.tfstate").write_text(json.dumps(STATE), encoding="utf-8")
    (tmp_path / ".terraform" / "providers").mkdir(parents=True)
    return tmp_path


def test_the_state_that_lies_in_the_folder_is_read(folder: Path) -> None:
    assert read_local_state(folder) == STATE


def test_a_state_of_another_backend_is_left_to_terraform(folder: Path) -> None:
    (folder / ".terraform" / "terraform.tfstate").write_text("{}")
    assert read_local_state(folder) is None


def test_a_state_of_another_workspace_is_left_to_terraform(folder: Path) -> None:
    (folder / ".terraform" / "environment").write_text("staging")
    assert read_local_state(folder) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 3}'])
def test_a_state_that_is_not_as_expected_is_left_to_terraform(folder: Path, text: str) -> None:
    (folder / "terraform.tfstate").write_text(text)
    assert read_local_state(folder) is None


def test_a_folder_without_a_state_is_left_to_terraform(tmp_path: Path) -> None:
    assert read_local_state(tmp_path) is None


def test_addresses_are_as_terraform_writes_them() -> None:
    assert list(state_addresses(STATE)) == [
        "aws_iot_thing.house",
        "data.aws_iot_endpoint.one",
        'module.zone.aws_iot_thing.many["a"]',
        "module.zone.aws_iot_thing.many[1]",
    ]
