"""QuickSight is asked on a real account: what is ours goes, the subscription is only told."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lab_utils.teardown.look import Look
from lab_utils.teardown.look_quicksight import look_at_quicksight
from lab_utils.teardown.ownership import Owner

ACCOUNT = "123456789012"
NAMED = {"AwsAccountId": ACCOUNT}
ARN = f"arn:aws:quicksight:eu-west-1:{ACCOUNT}"


@pytest.fixture
def clients() -> dict[str, Any]:
    made = boto3.Session("a", "b", region_name="eu-west-1")
    return {name: made.client(name) for name in ("sts", "quicksight")}


def stub(clients: dict[str, Any], status: str | None) -> Stubber:
    sts = Stubber(clients["sts"])
    sts.add_response("get_caller_identity", {"Account": ACCOUNT})
    sts.activate()
    quicksight = Stubber(clients["quicksight"])
    if status is None:
        quicksight.add_client_error("describe_account_subscription", "ResourceNotFoundException")
    else:
        info = {"AccountName": "us", "AccountSubscriptionStatus": status}
        quicksight.add_response("describe_account_subscription", {"AccountInfo": info}, NAMED)
    quicksight.activate()
    return quicksight


@pytest.mark.parametrize("status", [None, "UNSUBSCRIBED"])
def test_without_a_subscription_there_is_nothing(
    clients: dict[str, Any], status: str | None
) -> None:
    stub(clients, status)
    assert list(look_at_quicksight(Look(clients.__getitem__, Owner()))) == []


def test_what_the_lab_made_has_a_call_and_the_subscription_a_command_only(
    clients: dict[str, Any],
) -> None:
    quicksight = stub(clients, "ACCOUNT_CREATED")
    ours = {"DashboardId": "practical-aws-iot-house", "Arn": f"{ARN}:dashboard/h", "Name": "house"}
    theirs = {"DashboardId": "sales", "Arn": f"{ARN}:dashboard/sales", "Name": "sales"}
    tagged = {"DataSetId": "any", "Arn": f"{ARN}:dataset/any", "Name": "readings"}
    quicksight.add_response("list_dashboards", {"DashboardSummaryList": [ours, theirs]}, NAMED)
    quicksight.add_response("list_analyses", {"AnalysisSummaryList": []}, NAMED)
    quicksight.add_response("list_data_sets", {"DataSetSummaries": [tagged]}, NAMED)
    quicksight.add_response("list_data_sources", {"DataSources": []}, NAMED)
    look = Look(clients.__getitem__, Owner(), frozenset({tagged["Arn"]}))
    found = list(look_at_quicksight(look))
    assert [one.title for one in found] == [
        "QuickSight dashboard house",
        "QuickSight data set readings",
        "QuickSight subscription us",
    ]
    assert found[0].remove.endswith(
        f"--aws-account-id {ACCOUNT} --dashboard-id practical-aws-iot-house"
    )
    assert found[1].remove.startswith("aws quicksight delete-data-set ")
    assert (found[2].is_sure, found[2].calls) == (False, ())
    assert "--no-termination-protection-enabled && aws quicksight" in found[2].remove


def test_every_call_that_a_look_names_is_one_of_the_service(clients: dict[str, Any]) -> None:
    for name in ("delete_dashboard", "delete_analysis", "delete_data_set", "delete_data_source"):
        assert hasattr(clients["quicksight"], name)
    assert hasattr(clients["quicksight"], "update_account_settings")
    assert hasattr(clients["quicksight"], "delete_account_subscription")
