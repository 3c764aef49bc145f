"""An MQTT 3.1.1 publisher that holds nothing back.

The AWS SDK keeps to 100 publishes a second, AWS's limit of a connection. A benchmark needs one
that sends as fast as the broker acknowledges, with QoS 1 and a window of messages on their way.

Source: http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lab_utils.bench.outcome import BenchmarkError

WINDOW = 500
"""How many messages may be on their way without an acknowledgement."""
_CONNECT, _CONNACK, _PUBLISH_QOS1, _PUBACK, _DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0xE0
_CLEAN_SESSION, _KEEP_ALIVE_S = 0x02, 600
_MOST_IDS = 0xFFFF
_ACKNOWLEDGEMENT_BYTES = 4
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class MqttAddress:
    """Where a broker listens, and with which files a device connects.

    Attributes:
        port: Its port on the loopback interface.
        certificate: The device's certificate, PEM.
        private_key: Its key, PEM.
        authority: The broker's authority, PEM.
    """

    port: int
    certificate: Path
    private_key: Path
    authority: Path


class RawPublisher:
    """One connection over mutual TLS: ``with RawPublisher(address, "house") as publisher``.

    Args:
        address: The broker.
        client_id: The MQTT client id.

    Raises:
        BenchmarkError: The broker refuses, or does not answer in time.
    """

    def __init__(self, address: MqttAddress, client_id: str) -> None:
        self._address = address
        self._client_id = client_id

    def __enter__(self) -> RawPublisher:
        context = ssl.create_default_context(cafile=str(self._address.authority))
        context.load_cert_chain(str(self._address.certificate), str(self._address.private_key))
        plain = socket.create_connection(("127.0.0.1", self._address.port), _TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain, server_hostname="localhost")
        self._socket.sendall(connect_packet(self._client_id))
        answer = self._socket.recv(_ACKNOWLEDGEMENT_BYTES)
        if answer != bytes([_CONNACK, 2, 0, 0]):
            raise _failed("connect", f"The broker answered {answer.hex() or 'nothing'}.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._socket.sendall(bytes([_DISCONNECT, 0]))
        self._socket.close()

    def publish(self, packets: Sequence[bytes]) -> None:
        """Send packets of `publish_packet`, and return when the last one is acknowledged.

        Raises:
            BenchmarkError: The broker closed the connection, or answered something else.
        """
        sent = acknowledged = 0
        rest = b""
        while acknowledged < len(packets):
            free = acknowledged + WINDOW
            if sent < min(free, len(packets)):
                self._socket.sendall(b"".join(packets[sent:free]))
                sent = min(free, len(packets))
            rest += self._receive()
            whole = len(rest) - len(rest) % _ACKNOWLEDGEMENT_BYTES
            if any(kind != _PUBACK for kind in rest[:whole:_ACKNOWLEDGEMENT_BYTES]):
                raise _failed("publish", f"The broker answered {rest[:16].hex()}.")
            acknowledged += whole // _ACKNOWLEDGEMENT_BYTES
            rest = rest[whole:]

    def _receive(self) -> bytes:
        try:
            received = self._socket.recv(65536)
        except TimeoutError as error:
            raise _failed("publish", f"No answer came in {_TIMEOUT_S:g} s.") from error
        if not received:
            raise _failed("publish", "The broker closed the connection.")
        return received


def connect_packet(client_id: str) -> bytes:
    """Return a CONNECT that begins a clean session."""
    header = _text("MQTT") + struct.pack("!BBH", 4, _CLEAN_SESSION, _KEEP_ALIVE_S)
    return _packet(_CONNECT, header + _text(client_id))


def publish_packet(number: int, topic: str, payload: bytes) -> bytes:
    """Return a PUBLISH with QoS 1; ``number`` counts the messages and gives the packet's id."""
    packet_id = number % _MOST_IDS + 1
    return _packet(_PUBLISH_QOS1, _text(topic) + struct.pack("!H", packet_id) + payload)


def _packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _remaining_length(len(body)) + body


def _remaining_length(length: int) -> bytes:
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _failed(doing: str, happened: str) -> BenchmarkError:
    return BenchmarkError(
        f"{doing} over MQTT in a benchmark", happened, "look at the broker's log; run it again."
    )
