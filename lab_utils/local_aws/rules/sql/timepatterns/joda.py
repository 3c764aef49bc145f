"""Writing times by a pattern of Joda-Time.

Source: the API documentation of Joda-Time, `DateTimeFormat`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from lab_utils.local_aws.rules.sql.timepatterns import DAYS, MONTHS, PatternError, split_pattern
from lab_utils.local_aws.rules.sql.timepatterns.zones import long_name

Write = Callable[[datetime, str], str]
"""Takes a time in its zone, and the zone's id."""
_LONG: Final = 4


def format_time(pattern: str, time: datetime, zone_id: str) -> str:
    """Return a time as a pattern writes it.

    Raises:
        PatternError: If the pattern has a letter that Joda-Time does not know.
    """
    return "".join(write(time, zone_id) for write in _compiled(pattern))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[Write, ...]:
    return tuple(_writer(text, count) for text, count in split_pattern(pattern))


def _writer(text: str, count: int) -> Write:
    if count <= 0:
        return lambda _time, _zone_id: text
    if text in _NUMBERS:
        read = _NUMBERS[text]
        return lambda time, _zone_id: f"{read(time):0{count}d}"
    if text in _YEARS:
        return _year(_YEARS[text], count)
    if text in _TEXTS:
        choose = _TEXTS[text]
        return lambda time, zone_id: choose(time, zone_id, count)
    raise PatternError(f"Joda-Time has no pattern letter {text}")


def _year(read: Callable[[datetime], int], count: int) -> Write:
    """Return the writer of a year; two letters mean its last two digits."""
    if count == 2:
        return lambda time, _zone_id: f"{read(time) % 100:02d}"
    return lambda time, _zone_id: f"{read(time):0{count}d}"


def _month(time: datetime, _zone_id: str, count: int) -> str:
    if count < 3:
        return f"{time.month:0{count}d}"
    name = MONTHS[time.month - 1]
    return name if count >= _LONG else name[:3]


def _weekday(time: datetime, _zone_id: str, count: int) -> str:
    name = DAYS[time.weekday()]
    return name if count >= _LONG else name[:3]


def _fraction(time: datetime, _zone_id: str, count: int) -> str:
    return f"{time.microsecond // 1000:03d}".ljust(count, "0")[:count]


def _zone_name(time: datetime, zone_id: str, count: int) -> str:
    short = time.tzname() or zone_id
    short = offset_text(time, ":") if short.startswith("UTC") and short != "UTC" else short
    return long_name(short) if count >= _LONG else short


def _zone_offset(time: datetime, zone_id: str, count: int) -> str:
    if count > 2:
        return zone_id
    return offset_text(time, ":" if count == 2 else "")


def offset_text(time: datetime, separator: str) -> str:
    """Return how far a time's zone is from UTC, such as `+0100`."""
    seconds = int((time.utcoffset() or timedelta()).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{separator}{minutes:02d}"


_NUMBERS: Final[dict[str, Callable[[datetime], int]]] = {
    "C": lambda time: time.year // 100,
    "w": lambda time: time.isocalendar().week,
    "e": lambda time: time.isoweekday(),
    "D": lambda time: time.timetuple().tm_yday,
    "d": lambda time: time.day,
    "K": lambda time: time.hour % 12,
    "h": lambda time: time.hour % 12 or 12,
    "H": lambda time: time.hour,
    "k": lambda time: time.hour or 24,
    "m": lambda time: time.minute,
    "s": lambda time: time.second,
}
_YEARS: Final[dict[str, Callable[[datetime], int]]] = {
    "y": lambda time: time.year,
    "Y": lambda time: time.year,
    "x": lambda time: time.isocalendar().year,
}
_TEXTS: Final[dict[str, Callable[[datetime, str, int], str]]] = {
    "G": lambda _time, _zone_id, _count: "AD",
    "a": lambda time, _zone_id, _count: "AM" if time.hour < 12 else "PM",
    "M": _month,
    "E": _weekday,
    "S": _fraction,
    "z": _zone_name,
    "Z": _zone_offset,
}
