"""The embedded AWS's process: from free ports to a session file, and back to nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import hypercorn.asyncio
import hypercorn.config

from lab_utils.errors import TargetError
from lab_utils.local_aws import ministack_adapter as adapter
from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.variables import Doors
from lab_utils.local_aws.gateway import Gateway
from lab_utils.local_aws.ports import LOOPBACK, bind_if_free, bind_loopback
from lab_utils.local_aws.provider.server import serve_providers
from lab_utils.local_aws.server_settings import ServerSettings
from lab_utils.local_aws.session_file import (
    CA_FILE,
    GUEST_FOLDER,
    SESSION_FILE,
    Session,
    write_guest_session,
    write_private,
    write_session,
)
from lab_utils.local_aws.shared_door import SharedDoor
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.state.items import ItemJournal
from lab_utils.local_aws.state.saver import StateSaver, load_sources
from lab_utils.local_aws.timestream.service import Timestream
from lab_utils.local_aws.tls_door import TlsConfig, write_bundle
from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_ACCOUNT, LOCAL_SECRET_KEY

USUAL_HTTP_PORT, USUAL_HTTPS_PORT, USUAL_MQTT_PORT = 4566, 8443, 8883
SHARED_PORT = 443
"""Where ``https://`` leads to, and the AWS IoT Device SDK if its user names no port."""

_ITEMS_FILE = "dynamodb-items.sqlite3"
_TERRAFORM_RC = "terraform.rc"
_KEEP_ALIVE_S = 75
_LAST_ANSWERS_S = 1
_log = logging.getLogger(__name__)


class Providers(Protocol):
    """Terraform providers that are being served."""

    def reattach(self) -> dict[str, Any]:
        """Return what ``TF_REATTACH_PROVIDERS`` has to say."""

    def stop(self) -> None:
        """Stop serving."""


class LocalServer:
    """One embedded AWS: its ports are taken and its state is loaded when it is made.

    Args:
        settings: What to serve.

    Raises:
        TargetError: A port that was asked for is taken, ministack is not the pinned one, or there
            is no program to enclose functions in.
        OSError: The workspace cannot be written.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        _require_program(settings.function_prefix)
        self._http = bind_loopback(settings.http_port, USUAL_HTTP_PORT, "the AWS APIs")
        self._mqtt = bind_loopback(settings.mqtt_port, USUAL_MQTT_PORT, "MQTT")
        self._https = bind_loopback(None, USUAL_HTTPS_PORT, "the AWS APIs over TLS")
        http_port, self._mqtt_port = _port(self._http), _port(self._mqtt)
        is_usual = self._mqtt_port == USUAL_MQTT_PORT
        self._shared = bind_if_free(SHARED_PORT) if is_usual else None
        self._endpoint_url = f"http://{LOOPBACK}:{http_port}"
        adapter.prepare_environment(settings, http_port, self._mqtt_port)
        folder = settings.state_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        journal = ItemJournal(folder / _ITEMS_FILE)
        self._health = SavingHealth()
        self._clock = clock = LabClock(settings.speed)
        self._timestream = Timestream(folder, clock, self._health)
        self._doors = Doors(http_port, _port(self._https), self._mqtt_port, settings.lab_dir)
        self._aws = adapter.Ministack(
            journal,
            clock,
            self._timestream,
            self._doors,
            settings.kept_runtimes,
            settings.hosting,
        )
        load_sources(folder, self._aws.source, self._health)
        if report := self._aws.items.load():
            self._health.damaged(report)
        self._saver = StateSaver(folder, self._aws.sources, journal, self._health)
        self._aws.save_changes_with(self._saver.save_now)
        self._gateway = Gateway(
            self._aws.app, self._report, self._request_stop, self._aws.rules.answer_trace
        )
        self._stopping = asyncio.Event()
        self._started_at = ""

    async def serve(self) -> None:
        """Serve until a signal or a stop request; a clean end loses nothing."""
        _on_signals(self._request_stop)
        self._aws.start_background()
        self._timestream.start()
        ca_file = self._write_ca()
        try:
            async with (
                self._serving_http(),
                self._serving_https(),
                self._serving_mqtt(),
                self._serving_shared(),
            ):
                await self._serve_session(ca_file)
        finally:
            self._timestream.close()
            self._clock.stop()
            self._saver.close()

    async def _serve_session(self, ca_file: Path) -> None:
        providers = self._serve_providers()
        saving = asyncio.create_task(self._saver.run())
        saving.add_done_callback(self._saving_ended)
        session_file = self._settings.lab_dir / SESSION_FILE
        try:
            session = self._session(ca_file, providers.reattach())
            if self._settings.own_lab_dir is not None:
                write_guest_session(self._settings.lab_dir / GUEST_FOLDER, session)
            write_session(session_file, session)
            _log.info("Ready: %s, MQTT on port %d", session.endpoint_url, session.mqtt_port)
            await self._stopping.wait()
        finally:
            with suppress(OSError):
                session_file.unlink(missing_ok=True)
            saving.cancel()
            providers.stop()

    @asynccontextmanager
    async def _serving_http(self) -> AsyncIterator[None]:
        async with self._serving(hypercorn.config.Config(), self._http):
            yield

    @asynccontextmanager
    async def _serving_https(self) -> AsyncIterator[None]:
        async with self._serving(TlsConfig(self._aws.server_certificate), self._https):
            yield

    @asynccontextmanager
    async def _serving(
        self, config: hypercorn.config.Config, bound: socket.socket
    ) -> AsyncIterator[None]:
        config.bind = [f"fd://{bound.detach()}"]
        config.keep_alive_timeout = _KEEP_ALIVE_S
        config.graceful_timeout = _LAST_ANSWERS_S
        config.loglevel = "WARNING"
        done = asyncio.Event()
        task = asyncio.create_task(
            hypercorn.asyncio.serve(self._gateway, config, shutdown_trigger=done.wait)
        )
        try:
            yield
        finally:
            done.set()
            await task

    @asynccontextmanager
    async def _serving_mqtt(self) -> AsyncIterator[None]:
        await self._aws.listen_mqtt([self._mqtt])
        try:
            yield
        finally:
            await self._aws.stop_mqtt()
            await self._aws.stop_background()

    @asynccontextmanager
    async def _serving_shared(self) -> AsyncIterator[None]:
        """Serve port 443, where it is this server's to use."""
        if self._shared is None:
            yield
            return
        door = SharedDoor(self._shared, self._mqtt_port, self._doors.https_port)
        await door.open()
        try:
            yield
        finally:
            await door.close()

    def _serve_providers(self) -> Providers:
        return serve_providers(
            endpoint_url=self._endpoint_url,
            region=self._settings.region,
            default_cwd=self._settings.terraform_dir,
            access_key=LOCAL_ACCESS_KEY,
            secret_key=LOCAL_SECRET_KEY,
            hidden=self._settings.hidden_folders,
        )

    def _session(self, ca_file: Path, reattach: dict[str, Any]) -> Session:
        self._started_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        terraform_rc = self._settings.lab_dir / _TERRAFORM_RC
        write_private(terraform_rc, b"disable_checkpoint = true\n")
        return Session(
            endpoint_url=self._endpoint_url,
            mqtt_host=adapter.DEVICE_HOST,
            mqtt_port=self._mqtt_port,
            ca_file=str(ca_file),
            region=self._settings.region,
            account=LOCAL_ACCOUNT,
            speed=self._settings.speed,
            workspace=str(self._settings.workspace),
            pid=os.getpid(),
            reattach=reattach,
            cli_config_file=str(terraform_rc),
            started_at=self._started_at,
            stop_token=self._gateway.stop_token,
            trace_token=self._gateway.trace_token,
            https_port=self._doors.https_port,
        )

    def _write_ca(self) -> Path:
        certificate = self._aws.certificate_authority()
        ca_file = self._settings.lab_dir / CA_FILE
        write_private(ca_file, certificate)
        write_private(self._doors.ca_file, certificate)
        write_bundle(self._doors.ca_bundle, certificate)
        given_files = self._settings.workspace / "terraform" / "files"
        if given_files.is_dir():
            write_private(given_files / CA_FILE, certificate)
        return ca_file

    def _report(self) -> dict[str, Any]:
        return {
            "workspace": str(self._settings.workspace),
            "pid": os.getpid(),
            "started_at": self._started_at,
            "region": self._settings.region,
            "speed": self._settings.speed,
            "lab_time_ns": self._clock.now_ns(),
            "state": self._health.to_json(),
        }

    def _saving_ended(self, saving: asyncio.Task[None]) -> None:
        """Record that the saver died, which would otherwise show only after a kill."""
        if not saving.cancelled() and (error := saving.exception()) is not None:
            self._health.failed("everything", error)

    def _request_stop(self) -> None:
        self._stopping.set()


def _require_program(prefix: Sequence[str]) -> None:
    """Make sure, before anything is served, that functions can be started.

    Raises:
        TargetError: There is no such program.
    """
    if prefix and shutil.which(prefix[0]) is None:
        raise TargetError(
            "start the embedded AWS",
            f"There is no program {prefix[0]}, in which its functions are to run.",
            "install it, or give another --function-prefix.",
        )


def _port(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def _on_signals(stop: Callable[[], None]) -> None:
    """Stop cleanly on a signal; Windows has no signal handlers of the loop, but its own."""
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
