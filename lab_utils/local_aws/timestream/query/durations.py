"""Durations: the literals ``15m`` and ``interval '2' day``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.types import DAY_TO_SECOND, YEAR_TO_MONTH

NS_PER_DAY = 86_400_000_000_000
_NS = {
    "ns": 1,
    "nanosecond": 1,
    "us": 1_000,
    "microsecond": 1_000,
    "ms": 1_000_000,
    "millisecond": 1_000_000,
    "s": 1_000_000_000,
    "second": 1_000_000_000,
    "m": 60_000_000_000,
    "minute": 60_000_000_000,
    "h": 3_600_000_000_000,
    "hour": 3_600_000_000_000,
    "d": NS_PER_DAY,
    "day": NS_PER_DAY,
}
_MONTHS = {"month": 1, "year": 12}
DURATION_UNITS = frozenset({*_NS, *_MONTHS})
INTERVAL_NS = {**_NS, "week": 7 * NS_PER_DAY}
_INT64_MAX = 2**63 - 1


def duration(number: str, unit: str) -> Typed:
    """Return the interval of a literal such as ``15m``.

    Args:
        number: Digits, with a decimal point if the unit is a part of a day-to-second interval.
        unit: One of ``DURATION_UNITS``, or ``week``.

    Raises:
        ValueError: The number does not fit, or is no whole number of nanoseconds or months.
    """
    try:
        count = Decimal(number)
    except InvalidOperation:
        raise ValueError(f"Invalid interval: {number} {unit}") from None
    unit = unit.lower()
    if unit in _MONTHS:
        return interval(_whole(count * _MONTHS[unit], number, unit), months=True)
    if unit not in INTERVAL_NS:
        raise ValueError(f"Invalid interval unit: {unit}")
    return interval(_whole(count * INTERVAL_NS[unit], number, unit))


def interval(count: int, *, months: bool = False) -> Typed:
    """Return an interval literal of nanoseconds, or of months."""
    return Typed(f"CAST({count} AS BIGINT)", YEAR_TO_MONTH if months else DAY_TO_SECOND, count)


def span(text: str, first: str, last: str) -> Typed:
    """Return the interval of ``interval '2-7' year to month`` or ``'1 21:00' day to minute``.

    Raises:
        ValueError: The text does not fit the units.
    """
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        if (first, last) == ("year", "month"):
            years, months = digits.split("-")
            return interval(sign * (12 * int(years) + int(months)), months=True)
        return interval(sign * _day_to_second(digits, first, last))
    except (ValueError, KeyError, InvalidOperation):
        raise ValueError(f"Invalid interval: '{text}' {first} to {last}") from None


def _day_to_second(digits: str, first: str, last: str) -> int:
    units = ["day", "hour", "minute", "second"]
    wanted = units[units.index(first) : units.index(last) + 1]
    parts = digits.replace(" ", ":", 1).split(":") if first == "day" else digits.split(":")
    if len(parts) != len(wanted):
        raise ValueError(digits)
    return sum(
        _whole(Decimal(part) * _NS[unit], part, unit)
        for part, unit in zip(parts, wanted, strict=True)
    )


def _whole(count: Decimal, number: str, unit: str) -> int:
    if count != count.to_integral_value() or abs(count) > _INT64_MAX:
        raise ValueError(f"Invalid interval: {number} {unit}")
    return int(count)
