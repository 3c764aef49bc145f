"""Readings that others send while the checks watch the loop: a house that runs beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lab_utils.checks.base import TEST_SENSOR, CheckContext, own_client_id
from lab_utils.checks.functions import ZONES
from lab_utils.checks.readings import own_ids
from lab_utils.errors import MqttError
from lab_utils.house.topics import sensor_topic
from lab_utils.mqtt import Message


@contextmanager
def collect_strangers(context: CheckContext, own: set[str]) -> Iterator[list[str]]:
    """Collect the topics of readings of zones 1 and 2 that others send.

    Where the device's policy does not allow to listen to sensors, none are found.

    Args:
        context: What the check may use.
        own: The ids of the readings that the checks send; may grow.
    """
    found: list[str] = []
    others = own_ids(context)

    def take(message: Message) -> None:
        with suppress(MqttError):
            reading = message.json()
            is_reading = isinstance(reading, dict) and reading.get("zone_id") in ZONES
            if is_reading and reading.get("id") not in own | others:
                found.append(message.topic)

    device = context.device(own_client_id(TEST_SENSOR))
    with suppress(MqttError):
        device.connect()
        device.subscribe(sensor_topic("+"), on_message=take)
    try:
        yield found
    finally:
        device.disconnect()
