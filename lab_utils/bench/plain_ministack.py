"""ministack as it comes, in a process of its own, but for the interface that it listens on.

``python -m lab_utils.bench.plain_ministack`` is the program; `plain_ministack` runs it. It takes
its ports from the environment, as ``python -m ministack`` does; its MQTT listener would take
every interface of the machine, so here all listeners are put on the loopback one.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil

from lab_utils.bench.outcome import BenchmarkError
from lab_utils.environment import without_proxy
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, base_environment
from lab_utils.waiting import wait_for

_LOOPBACK = "127.0.0.1"
_REGION = "eu-west-1"
_START_S, _STOP_S = 30.0, 10.0
_DROPPED = ("AWS_", "IOT_", "LAB_", "LAMBDA_", "MINISTACK_")


@dataclass(frozen=True)
class PlainMinistack:
    """A ministack that runs.

    Attributes:
        http_port: Of the AWS APIs.
        mqtt_port: Of MQTT over mutual TLS.
        authority: The PEM file of its authority.
        process: Its process.
    """

    http_port: int
    mqtt_port: int
    authority: Path
    process: psutil.Process

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        session: Any = boto3.Session(LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, region_name=_REGION)
        return session.client(service, endpoint_url=_url(self.http_port), config=without_proxy())


@contextmanager
def plain_ministack(folder: Path) -> Iterator[PlainMinistack]:
    """Run ministack while the block runs.

    Args:
        folder: An empty folder for its state, its log and its authority.

    Raises:
        BenchmarkError: It does not answer in time.
    """
    http_port, mqtt_port = _free_port(), _free_port()
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lab_utils.bench.plain_ministack"],
            env=_environment(folder, http_port, mqtt_port),
            cwd=Path(__file__).parents[2],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        authority = folder / "authority.pem"
        authority.write_bytes(_wait_for_authority(process, http_port, folder))
        yield PlainMinistack(http_port, mqtt_port, authority, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(folder: Path, http_port: int, mqtt_port: int) -> dict[str, str]:
    base = {n: v for n, v in base_environment().items() if not n.startswith(_DROPPED)}
    return {
        **base,
        "BIND_HOST": _LOOPBACK,
        "GATEWAY_PORT": str(http_port),
        "IOT_MTLS_PORT": str(mqtt_port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": _REGION,
        "AWS_DEFAULT_REGION": _REGION,
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": str(folder),
        "TMPDIR": str(folder),
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
    }


def _wait_for_authority(process: subprocess.Popen[bytes], port: int, folder: Path) -> bytes:
    """Return the certificate of its authority as soon as it answers.

    Raises:
        BenchmarkError: It has ended, or does not answer in time.
    """
    address = f"{_url(port)}/_ministack/iot/ca.pem"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def look() -> bytes | None:
        if process.poll() is not None:
            return b""
        try:
            with opener.open(address, timeout=_START_S) as answer:
                body: bytes = answer.read()
                return body
        except (urllib.error.URLError, ConnectionError):
            return None

    found = wait_for(look, _START_S)
    if found:
        return found
    log = (folder / "ministack.log").read_text("utf-8", errors="replace")
    raise BenchmarkError(
        "start ministack for a benchmark",
        f"It did not answer at {address}: {json.dumps(log[-500:])}.",
        "look at what it says, and run the benchmark again.",
    )


def _url(port: int) -> str:
    return f"http://{_LOOPBACK}:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _listen_on_loopback() -> None:
    """Put every listener that this process makes on the loopback interface."""
    loops: Any = asyncio.BaseEventLoop
    original = loops.create_server

    def create_server(
        loop: asyncio.BaseEventLoop, factory: Any, host: Any = None, port: Any = None, **rest: Any
    ) -> Any:
        return original(loop, factory, _LOOPBACK if host else host, port, **rest)

    loops.create_server = create_server


if __name__ == "__main__":
    _listen_on_loopback()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__")
