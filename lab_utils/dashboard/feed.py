"""The one reader of a dashboard: all open pages share what it reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from lab_utils.dashboard.snapshot import Snapshot, State
from lab_utils.errors import TargetError

MOST_SHARE = 0.2
"""The most of the time that is spent on asking: what takes long is asked less often."""


class Asks(Protocol):
    """Looks at AWS."""

    interval_s: float

    def read(self, minutes: int) -> Snapshot:
        """Return a look; raises TargetError."""


class Watch:
    """One page's interest in the feed.

    Args:
        feed: The feed.
        listener: Called in the feed's thread for each new state; it must not wait.
    """

    def __init__(self, feed: Feed, listener: Callable[[], None]) -> None:
        self._feed = feed
        self.listener = listener
        self.minutes = 0
        """How far back the page looks, in lab minutes; 0 while it wants nothing."""

    def want(self, minutes: int) -> None:
        """Ask for a window of so many lab minutes from now on; 0 for nothing."""
        self._feed.change(self, minutes)

    def close(self) -> None:
        """End it."""
        self._feed.forget(self)


class Feed:
    """Reads in a thread of its own, one look after the other, while a page wants to see.

    However many pages there are, and however slow the answers, there is one look at a time, as far
    back as the widest window that is wanted.

    Args:
        reader: Looks at AWS.
        monotonic: A clock that never goes back, seconds.
    """

    def __init__(self, reader: Asks, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reader, self._monotonic = reader, monotonic
        self._changed = threading.Condition()
        self._watches: list[Watch] = []
        self._next_s, self._reached = float("-inf"), 0
        self._is_closed = False
        self.state = State()
        """The newest state; replaced, never changed."""
        self._thread = threading.Thread(target=self._run, name="dashboard-feed", daemon=True)

    def start(self) -> None:
        """Begin to read for those who want to see."""
        self._thread.start()

    def watch(self, listener: Callable[[], None]) -> Watch:
        """Return a page's interest, which wants nothing yet."""
        watch = Watch(self, listener)
        with self._changed:
            self._watches.append(watch)
        return watch

    def change(self, watch: Watch, minutes: int) -> None:
        """Set how far back a page looks."""
        with self._changed:
            watch.minutes = minutes
            self._changed.notify()

    def forget(self, watch: Watch) -> None:
        """End a page's interest."""
        with self._changed:
            if watch in self._watches:
                self._watches.remove(watch)

    def close(self, timeout_s: float = 5.0) -> None:
        """End the thread; a look that hangs is not waited for longer than the time given."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while (minutes := self._wait()) is not None:
                begun_s = self._monotonic()
                self._look(minutes)
                took_s = self._monotonic() - begun_s
                self._next_s = begun_s + max(self._reader.interval_s, took_s / MOST_SHARE)
                self._tell()
        finally:
            if not self._is_closed:  # What failed is in the log; the pages say that it did.
                self.state = replace(self.state, is_broken=True)
                self._tell()

    def _wait(self) -> int | None:
        """Return how far to look back once a look is due; None at the end."""
        with self._changed:
            while not self._is_closed:
                minutes = max((watch.minutes for watch in self._watches), default=0)
                left_s = self._next_s - self._monotonic()
                if minutes and (left_s <= 0 or minutes > self._reached):
                    return minutes
                self._changed.wait(left_s if minutes else None)
        return None

    def _look(self, minutes: int) -> None:
        self._reached = minutes
        looks = self.state.looks + 1
        try:
            self.state = State(self._reader.read(minutes), looks=looks)
        except TargetError as error:
            since = self.state.gone_since or datetime.now(UTC)
            why = f"{error.happened} {error.next_step}"
            self.state = State(self.state.snapshot, since, why, looks=looks)

    def _tell(self) -> None:
        with self._changed:
            listeners = [watch.listener for watch in self._watches]
        for listener in listeners:
            listener()
