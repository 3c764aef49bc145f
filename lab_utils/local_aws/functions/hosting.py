"""How the processes of functions are kept: in what they are enclosed, and how long they may take.

A function's limit of time is one of the wall clock, as on AWS, where nothing else takes its
computing time away. On a machine that has too much to do the same function takes many times as
long, and what it does must not be judged by that.

Source:
    https://docs.kernel.org/accounting/psi.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Hosting:
    """How the processes of functions are kept.

    Attributes:
        prefix: Words before the command of each process, to enclose it; ``{folder}`` in a word is
            the folder of all functions' code.
        patience: How many times a function's limit of time it may take on a busy machine.
    """

    prefix: tuple[str, ...] = ()
    patience: float = 1.0


def waited_s() -> float | None:
    """Return how long something on this machine has waited for a processor, in seconds.

    Returns:
        A number that only grows; None where the system does not tell.
    """
    try:
        text = _PRESSURE.read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^some .*total=(\d+)", text, re.MULTILINE)
    return int(found[1]) / _MICROSECONDS if found else None


def _nothing() -> float:
    return 0.0


class TimeLimit:
    """A limit of time that began just now.

    The time in which something on the machine waited for a processor does not count, up to the
    patience; where the system does not tell, the patience alone counts. Who has computed for so
    long is at the end of it, whatever else the machine had to do.

    Args:
        limit_s: The limit, real seconds.
        patience: How many times as long it may be at most.
        computed: Returns for how long whom it is for has computed, seconds.
        now_s: A clock that never goes back, seconds.
        waited: Returns what `waited_s` does.
    """

    def __init__(
        self,
        limit_s: float,
        patience: float = 1.0,
        computed: Callable[[], float] = _nothing,
        now_s: Callable[[], float] = time.monotonic,
        waited: Callable[[], float | None] = waited_s,
    ) -> None:
        self._limit_s, self._patience = limit_s, patience
        self._computed, self._computed_before_s = computed, computed()
        self._now_s, self._waited = now_s, waited
        self._began_s = now_s()
        self._waited_before_s = waited() if patience > 1 else None

    def computed_s(self) -> float:
        """Return for how long was computed since it began, seconds."""
        return self._computed() - self._computed_before_s

    def left_s(self) -> float:
        """Return after how long to look again, seconds; not positive when it is over."""
        wall_s = self._now_s() - self._began_s
        most_s = self._limit_s * self._patience - wall_s
        if self._patience > 1:
            most_s = min(most_s, self._limit_s - self.computed_s())
        waited = self._waited() if self._waited_before_s is not None else None
        if waited is None or self._waited_before_s is None:
            return most_s
        lost_s = min(waited - self._waited_before_s, wall_s)
        return min(most_s, self._limit_s - (wall_s - lost_s))
