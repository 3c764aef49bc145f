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
from lab_utils.errors import MqttError

_LOOK_S = 2.0
_REFUSED = 128
"""From this reason code on, the broker's answer is a no."""
_TRANSIENT = {136, 137, 159}
"""Server unavailable, server busy, connection rate exceeded: the SDK's next attempt may succeed."""

_HUNG_UP = ("TLS", "HANGUP", "SOCKET_CLOSED", "CONNACK")
"""What the SDK's names have in them for a connection that came to TLS and was closed there."""


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


def refusal(
    attempted: str, permission: tuple[str, str], code: Any, packet: Any
) -> MqttError | None:
    """Return the error for the reason code of a PUBACK or SUBACK; None if it is a yes.

    Args:
        attempted: What was asked, as a clause.
        permission: The action and the resource that a policy has to allow for it.
        code: The reason code.
        packet: Where it stands, with the broker's own words.
    """
    if int(code) < _REFUSED:
        return None
    return mqtt_errors.answered(attempted, *permission, int(code), said(code, packet))


def failed_connection(
    attempted: str, client_id: str, place: tuple[str, int], certificate_id: str, failure: Any
) -> MqttError:
    """Return the error for an attempt to connect that the SDK has reported as failed."""
    packet = failure.connack_packet
    heard = words(failure.exception)
    if packet is not None and int(packet.reason_code or 0) >= _REFUSED:
        return mqtt_errors.not_let_in(attempted, client_id, said(packet.reason_code, packet))
    # A handshake that takes too long is a busy broker: one that refuses says so by hanging up.
    name = failure.exception.name
    if "TIMEOUT" not in name and any(word in name for word in _HUNG_UP):
        return mqtt_errors.hung_up(attempted, certificate_id, heard)
    return mqtt_errors.unreachable(attempted, *place, heard)


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
