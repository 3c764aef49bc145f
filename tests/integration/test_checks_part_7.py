"""Part 7's checks: on nothing, on what still stands, on what was forgotten, on a clean teardown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from lab_utils import Lab
from lab_utils.checks.base import Result
from lab_utils.embedded import local_control
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace
from tests.integration.test_lab_session import write_solutions

TABLE = {
    "TableName": "Temperature",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ALL = {"part7-state": 1, "part7-services": 3, "part7-keys": 1}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab whose workspace has part 1's files; its tests follow one another."""
    folder = tmp_path_factory.mktemp("part 7") / "workspace"
    seed_workspace(CHECKOUT, folder)
    write_solutions(folder / "terraform", 1)
    lab = Lab(target="local", workspace=folder, speed=60, report=lambda _line: None)
    yield lab
    local_control().stop(lab.settings)


def results(lab: Lab) -> dict[str, Result]:
    return {result.id: result for result in lab.checks(7).checks}


def failing(lab: Lab) -> dict[str, Result]:
    """Return the results of the checks that fail, each with what to do."""
    found = {name: one for name, one in results(lab).items() if one.status == "failed"}
    for one in found.values():
        assert (one.earned, bool(one.seen), bool(one.wanted), bool(one.hint)) == (
            0,
            True,
            True,
            True,
        )
    return found


def test_where_nothing_was_ever_made_nothing_is_earned(lab: Lab) -> None:
    found = failing(lab)
    assert set(found) == set(ALL)
    assert {one.seen for one in found.values()} == {
        "there is nothing, and no sign that anything was ever made in this workspace"
    }


def test_what_still_stands_is_counted_and_named(lab: Lab) -> None:
    lab.apply()
    found = failing(lab)
    assert set(found) == set(ALL)
    assert "still holds 8 resources: IoT Core 5, files on this machine 3" in (
        found["part7-state"].seen
    )
    assert "IoT Core certificate" in found["part7-services"].seen
    assert "test.private.key" in found["part7-keys"].seen


def test_a_deleted_state_file_is_no_destroyed_state(lab: Lab) -> None:
    state = lab.settings.terraform_dir / "terraform.tfstate"
    shutil.copy(state, state.with_suffix(".kept"))
    state.rename(state.with_name("terraform.tfstate.backup"))
    found = failing(lab)
    assert set(found) == set(ALL)
    assert "lost, not empty" in found["part7-state"].seen
    state.with_suffix(".kept").rename(state)


def test_what_was_made_by_hand_and_forgotten_costs_the_points_of_its_place(lab: Lab) -> None:
    private_key = lab.device_files.private_key
    copy = private_key.with_name("copy.key")
    shutil.copy(private_key, copy)
    lab.client("dynamodb").create_table(**TABLE)
    lab.destroy()
    found = failing(lab)
    assert set(found) == {"part7-services", "part7-keys"}
    assert "DynamoDB table Temperature" in found["part7-services"].seen
    assert "aws dynamodb delete-table --table-name Temperature" in found["part7-services"].hint
    assert "files/copy.key" in found["part7-keys"].seen
    copy.unlink()
    lab.client("dynamodb").delete_table(TableName="Temperature")


def test_a_user_with_a_key_that_is_left_costs_two_checks(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="gitlab")
    iam.create_access_key(UserName="gitlab")
    found = failing(lab)
    assert set(found) == {"part7-services", "part7-keys"}
    assert "1 access key(s)" in found["part7-services"].hint
    assert "delete-access-key --user-name gitlab" in found["part7-keys"].hint
    [user] = lab.teardown().survey().leftovers
    for call in user.calls:
        call.make(lab.client)


def test_a_certificate_that_is_left_may_have_a_copy_of_its_key_somewhere(lab: Lab) -> None:
    iot = lab.client("iot")
    certificate = iot.create_keys_and_certificate(setAsActive=True)
    found = failing(lab)
    assert set(found) == {"part7-services", "part7-keys"}
    identity = certificate["certificateId"]
    assert identity in found["part7-keys"].seen
    iot.update_certificate(certificateId=identity, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=identity)


def test_a_clean_teardown_earns_all_and_still_does_after_it_was_said_twice(lab: Lab) -> None:
    assert {name: one.earned for name, one in results(lab).items()} == ALL
    lab.destroy()
    assert {name: one.earned for name, one in results(lab).items()} == ALL


def test_a_service_that_does_not_answer_proves_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    iot = lab.client("iot")

    def refuse(**_arguments: object) -> None:
        raise iot.exceptions.UnauthorizedException({"Error": {"Code": "No"}}, "ListTopicRules")

    monkeypatch.setattr(iot, "get_paginator", lambda _name: type("P", (), {"paginate": refuse}))
    found = failing(lab)
    assert set(found) == {"part7-services", "part7-keys"}
    assert all("IoT Core did not answer" in one.seen for one in found.values())
