"""The lab clock: time that runs as many times faster as the lab was told to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

UNSAVED_S = 5
"""Real seconds that a lab may have run on since its time was saved, before it was killed."""
_NS_PER_MS, _NS_PER_S = 1_000_000, 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LabClock:
    """Lab time, in which ``timestamp()``, ``now()`` and the schedules live.

    It starts at the wall clock's time and gains on it: at speed 60, thirty minutes of the lab
    pass in thirty seconds. A restarted lab goes on no earlier than where it was, since its
    tables hold readings of that time. A part of the saved state.

    Args:
        speed: How many times faster than the wall clock it runs, 1 to 120.
        wall_ns: The wall clock, nanoseconds since the epoch.
        monotonic_ns: A clock that never goes back, nanoseconds.
    """

    name = "lab_clock"

    def __init__(
        self,
        speed: int,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.speed = speed
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._lab_zero, self._zero = wall_ns(), monotonic_ns()
        self._is_stopped = False

    def now_ns(self) -> int:
        """Return the lab's time, nanoseconds since the epoch.

        At speed 1 a lab that never ran faster tells exactly the wall clock's time, as a program
        beside it reads it.
        """
        ahead = self._lab_zero + (self._monotonic_ns() - self._zero) * self.speed
        return max(ahead, self._wall_ns()) if self.speed == 1 else ahead

    def now_ms(self) -> int:
        """Return the lab's time, milliseconds since the epoch."""
        return self.now_ns() // _NS_PER_MS

    def now_s(self) -> float:
        """Return the lab's time, seconds since the epoch."""
        return self.now_ns() / _NS_PER_S

    def now(self) -> datetime:
        """Return the lab's time in UTC, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.now_ns() // 1000)

    def real_seconds(self, lab_seconds: float) -> float:
        """Return how many seconds of the wall clock a span of lab time takes."""
        return lab_seconds / self.speed

    def stop(self) -> None:
        """Let what is saved from now on be exact: nothing happens in the lab any more."""
        self._is_stopped = True

    def read(self) -> bytes:
        """Return where the clock is, to be saved; 0 if it is with the wall clock anyway."""
        now_ns, wall_ns = self.now_ns(), self._wall_ns()
        if now_ns <= wall_ns:
            return json.dumps({"now_ns": 0}).encode()
        running_at = 0 if self._is_stopped else self.speed
        state = {"now_ns": now_ns, "wall_ns": wall_ns, "running_at": running_at}
        return json.dumps(state).encode()

    def load(self, payload: bytes) -> None:
        """Go on from a saved time, if the wall clock is not past it.

        A lab that was killed was further than it could save, but no further than the time since
        then allows. Its time must not come twice, so it goes on from there.
        """
        state, wall_ns = json.loads(payload), self._wall_ns()
        since_ns = wall_ns - int(state.get("wall_ns", wall_ns))
        unsaved_ns = min(max(since_ns, 0), UNSAVED_S * _NS_PER_S)
        reached_ns = int(state["now_ns"]) + unsaved_ns * int(state.get("running_at", 0))
        self._lab_zero, self._zero = max(reached_ns, wall_ns), self._monotonic_ns()
