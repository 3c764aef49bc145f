"""What a zone's temperatures say about its air conditioner: no AWS here, so it is easy to test."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import NamedTuple

ON_ABOVE_C = 35.0
OFF_BELOW_C = 20.0
INVALID_FROM_C = 40.0  # a sensor that reports so much or more has failed to measure

logger = logging.getLogger(__name__)


class ZoneMean(NamedTuple):
    """The mean of a zone's valid readings, None if there is none, and how many they are."""

    mean_c: float | None
    count: int


def mean_temperatures(rows: Iterable[Mapping[str, str | None]]) -> dict[int, ZoneMean]:
    """Return the mean temperature of every zone that the readings name, by zone id.

    Args:
        rows: Readings with ``zone_id`` and ``temperature``, both as text: they are dimensions in
            Timestream. What cannot be read as numbers is ignored, and said in the log.
    """
    valid: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        try:
            zone_id, temperature_c = int(row["zone_id"]), float(row["temperature"])
        except (TypeError, ValueError):
            logger.warning("this is no reading, and is ignored: %s", row)
            continue
        valid[zone_id] += [temperature_c] if temperature_c < INVALID_FROM_C else []
    return {
        zone_id: ZoneMean(fmean(values) if values else None, len(values))
        for zone_id, values in sorted(valid.items())
    }


def decide(mean_c: float | None) -> bool | None:
    """Return True to switch the air conditioner on, False for off, None to leave it as it is."""
    if mean_c is None:
        return None
    if mean_c > ON_ABOVE_C:
        return True
    return False if mean_c < OFF_BELOW_C else None
