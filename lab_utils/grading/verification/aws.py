"""The embedded AWS of a cell, as the checks of one submission use it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from lab_utils.embedded import local_control
from lab_utils.environment import clean_environment, without_proxy
from lab_utils.errors import CheckError
from lab_utils.lab_time import Timeline
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, Settings

_ANSWER_S, _INVOCATION_S = 20.0, 70.0
"""A server that student code keeps busy has to answer within it; a function may run a minute."""


class CellAws:
    """Clients, time and devices of the embedded AWS that a session file names.

    Args:
        settings: Of the cell, with the session file.

    Raises:
        TargetError: It does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = local_control().start(settings)
        self._boto: Any = boto3.Session(LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY)
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, which does not wait for long."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._boto.client(
                    service,
                    region_name=self.session.region,
                    endpoint_url=self.session.endpoint_url,
                    config=without_proxy().merge(_patience(service)),
                )
            return self._clients[service]

    def variables(self) -> dict[str, str]:
        """Return the variables with which any program finds it."""
        variables: dict[str, str] = self.session.environment()
        return variables

    def environment(self) -> dict[str, str]:
        """Return the whole environment of Terraform and of the student's scripts."""
        return clean_environment(self.settings, self.variables())

    def timeline(self) -> Timeline:
        """Return the lab's time and speed."""
        control = local_control()
        return Timeline.read(self.session.speed, lambda: control.lab_time_ns(self.session))

    def device(self, client_id: str, files: DeviceFiles) -> Device:
        """Return a device of the account's endpoint, not connected yet.

        The endpoint is the account's own, whatever Terraform's output says: that is a check of
        its own, and costs no other.
        """
        host, port = self.session.mqtt_host, self.session.mqtt_port
        return Device(host, int(port), files, client_id)


def _patience(service: str) -> Config:
    seconds = _INVOCATION_S if service == "lambda" else _ANSWER_S
    return Config(read_timeout=seconds, connect_timeout=5, retries={"total_max_attempts": 1})


@dataclass
class Lease:
    """What the checks of a phase use, so that it can be taken from one that does not end."""

    aws: CellAws
    files: DeviceFiles

    def __post_init__(self) -> None:
        self._devices: list[Device] = []
        self._is_over = threading.Event()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        self._require()
        return self.aws.client(service)

    def device(self, client_id: str) -> Device:
        """Return a device that is not connected yet."""
        self._require()
        device = self.aws.device(client_id, self.files)
        self._devices.append(device)
        return device

    def timeline(self) -> Timeline:
        """Return the lab's time and speed."""
        self._require()
        return self.aws.timeline()

    def end(self) -> None:
        """Take it all away: whoever still works with it gets errors from now on."""
        self._is_over.set()
        for device in self._devices:
            device.disconnect()

    def _require(self) -> None:
        if self._is_over.is_set():
            raise CheckError("go on", "the time for this check is over", "see the check's limit.")
