"""The practical's topics: what sensors publish to, and where air conditioners take commands."""

from __future__ import annotations


def sensor_topic(sensor: str) -> str:
    """Return the topic that a sensor of the house publishes to.

    Args:
        sensor: Its client id, such as ``temp_1``; ``+`` for the filter of all.
    """
    return f"sensor/temperature/{sensor}"


def command_topic(zone_id: int) -> str:
    """Return the topic on which a zone's air conditioner takes its commands."""
    return f"AC/AC-{zone_id}"
