"""How often and when an asynchronous invocation is tried, in lab time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_FIRST_WAIT_S = 60.0
"""The wait before the first retry of a function error; twice as long before the second."""
_FIRST_THROTTLED_WAIT_S, _LONGEST_THROTTLED_WAIT_S = 1.0, 300.0
_MOST_RETRIES, _OLDEST_S = 2, 21_600


class Outcome(Enum):
    """What became of one attempt."""

    DONE = "done"
    FAILED = "failed"
    THROTTLED = "throttled"


@dataclass(frozen=True)
class Retrying:
    """What Lambda does after an attempt of an asynchronous invocation.

    Attributes:
        most_retries: How often a function's error is retried, 0 to 2.
        oldest_s: How old an event may become, in lab seconds, 60 to 21,600.

    Source:
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """

    most_retries: int = _MOST_RETRIES
    oldest_s: float = _OLDEST_S

    def run(
        self,
        attempt: Callable[[], Outcome],
        *,
        age_s: Callable[[], float],
        wait: Callable[[float], None],
    ) -> bool:
        """Return whether the invocation succeeded in the end.

        Args:
            attempt: Tries it once.
            age_s: Returns the event's age in lab seconds.
            wait: Waits for a number of lab seconds.
        """
        failures = throttled = 0
        while True:
            outcome = attempt()
            if outcome is Outcome.DONE:
                return True
            if outcome is Outcome.THROTTLED:
                # AWS tries again for up to six hours; a function's own retries stay.
                pause_s = min(_FIRST_THROTTLED_WAIT_S * 2**throttled, _LONGEST_THROTTLED_WAIT_S)
                throttled += 1
            else:
                pause_s = _FIRST_WAIT_S * 2**failures
                failures += 1
            if failures > self.most_retries or age_s() + pause_s > self.oldest_s:
                return False
            wait(pause_s)
