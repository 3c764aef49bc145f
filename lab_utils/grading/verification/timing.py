"""Work that has a limit of time, and costs nobody else anything if it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T]) -> T:
    """Return what some work gives, if it ends in time.

    Work that does not is left behind, in a thread that ends with the process; whoever gave it
    what it works with has to take that away.

    Args:
        limit_s: The longest that it may take, in seconds.
        work: Called once, in a thread of its own.

    Raises:
        TimeoutError: It did not end in time.
        Exception: What the work itself raises.
    """
    ending: Future[T] = Future()

    def run() -> None:
        try:
            ending.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited.
            ending.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return ending.result(limit_s)
