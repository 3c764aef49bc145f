"""What happens in the house, as who watches it is told: rooms, readings, switches, steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

STEP_S = 5.0
"""How far apart two readings of a sensor are, in lab seconds."""

SENT, LATE, LOST = "sent", "late", "lost"
"""What became of a reading: acknowledged at once, only after an outage, or given up."""


@dataclass(frozen=True)
class Room:
    """A room with its sensor.

    Attributes:
        name: Such as ``kitchen``.
        zone_id: The zone whose air conditioner cools it, from 1.
        sensor_id: The sensor's number in the whole house, from 1.
        is_near_ac: Whether the sensor hangs near the air conditioner, where it cools faster.
    """

    name: str
    zone_id: int
    sensor_id: int
    is_near_ac: bool


@dataclass(frozen=True)
class HousePlan:
    """What is going to run.

    Attributes:
        rooms: All rooms, by sensor id.
        minutes: For how many lab minutes; infinite for a run that only an interrupt ends.
        step_s: Lab seconds from one reading of a sensor to the next.
        speed: How many times faster than the wall clock the lab's time runs.
    """

    rooms: tuple[Room, ...]
    minutes: float
    step_s: float = STEP_S
    speed: int = 1

    @property
    def zone_ids(self) -> tuple[int, ...]:
        """The zones' ids, in order."""
        return tuple(sorted({room.zone_id for room in self.rooms}))


@dataclass(frozen=True)
class Reading:
    """One reading of one sensor.

    Attributes:
        time: When it was taken, lab time in UTC.
        room: Where.
        temperature_c: What was sent: two decimals.
        is_artefact: Whether the sensor made it up, and the room is not that hot.
        status: ``sent``, ``late`` or ``lost``. While a step is watched, ``sent`` means handed to
            the connection, ``late`` kept for later; the run's result tells what became of it.
    """

    time: datetime
    room: Room
    temperature_c: float
    is_artefact: bool
    status: str


@dataclass(frozen=True)
class Switch:
    """An air conditioner went on or off; a command that changes nothing is none.

    Attributes:
        time: When the command arrived, lab time in UTC.
        zone_id: Of the air conditioner.
        is_on: What it is since.
    """

    time: datetime
    zone_id: int
    is_on: bool


@dataclass(frozen=True)
class Snapshot:
    """The house at one step.

    Attributes:
        time: Lab time in UTC.
        elapsed_minutes: Lab minutes since the run began.
        seconds_left: Real seconds until it ends; infinite if only an interrupt ends it.
        readings: Those of this step, by sensor id.
        room_c: The true temperature of each room, by sensor id.
        is_on: Each zone's air conditioner, by zone id.
        switches: Those since the last step, oldest first.
        remark: What is worth saying, such as that the broker does not answer; "" for nothing.
    """

    time: datetime
    elapsed_minutes: float
    seconds_left: float
    readings: tuple[Reading, ...]
    room_c: Mapping[int, float]
    is_on: Mapping[int, bool]
    switches: tuple[Switch, ...]
    remark: str


class Watcher(Protocol):
    """Watches a run, in the thread that called `House.run`.

    The house does not wait for it: what takes long delays no reading, and is then told the steps
    that it has missed one after the other.
    """

    def start(self, plan: HousePlan) -> None:
        """Take what is going to run, before the first step."""

    def step(self, snapshot: Snapshot) -> None:
        """Take one step."""

    def finish(self, sent: pd.DataFrame, switches: list[Switch], stopped: bool) -> None:
        """Take the result; ``stopped`` if it was interrupted."""
