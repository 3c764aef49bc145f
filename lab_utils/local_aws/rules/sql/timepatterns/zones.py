"""Time zones by the names that Joda-Time and the JDK know them by."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_OFFSET: Final = re.compile(
    r"(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?(?::?(?P<seconds>[0-9]{2}))?"
)
_PREFIXED: Final = re.compile(r"(?:UTC|GMT|UT)([+-].*)?")
_MAX_OFFSET: Final = timedelta(hours=18)
_ABBREVIATIONS: Final = {
    "PST": ("America/Los_Angeles", "Pacific Standard Time"),
    "PDT": ("America/Los_Angeles", "Pacific Daylight Time"),
    "MST": ("America/Denver", "Mountain Standard Time"),
    "MDT": ("America/Denver", "Mountain Daylight Time"),
    "CST": ("America/Chicago", "Central Standard Time"),
    "CDT": ("America/Chicago", "Central Daylight Time"),
    "EST": ("America/New_York", "Eastern Standard Time"),
    "EDT": ("America/New_York", "Eastern Daylight Time"),
    "BST": ("Europe/London", "British Summer Time"),
    "WET": ("Europe/Lisbon", "Western European Time"),
    "WEST": ("Europe/Lisbon", "Western European Summer Time"),
    "CET": ("Europe/Paris", "Central European Time"),
    "CEST": ("Europe/Paris", "Central European Summer Time"),
    "EET": ("Europe/Athens", "Eastern European Time"),
    "EEST": ("Europe/Athens", "Eastern European Summer Time"),
    "IST": ("Asia/Kolkata", "India Standard Time"),
    "JST": ("Asia/Tokyo", "Japan Standard Time"),
}
"""Zones by their short names, with the long ones; AWS does not say which it reads."""
_LONG_NAMES: Final = {
    "UTC": "Coordinated Universal Time",
    "GMT": "Greenwich Mean Time",
    **{short: long for short, (_, long) in _ABBREVIATIONS.items()},
}


def zone(name: str) -> tzinfo | None:
    """Return a zone by its id, such as `America/Belize`, `UTC+01:00` or `+01:00`."""
    if name in ("Z", "UTC", "GMT", "UT"):
        return UTC
    if prefixed := _PREFIXED.fullmatch(name):
        return offset(prefixed[1])
    if name.startswith(("+", "-")):
        return offset(name)
    return ZoneInfo(name) if name in _names() else None


def named_zone(name: str) -> tzinfo | None:
    """Return a zone by its id, or by its English name such as `PST`."""
    return zone(_ABBREVIATIONS[name][0] if name in _ABBREVIATIONS else name)


def long_name(short: str) -> str:
    """Return the long English name of a zone; the short one where we know none."""
    return _LONG_NAMES.get(short, short)


def offset(text: str) -> tzinfo | None:
    """Return the zone of an offset such as `+01:00`; None for what is none."""
    match = _OFFSET.fullmatch(text)
    if not match:
        return None
    hours, minutes, seconds = (int(match[name] or 0) for name in ("hours", "minutes", "seconds"))
    distance = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or distance > _MAX_OFFSET:
        return None
    return timezone(-distance if match["sign"] == "-" else distance)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
