"""``lab.quicksight``: what it costs, make it, look at it, delete it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab_utils.quicksight.account import (
    choose_owner,
    end_subscription,
    inventory,
    require_subscription,
    subscription,
)
from lab_utils.quicksight.api import Api
from lab_utils.quicksight.errors import QuickSightError
from lab_utils.quicksight.names import DASHBOARD_ID
from lab_utils.quicksight.parts import (
    Part,
    delete_part,
    look_at_parts,
    make_dashboard,
    make_data_set,
    make_data_source,
)
from lab_utils.quicksight.prices import Cost
from lab_utils.settings import Settings

_TIMEOUT_S = 300.0
_DAYS = 1


class QuickSight:
    """The practical's dashboard in Amazon QuickSight. Real AWS only, and never without a price.

    Args:
        settings: The lab's settings.
        client: Returns the boto3 client of a service.
        report: Takes each line for the reader.
        timeout_s: For how long to wait until something is made, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        client: Callable[[str], Any],
        report: Callable[[str], None],
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._settings = settings
        self._client = client
        self._report = report
        self._timeout_s = timeout_s

    def cost(self, authors: int = 1, readers: int = 0) -> Cost:
        """Return what QuickSight costs a month, and print it in words. Asks and makes nothing.

        Args:
            authors: Users who make dashboards; you are one.
            readers: Users who only look.
        """
        cost = Cost(authors, readers)
        self._report(str(cost))
        return cost

    def create(
        self,
        user_arn: str | None = None,
        *,
        confirm: bool = False,
        days: int = _DAYS,
        data_source_arn: str | None = None,
    ) -> str:
        """Make the data source, the data set and the dashboard; return the dashboard's address.

        The cost is printed first; without ``confirm`` that is all. What is there already stays,
        and gets today's SQL and definition; what had failed is made anew.

        Args:
            user_arn: The QuickSight user who shall own it; the account's only author by default.
            confirm: That you have read the cost, and want it.
            days: How far back the dashboard can look, in days.
            data_source_arn: A data source on Timestream that exists, to use instead of our own.

        Raises:
            QuickSightError: Not confirmed, no subscription, or AWS refuses.
        """
        self.cost()
        api = self._api("make a dashboard in QuickSight")
        if not confirm:
            raise QuickSightError(
                "make a dashboard in QuickSight",
                "the cost was not confirmed, so nothing was made.",
                "read the cost above; if you want it: create(confirm=True), or "
                "`lab quicksight create --yes` in a shell.",
            )
        info = require_subscription(api)
        self._report(f"QuickSight account {info.get('AccountName')}, {info.get('Edition')}")
        self._make(api, choose_owner(api, user_arn), data_source_arn, days)
        address = self._address()
        self._report(f"Open {address}")
        return address

    def status(self) -> tuple[Part, ...]:
        """Return what there is of the workbook in QuickSight, and print it.

        Raises:
            QuickSightError: AWS refuses, or the target is local.
        """
        api = self._api("look at QuickSight")
        info = subscription(api)
        if info is None:
            self._report("This account has no subscription to QuickSight: it costs nothing.")
            return ()
        self._report(
            f"QuickSight account {info.get('AccountName')}, {info.get('Edition')}: "
            f"{info.get('AccountSubscriptionStatus')}, paid by the month"
        )
        parts = tuple(look_at_parts(api))
        for part in parts:
            self._report(f"{part.kind} {part.id}: {part.status}")
        return parts

    def delete(self) -> tuple[Part, ...]:
        """Delete dashboard, analysis, data set and data source; return those that were there.

        The account's subscription stays, and goes on costing money: `delete_subscription`.

        Raises:
            QuickSightError: AWS refuses, or the target is local.
        """
        api = self._api("delete what the workbook made in QuickSight")
        if subscription(api) is None:
            self._report("This account has no subscription to QuickSight: nothing to delete.")
            return ()
        there = [part for part in look_at_parts(api) if part.is_there]
        gone = tuple(part for part in there if delete_part(api, part))
        for part in gone:
            self._report(f"{part.kind} {part.id}: deleted")
        self._report(
            f"{len(gone)} deleted. The account's subscription is still there, and is paid for: "
            "delete_subscription() ends it."
        )
        return gone

    def delete_subscription(self, confirm: str = "") -> None:
        """Delete the account's subscription to QuickSight, with EVERYTHING in it, everywhere.

        All dashboards, analyses, data sets and data sources of all users go, in every Region, and
        cannot be had back. The AWS account itself stays.

        Args:
            confirm: The account's id, of twelve digits, as a sign that this is what you want.

        Raises:
            QuickSightError: Not confirmed, or AWS refuses.

        Source:
            https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DeleteAccountSubscription.html
        """
        attempted = "delete the account's subscription to QuickSight"
        api = self._api(attempted)
        if subscription(api) is None:
            self._report("This account has no subscription to QuickSight: nothing to delete.")
            return
        held = ", ".join(f"{count} {kind}" for kind, count in inventory(api).items())
        warning = (
            f"This DELETES QuickSight from the AWS account {api.account_id}: everything that "
            f"anybody made in it, in EVERY Region, for good. In this region alone: {held}."
        )
        if confirm != api.account_id:
            raise QuickSightError(
                attempted,
                f"{warning} It was not confirmed, so nothing was deleted.",
                f'if nobody needs any of it: delete_subscription(confirm="{api.account_id}").',
            )
        self._report(warning)
        end_subscription(api)
        self._report("The subscription is deleted; AWS needs some minutes to take it all down.")

    def _make(self, api: Api, owner: str, data_source_arn: str | None, days: int) -> None:
        source = data_source_arn or make_data_source(api, owner)
        self._report(f"data source: {source}")
        data_set = make_data_set(api, owner, source, days)
        self._report(f"data set: {data_set}")
        self._report(f"dashboard: {make_dashboard(api, owner, data_set)}")

    def _api(self, attempted: str) -> Api:
        if self._settings.is_local:
            raise QuickSightError(
                attempted,
                "QuickSight exists only on AWS, in an account that pays for it; the embedded AWS "
                "has none.",
                "`lab dashboard` (or lab.dashboard()) shows the same here, live and for nothing. "
                "For QuickSight itself work on your own account: LAB_TARGET=aws.",
            )
        account_id = self._client("sts").get_caller_identity()["Account"]
        return Api(self._client("quicksight"), account_id, self._timeout_s)

    def _address(self) -> str:
        region = self._settings.region
        return f"https://{region}.quicksight.aws.amazon.com/sn/dashboards/{DASHBOARD_ID}"
