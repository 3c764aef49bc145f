"""Waits on the event loop for what is due next, in lab time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.schedules.timetable import Entry, Occurrence, Timetable

_PATIENCE_S = 5.0
"""How late the lab may be in real seconds, as under load, and still serve every occurrence."""
_LONGEST_WAIT_S = 30.0
"""After so many real seconds it looks again: the wall clock may have been set meanwhile."""
_log = logging.getLogger("lab.schedules")


class LabTimer:
    """Serves what is due, on the running event loop, as the lab clock reaches it.

    It sleeps until the next moment of all, however far that is, and is woken by :meth:`look`
    when a schedule may have changed. How fast the lab runs makes no difference to it.

    Args:
        clock: The lab clock.
        entries: Returns the schedules there are.
        serve: Serves one occurrence; what it raises is recorded.
    """

    def __init__(
        self,
        clock: LabClock,
        entries: Callable[[], Iterable[Entry]],
        serve: Callable[[Occurrence], None],
    ) -> None:
        self._clock = clock
        self._entries = entries
        self._serve = serve
        self._timetable = Timetable(timedelta(seconds=_PATIENCE_S * clock.speed))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Serve on the running loop from now on; what was due before is not made up for."""
        self._loop = asyncio.get_running_loop()
        self.look()

    def stop(self) -> None:
        """Serve nothing any more."""
        self._loop = None
        if self._waiting is not None:
            self._waiting.cancel()

    def look(self) -> None:
        """Serve what is due, and wait for the next; called on the loop."""
        if self._loop is None:
            return
        if self._waiting is not None:
            self._waiting.cancel()
        now = self._clock.now()
        self._timetable.plan(self._entries(), now)
        for occurrence in self._timetable.take_due(now):
            self._serve_safely(occurrence)
        self._waiting = self._loop.call_later(self._wait_s(), self.look)

    def _wait_s(self) -> float:
        following = self._timetable.next_moment()
        if following is None:
            return _LONGEST_WAIT_S
        lab_s = (following - self._clock.now()).total_seconds()
        return min(max(self._clock.real_seconds(lab_s), 0.0), _LONGEST_WAIT_S)

    def _serve_safely(self, occurrence: Occurrence) -> None:
        try:
            self._serve(occurrence)
        except Exception:  # noqa: BLE001 - the timer's outer edge: the other schedules go on
            _log.exception("The schedule %s could not be served", occurrence.entry.key)
