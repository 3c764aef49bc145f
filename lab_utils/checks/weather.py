"""What the rooms of the house have while the checks watch the loop, and the devices that say so."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext
from lab_utils.checks.functions import ZONES
from lab_utils.checks.readings import SENSORS, Reading, any_temperature, make_reading
from lab_utils.checks.storage import take_item
from lab_utils.checks.strangers import collect_strangers
from lab_utils.house.topics import command_topic, cooler_name, sensor_name, sensor_topic
from lab_utils.mqtt import Device, Message
from lab_utils.thresholds import ON_ABOVE_C

ARTEFACT_EVERY, FIRST_ARTEFACT = 19, 9
"""About 5 % of a zone's readings, now of the one sensor and now of the other."""
_COMPANY, _COMPANY_S = 8, 45.0
"""An artefact comes only among so many readings of its zone within so many lab seconds: alone in
the last minute, after a stall of this machine, it would rightly keep the zone warm."""
_ANSWER_S = 10.0
_JUST_BELOW, _JUST_ABOVE = math.nextafter(ON_ABOVE_C, 0), math.nextafter(ON_ABOVE_C, math.inf)


@dataclass(frozen=True)
class Weather:
    """The temperatures of a zone's two rooms.

    Attributes:
        words: What it is called.
        rooms: Between which temperatures each room is, in degrees Celsius, in the order in which
            they are sent; a room of exactly one temperature has it twice.
        has_artefacts: Whether some readings are artefacts.
    """

    words: str
    rooms: tuple[tuple[float, float], tuple[float, float]]
    has_artefacts: bool = False

    def temperature(self, room: int) -> float:
        """Return a temperature of a room that no function can know beforehand."""
        low, high = self.rooms[room]
        return low if high - low < 1 else any_temperature(int(low), int(high))


HOT = Weather("hot", ((38, 39), (39, 40)))
COLD = Weather("cold", ((8, 9), (20, 21)))
COLD_WITH_ARTEFACTS = Weather("cold, with artefacts", COLD.rooms, has_artefacts=True)
MILD_AFTER_COLD = Weather("mild", ((24, 25), (34, 35)))
MILD_AFTER_HOT = Weather("mild", ((36, 37), (21, 22)))
LIMIT = Weather(
    f"a mean of exactly {ON_ABOVE_C:g}", ((_JUST_BELOW, _JUST_BELOW), (_JUST_ABOVE, _JUST_ABOVE))
)
"""Whole numbers would not do: Timestream refuses them in a measure that is a double. The numbers
next to 35 on both sides have the mean 35 exactly, even if one more came from the one side. What
came in the minute before has to be colder, or the zone is rightly switched on."""


class Sensors:
    """The four sensors of the house, each with a connection of its own.

    Args:
        context: What the check may use.
        devices: The connected devices by their names.
        ids: Takes the ids of the readings.
        strangers: The topics of readings that others have sent meanwhile.
    """

    def __init__(
        self,
        context: CheckContext,
        devices: Mapping[str, Device],
        ids: set[str],
        strangers: Sequence[str] = (),
    ) -> None:
        self.strangers = strangers
        self._context = context
        self._devices = devices
        self._ids = ids
        self._count = dict.fromkeys(ZONES, 0)
        self._sent_at: dict[int, deque[float]] = {zone: deque(maxlen=_COMPANY) for zone in ZONES}
        self._artefacts: list[str] = []
        self._company_s = context.timeline().real_seconds(_COMPANY_S)

    def publish(self, weather: Mapping[int, Weather]) -> None:
        """Publish a reading of each room.

        Raises:
            MqttError: A sensor is not allowed to, or its connection is lost.
        """
        answers = []
        for zone, rooms in weather.items():
            for room, sensor in enumerate(SENSORS[zone]):
                reading = self._read(zone, sensor, rooms, room)
                self._ids.add(reading["id"])
                payload = json.dumps(reading).encode()
                name = sensor_name(sensor)
                answers.append(self._devices[name].publish_soon(sensor_topic(name), payload))
            self._sent_at[zone].extend([time.monotonic()] * len(SENSORS[zone]))
        for answer in answers:
            answer.result(_ANSWER_S)

    def _read(self, zone: int, sensor: int, weather: Weather, room: int) -> Reading:
        """Return the reading of a room, now and then an artefact."""
        if not weather.has_artefacts or not self._is_artefact_due(zone):
            return make_reading(weather.temperature(room), sensor, zone)
        artefact = make_reading(any_temperature(44, 46), sensor, zone)
        self._artefacts.append(artefact["id"])
        return artefact

    def _is_artefact_due(self, zone: int) -> bool:
        self._count[zone] += 1
        sent_at = self._sent_at[zone]
        has_company = len(sent_at) == _COMPANY and sent_at[0] > time.monotonic() - self._company_s
        return has_company and self._count[zone] % ARTEFACT_EVERY == FIRST_ARTEFACT

    def remove_artefacts(self) -> None:
        """Remove from the table of part 2 what its rule stored of them."""
        with suppress(ClientError):
            for reading_id in self._artefacts:
                take_item(self._context, reading_id, 0.0)


@contextmanager
def open_house(
    context: CheckContext,
    weather: Mapping[int, Weather],
    on_command: Callable[[int, Message], None],
) -> Iterator[Sensors]:
    """Connect the sensors, and air conditioners that hand on their commands.

    Args:
        context: What the check may use.
        weather: What the sensors begin with, to show that they may publish.
        on_command: Takes a zone and a message on its command topic, in the connection's thread.

    Raises:
        MqttError: A device cannot connect, or is not allowed what it does in the house.
    """
    ids: set[str] = set()
    uses = {cooler_name(zone): _listener(zone, on_command) for zone in ZONES}
    for zone, sensors in SENSORS.items():
        for room, sensor in enumerate(sensors):
            uses[sensor_name(sensor)] = _publisher(sensor, zone, weather[zone], room, ids)
    with (
        collect_strangers(context, ids) as strangers,
        ExitStack() as connections,
        ThreadPoolExecutor(len(uses)) as pool,
    ):

        def connect(name: str, use: Callable[[Device], object]) -> Device:
            device = context.connect(name, use)
            connections.callback(device.disconnect)
            return device

        # At once, as each waits for the network most of the time.
        asked = {name: pool.submit(connect, name, use) for name, use in uses.items()}
        devices = {name: connecting.result() for name, connecting in asked.items()}
        house = Sensors(context, devices, ids, strangers)
        try:
            yield house
        finally:
            house.remove_artefacts()


def _listener(zone: int, on_command: Callable[[int, Message], None]) -> Callable[[Device], object]:
    def listen(device: Device) -> object:
        return device.subscribe(
            command_topic(zone), on_message=lambda message: on_command(zone, message)
        )

    return listen


def _publisher(
    sensor: int, zone: int, weather: Weather, room: int, ids: set[str]
) -> Callable[[Device], object]:
    reading = make_reading(weather.temperature(room), sensor, zone)
    ids.add(reading["id"])
    return lambda device: device.publish(sensor_topic(sensor_name(sensor)), reading)
