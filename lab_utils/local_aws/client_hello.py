"""What a TLS client says first, as far as a door has to know it: the protocols that it speaks.

Source:
    RFC 8446, 4.1.2 (ClientHello); RFC 7301, 3.1 (ALPN).
"""

from __future__ import annotations

RECORD_HEADER = 5
_HANDSHAKE, _CLIENT_HELLO, _ALPN = 22, 1, 16
_VERSION_AND_RANDOM = 2 + 32


def record_length(header: bytes) -> int:
    """Return how many bytes follow the header of a TLS record; 0 if it is none."""
    is_tls = len(header) == RECORD_HEADER and header[0] == _HANDSHAKE and header[1] == 3
    return int.from_bytes(header[3:]) if is_tls else 0


def offered_protocols(record: bytes) -> list[bytes]:
    """Return the names that a client offers by ALPN; none if it offers none, or is no client.

    Args:
        record: Its first record, without the header.
    """
    try:
        return _protocols(_Reader(record))
    except _EndError:
        return []


class _EndError(Exception):
    """There is less than there should be."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, length: int) -> bytes:
        if len(self._data) < length:
            raise _EndError
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length))

    def vector(self, length_bytes: int) -> _Reader:
        """Return a reader of a part that begins with its own length."""
        return _Reader(self.take(self.number(length_bytes)))

    def rest(self) -> bytes:
        return self._data


def _protocols(record: _Reader) -> list[bytes]:
    if record.number(1) != _CLIENT_HELLO:
        return []
    hello = record.vector(3)
    hello.take(_VERSION_AND_RANDOM)
    for length_bytes in (1, 2, 1):  # the session's id, cipher suites, compression methods
        hello.vector(length_bytes)
    extensions = hello.vector(2)
    while extensions.rest():
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _ALPN:
            return _names(content.vector(2))
    return []


def _names(listed: _Reader) -> list[bytes]:
    names = []
    while listed.rest():
        names.append(listed.vector(1).rest())
    return names
