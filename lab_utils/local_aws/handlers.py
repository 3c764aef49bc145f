"""What answers the requests to one service, as ministack hands them on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Answer = tuple[int, Any, Any]
"""HTTP status, headers and body."""

Handler = Callable[..., Awaitable[Answer]]
"""Takes method, path, headers, body and query."""
