"""Where the dashboard's questions go: found anew for each look, and never started by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3
from botocore.config import Config

from lab_utils.account import connect_account
from lab_utils.embedded import local_control
from lab_utils.environment import without_proxy
from lab_utils.errors import TargetError
from lab_utils.lab_time import moment_of
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, Settings

LOCAL_INTERVAL_S, AWS_INTERVAL_S = 1.0, 60.0
"""How far apart two looks are at least: on real AWS each one costs."""
_LOCAL_PATIENCE = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Connection:
    """A target that answers.

    Attributes:
        client: Returns the boto3 client of a service.
        now: The lab's time, UTC.
        speed: How many times faster than the wall clock it runs.
    """

    client: Callable[[str], Any]
    now: datetime
    speed: int


class Endpoint(Protocol):
    """A target, there or not."""

    interval_s: float
    where: str

    def connect(self) -> Connection:
        """Return it as it answers now.

        Raises:
            TargetError: It does not.
        """


class LocalEndpoint:
    """The embedded AWS of a workspace, on whichever port it runs now.

    Args:
        settings: The workspace.
    """

    interval_s = LOCAL_INTERVAL_S

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self.where = f"the embedded AWS of {settings.workspace}"

    def connect(self) -> Connection:
        """Return it as it answers now; a page that only looks does not start it."""
        found = local_control().inspect(self._settings)
        if found.session is None:
            raise TargetError(
                "look at the embedded AWS",
                f"The embedded AWS of this workspace is not running. {found.remark}".rstrip(),
                "`lab start`, or any cell of a notebook that uses the lab, starts it again.",
            )
        if found.session != self._session:
            self._session = found.session
            self._clients.clear()
        return Connection(self._client, moment_of(found.health["lab_time_ns"]), self._session.speed)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            boto: Any = boto3.Session(
                LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, region_name=self._session.region
            )
            self._clients[service] = boto.client(
                service,
                endpoint_url=self._session.endpoint_url,
                config=without_proxy().merge(_LOCAL_PATIENCE),
            )
        return self._clients[service]


class AwsEndpoint:
    """A real account.

    Args:
        settings: The region.

    Raises:
        TargetError: No region, no credentials, or credentials that AWS refuses.
    """

    interval_s = AWS_INTERVAL_S

    def __init__(self, settings: Settings, report: Callable[[str], None]) -> None:
        self._boto: Any = connect_account(settings, report)
        self._clients: dict[str, Any] = {}
        self.where = f"your AWS account, region {settings.region}"

    def connect(self) -> Connection:
        """Return it: whether it answers, the questions will tell."""
        return Connection(self._client, datetime.now(UTC), 1)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._boto.client(service)
        return self._clients[service]


def find_endpoint(settings: Settings, report: Callable[[str], None]) -> Endpoint:
    """Return the lab's target.

    Raises:
        TargetError: On real AWS, as for `AwsEndpoint`.
    """
    return LocalEndpoint(settings) if settings.is_local else AwsEndpoint(settings, report)
