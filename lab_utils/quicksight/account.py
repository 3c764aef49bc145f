"""The account's subscription to QuickSight: what is paid for, and who uses it."""

from __future__ import annotations

from typing import Any

from lab_utils.quicksight.api import Api
from lab_utils.quicksight.errors import QuickSightError

CONSOLE = "https://quicksight.aws.amazon.com"
NAMESPACE = "default"
_AUTHORS = ("ADMIN", "AUTHOR", "ADMIN_PRO", "AUTHOR_PRO")
_GONE = "UNSUBSCRIBED"
_KINDS = (
    ("dashboards", "list_dashboards", "DashboardSummaryList"),
    ("analyses", "list_analyses", "AnalysisSummaryList"),
    ("data sets", "list_data_sets", "DataSetSummaries"),
    ("data sources", "list_data_sources", "DataSources"),
)


def subscription(api: Api) -> dict[str, Any] | None:
    """Return what QuickSight tells of the account, or None when it has no subscription."""
    found = api.find("ask for the account's QuickSight", "describe_account_subscription")
    info: dict[str, Any] = (found or {}).get("AccountInfo") or {}
    return info if info.get("AccountSubscriptionStatus", _GONE) != _GONE else None


def require_subscription(api: Api) -> dict[str, Any]:
    """Return what QuickSight tells of the account.

    Raises:
        QuickSightError: It has no subscription; the lab never makes one.
    """
    info = subscription(api)
    if info is None:
        raise QuickSightError(
            "make a dashboard in QuickSight",
            f"the account {api.account_id} has no subscription to QuickSight.",
            f"sign up at {CONSOLE}, which is what costs money: the lab does not do that for you. "
            "Then allow Amazon Timestream under Manage QuickSight > Security & permissions.",
        )
    return info


def choose_owner(api: Api, user_arn: str | None) -> str:
    """Return the QuickSight user who shall own what is made.

    Args:
        user_arn: The user's ARN; None takes the account's only author.

    Raises:
        QuickSightError: There is no author, or more than one.
    """
    if user_arn is not None:
        return user_arn
    attempted = "choose the QuickSight user who shall own the dashboard"
    users = list(api.list(attempted, "list_users", "UserList", Namespace=NAMESPACE))
    authors = [user["Arn"] for user in users if user.get("Role") in _AUTHORS]
    if len(authors) == 1:
        return str(authors[0])
    listed = ", ".join(authors) or "none"
    raise QuickSightError(
        attempted,
        f"the account has {len(authors)} authors, so none is the obvious one: {listed}.",
        "name one: create(user_arn=...); `lab quicksight create --user ARN` in a shell.",
    )


def inventory(api: Api) -> dict[str, int]:
    """Return how many things QuickSight holds in this region, whoever made them."""
    counts = {}
    for kind, operation, key in _KINDS:
        counts[kind] = sum(1 for _ in api.list("count what QuickSight holds", operation, key))
    return counts


def end_subscription(api: Api) -> None:
    """Switch termination protection off where it is on, and delete the subscription."""
    attempted = "delete the account's subscription to QuickSight"
    settings = api.call(attempted, "describe_account_settings")["AccountSettings"]
    if settings.get("TerminationProtectionEnabled"):
        api.call(
            attempted,
            "update_account_settings",
            DefaultNamespace=settings.get("DefaultNamespace") or NAMESPACE,
            TerminationProtectionEnabled=False,
        )
    api.call(attempted, "delete_account_subscription")
