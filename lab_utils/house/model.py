"""The physics of the house: how its rooms warm and cool, and what their sensors read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab_utils.house.events import Room
from lab_utils.thresholds import INVALID_FROM_C

WARMING, COOLING_NEAR_AC, COOLING = 0.008, 0.012, 0.008
"""By what share of its temperature a room changes at each step."""

ARTEFACT_SHARE = 0.05
HOTTEST_ARTEFACT_C = 49.99
WARMEST_C = INVALID_FROM_C - 0.01
"""A room comes to just under what counts as invalid: only artefacts are above."""
COLDEST_C = 10.0
"""What an air conditioner cools to if nobody switches it off."""

START_C = 20.0
START_SPREAD_C = 2.0
"""Rooms begin at different temperatures, so that they can be told apart in a figure."""


@dataclass(frozen=True)
class Measured:
    """What a sensor reads: degrees Celsius with two decimals, and whether it made them up."""

    temperature_c: float
    is_artefact: bool


class HouseModel:
    """The temperatures of all rooms, step by step.

    The same seed, rooms and start give the same readings as long as the same air conditioners are
    on at the same steps; a sensor's artefacts depend on nothing but the seed and its id.

    Args:
        rooms: The rooms.
        seed: Of all that is random.
        start_c: About where the rooms begin; each up to 2 degrees warmer, by the seed.
    """

    def __init__(self, rooms: Sequence[Room], seed: int, start_c: float = START_C) -> None:
        self._rooms = tuple(rooms)
        self._chances = [random.Random(f"{seed}/{room.sensor_id}") for room in self._rooms]
        spread = [START_SPREAD_C * chance.random() for chance in self._chances]
        self._temperatures_c = [start_c + more for more in spread]

    @property
    def room_c(self) -> dict[int, float]:
        """The true temperature of each room by sensor id, unrounded."""
        temperatures = zip(self._rooms, self._temperatures_c, strict=True)
        return {room.sensor_id: temperature_c for room, temperature_c in temperatures}

    def step(self, is_on: Mapping[int, bool]) -> list[Measured]:
        """Let one step pass, and return what each sensor reads then, in the rooms' order.

        Args:
            is_on: Which zones' air conditioners are on during the step.
        """
        for place, room in enumerate(self._rooms):
            self._temperatures_c[place] = _changed(
                self._temperatures_c[place], room, is_on.get(room.zone_id, False)
            )
        return [
            _measure(temperature_c, chance)
            for temperature_c, chance in zip(self._temperatures_c, self._chances, strict=True)
        ]


def _changed(temperature_c: float, room: Room, is_cooled: bool) -> float:
    if not is_cooled:
        return min(temperature_c * (1 + WARMING), WARMEST_C)
    share = COOLING_NEAR_AC if room.is_near_ac else COOLING
    return max(temperature_c * (1 - share), min(temperature_c, COLDEST_C))


def _measure(temperature_c: float, chance: random.Random) -> Measured:
    # Both numbers are drawn at each step, so that one artefact does not shift the next.
    is_artefact = chance.random() < ARTEFACT_SHARE
    made_up_c = chance.uniform(INVALID_FROM_C, HOTTEST_ARTEFACT_C)
    return Measured(_shown(made_up_c if is_artefact else temperature_c), is_artefact)


def _shown(temperature_c: float) -> float:
    """Return what a sensor shows: two decimals, and never a whole number.

    AWS IoT writes 21.0 to Timestream as the whole number 21, whose type is another than 21.5's:
    the first of them decides the measure's type, and readings of the other are lost.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/timestream-rule-action.html
    """
    shown = round(temperature_c, 2)
    return round(shown + 0.01, 2) if shown.is_integer() else shown
