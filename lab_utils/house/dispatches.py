"""Readings on their way to the broker, and what became of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from lab_utils.house.events import LATE, LOST, SENT, Room

COLUMNS = {
    "time": "datetime64[ns, UTC]",
    "room": "string",
    "sensor_id": "int64",
    "zone_id": "int64",
    "temperature": "float64",
    "is_artefact": "bool",
    "status": "string",
}


@dataclass(slots=True)
class Dispatch:
    """A reading, its message, and how far that has come.

    Attributes:
        time: When it was taken, lab time in UTC.
        room: Where.
        temperature_c: With two decimals.
        is_artefact: Whether the sensor made it up.
        payload: The message; emptied once it has arrived.
        status: ``sent``, ``late`` or ``lost``; "" while that is not known.
        was_held_up: Whether it could not be delivered at the first attempt.
    """

    time: datetime
    room: Room
    temperature_c: float
    is_artefact: bool
    payload: bytes = b""
    status: str = ""
    was_held_up: bool = False

    def write(self) -> None:
        """Write the message, with an id that no other has: it is DynamoDB's key."""
        message = {
            "id": str(uuid.uuid4()),
            "temperature": self.temperature_c,
            "sensor_id": self.room.sensor_id,
            "zone_id": self.room.zone_id,
        }
        self.payload = json.dumps(message).encode()

    def arrive(self) -> None:
        """Take note that the broker has acknowledged it."""
        self.status, self.payload = LATE if self.was_held_up else SENT, b""

    def give_up(self) -> None:
        """Take note that it will not be sent any more."""
        self.status, self.payload = LOST, b""


@dataclass
class Tally:
    """How many readings came to what."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((SENT, LATE, LOST), 0))

    def __str__(self) -> str:
        """Return it as a clause; what was late or lost is never left out."""
        total, late, lost = sum(self.counts.values()), self.counts[LATE], self.counts[LOST]
        arrived = f"{total - lost} of {total} readings arrived"
        return arrived + (f" ({late} of them late)" if late else "") + f", {lost} were lost"


def readings_frame(dispatches: Sequence[Dispatch]) -> pd.DataFrame:
    """Return readings as a frame, in the order in which they were taken; see `House.run`."""
    columns = {
        "time": [one.time for one in dispatches],
        "room": [one.room.name for one in dispatches],
        "sensor_id": [one.room.sensor_id for one in dispatches],
        "zone_id": [one.room.zone_id for one in dispatches],
        "temperature": [one.temperature_c for one in dispatches],
        "is_artefact": [one.is_artefact for one in dispatches],
        "status": [one.status for one in dispatches],
    }
    return pd.DataFrame(columns).astype(COLUMNS)
