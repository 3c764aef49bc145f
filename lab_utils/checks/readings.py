"""The readings that the checks send, as a sensor of the house would."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from lab_utils.checks.base import CheckContext

Reading = dict[str, Any]
ATTIC_TOPIC = "sensor/temperature/attic/temp_9"
"""A topic one level deeper than those of the house's sensors."""
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
    topic = topic_of(sensor)
    context.with_device(sensor, lambda device: device.publish(topic, reading))


def topic_of(sensor: str) -> str:
    """Return the topic that a sensor of the house publishes to."""
    return f"sensor/temperature/{sensor}"


def describe_reading(sensor: str, reading: Reading) -> str:
    """Return a reading's temperature, topic, sensor and zone in words."""
    place = f"sensor_id {reading['sensor_id']}, zone_id {reading['zone_id']}"
    return f"{reading['temperature']:g} on {topic_of(sensor)} ({place})"
