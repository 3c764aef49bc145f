"""The rooms of a house: the practical's four, and any number more."""

from __future__ import annotations

from lab_utils.errors import SettingsError
from lab_utils.house.events import Room

_NAMES = (("livingroom", "kitchen"), ("bedroom", "bathroom"))
"""The practical's rooms, zone by zone."""


def plan_rooms(zones: int, rooms_per_zone: int) -> tuple[Room, ...]:
    """Return the rooms of a house, the sensors counted through from 1.

    The first room of a zone has its sensor near the air conditioner. With two zones of two rooms
    they are livingroom and kitchen, bedroom and bathroom; what has no name there is called
    ``room_N`` after its sensor.

    Args:
        zones: How many zones, from 1.
        rooms_per_zone: How many rooms in each, from 1.

    Raises:
        SettingsError: A number that is none of rooms.
    """
    for name, value in (("zones", zones), ("rooms_per_zone", rooms_per_zone)):
        _check_count(name, value)
    return tuple(
        _room(zone, place, zone * rooms_per_zone + place + 1)
        for zone in range(zones)
        for place in range(rooms_per_zone)
    )


def _room(zone: int, place: int, sensor_id: int) -> Room:
    known = zone < len(_NAMES) and place < len(_NAMES[zone])
    name = _NAMES[zone][place] if known else f"room_{sensor_id}"
    return Room(name, zone + 1, sensor_id, is_near_ac=place == 0)


def _check_count(name: str, value: object) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return
    raise SettingsError(
        "build the house",
        f"{name} is {value!r}; it has to be a whole number from 1.",
        "write, for instance, House(lab, zones=2, rooms_per_zone=2).",
    )
