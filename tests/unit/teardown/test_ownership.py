"""Whose a resource is, on an account of one's own and on one that others use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_utils.teardown.evidence import (
    forget_made,
    once_made,
    read_memory,
    remember,
    remember_removed,
    restore_state,
)
from lab_utils.teardown.ownership import (
    BY_HAND,
    IN_STATE,
    NAMED,
    REMEMBERED,
    TAGGED,
    Owner,
    owner_of,
)

TABLE = "aws_dynamodb_table"
HCL = """
resource "aws_dynamodb_table" "temperature" {
  name = "Readings" # of part 2
  hash_key = "id"
}
resource "aws_iam_role" "iot" {
  name = "${var.prefix}-iot"
}
# resource "aws_iam_role" "old" {
#   name = "old"
# }
"""


def state_of(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    held = [
        {"mode": "managed", "type": kind, "name": "x", "instances": [{"attributes": attributes}]}
        for kind, attributes in resources
    ]
    return {"version": 4, "serial": 3, "lineage": "l", "outputs": {}, "resources": held}


@pytest.mark.parametrize(
    ("is_own", "tagged", "kin", "reason"),
    [
        (True, True, "", TAGGED),
        (False, True, "", TAGGED),
        (False, False, "tied", "tied"),
        (True, False, "", NAMED),
        (False, False, "", None),
    ],
)
def test_on_a_shared_account_a_name_alone_is_no_reason(
    is_own: bool, tagged: bool, kin: str, reason: str | None
) -> None:
    owner = Owner(named={TABLE: ["Temperature"]}, is_account_own=is_own)
    assert owner.reason(TABLE, "Temperature", is_tagged=tagged, kin=kin) == reason


def test_what_terraform_made_is_known_before_anything_else() -> None:
    owner = Owner(in_state={TABLE: ["a"]}, made={TABLE: ["a", "b"]})
    assert owner.reason(TABLE, "a", is_tagged=True) == IN_STATE
    assert owner.reason(TABLE, "b", is_tagged=True) == REMEMBERED
    assert owner.reason(TABLE, "c") is None
    assert Owner(is_account_own=True).reason(TABLE, "c") == BY_HAND


def test_names_come_from_the_files_the_state_its_backup_and_the_memory(tmp_path: Path) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    (folder / "dynamo.tf").write_text(HCL)
    backup = state_of((TABLE, {"id": "Older", "arn": "arn:older"}))
    (folder / "terraform.tfstate.backup").write_text(json.dumps(backup))
    remember(tmp_path, state_of(("aws_iam_role", {"id": "noted"})))
    owner = owner_of(tmp_path, state_of((TABLE, {"id": "Now"})), is_account_own=False)
    assert owner.in_state == {TABLE: ["Now"]}
    assert owner.made[TABLE] == ["Now", "Older", "arn:older"]
    assert owner.made["aws_iam_role"] == ["noted"]
    assert set(owner.named[TABLE]) == {"Readings", "Temperature"}
    assert set(owner.named["aws_iam_role"]) == {"iot_role", "lambda_role"}


def test_once_nothing_is_left_the_names_are_forgotten_and_the_numbers_are_not(
    tmp_path: Path,
) -> None:
    remember(tmp_path, state_of((TABLE, {"id": "a"}), (TABLE, {"id": "b"})))
    remember_removed(tmp_path, 2)
    forget_made(tmp_path)
    assert read_memory(tmp_path).made == {}
    assert once_made(tmp_path, {}) == {TABLE: 2, "aws_leftover": 2}
    assert once_made(None, {}) == {}


@pytest.mark.parametrize("text", ["{}", "no json", '{"made": 3}'])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".lab").mkdir()
    (tmp_path / ".lab" / "teardown.json").write_text(text)
    assert read_memory(tmp_path).made == {}


def test_a_damaged_state_is_restored_from_a_backup_that_holds_something(tmp_path: Path) -> None:
    state, backup = tmp_path / "terraform.tfstate", tmp_path / "terraform.tfstate.backup"
    state.write_text('{"version": 4, "reso')
    assert not restore_state(tmp_path)
    backup.write_text(json.dumps(state_of()))
    assert not restore_state(tmp_path)
    backup.write_text(json.dumps(state_of((TABLE, {"id": "a"}))))
    assert restore_state(tmp_path)
    assert state.read_text() == backup.read_text()
    assert (tmp_path / "terraform.tfstate.damaged").read_text() == '{"version": 4, "reso'
    assert not restore_state(tmp_path)
    state.unlink()
    assert not restore_state(tmp_path)
