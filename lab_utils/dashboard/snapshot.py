"""What the dashboard knows at one moment: what was read, what is missing and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd


@dataclass(frozen=True)
class Lack:
    """Why a part of the page has nothing to show.

    Attributes:
        says: What is missing or went wrong, in a sentence or two.
        next_step: Which part of the practical makes it, or what to do.
        is_error: Whether something failed, rather than is not there yet.
    """

    says: str
    next_step: str
    is_error: bool = False

    def __str__(self) -> str:
        """Return both."""
        return f"{self.says} {self.next_step}".strip()


@dataclass(frozen=True)
class Decision:
    """What the Lambda said of a zone in its log.

    Attributes:
        time: Lab time, UTC.
        zone_id: The zone.
        mean_c: The mean that it saw; None if there was no valid reading.
        is_on: True if it switched the air conditioner on, False for off, None for neither.
        line: The line as it stands in the log.
    """

    time: datetime
    zone_id: int
    mean_c: float | None
    is_on: bool | None
    line: str


@dataclass(frozen=True)
class InvalidReadings:
    """What the DynamoDB table of the invalid readings holds.

    Attributes:
        count: How many items.
        is_all: Whether these are all; a very large table is not read to its end.
        by_sensor: A row a sensor: ``sensor``, ``count``, ``highest_c``.
    """

    count: int
    is_all: bool
    by_sensor: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True)
class Snapshot:
    """One look at AWS.

    Attributes:
        now: Lab time, UTC.
        taken_at: The wall clock's time, UTC.
        took_s: How long it took, in seconds of the wall clock.
        speed: How many times faster than the wall clock the lab's time runs.
        minutes: How far back it reaches, in lab minutes.
        readings: ``time``, ``sensor_id``, ``zone_id``, ``temperature``, ``is_artefact``.
        means: ``time``, ``zone_id``, ``mean``.
        decisions: Those of the Lambda, oldest first; some are older than the rest, so that the
            state at the beginning is known.
        invalid: The invalid readings.
    """

    now: datetime
    taken_at: datetime
    took_s: float
    speed: int
    minutes: int
    readings: pd.DataFrame | Lack
    means: pd.DataFrame | Lack
    decisions: tuple[Decision, ...] | Lack
    invalid: InvalidReadings | Lack


@dataclass(frozen=True)
class State:
    """What the page shows: the newest look, and whether the endpoint still answers.

    Attributes:
        snapshot: The newest look; None before the first.
        gone_since: When the endpoint was first found not to answer, wall clock, UTC; None while
            it does.
        gone_why: What was found instead.
        is_broken: Whether the reader itself has failed, which its log explains.
        looks: How many looks there were so far, for all pages together.
    """

    snapshot: Snapshot | None = None
    gone_since: datetime | None = None
    gone_why: str = ""
    is_broken: bool = False
    looks: int = 0
