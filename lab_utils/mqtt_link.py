"""One connection of a device: the files it is made with, and what the SDK reports about it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils import mqtt_errors

_LOOK_S = 2.0
_TRANSIENT = {136, 137, 159}
"""Server unavailable, server busy, connection rate exceeded: the SDK's next attempt may succeed."""


@dataclass(frozen=True)
class DeviceFiles:
    """The files that a device shows who it is with.

    Attributes:
        certificate: Its certificate, PEM.
        private_key: The certificate's private key, PEM.
        ca: The authority that the endpoint's own certificate has to be of; None means the
            system's trust store, which holds Amazon's.
    """

    certificate: Path
    private_key: Path
    ca: Path | None = None


class Link:
    """What the SDK reports about one connection; every change wakes who waits for it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.is_connected = False
        self.connections = 0
        self.drops = 0
        self.failure: Any = None
        self.thrown_out: Any = None
        self.stopped: Future[None] = Future()

    def on_success(self, _event: Any) -> None:
        """Take note of a connection that the broker accepted."""
        with self.changed:
            self.is_connected, self.failure = True, None
            self.connections += 1
            self.changed.notify_all()

    def on_failure(self, event: Any) -> None:
        """Take note of an attempt that failed, unless trying again may help."""
        packet = event.connack_packet
        if packet is not None and int(packet.reason_code or 0) in _TRANSIENT:
            return
        with self.changed:
            self.failure = event
            self.changed.notify_all()

    def on_disconnection(self, event: Any) -> None:
        """Take note of a connection that broke, and of what the broker said."""
        with self.changed:
            self.is_connected = False
            self.drops += 1
            self.thrown_out = event.disconnect_packet
            self.changed.notify_all()

    def on_stopped(self, _event: Any) -> None:
        """Take note that the client has let go of everything."""
        if not self.stopped.done():
            self.stopped.set_result(None)

    def wait(self, is_so: Callable[[], Any], timeout_s: float) -> bool:
        """Return whether something became so in the time given, in seconds."""
        with self.changed:
            return bool(self.changed.wait_for(is_so, max(0.0, timeout_s)))


def words(error: Any) -> str:
    """Return an error of the SDK as the reader sees it: its name and what it means."""
    return f"{error.name} ({error.message.rstrip('.')})"


def said(code: Any, packet: Any) -> str:
    """Return what the broker answered in a packet: reason code, its name, its own words."""
    return mqtt_errors.reason(int(code), code.name, packet.reason_string)


def untrusted_words(host: str, port: int, files: DeviceFiles) -> str:
    """Return why the endpoint's own certificate is not trusted, or "" if it is or nobody answers.

    The SDK's TLS library holds this failure back for up to half a minute, against attackers who
    measure time; Python's says it at once.
    """
    context = ssl.create_default_context(cafile=files.ca)
    try:
        with (
            socket.create_connection((host, port), timeout=_LOOK_S) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError:
        return ""
