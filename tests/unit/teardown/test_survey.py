"""What the services told is sorted into the practical's, and what may be another workspace's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lab_utils.teardown.calls import Call
from lab_utils.teardown.evidence import Made
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.ownership import MAYBE, TAGGED, Owner
from lab_utils.teardown.preview import preview
from lab_utils.teardown.survey import Survey, survey

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:other"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Temperature"
MADE: Made = {"aws_dynamodb_table": ["Temperature", TABLE]}


class Account:
    """An account with a table and, in a service that the practical lacks, a queue; both tagged."""

    def __call__(self, _service: str) -> Account:
        return self

    def can_paginate(self, _operation: str) -> bool:
        return True

    def get_paginator(self, operation: str) -> Any:
        tagged = [{"ResourceARN": arn} for arn in (QUEUE, TABLE)]
        pages: dict[str, Any] = {
            "get_resources": {"ResourceTagMappingList": tagged},
            "list_tables": {"TableNames": ["Temperature"]},
        }
        return SimpleNamespace(paginate=lambda **_arguments: [pages[operation]])

    def describe_table(self, **_arguments: str) -> dict[str, Any]:
        return {"Table": {"TableArn": TABLE, "TableStatus": "ACTIVE"}}


def asked(owner: Owner) -> Survey:
    return survey(Account(), owner, only=("DynamoDB",))


def test_what_has_only_the_tag_on_a_shared_account_is_for_somebody_to_look_at() -> None:
    found = asked(Owner())
    assert (found.leftovers, found.is_clean) == ((), True)
    assert [one.title for one in found.unsure] == [
        "sqs resource other",
        "DynamoDB table Temperature",
    ]
    assert not [one for one in found.unsure if one.calls]
    assert found.unsure[1].remove == "aws dynamodb delete-table --table-name Temperature"
    assert found.unsure[1].why == f"{TAGGED}; {MAYBE}"


def test_with_a_lost_state_it_may_be_this_workspaces_and_nothing_is_proved() -> None:
    found = asked(Owner(has_state=False))
    assert (len(found.leftovers), found.is_clean) == (2, False)
    assert not [one for one in found.leftovers if one.calls]
    [heading, *_titles] = preview({}, found, ()).lines(with_leftovers=True)[1:]
    assert heading == "What Terraform does not remove is left to you: sqs 1, DynamoDB 1"


@pytest.mark.parametrize("owner", [Owner(made=MADE), Owner(is_account_own=True)])
def test_what_terraform_made_or_is_on_an_account_of_ones_own_can_be_removed(owner: Owner) -> None:
    [table] = [one for one in asked(owner).leftovers if one.service == "DynamoDB"]
    assert table == Leftover(
        "DynamoDB", "table", "Temperature", table.why, (DELETE,), is_going=False
    )


DELETE = Call("dynamodb", "delete_table", {"TableName": "Temperature"})
