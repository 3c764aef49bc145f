"""The HTTP door of the embedded AWS: what the lab itself answers, or refuses, before ministack."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/_lab/health"
STOP_PATH = "/_lab/stop"
TRACE_PATH = "/_lab/trace"
TOKEN_HEADER = "x-lab-token"
MAX_PAYLOAD_BYTES = 128 * 1024
"""The largest payload of an MQTT message, over HTTP as over MQTT."""

_ADMINISTRATION = ("/_ministack/reset", "/_ministack/config", "/_localstack/")
_TOO_LARGE = json.dumps(
    {
        "__type": "RequestEntityTooLargeException",
        "message": f"The payload is larger than the maximum of {MAX_PAYLOAD_BYTES} bytes.",
    }
).encode()
_UNSIGNED = b'{"message": "Missing Authentication Token"}'


class Gateway:
    """An ASGI application around ministack's.

    Args:
        app: ministack's application.
        health: Returns what the health path answers.
        stop: Called for a stop request that carries the token.
        trace: Returns status and body for the body of a trace request that carries it.
    """

    def __init__(
        self,
        app: AsgiApp,
        health: Callable[[], dict[str, Any]],
        stop: Callable[[], None],
        trace: Callable[[bytes], Awaitable[tuple[int, bytes]]],
    ) -> None:
        self._app = app
        self._health = health
        self._stop = stop
        self._trace = trace
        self.stop_token = secrets.token_urlsafe(32)
        self.trace_token = secrets.token_urlsafe(32)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one connection's scope."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] != "http" or not await self._answer(scope, receive, send):
            await self._app(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> bool:
        """Answer what is the lab's own business, and say whether it was."""
        path, headers = scope["path"], dict(scope["headers"])
        if path == HEALTH_PATH:
            await _reply(send, 200, json.dumps(self._health()).encode())
        elif path == STOP_PATH:
            await self._answer_stop(scope["method"], headers, send)
        elif path == TRACE_PATH:
            await self._answer_trace(scope["method"], headers, receive, send)
        elif path.startswith(_ADMINISTRATION):
            # These need no authorisation: any web page could reset the lab through them.
            await _reply(send, 404, b'{"message": "The lab does not serve this path."}')
        elif path.startswith("/topics/") and not _is_signed(scope, headers):
            await _reply(send, 403, _UNSIGNED)
        elif path.startswith("/topics/") and _content_length(headers) > MAX_PAYLOAD_BYTES:
            await _reply(send, 413, _TOO_LARGE)
        else:
            return False
        return True

    async def _answer_stop(self, method: str, headers: dict[bytes, bytes], send: Send) -> None:
        if not _has_token(method, headers, self.stop_token):
            await _reply(send, 403, b'{"message": "A stop request needs the session\'s token."}')
            return
        await _reply(send, 202, b'{"message": "stopping"}')
        self._stop()

    async def _answer_trace(
        self, method: str, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        if not _has_token(method, headers, self.trace_token):
            await _reply(send, 403, b'{"message": "A trace request needs the session\'s token."}')
            return
        await _reply(send, *await self._trace(await _body(receive)))


def _has_token(method: str, headers: dict[bytes, bytes], wanted: str) -> bool:
    token = headers.get(TOKEN_HEADER.encode(), b"")
    return method == "POST" and hmac.compare_digest(token, wanted.encode())


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server's life: the process around it starts and stops everything itself."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


async def _body(receive: Receive) -> bytes:
    body, has_more = b"", True
    while has_more:
        message = await receive()
        body += message.get("body", b"")
        has_more = bool(message.get("more_body"))
    return body


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_signed(scope: Message, headers: dict[bytes, bytes]) -> bool:
    """Return whether a request carries a signature, right or wrong, in one of its two places."""
    return b"authorization" in headers or b"X-Amz-Signature=" in scope.get("query_string", b"")


def _content_length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else 0
