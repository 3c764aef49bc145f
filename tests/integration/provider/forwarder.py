"""A way to an endpoint that a test can cut and mend."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 65536


class Forwarder:
    """Forwards TCP to an endpoint, until a request with a given text passes: that cuts it.

    Args:
        url: The endpoint.
        cut_at: The text.
    """

    def __init__(self, url: str, cut_at: str) -> None:
        place = urlsplit(url)
        self._to = place.hostname or "", place.port or 0
        self._cut_at: bytes | None = cut_at.encode()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        self._close_all()

    def mend(self) -> None:
        """Forward everything again."""
        self._cut_at, self._is_cut = None, False

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if self._is_cut:
                    client.close()
                    continue
                endpoint = socket.create_connection(self._to)
                self._open |= {client, endpoint}
                for pair in ((client, endpoint), (endpoint, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if self._cut_at is not None and self._cut_at in data:
                    self._is_cut = True
                    self._close_all()
                    return
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _close_all(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()
