"""Reading times by a pattern of the JDK.

Weeks, quarters, nanoseconds and paddings (the letters Y w W e c F Q q n N p v B) are not read.

Source: the API documentation of JDK 11, `java.time.format.DateTimeFormatter`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Final

from lab_utils.local_aws.rules.sql import patterns
from lab_utils.local_aws.rules.sql.timepatterns import DAYS, MONTHS, PatternError, split_pattern
from lab_utils.local_aws.rules.sql.timepatterns.zones import named_zone, offset, zone

MAX_TEXT: Final = 512
"""Characters of a text that is read as a time (our choice)."""
Fields = dict[str, str]
_ANY: Final = 19
_ZONE: Final = r"[A-Za-z][A-Za-z0-9~/._+:-]*|[+-][0-9:]+"
_OPTIONAL: Final = {"[": "(?:", "]": ")?"}
_MINUTES: Final = {
    "X": r"(?:[0-9]{2})?",
    "XX": "[0-9]{2}",
    "XXX": ":[0-9]{2}",
    "XXXX": "[0-9]{2}(?:[0-9]{2})?",
    "XXXXX": ":[0-9]{2}(?::[0-9]{2})?",
}
_GMT: Final = r"GMT(?:[+-][0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2})?)?)?"


def parse_time(text: str, pattern: str) -> int | None:
    """Return the ms since the epoch of a time in a text; None if the pattern does not fit.

    Raises:
        PatternError: If the pattern is none that we read.
    """
    expression = _compiled(pattern)
    match = patterns.whole_match(expression, text) if len(text) <= MAX_TEXT else None
    if match is None:
        return None
    found = {name.partition("_")[0]: value for name, value in match.groupdict().items() if value}
    try:
        return _epoch_ms(found)
    except (ValueError, OverflowError, KeyError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    parts = enumerate(split_pattern(pattern))
    expression = patterns.read(
        "".join(_expression(text, count, place) for place, (text, count) in parts)
    )
    if expression is None:
        raise PatternError("brackets do not match")
    return expression


def _expression(text: str, count: int, place: int) -> str:
    if count < 0:
        return re.escape(text)
    if count == 0:
        return "".join(_OPTIONAL.get(character, re.escape(character)) for character in text)
    name = {"u": "y", "L": "M"}.get(text, text)
    for letters, read in _LETTERS.items():
        if name in letters:
            return f"(?P<{_group(name, count)}_{place}>{read(name, count)})"
    raise PatternError(f"the letter {text} is not read")


def _group(name: str, count: int) -> str:
    """Return a field's name; a month in letters and a year of two digits have their own."""
    if (name == "M" and count >= 3) or (name == "y" and count == 2):
        return name * 2
    return name


def _number(name: str, count: int) -> str:
    if count > (3 if name == "D" else _ANY if name == "A" else 2):
        raise PatternError(f"too many letters {name}")
    return f"[0-9]{{1,{_ANY}}}" if count == 1 else f"[0-9]{{{count}}}"


def _year(_name: str, count: int) -> str:
    if count in (1, 3):
        return f"[0-9]{{{count},{_ANY}}}"
    return f"[0-9]{{{count}}}"


def _month(name: str, count: int) -> str:
    return _number(name, count) if count < 3 else _one_of(MONTHS, count)


def _weekday(_name: str, count: int) -> str:
    return _one_of(DAYS, max(count, 3))


def _one_of(names: tuple[str, ...], count: int) -> str:
    if count > 4:
        raise PatternError("names of one letter are not read")
    return "|".join(name if count == 4 else name[:3] for name in names)


def _fraction(_name: str, count: int) -> str:
    return f"[0-9]{{{count}}}"


def _text(name: str, count: int) -> str:
    if name == "a":
        return "AM|PM"
    return "Anno Domini|Before Christ" if count == 4 else "AD|BC"


def _zone(name: str, count: int) -> str:
    if name == "V" and count != 2:
        raise PatternError("the letter V stands twice or not at all")
    return _ZONE


def _offset(name: str, count: int) -> str:
    if name == "O" or (name == "Z" and count == 4):
        return _GMT
    width = {1: 2, 2: 2, 3: 2, 5: 5}.get(count, 0) if name == "Z" else count
    if "X" * width not in _MINUTES:
        raise PatternError(f"the letter {name} stands {count} times")
    minutes = "[+-][0-9]{2}" + _MINUTES["X" * width]
    return minutes if name == "x" or (name == "Z" and count < 4) else f"Z|{minutes}"


_LETTERS: Final[dict[str, Callable[[str, int], str]]] = {
    "y": _year,
    "M": _month,
    "E": _weekday,
    "S": _fraction,
    "aG": _text,
    "Vz": _zone,
    "OXxZ": _offset,
    "DdHkKhmsA": _number,
}


def _epoch_ms(fields: Fields) -> int:
    """Return the ms since the epoch; a ValueError when the fields make no time."""
    day, time_ms = _date(fields), _time_ms(fields)
    if "E" in fields and not DAYS[day.weekday()].startswith(fields["E"]):
        raise ValueError("another day of the week")
    local = datetime(day.year, day.month, day.day) + timedelta(milliseconds=time_ms)
    elapsed = local.replace(tzinfo=_zone_of(fields)) - datetime(1970, 1, 1, tzinfo=UTC)
    return elapsed // timedelta(milliseconds=1)


def _date(fields: Fields) -> date:
    """Return the day; one beyond the end of a month is its last, as the JDK has it."""
    year = 2000 + int(fields["yy"]) if "yy" in fields else int(fields["y"])
    if fields.get("G", "AD")[0] != "A":
        raise ValueError("before Christ")
    if "D" in fields:
        day = date(year, 1, 1) + timedelta(days=int(fields["D"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    names = [name[:3] for name in MONTHS]
    month = names.index(fields["MM"][:3]) + 1 if "MM" in fields else int(fields["M"])
    number = int(fields["d"])
    if number > 31:
        raise ValueError("no such day of the month")
    return date(year, month, min(number, monthrange(year, month)[1]))


def _time_ms(fields: Fields) -> int:
    """Return the ms since midnight; 24:00 is the midnight after."""
    if "A" in fields:
        return _within(fields, "A", 0, 86_399_999)
    minutes, seconds = _within(fields, "m", 0, 59), _within(fields, "s", 0, 59)
    fraction = int(fields.get("S", "0")[:3].ljust(3, "0"))
    rest = (minutes * 60 + seconds) * 1000 + fraction
    return (_hour(fields, is_sharp=rest == 0)) * 3_600_000 + rest


def _hour(fields: Fields, *, is_sharp: bool) -> int:
    if "H" in fields:
        return _within(fields, "H", 0, 24 if is_sharp else 23)
    if "k" in fields:
        return _within(fields, "k", 1, 24) % 24
    if "h" not in fields and "K" not in fields:
        return 0
    if "a" not in fields:
        raise ValueError("neither AM nor PM")
    hour = _within(fields, "h", 1, 12) % 12 if "h" in fields else _within(fields, "K", 0, 11)
    return hour + (12 if fields["a"] == "PM" else 0)


def _within(fields: Fields, name: str, lowest: int, highest: int) -> int:
    number = int(fields.get(name, "0"))
    if not lowest <= number <= highest:
        raise ValueError(f"{name} is {number}")
    return number


def _zone_of(fields: Fields) -> tzinfo:
    for name in "XxZO":
        if name in fields:
            found = (
                offset(fields[name].removeprefix("GMT") or "+0")
                if fields[name] != "Z"
                else zone("Z")
            )
            break
    else:
        name = fields.get("V") or fields.get("z") or "Z"
        found = named_zone(name) if "z" in fields else zone(name)
    if found is None:
        raise ValueError("no such zone")
    return found
