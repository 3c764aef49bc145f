"""A moment from the parts that a text gave: any of them may be missing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Parts = dict[str, int | tzinfo]
"""``year``, ``month``, ``day``, ``doy``, ``week``, ``weekday``, ``hour``, ``half`` (0 to 11),
``pm``, ``minute``, ``second``, ``fraction`` (nanoseconds), ``offset``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64_MAX = 2**63 - 1
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")
# The short names that Java reads in its English locale; other zones by their IANA name.
_HOURS = {
    **{"Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5},
    **{"MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10},
}
# As Joda fills in: a day and month of no year lie in a leap year, a time alone in 1970.
_YEAR_OF_DATES, _YEAR_OF_TIMES = 2000, 1970


def offset_of(text: str) -> tzinfo:
    """Return the time zone of ``+05:30``, ``Z``, ``PST`` or ``Europe/Paris``.

    Raises:
        ValueError: There is no such zone.
    """
    match = _OFFSET.fullmatch(text)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return fixed_zone(-offset if match[1] == "-" else offset)
    if text.upper() in _HOURS:
        return fixed_zone(timedelta(hours=_HOURS[text.upper()]))
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError):  # a folder of zones, such as "America"
        raise ValueError(f"The datetime zone id '{text}' is not recognised") from None


def date_of(text: str, parts: Parts) -> date:
    """Return the date of some parts.

    Raises:
        ValueError: They make none; the error quotes the text.
    """
    default = _YEAR_OF_DATES if {"month", "day"} & parts.keys() else _YEAR_OF_TIMES
    year = _number(parts, "year", default)
    try:
        if "week" in parts:
            weekday = _number(parts, "weekday", 1)
            return date.fromisocalendar(year, _number(parts, "week", 1), weekday)
        if "doy" in parts:
            day = date(year, 1, 1) + timedelta(days=_number(parts, "doy", 1) - 1)
            if day.year != year:
                raise ValueError("day is out of range for year")
            return day
        return date(year, _number(parts, "month", 1), _number(parts, "day", 1))
    except (ValueError, OverflowError) as problem:
        raise ValueError(f'Cannot parse "{text}": {problem}') from problem


def moment_ns(text: str, parts: Parts) -> int:
    """Return the nanoseconds since the epoch; UTC unless the parts say else.

    Raises:
        ValueError: The parts make no moment; the error quotes the text.
    """
    day = date_of(text, parts)
    hour = _number(parts, "hour", _number(parts, "half", 0) + 12 * _number(parts, "pm", 0))
    zone = parts.get("offset", UTC)
    try:
        moment = datetime(
            day.year,
            day.month,
            day.day,
            hour,
            _number(parts, "minute", 0),
            _number(parts, "second", 0),
            tzinfo=zone if isinstance(zone, tzinfo) else UTC,
        )
        seconds = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f'Cannot parse "{text}": {problem}') from problem
    result = seconds * 1_000_000_000 + _number(parts, "fraction", 0)
    if abs(result) > _INT64_MAX:
        raise ValueError(f"Timestamp is outside 1677-09-21 .. 2262-04-11: {text}")
    return result


def _number(parts: Parts, key: str, default: int) -> int:
    value = parts.get(key, default)
    return value if isinstance(value, int) else default
