"""parse_time, which writes times, and time_to_epoch, which reads them.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from lab_utils.local_aws.rules.sql.functions.registry import Function, pure
from lab_utils.local_aws.rules.sql.timepatterns import PatternError, jdk, joda, zones
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, to_int, to_text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(pattern: Value, time_ms: Value, zone_id: Value = "UTC") -> Value:
    """Return a time in ms since the epoch as a pattern of Joda-Time writes it.

    Undefined for a pattern or a zone that there is not, and outside of the years 1 to 9999.
    """
    text, milliseconds, name = to_text(pattern), to_int(time_ms), to_text(zone_id)
    if text is UNDEFINED or milliseconds is UNDEFINED or name is UNDEFINED:
        return UNDEFINED
    zone = zones.zone(name)
    if zone is None:
        return UNDEFINED
    try:
        time = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
        return joda.format_time(text, time, name)
    except (PatternError, OverflowError):
        return UNDEFINED


def time_to_epoch(time: str, pattern: str) -> Value:
    """Return the ms since the epoch of a time, read by a pattern of the JDK; UTC by default."""
    text, wanted = to_text(time), to_text(pattern)
    if text is UNDEFINED or wanted is UNDEFINED:
        return UNDEFINED
    try:
        found = jdk.parse_time(text, wanted)
    except PatternError:
        return UNDEFINED
    return UNDEFINED if found is None else found


FUNCTIONS: Final[dict[str, Function]] = {
    "parse_time": pure(parse_time, 2, 3, needs_2016=True),
    "time_to_epoch": pure(time_to_epoch, 2, needs_2016=True),
}
