"""What a run has done so far: the readings that were taken, and the switches."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from lab_utils.house.dispatches import Dispatch, Tally
from lab_utils.house.events import Switch


class Journal:
    """Keeps the readings of a run, or only their count.

    Args:
        keeps_readings: Whether to keep those that have arrived; a run without an end must not.
    """

    def __init__(self, keeps_readings: bool) -> None:
        self.switches: list[Switch] = []
        self.tally = Tally()
        self._keeps_readings = keeps_readings
        self._over: list[Dispatch] = []
        self._open: deque[Dispatch] = deque()

    @property
    def readings(self) -> list[Dispatch]:
        """The readings that are over, in the order in which they were taken."""
        return self._over

    def add(self, dispatches: Sequence[Dispatch]) -> None:
        """Take up readings, and count those that are over by now."""
        self._open.extend(dispatches)
        while self._open and self._open[0].status:
            self._close(self._open.popleft())

    def finish(self) -> None:
        """Give up what is still open: nobody waits for it any more."""
        for dispatch in self._open:
            if not dispatch.status:
                dispatch.give_up()
            self._close(dispatch)
        self._open.clear()

    def _close(self, dispatch: Dispatch) -> None:
        self.tally.counts[dispatch.status] += 1
        if self._keeps_readings:
            self._over.append(dispatch)
