"""QuickSight again without the workbook: its parts, and, asked for by name, the subscription."""

from __future__ import annotations

from typing import Any

import pytest

from lab_utils.quicksight.errors import QuickSightError
from tests.unit.quicksight.account import ACCOUNT, Account


def has_parts(account: Account) -> None:
    """Let the account have a dashboard, a data set and a data source, and no analysis."""
    version = {"Version": {"Status": "CREATION_SUCCESSFUL"}}
    account.answers("describe_dashboard", {"Dashboard": version})
    account.lacks("describe_analysis")
    account.answers("describe_data_set", {"DataSet": {}})
    account.answers("describe_data_source", {"DataSource": {"Status": "UPDATE_FAILED"}})


def holds(account: Account, **counts: int) -> None:
    """Let the account's lists have so many entries."""
    for operation, key in (
        ("list_dashboards", "DashboardSummaryList"),
        ("list_analyses", "AnalysisSummaryList"),
        ("list_data_sets", "DataSetSummaries"),
        ("list_data_sources", "DataSources"),
    ):
        entries: list[dict[str, Any]] = [{}] * counts.get(operation, 0)
        account.answers(operation, {key: entries})


def test_the_status_lists_every_part() -> None:
    account = Account()
    account.is_subscribed()
    has_parts(account)
    parts = account.quicksight.status()
    assert [(part.kind, part.status, part.is_there) for part in parts] == [
        ("dashboard", "CREATION_SUCCESSFUL", True),
        ("analysis", "missing", False),
        ("data set", "CREATION_SUCCESSFUL", True),
        ("data source", "UPDATE_FAILED", True),
    ]
    assert "QuickSight account house, ENTERPRISE: ACCOUNT_CREATED, paid by the month" in (
        account.told
    )


@pytest.mark.parametrize("answer", ["none", "UNSUBSCRIBED"])
def test_an_account_without_quicksight_costs_nothing_and_has_nothing(answer: str) -> None:
    for name in ("status", "delete", "delete_subscription"):
        account = Account()
        if answer == "none":
            account.lacks("describe_account_subscription")
        else:
            info = {"AccountInfo": {"AccountSubscriptionStatus": answer}}
            account.answers("describe_account_subscription", info)
        assert not getattr(account.quicksight, name)()
        assert "no subscription to QuickSight" in account.told
        account.is_done()


def test_the_parts_go_in_an_order_that_quicksight_takes() -> None:
    account = Account()
    account.is_subscribed()
    has_parts(account)
    account.answers("delete_dashboard", {}, DashboardId="practical-aws-iot-house")
    # Somebody deleted it in the meantime.
    account.lacks("delete_data_set")
    account.answers("delete_data_source", {}, DataSourceId="practical-aws-iot-timestream")
    gone = account.quicksight.delete()
    account.is_done()
    assert [part.kind for part in gone] == ["dashboard", "data source"]
    assert "2 deleted. The account's subscription is still there, and is paid for" in account.told


def test_an_analysis_goes_for_good() -> None:
    account = Account()
    account.is_subscribed()
    account.lacks("describe_dashboard")
    account.answers("describe_analysis", {"Analysis": {"Status": "CREATION_SUCCESSFUL"}})
    account.lacks("describe_data_set", "describe_data_source")
    account.answers("delete_analysis", {}, ForceDeleteWithoutRecovery=True)
    assert [part.kind for part in account.quicksight.delete()] == ["analysis"]
    account.is_done()


@pytest.mark.parametrize("confirm", ["", "yes", "123456789013"])
def test_the_subscription_stays_unless_the_account_is_named(confirm: str) -> None:
    account = Account()
    account.is_subscribed()
    holds(account, list_dashboards=3, list_data_sets=7)
    with pytest.raises(QuickSightError) as failure:
        account.quicksight.delete_subscription(confirm)
    assert "everything that anybody made in it, in EVERY Region, for good" in str(failure.value)
    assert "3 dashboards, 0 analyses, 7 data sets, 0 data sources" in str(failure.value)
    assert "nothing was deleted" in str(failure.value)
    account.is_done()


@pytest.mark.parametrize("is_protected", [True, False])
def test_the_subscription_ends_once_the_account_is_named(is_protected: bool) -> None:
    account = Account()
    account.is_subscribed()
    holds(account)
    settings = {"TerminationProtectionEnabled": is_protected, "DefaultNamespace": "default"}
    account.answers("describe_account_settings", {"AccountSettings": settings})
    if is_protected:
        account.answers(
            "update_account_settings",
            {},
            DefaultNamespace="default",
            TerminationProtectionEnabled=False,
        )
    account.answers("delete_account_subscription", {}, AwsAccountId=ACCOUNT)
    account.quicksight.delete_subscription(confirm=ACCOUNT)
    account.is_done()
    assert "The subscription is deleted" in account.told


def test_a_refusal_in_the_middle_is_told_in_words_of_aws() -> None:
    account = Account()
    account.is_subscribed()
    has_parts(account)
    account.refuses("delete_dashboard", "ThrottlingException", "slow down")
    with pytest.raises(
        QuickSightError, match=r"ThrottlingException: slow down(.|\n)*wait a minute"
    ):
        account.quicksight.delete()
