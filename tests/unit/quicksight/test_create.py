"""The dashboard in QuickSight: what is asked before it is made, how it is made, what may fail."""

from __future__ import annotations

from typing import Any

import pytest

from lab_utils.quicksight.definition import dashboard_definition
from lab_utils.quicksight.errors import QuickSightError
from tests.unit.quicksight.account import (
    ACCOUNT,
    DASHBOARD,
    DATA_SET,
    OWNER,
    SOURCE,
    Account,
    client,
    violations,
)

TAGS = [{"Key": "workbook", "Value": "practical-aws-iot"}]


def source_status(status: str, **more: Any) -> dict[str, Any]:
    return {"DataSource": {"Arn": SOURCE, "Status": status, **more}}


def dashboard_status(status: str, **more: Any) -> dict[str, Any]:
    return {"Dashboard": {"Arn": DASHBOARD, "Version": {"Status": status, **more}}}


def makes_source(account: Account) -> None:
    account.lacks("describe_data_source")
    account.answers(
        "create_data_source",
        {"Arn": SOURCE, "CreationStatus": "CREATION_IN_PROGRESS"},
        Type="TIMESTREAM",
        Tags=TAGS,
        AwsAccountId=ACCOUNT,
    )
    account.answers("describe_data_source", source_status("CREATION_SUCCESSFUL"))


def makes_data_set(account: Account) -> None:
    account.lacks("describe_data_set")
    account.answers("create_data_set", {"Arn": DATA_SET}, ImportMode="DIRECT_QUERY", Tags=TAGS)


def test_the_cost_is_said_and_nothing_is_made_without_a_yes() -> None:
    account = Account()
    with pytest.raises(QuickSightError, match=r"nothing was made(.|\n)*create\(confirm=True\)"):
        account.quicksight.create(OWNER)
    assert "QuickSight costs about 24 US dollars a month" in account.told
    assert "they may have changed" in account.told
    assert "https://aws.amazon.com/quick/quicksight/pricing/" in account.told


def test_the_cost_counts_authors_and_readers() -> None:
    cost = Account().quicksight.cost(authors=2, readers=10)
    assert cost.usd_per_month == 2 * 24 + 10 * 3
    assert "2 authors at 24 and 10 readers at 3" in str(cost)
    assert "1 author at 24 and 1 reader at 3" in str(Account().quicksight.cost(1, 1))


def test_the_local_target_says_where_the_same_is_seen() -> None:
    account = Account("local")
    for call in (
        lambda: account.quicksight.create(OWNER, confirm=True),
        account.quicksight.status,
        account.quicksight.delete,
        account.quicksight.delete_subscription,
    ):
        with pytest.raises(QuickSightError, match=r"only on AWS(.|\n)*lab dashboard"):
            call()


def test_an_account_without_quicksight_is_told_so_and_gets_none() -> None:
    account = Account()
    account.lacks("describe_account_subscription")
    with pytest.raises(
        QuickSightError, match=r"no subscription(.|\n)*sign up at https://quicksight"
    ):
        account.quicksight.create(OWNER, confirm=True)
    account.is_done()


def test_everything_is_made_in_order() -> None:
    account = Account()
    account.is_subscribed()
    makes_source(account)
    makes_data_set(account)
    account.lacks("describe_dashboard")
    account.answers(
        "create_dashboard",
        {"Arn": DASHBOARD, "VersionArn": f"{DASHBOARD}/version/1"},
        Definition=dashboard_definition(DATA_SET),
        Tags=TAGS,
    )
    made = dashboard_status("CREATION_SUCCESSFUL")
    account.answers("describe_dashboard", made, VersionNumber=1)
    address = account.quicksight.create(OWNER, confirm=True)
    account.is_done()
    assert address == (
        "https://eu-west-1.quicksight.aws.amazon.com/sn/dashboards/practical-aws-iot-house"
    )
    assert f"Open {address}" in account.told
    assert account.lines[0].startswith("QuickSight costs about")


def test_what_is_there_stays_and_is_brought_up_to_date() -> None:
    account = Account()
    account.is_subscribed()
    found = source_status("CREATION_SUCCESSFUL")
    account.answers("describe_data_source", found)
    account.answers("describe_data_source", found)
    account.answers("describe_data_set", {"DataSet": {"Arn": DATA_SET}})
    account.answers("update_data_set", {"Arn": DATA_SET})
    account.answers("describe_dashboard", dashboard_status("CREATION_SUCCESSFUL"))
    account.answers("update_dashboard", {"Arn": DASHBOARD, "VersionArn": f"{DASHBOARD}/version/4"})
    account.answers("describe_dashboard", dashboard_status("CREATION_SUCCESSFUL"), VersionNumber=4)
    account.answers("update_dashboard_published_version", {}, VersionNumber=4)
    account.quicksight.create(OWNER, confirm=True)
    account.is_done()


def test_a_data_source_that_had_failed_is_made_anew() -> None:
    account = Account()
    account.is_subscribed()
    account.answers("describe_data_source", source_status("CREATION_FAILED"))
    account.answers("delete_data_source", {})
    account.answers("create_data_source", {"Arn": SOURCE})
    info = {"Type": "ACCESS_DENIED", "Message": "not allowed to call Timestream"}
    account.answers("describe_data_source", source_status("CREATION_FAILED", ErrorInfo=info))
    with pytest.raises(QuickSightError) as failure:
        account.quicksight.create(OWNER, confirm=True)
    account.is_done()
    assert failure.value.happened == (
        "CREATION_FAILED: ACCESS_DENIED not allowed to call Timestream"
    )
    assert "Security & permissions" in failure.value.next_step


def test_what_is_not_ready_in_time_is_said_with_how_to_go_on() -> None:
    account = Account()
    account.is_subscribed()
    account.lacks("describe_data_source")
    account.answers("create_data_source", {"Arn": SOURCE})
    account.answers("describe_data_source", source_status("CREATION_IN_PROGRESS"))
    with pytest.raises(QuickSightError, match=r"still CREATION_IN_PROGRESS(.|\n)*goes on where"):
        account.quicksight.create(OWNER, confirm=True)


def test_a_data_source_that_can_be_made_by_hand_only_is_taken_from_there() -> None:
    account = Account()
    account.is_subscribed()
    account.lacks("describe_data_source")
    account.refuses("create_data_source", "InvalidParameterValueException", "DataSourceParameters")
    with pytest.raises(QuickSightError, match="New dataset > Timestream"):
        account.quicksight.create(OWNER, confirm=True)
    account.is_subscribed()
    makes_data_set(account)
    account.lacks("describe_dashboard")
    account.refuses("create_dashboard", "UnsupportedUserEditionException", "Standard")
    with pytest.raises(QuickSightError, match="Enterprise edition"):
        account.quicksight.create(OWNER, confirm=True, data_source_arn=SOURCE)
    account.is_done()


def test_a_dashboard_that_fails_says_why() -> None:
    account = Account()
    account.is_subscribed()
    makes_source(account)
    makes_data_set(account)
    account.lacks("describe_dashboard")
    account.answers("create_dashboard", {"Arn": DASHBOARD, "VersionArn": f"{DASHBOARD}/version/1"})
    errors = [{"Type": "COLUMN_TYPE_MISMATCH", "Message": "valid_c is a text"}]
    account.answers("describe_dashboard", dashboard_status("CREATION_FAILED", Errors=errors))
    with pytest.raises(QuickSightError, match="COLUMN_TYPE_MISMATCH: valid_c is a text"):
        account.quicksight.create(OWNER, confirm=True)


@pytest.mark.parametrize(
    ("users", "outcome"),
    [
        ([("ada", "AUTHOR"), ("rob", "READER")], None),
        ([("ada", "AUTHOR"), ("bob", "ADMIN")], "2 authors.*user/default/bob"),
        ([("rob", "READER")], "0 authors"),
    ],
)
def test_the_only_author_owns_it_unless_one_is_named(
    users: list[tuple[str, str]], outcome: str | None
) -> None:
    account = Account()
    account.is_subscribed()
    arn = OWNER.removesuffix("ada")
    listed = [{"Arn": arn + name, "Role": role} for name, role in users]
    account.answers("list_users", {"UserList": listed[:1], "NextToken": "more"})
    account.answers("list_users", {"UserList": listed[1:]}, NextToken="more")
    if outcome is None:
        account.lacks("describe_data_source")
        account.refuses("create_data_source", "AccessDeniedException")
    with pytest.raises(QuickSightError, match=outcome or "quicksight:\\*"):
        account.quicksight.create(confirm=True)
    account.is_done()


def test_users_of_another_region_are_asked_for_there() -> None:
    account = Account()
    account.is_subscribed()
    words = (
        "Operation is being called from endpoint eu-west-1, but your identity region is us-east-1."
    )
    account.refuses("list_users", "AccessDeniedException", words)
    with pytest.raises(QuickSightError, match=r"us-east-1(.|\n)*user_arn="):
        account.quicksight.create(confirm=True)


def test_requests_are_held_to_the_model_of_aws() -> None:
    shape = client("quicksight").meta.service_model.shape_for("DashboardVersionDefinition")
    good = dashboard_definition(DATA_SET)
    assert list(violations(shape, good, "")) == []
    bad = dashboard_definition(DATA_SET)
    bad["Sheets"][0]["ContentType"] = "LIVELY"
    bad["Sheets"][0]["SheetId"] = "the house"
    bad["FilterGroups"][0]["Nonsense"] = True
    del bad["FilterGroups"][0]["CrossDataset"]
    assert len(list(violations(shape, bad, ""))) == 4


def test_the_definition_hangs_together() -> None:
    definition = dashboard_definition(DATA_SET)
    [sheet] = definition["Sheets"]
    visuals = {next(iter(one.values()))["VisualId"] for one in sheet["Visuals"]}
    [layout] = sheet["Layouts"]
    places = layout["Configuration"]["GridLayout"]["Elements"]
    assert {place["ElementId"] for place in places} == visuals
    filters = {
        next(iter(one.values()))["FilterId"]
        for group in definition["FilterGroups"]
        for one in group["Filters"]
    }
    for control in sheet["FilterControls"]:
        assert next(iter(control.values()))["SourceFilterId"] in filters
    for group in definition["FilterGroups"]:
        [scope] = group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]
        assert set(scope.get("VisualIds", ())) <= visuals
