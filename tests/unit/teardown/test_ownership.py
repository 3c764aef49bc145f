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
    MAYBE,
    NAMED,
    ONCE,
    REMEMBERED,
    TAGGED,
    Owner,
    owner_of,
)

TABLE = "aws_dynamodb_table"
PLACE = ("123456789012", "eu-west-1")
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
        (False, True, "", f"{TAGGED}; {MAYBE}"),
        (False, True, "tied", "tied"),
        (False, True, f"tied; {MAYBE}", f"{TAGGED}; {MAYBE}"),
        (False, False, "tied", "tied"),
        (True, False, "", NAMED),
        (False, False, "", None),
    ],
)
def test_on_a_shared_account_a_name_is_no_reason_and_the_tag_an_unsure_one(
    is_own: bool, tagged: bool, kin: str, reason: str | None
) -> None:
    owner = Owner(named={TABLE: ["Temperature"]}, is_account_own=is_own)
    assert owner.reason(TABLE, "Temperature", is_tagged=tagged, kin=kin) == reason


def test_where_the_state_is_lost_a_name_is_a_reason_to_look(tmp_path: Path) -> None:
    lost = owner_of(tmp_path, {}, PLACE)
    assert lost.reason(TABLE, "Temperature") == f"{NAMED}; {MAYBE}"
    assert lost.reason(TABLE, "Customers") is None
    assert lost.uncertain("aws_lambda_function") == {"ac_control_lambda"}
    assert owner_of(tmp_path, state_of(), PLACE).uncertain("aws_lambda_function") == set()


def test_what_terraform_made_is_known_before_anything_else() -> None:
    owner = Owner(in_state={TABLE: ["a"]}, made={TABLE: ["a", "b"]})
    assert owner.reason(TABLE, "a", is_tagged=True) == IN_STATE
    assert owner.reason(TABLE, "b", is_tagged=True) == REMEMBERED
    assert owner.reason(TABLE, "c") is None
    assert Owner(is_account_own=True).reason(TABLE, "c") == BY_HAND


def test_names_come_from_the_files_the_state_its_backup_and_the_memory(tmp_path: Path) -> None:
    write_backup(tmp_path, state_of((TABLE, {"id": "Older", "arn": "arn:older"})))
    (tmp_path / "terraform" / "dynamo.tf").write_text(HCL)
    (tmp_path / "terraform" / "a-folder.tf").mkdir()
    remember(tmp_path, state_of(("aws_iam_role", {"id": "noted"})))
    owner = owner_of(tmp_path, state_of((TABLE, {"id": "Now"})), None)
    assert owner.in_state == {TABLE: ["Now"]}
    assert owner.made[TABLE] == ["Now", "Older", "arn:older"]
    assert owner.made["aws_iam_role"] == ["noted"]
    assert set(owner.named[TABLE]) == {"Readings", "Temperature"}
    assert set(owner.named["aws_iam_role"]) == {"iot_role", "lambda_role"}


def write_backup(workspace: Path, state: dict[str, Any]) -> None:
    (workspace / "terraform").mkdir(exist_ok=True)
    (workspace / "terraform" / "terraform.tfstate.backup").write_text(json.dumps(state))


def table(account: str, region: str = PLACE[1]) -> dict[str, Any]:
    """A state with the table that everybody's practical has."""
    arn = f"arn:aws:dynamodb:{region}:{account}:table/Temperature"
    return state_of((TABLE, {"id": "Temperature", "arn": arn}))


@pytest.mark.parametrize(
    ("elsewhere", "state"),
    [
        (table("000000000000"), {}),
        (table("000000000000"), state_of()),
        (table(PLACE[0], "us-east-1"), {}),
        (state_of((TABLE, {"id": "Temperature"})), {}),
    ],
)
def test_what_was_made_elsewhere_gives_no_right_to_its_namesake_on_a_shared_account(
    tmp_path: Path, elsewhere: dict[str, Any], state: dict[str, Any]
) -> None:
    write_backup(tmp_path, elsewhere)
    remember(tmp_path, elsewhere)
    reason = owner_of(tmp_path, state, PLACE).reason(TABLE, "Temperature")
    assert reason == (None if state else f"{NAMED}; {MAYBE}")
    assert owner_of(tmp_path, elsewhere, PLACE).reason(TABLE, "Temperature") is None


def test_what_was_noted_before_a_destroy_here_is_known_again_beside_what_was_elsewhere(
    tmp_path: Path,
) -> None:
    remember(tmp_path, table("000000000000"))
    remember(tmp_path, table(PLACE[0]))
    assert owner_of(tmp_path, state_of(), PLACE).reason(TABLE, "Temperature") == REMEMBERED


def test_a_backup_speaks_for_a_lost_state_and_only_raises_a_doubt_beside_one_that_exists(
    tmp_path: Path,
) -> None:
    write_backup(tmp_path, table(PLACE[0]))
    assert owner_of(tmp_path, {}, PLACE).reason(TABLE, "Temperature") == REMEMBERED
    destroyed = owner_of(tmp_path, state_of(), PLACE)
    assert destroyed.reason(TABLE, "Temperature") == f"{ONCE}; {MAYBE}"


def test_once_nothing_is_left_the_names_are_forgotten_and_the_numbers_are_not(
    tmp_path: Path,
) -> None:
    remember(tmp_path, state_of((TABLE, {"id": "a"}), (TABLE, {"id": "b"})))
    remember_removed(tmp_path, 2)
    forget_made(tmp_path)
    assert read_memory(tmp_path).made == []
    assert once_made(tmp_path, {}) == {TABLE: 2, "aws_leftover": 2}
    assert once_made(None, {}) == {}


@pytest.mark.parametrize("text", ["{}", "no json", '{"made": 3}'])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".lab").mkdir()
    (tmp_path / ".lab" / "teardown.json").write_text(text)
    assert read_memory(tmp_path).made == []


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
