"""What ministack reads from a device and sends to it: in larger or smaller parts."""

from __future__ import annotations

import asyncio
from typing import Any

_MOST_PACKETS = 32
_READ_BYTES = 8192


def gather_writes(iot: Any) -> None:
    """Seam: send what a connection gets in one turn of the loop together.

    ministack writes each acknowledgement by itself. Over TLS that costs as much as a rule, and
    wakes the device for each. Of what it has read, it copies the rest for each packet, so that
    it had better read a little.
    """
    iot._MTLS_READ_CHUNK = _READ_BYTES
    handle = iot._mtls_handle_conn

    async def handle_connection(reader: Any, writer: Any) -> None:
        await handle(reader, GatheringWriter(writer))

    iot._mtls_handle_conn = handle_connection


class GatheringWriter:
    """A stream writer that holds packets back until the loop's next turn, but only a few.

    Args:
        writer: Where they go.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._packets: list[bytes] = []
        self._has_sent = False

    def write(self, packet: bytes) -> None:
        """Take a packet; it leaves after those before it."""
        self._packets.append(packet)
        if len(self._packets) == 1:
            asyncio.get_running_loop().call_soon(self._send)
        elif len(self._packets) >= _MOST_PACKETS:
            self._send()

    async def drain(self) -> None:
        """Wait while the device takes less than it was sent."""
        if self._has_sent:
            self._has_sent = False
            await self._writer.drain()

    def close(self) -> None:
        """Send the last packets, and close."""
        self._send()
        self._writer.close()

    def __getattr__(self, name: str) -> Any:
        """Return what is no different: the rest of a stream writer."""
        return getattr(self._writer, name)

    def _send(self) -> None:
        if self._packets:
            packets, self._packets = self._packets, []
            self._has_sent = True
            self._writer.write(b"".join(packets))
