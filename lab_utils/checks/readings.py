"""The readings that the checks send, as a sensor of the house would."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from lab_utils.checks.base import TEST_SENSOR, TEST_TOPIC, CheckContext
from lab_utils.house.events import STEP_S
from lab_utils.house.topics import sensor_topic
from lab_utils.mqtt import Device

T = TypeVar("T")
Reading = dict[str, Any]
SENSORS = {1: (1, 2), 2: (3, 4)}
"""The two sensors of each zone of the house."""
ATTIC_TOPIC = sensor_topic("attic/temp_9")
"""A topic one level deeper than those of the house's sensors."""
_OWN_IDS = "ids of own readings"
LEVEL_HINT = (
    "in the rule's FROM, + stands for exactly one level and # for all that follow: only "
    "sensor/temperature/+ is asked for."
)


def make_reading(temperature: float, sensor_id: int = 1, zone_id: int = 1) -> Reading:
    """Return a reading with an id of its own."""
    return {
        "id": str(uuid.uuid4()),
        "temperature": temperature,
        "sensor_id": sensor_id,
        "zone_id": zone_id,
    }


def any_temperature(above: int, below: int) -> float:
    """Return a temperature that no rule can know beforehand, never a whole number.

    Args:
        above: In degrees Celsius; the result has hundredths between 1 and 99.
        below: In degrees Celsius.
    """
    whole = above + secrets.randbelow(below - above)
    return round(whole + (1 + secrets.randbelow(99)) / 100, 2)


def publish_reading(context: CheckContext, sensor: str, reading: Reading) -> None:
    """Publish a reading to the topic of a sensor.

    Raises:
        MqttError: The device cannot connect or may not publish.
    """
    topic = sensor_topic(sensor)
    context.with_device(sensor, lambda device: device.publish(topic, reading))


def own_ids(context: CheckContext) -> set[str]:
    """Return the ids of the readings that checks have sent beside others' looks; it may grow."""
    ids: set[str] = context.memory.setdefault(_OWN_IDS, set())
    return ids


def while_sending(context: CheckContext, work: Callable[[], T]) -> T:
    """Return what some work gives while a mild reading of each zone is sent every few seconds.

    Args:
        context: What the check may use.
        work: Called once, in a thread of its own.

    Raises:
        MqttError: No device can connect and publish.
    """

    own = own_ids(context)

    def send(device: Device) -> T:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(work)
            while not asked.done():
                for zone, sensors in SENSORS.items():
                    reading = make_reading(any_temperature(25, 30), sensors[0], zone)
                    own.add(reading["id"])
                    device.publish(TEST_TOPIC, reading)
                wait([asked], context.timeline().real_seconds(STEP_S))
            return asked.result()

    return context.with_device(TEST_SENSOR, send)


def describe_reading(sensor: str, reading: Reading) -> str:
    """Return a reading's temperature, topic, sensor and zone in words."""
    place = f"sensor_id {reading['sensor_id']}, zone_id {reading['zone_id']}"
    return f"{reading['temperature']:g} on {sensor_topic(sensor)} ({place})"
