"""What QuickSight has of the practical: the most expensive thing to forget. Real AWS only."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from lab_utils.quicksight.names import (
    ANALYSIS_ID,
    DASHBOARD_ID,
    DATA_SET_ID,
    DATA_SOURCE_ID,
)
from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look

_KINDS = (
    ("dashboard", "list_dashboards", "DashboardSummaryList", "DashboardId"),
    ("analysis", "list_analyses", "AnalysisSummaryList", "AnalysisId"),
    ("data set", "list_data_sets", "DataSetSummaries", "DataSetId"),
    ("data source", "list_data_sources", "DataSources", "DataSourceId"),
)
_OWN = frozenset({DASHBOARD_ID, ANALYSIS_ID, DATA_SET_ID, DATA_SOURCE_ID})
"""The ids of what ``lab.quicksight`` makes."""
_NONE = ("ResourceNotFoundException", "UnsupportedUserEditionException")
SUBSCRIPTION = (
    "each month its users are paid for, until the account itself is deleted; Terraform cannot. If "
    "others use it too, leave it"
)


def look_at_quicksight(look: Look) -> Iterator[Leftover]:
    """Yield dashboards, analyses, data sets, data sources, and the subscription itself.

    Source:
        https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DeleteAccountSubscription.html
    """
    account = look.client("sts").get_caller_identity()["Account"]
    named = {"AwsAccountId": account}
    try:
        told = look.client("quicksight").describe_account_subscription(**named)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NONE:
            return
        raise
    info = told.get("AccountInfo", {})
    if info.get("AccountSubscriptionStatus") in (None, "UNSUBSCRIBED"):
        return
    for kind, operation, key, identifier in _KINDS:
        for one in look.every("quicksight", operation, key, **named):
            arn, identity = one["Arn"], one[identifier]
            if identity in _OWN or arn in look.tagged:
                delete = f"delete_{kind.replace(' ', '_')}"
                call = Call("quicksight", delete, {**named, identifier: identity})
                # Every workspace gives the same ids, and nothing notes which one made it.
                why = look.owner.doubted(
                    "lab.quicksight made it, and Terraform does not know it; lab quicksight "
                    "delete removes it"
                )
                yield Leftover("QuickSight", kind, one.get("Name", identity), why, (call,))
    yield _subscription(account, info.get("AccountName", account))


def _subscription(account: str, name: str) -> Leftover:
    settings = Call(
        "quicksight",
        "update_account_settings",
        {
            "AwsAccountId": account,
            "DefaultNamespace": "default",
            "TerminationProtectionEnabled": False,
        },
    )
    delete = Call("quicksight", "delete_account_subscription", {"AwsAccountId": account})
    by_hand = f"{settings.command} && {delete.command}"
    return Leftover(
        "QuickSight", "subscription", name, SUBSCRIPTION, by_hand=by_hand, is_sure=False
    )
