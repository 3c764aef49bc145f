"""What the lab runs on: the embedded AWS or a real account, behind one small interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import boto3
from botocore.config import Config

from lab_utils.account import connect_account
from lab_utils.embedded import local_control, running_sentence
from lab_utils.environment import without_proxy
from lab_utils.lab_time import Timeline
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, Settings

AWS_MQTT_PORT = 8883
LONGEST_INVOCATION_S = 15 * 60


class Target(Protocol):
    """Where the lab's calls go."""

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""

    def variables(self) -> dict[str, str]:
        """Return the environment variables with which any program finds it."""

    def mqtt_port(self) -> int:
        """Return the port that devices connect to."""

    def authority(self) -> Path | None:
        """Return the PEM file of the authority that devices trust; None for the system's own."""

    def timeline(self) -> Timeline:
        """Return the lab's time and speed."""

    def trace(self, topic: str, payload: bytes, client_id: str) -> list[dict[str, Any]] | None:
        """Publish a message and return what each rule made of it; None if only the log tells."""


class LocalTarget:
    """The embedded AWS of a workspace. When it has gone, the next use starts it again.

    Args:
        settings: The workspace and the region.
        speed: The lab clock's factor that is insisted upon; None takes what runs.
        report: Takes the line that says where it runs.

    Raises:
        TargetError: It does not start, or runs otherwise than asked.
    """

    def __init__(
        self, settings: Settings, speed: int | None, report: Callable[[str], None]
    ) -> None:
        self._report = report
        self._clients: dict[str, Any] = {}
        # One for all clients: reading botocore's data anew for each costs three times as much.
        self._boto: Any = boto3.Session(LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY)
        self._making = Lock()
        self._session = local_control().start(settings, speed=speed)
        self._settings = replace(settings, speed=self._session.speed)
        report(running_sentence(self._session))

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        session = self._running()
        # A boto3 session may make one client at a time only.
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._boto.client(
                    service,
                    region_name=session.region,
                    endpoint_url=session.endpoint_url,
                    config=without_proxy().merge(_patience(service)),
                )
            return self._clients[service]

    def variables(self) -> dict[str, str]:
        """Return the environment variables with which any program finds it."""
        variables: dict[str, str] = self._running().environment()
        return variables

    def mqtt_port(self) -> int:
        """Return the port of MQTT over mutual TLS: 8883 if it was free."""
        return int(self._running().mqtt_port)

    def authority(self) -> Path | None:
        """Return the certificate of the embedded AWS's own authority."""
        return Path(self._session.ca_file)

    def timeline(self) -> Timeline:
        """Return the lab's time and speed, as the embedded AWS tells them now."""
        session, control = self._running(), local_control()
        return Timeline.read(session.speed, lambda: control.lab_time_ns(session))

    def trace(self, topic: str, payload: bytes, client_id: str) -> list[dict[str, Any]] | None:
        """Publish a message, and return what each rule made of it."""
        rows: list[dict[str, Any]] = local_control().trace(
            self._running(), topic, payload, client_id
        )
        return rows

    def _running(self) -> Any:
        """Return the session that answers now.

        The machine may have slept or someone may have stopped it while a notebook stayed open.
        """
        session = local_control().find(self._settings)
        if session is None:
            session = local_control().start(self._settings)
            self._report(f"It was gone and has been started again. {running_sentence(session)}")
        if session != self._session:
            self._session = session
            self._clients.clear()
        return session


class AwsTarget:
    """A real account, by the default credential chain.

    Args:
        settings: The region.
        report: Takes the line that names account, identity and region.

    Raises:
        TargetError: No region, no credentials, or credentials that AWS refuses.
    """

    def __init__(self, settings: Settings, report: Callable[[str], None]) -> None:
        self._boto: Any = connect_account(settings, report)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        if service not in self._clients:
            self._clients[service] = self._boto.client(service, config=_patience(service))
        return self._clients[service]

    def variables(self) -> dict[str, str]:
        """Return none: the environment of this process names the account already."""
        return {}

    def mqtt_port(self) -> int:
        """Return AWS's port of MQTT over mutual TLS."""
        return AWS_MQTT_PORT

    def authority(self) -> Path | None:
        """Return None: the system's own store holds Amazon's authorities."""
        return None

    def timeline(self) -> Timeline:
        """Return the wall clock's time: AWS has no other."""
        return Timeline.of_wall_clock()

    def trace(self, _topic: str, _payload: bytes, _client_id: str) -> None:
        """Return None: AWS tells what rules do in its log alone."""


def _patience(service: str) -> Config:
    """Return for how long a client waits; who asks again too early runs a function twice."""
    return Config(read_timeout=LONGEST_INVOCATION_S + 10) if service == "lambda" else Config()
