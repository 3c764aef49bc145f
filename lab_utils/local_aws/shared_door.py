"""Port 443, at which AWS IoT answers MQTT and HTTPS: the client's ALPN says which it wants.

The door only looks at the first words of a connection, and hands it on to the door of what it
wants: certificates, and who is let in, are that one's business.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from __future__ import annotations

import asyncio
import logging
import socket

from lab_utils.local_aws.client_hello import RECORD_HEADER, offered_protocols, record_length
from lab_utils.local_aws.ports import LOOPBACK

MQTT_NAMES = frozenset({b"x-amzn-mqtt-ca", b"mqtt"})
_PIECE = 64 * 1024
_FIRST_WORDS_S = 10.0
_log = logging.getLogger(__name__)


class SharedDoor:
    """Hands each connection on to the door that it wants.

    Args:
        bound: The socket, bound to the loopback interface.
        mqtt_port: Where MQTT over mutual TLS is served.
        https_port: Where the AWS APIs are served over TLS.
    """

    def __init__(self, bound: socket.socket, mqtt_port: int, https_port: int) -> None:
        self._bound = bound
        self._mqtt_port = mqtt_port
        self._https_port = https_port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._take, sock=self._bound)

    async def close(self) -> None:
        """Take no more, and end those there are."""
        if self._server is not None:
            self._server.close()
        ended = [*self._open]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._hand_on(reader, writer)
        except (OSError, EOFError, TimeoutError) as error:
            _log.debug("A connection at port 443 ended: %r", error)
        finally:
            self._open.discard(task)
            writer.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_FIRST_WORDS_S):
            header = await reader.readexactly(RECORD_HEADER)
            record = await reader.readexactly(record_length(header))
        wants_mqtt = MQTT_NAMES.intersection(offered_protocols(record))
        port = self._mqtt_port if wants_mqtt else self._https_port
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            inner_writer.write(header + record)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, inner_writer))
                both.create_task(_pass_on(inner_reader, writer))
        except* OSError as errors:
            _log.debug("A connection at port 443 broke: %r", errors.exceptions)
        finally:
            inner_writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what one side says until it has ended."""
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof() and not writer.is_closing():
        writer.write_eof()
