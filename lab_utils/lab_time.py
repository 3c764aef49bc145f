"""The lab's time, as a program beside the embedded AWS reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter

_MOST_ASKED, _QUICK_NS = 5, 5_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timeline:
    """The lab's time from one reading of it: it goes on by this machine's own clock.

    Whoever survives an outage of the embedded AWS asks it anew: its time stands still meanwhile.

    Attributes:
        speed: How many times faster than the wall clock the lab's time runs, 1 to 120.
    """

    speed: int
    _lab_ns: int
    _read_at_ns: int
    _monotonic_ns: Callable[[], int] = field(default=time.monotonic_ns, repr=False)

    @classmethod
    def of_wall_clock(cls) -> Timeline:
        """Return the time of real AWS: the wall clock's."""
        return cls(1, time.time_ns(), time.monotonic_ns())

    @classmethod
    def read(
        cls,
        speed: int,
        ask: Callable[[], int],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> Timeline:
        """Return the time that the embedded AWS tells.

        A tenth of a second is six lab seconds at speed 60: while its answers take long, it is
        asked a few times, and the quickest counts.

        Args:
            speed: Its speed.
            ask: Returns its answer, nanoseconds since the epoch; taken to be of the middle of
                the time that the answer took.
            monotonic_ns: A clock that never goes back, nanoseconds.
        """
        readings: list[tuple[int, Timeline]] = []
        while len(readings) < _MOST_ASKED and not (readings and readings[-1][0] <= _QUICK_NS):
            asked = monotonic_ns()
            lab_ns = ask()
            took_ns = monotonic_ns() - asked
            readings.append((took_ns, cls(speed, lab_ns, asked + took_ns // 2, monotonic_ns)))
        return min(readings, key=itemgetter(0))[1]

    def now(self) -> datetime:
        """Return the lab's time in UTC."""
        passed_ns = (self._monotonic_ns() - self._read_at_ns) * self.speed
        return moment_of(self._lab_ns + passed_ns)

    def real_seconds(self, lab_seconds: float) -> float:
        """Return how many seconds of the wall clock a span of lab time takes."""
        return lab_seconds / self.speed


def moment_of(time_ns: int) -> datetime:
    """Return nanoseconds since the epoch as a moment in UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=time_ns // 1000)
