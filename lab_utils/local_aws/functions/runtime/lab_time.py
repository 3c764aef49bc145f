"""The lab's time inside a function: what ``time.time()`` and ``datetime.now()`` tell.

Libraries that move a program's time (time-machine, freezegun) move it by an offset; the lab's
time also runs faster. So this is a patch of our own. It replaces the functions of ``time``, and
in ``datetime.datetime`` the two methods that ask the system's clock directly: the class itself
stays, so that ``isinstance``, pickling and arithmetic are untouched. ``monotonic``,
``perf_counter``, ``sleep`` and timeouts stay real.
"""

from __future__ import annotations

import datetime
import gc
import sys
import time
from collections.abc import Callable
from time import struct_time
from typing import Any

_NS_PER_S = 1_000_000_000
_NS_PER_US = 1_000
_UTC = datetime.timezone.utc  # noqa: UP017 - the runtime is read by any Python


class LabTime:
    """The clock of a function's process, set anew by every invocation.

    Args:
        speed: How many times faster than the wall clock it runs.
        lab_ns: What it tells now, nanoseconds since the epoch.
        monotonic_ns: The system's monotonic clock at that moment.
    """

    def __init__(self, speed: int, lab_ns: int, monotonic_ns: int) -> None:
        self._speed = speed
        self._gmtime, self._localtime = time.gmtime, time.localtime
        self._strftime, self._asctime = time.strftime, time.asctime
        self._clock_gettime = getattr(time, "clock_gettime", None)
        self.set(lab_ns, monotonic_ns)

    def set(self, lab_ns: int, monotonic_ns: int) -> None:
        """Go on from a moment that the embedded AWS told."""
        self._lab_ns, self._monotonic_ns = lab_ns, monotonic_ns

    def time_ns(self) -> int:
        """Return nanoseconds since the epoch."""
        return self._lab_ns + (time.monotonic_ns() - self._monotonic_ns) * self._speed

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self.time_ns() / _NS_PER_S

    def gmtime(self, seconds: float | None = None) -> struct_time:
        """Return a moment in UTC; now by default."""
        return self._gmtime(self.time() if seconds is None else seconds)

    def localtime(self, seconds: float | None = None) -> struct_time:
        """Return a moment in local time; now by default."""
        return self._localtime(self.time() if seconds is None else seconds)

    def strftime(self, form: str, moment: Any = None) -> str:
        """Return a moment as text; now by default."""
        return self._strftime(form, self.localtime() if moment is None else moment)

    def ctime(self, seconds: float | None = None) -> str:
        """Return a moment as a line of text; now by default."""
        return self.asctime(self.localtime(seconds))

    def asctime(self, moment: Any = None) -> str:
        """Return a moment as a line of text; now by default."""
        return self._asctime(self.localtime() if moment is None else moment)

    def clock_gettime(self, clock: int) -> float:
        """Return a clock's seconds; the real-time clock is the lab's."""
        return self.clock_gettime_ns(clock) / _NS_PER_S

    def clock_gettime_ns(self, clock: int) -> int:
        """Return a clock's nanoseconds; the real-time clock is the lab's."""
        if clock == time.CLOCK_REALTIME:
            return self.time_ns()
        assert self._clock_gettime is not None
        return int(self._clock_gettime(clock) * _NS_PER_S)


def install(clock: LabTime) -> None:
    """Let this process see a clock's time.

    Raises:
        RuntimeError: This Python does not let ``datetime.now`` be replaced.
    """
    for name in ("time", "time_ns", "gmtime", "localtime", "strftime", "ctime", "asctime"):
        setattr(time, name, getattr(clock, name))
    for name in ("clock_gettime", "clock_gettime_ns"):
        if hasattr(time, name):
            setattr(time, name, getattr(clock, name))
    methods = _methods_of(datetime.datetime)
    methods["now"] = classmethod(_now(clock))
    methods["utcnow"] = classmethod(_utcnow(clock))
    _forget_lookups()
    gap_s = datetime.datetime.now(_UTC).timestamp() - clock.time()
    if abs(gap_s) > 60:
        raise RuntimeError("datetime.now() of this Python cannot be set to the lab's time")


def _now(clock: LabTime) -> Callable[..., datetime.datetime]:
    def now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        """Return the current date and time, in a time zone or as local time."""
        seconds, rest_ns = divmod(clock.time_ns(), _NS_PER_S)
        return cls.fromtimestamp(seconds, tz).replace(microsecond=rest_ns // _NS_PER_US)

    return now


def _utcnow(clock: LabTime) -> Callable[..., datetime.datetime]:
    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        """Return the current date and time in UTC, without a time zone."""
        seconds, rest_ns = divmod(clock.time_ns(), _NS_PER_S)
        moment = cls.fromtimestamp(seconds, _UTC)
        return moment.replace(microsecond=rest_ns // _NS_PER_US, tzinfo=None)

    return utcnow


def _methods_of(kind: type) -> dict[str, Any]:
    """Return the dictionary behind a built-in class, which Python shows read-only."""
    methods = gc.get_referents(kind.__dict__)[0]
    if not isinstance(methods, dict):
        raise RuntimeError("this Python hides the methods of its classes")
    return methods


def _forget_lookups() -> None:
    """Drop what the interpreter remembers of the methods that were replaced."""
    for name in ("_clear_internal_caches", "_clear_type_cache"):
        forget = getattr(sys, name, None)
        if forget is not None:
            forget()
