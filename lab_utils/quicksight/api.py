"""QuickSight's API for one account, with its errors in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.quicksight.errors import QuickSightError, is_missing, refused

_IN_PROGRESS = "_IN_PROGRESS"
_FAILED = "_FAILED"


@dataclass(frozen=True)
class Api:
    """Calls on one account's QuickSight, in the client's region.

    Attributes:
        client: The boto3 client ``quicksight``.
        account_id: The account, of twelve digits.
        timeout_s: For how long to wait until something is made, in seconds.
        pause: Waits for some seconds between two looks.
    """

    client: Any
    account_id: str
    timeout_s: float
    pause: Callable[[float], None] = time.sleep

    def call(self, attempted: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer of an operation.

        Args:
            attempted: What for, as a clause.
            operation: As boto3 names it, ``create_data_set``.
            arguments: Beside the account.

        Raises:
            QuickSightError: AWS refuses or fails.
        """
        try:
            return self._ask(operation, arguments)
        except (ClientError, BotoCoreError) as error:
            raise refused(attempted, error) from error

    def find(self, attempted: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """Return the answer of an operation, or None where there is no such thing."""
        try:
            return self._ask(operation, arguments)
        except ClientError as error:
            if is_missing(error):
                return None
            raise refused(attempted, error) from error
        except BotoCoreError as error:
            raise refused(attempted, error) from error

    def list(self, attempted: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Yield what an operation lists, page for page."""
        token: dict[str, str] = {}
        while True:
            page = self.call(attempted, operation, **arguments, **token)
            yield from page.get(key, [])
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def wait(self, attempted: str, look: Callable[[], tuple[str, str]]) -> None:
        """Wait until something is made.

        Args:
            attempted: What for, as a clause.
            look: Returns its status as QuickSight spells it, and why it failed, if it did.

        Raises:
            QuickSightError: It failed, or is not ready in time.
        """
        deadline = time.monotonic() + self.timeout_s
        pause_s = 1.0
        while True:
            status, why = look()
            if status.endswith(_FAILED):
                raise QuickSightError(
                    attempted, f"{status}: {why or 'AWS gives no reason.'}", _MEND
                )
            if not status.endswith(_IN_PROGRESS):
                return
            if time.monotonic() >= deadline:
                late = f"after {self.timeout_s:g} s it is still {status}."
                raise QuickSightError(attempted, late, _LATER)
            self.pause(pause_s)
            pause_s = min(2 * pause_s, 10.0)

    def _ask(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        call = getattr(self.client, operation)
        answer: dict[str, Any] = call(AwsAccountId=self.account_id, **arguments)
        return answer


_MEND = (
    "allow Timestream under Manage QuickSight > Security & permissions, see that the table "
    "iot.temperaturesensor has readings, and call create() again: it goes on where it stopped."
)
_LATER = "call create() again in a minute: it goes on where it stopped."
