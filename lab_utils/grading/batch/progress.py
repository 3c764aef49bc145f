"""What is said while a batch is graded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from lab_utils.grading.batch.shown import printable

_CLEAR = "\r\x1b[K"


@dataclass
class Progress:
    """Lines on stderr: one a submission, and on a terminal one that says how it stands.

    Attributes:
        out: Where the lines go.
        total: How many submissions there are.
        clock: Returns seconds.
    """

    out: TextIO
    total: int = 0
    clock: Callable[[], float] = time.monotonic
    _done: int = 0
    _seconds: list[float] = field(default_factory=list)
    _running: dict[str, float] = field(default_factory=dict)
    _is_shown: bool = False

    def say(self, line: str) -> None:
        """Print a line that stays.

        Args:
            line: May hold what a student chose.
        """
        self._clear()
        print(printable(line), file=self.out, flush=True)

    def skip(self, number: int) -> None:
        """Say how many submissions had their result already.

        Args:
            number: None is said if it is 0.
        """
        if number:
            self._done += number
            self.say(f"{number} of {self.total} were graded before the batch was stopped.")

    def began(self, student: str) -> None:
        """Take note that a submission was handed out."""
        self._running[student] = self.clock()

    def ended(self, student: str, points: str, slots: int, *, was_graded: bool = True) -> None:
        """Say that a submission has its result.

        Args:
            student: Whose.
            points: What it came to, such as ``85 of 100``.
            slots: How many are graded at once.
            was_graded: Whether it took a worker's time.
        """
        began = self._running.pop(student, None)
        if began is not None and was_graded:
            self._seconds.append(self.clock() - began)
        self._done += 1
        left = self._left(slots)
        self.say(f"{self._done} of {self.total}: {printable(student, 60)}, {points}{left}")

    def show(self, slots: int) -> None:
        """Renew the line that says how it stands; only a terminal has one."""
        if not self.out.isatty():
            return
        running = ", ".join(printable(student, 20) for student in self._running)
        line = f"{self._done} of {self.total} graded{self._left(slots)}; now {running}"
        print(f"{_CLEAR}{printable(line, 100)}", end="", file=self.out, flush=True)
        self._is_shown = True

    def close(self) -> None:
        """Take the line away."""
        self._clear()

    def _clear(self) -> None:
        if self._is_shown:
            print(_CLEAR, end="", file=self.out, flush=True)
            self._is_shown = False

    def _left(self, slots: int) -> str:
        """Return how long the rest will take, by the mean of those that were graded."""
        if not self._seconds or self._done >= self.total:
            return ""
        mean = sum(self._seconds) / len(self._seconds)
        now = self.clock()
        begun = sum(max(mean - (now - began), 0.0) for began in self._running.values())
        waiting = self.total - self._done - len(self._running)
        return f", {spoken((waiting * mean + begun) / max(slots, 1))} left"


def spoken(seconds: float) -> str:
    """Return a duration as one says it."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
