"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.05


def wait_for(look: Callable[[], T | None], timeout_s: float) -> T | None:
    """Return the first thing that ``look`` finds, or None if it found none in time.

    Args:
        look: Returns what was waited for, or None; called at least once.
        timeout_s: For how long to go on looking, in seconds of the wall clock.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(_POLL_S)
