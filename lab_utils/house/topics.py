"""The practical's client ids and topics: of the sensors, and of the air conditioners."""

from __future__ import annotations


def sensor_name(sensor_id: int) -> str:
    """Return the client id of a sensor, which is the last level of its topic too."""
    return f"temp_{sensor_id}"


def cooler_name(zone_id: int) -> str:
    """Return the client id of a zone's air conditioner, likewise."""
    return f"AC-{zone_id}"


def sensor_topic(sensor: str) -> str:
    """Return the topic that a sensor of the house publishes to.

    Args:
        sensor: Its client id, such as ``temp_1``; ``+`` for the filter of all.
    """
    return f"sensor/temperature/{sensor}"


def command_topic(zone_id: int) -> str:
    """Return the topic on which a zone's air conditioner takes its commands."""
    return f"AC/{cooler_name(zone_id)}"
