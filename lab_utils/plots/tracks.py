"""Readings as the lines and markers that a figure draws, a reading at a time or all at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lab_utils.house.events import LOST, Reading
from lab_utils.plots.days import Numbers, days_of


@dataclass
class Track:
    """Points by time: matplotlib's days, and degrees Celsius."""

    days: array[float] = field(default_factory=lambda: array("d"))
    degrees: array[float] = field(default_factory=lambda: array("d"))

    def add(self, day: float, temperature_c: float) -> None:
        """Add one point."""
        self.days.append(day)
        self.degrees.append(temperature_c)

    def arrays(self) -> tuple[Numbers, Numbers]:
        """Return copies of both, since an array that is looked at cannot grow."""
        return np.array(self.days), np.array(self.degrees)


@dataclass
class Tracks:
    """What is drawn of readings.

    Attributes:
        rooms: The points of each room's line by sensor id, artefacts left out.
        artefacts: The artefacts of all rooms.
        lost: The readings that were never sent, which are among the others too.
    """

    rooms: dict[int, Track] = field(default_factory=dict)
    artefacts: Track = field(default_factory=Track)
    lost: Track = field(default_factory=Track)

    def add(self, day: float, readings: Iterable[Reading]) -> None:
        """Add the readings of a step, all taken at one time, that is later than those before."""
        for one in readings:
            self._add(day, one.room.sensor_id, one.temperature_c, one.is_artefact, one.status)

    @property
    def lowest_c(self) -> float:
        """The lowest of all; infinite if there is none."""
        return min((min(one.degrees) for one in self.rooms.values()), default=float("inf"))

    @property
    def span(self) -> tuple[float, float] | None:
        """The first and the last day, None without readings."""
        days = [one.days for one in (*self.rooms.values(), self.artefacts) if one.days]
        return (min(d[0] for d in days), max(d[-1] for d in days)) if days else None

    def _add(
        self, day: float, sensor_id: int, value: float, is_artefact: bool, status: str
    ) -> None:
        track = self.artefacts if is_artefact else self.rooms.setdefault(sensor_id, Track())
        track.add(day, value)
        if status == LOST:
            self.lost.add(day, value)

    @classmethod
    def of_frame(cls, readings: pd.DataFrame) -> Tracks:
        """Return the tracks of readings in the columns of `tidy_readings`."""
        tracks = cls()
        days = days_of(readings["time"])
        names = ["sensor_id", "temperature", "is_artefact", "status"]
        for day, row in zip(days, zip(*(readings[n] for n in names), strict=True), strict=True):
            tracks._add(float(day), *row)
        return tracks
