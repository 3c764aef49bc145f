"""Runs an engine in a thread, and hands what it says to who watches."""

from __future__ import annotations

import importlib
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from lab_utils.errors import MqttError
from lab_utils.house.engine import Engine
from lab_utils.house.events import Snapshot, Watcher
from lab_utils.house.watchers import LinesWatcher

_END_S = 20.0
_LONGEST_WAIT_S = 0.5
"""How long the main thread waits at a time: on some systems an interrupt ends no longer wait."""


class Events:
    """What an engine has said and nobody has taken yet, in order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | Snapshot | None] = queue.SimpleQueue()

    def put(self, event: str | Snapshot | None) -> None:
        """Add a line for the reader or a step; None to wake who waits."""
        self._queue.put(event)

    def hand_on(self, watcher: Watcher, report: Callable[[str], None]) -> None:
        """Wait a moment for something to be said, and pass it on."""
        try:
            event = self._queue.get(timeout=_LONGEST_WAIT_S)
        except queue.Empty:
            return
        if isinstance(event, Snapshot):
            watcher.step(event)
        elif event is not None:
            report(event)

    @property
    def is_empty(self) -> bool:
        """Whether everything has been passed on."""
        return self._queue.empty()


def watch(
    engine: Engine, events: Events, watcher: Watcher, report: Callable[[str], None]
) -> MqttError | None:
    """Run an engine to its end, and return the error that has ended it early, if one has.

    An interrupt stops it; a second one is raised.

    Args:
        engine: What to run, in a thread of its own.
        events: Where it says what happens.
        watcher: Takes each step, in this thread.
        report: Takes each line, in this thread.
    """
    thread, failures = _start(engine, events)
    try:
        while thread.is_alive() or not events.is_empty:
            try:
                events.hand_on(watcher, report)
            except KeyboardInterrupt:
                if engine.is_stopped:
                    raise
                engine.stop()
    finally:
        if thread.is_alive():
            engine.stop()
            thread.join(_END_S)
    failure = failures[0] if failures else None
    if failure is None or isinstance(failure, MqttError):
        return failure
    raise failure


def _start(engine: Engine, events: Events) -> tuple[threading.Thread, list[BaseException]]:
    """Return the thread that an engine runs in, and where its error will stand."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            engine.run()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
            failures.append(error)
        finally:
            events.put(None)

    thread = threading.Thread(target=work, name="house", daemon=True)
    thread.start()
    return thread, failures


def default_watcher(report: Callable[[str], None]) -> Watcher:
    """Return the live figure in a notebook, lines elsewhere."""
    if not _is_kernel():
        return LinesWatcher(report)
    # Loaded only here: a terminal needs no figures, and matplotlib takes its time.
    view: Watcher = importlib.import_module("lab_utils.house_view").NotebookView(say=report)
    return view


def _is_kernel() -> bool:
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
