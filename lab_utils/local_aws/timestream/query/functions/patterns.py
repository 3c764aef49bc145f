"""What the letters of a date pattern mean, for writing and for reading.

Source: https://trino.io/docs/current/functions/datetime.html (MySQL's),
http://joda-time.sourceforge.net/apidocs/org/joda/time/format/DateTimeFormat.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from lab_utils.local_aws.timestream.query.functions.moments import offset_of

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_DIGITS = 9
_ZONE = r"[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_+-]+)*"
# Two digits of a year stand for 1970 to 2069, as in Presto.
_FIRST_SHORT_YEAR = 1970

Write = Callable[[datetime, int], str]


@dataclass(frozen=True)
class Piece:
    """A part of a pattern.

    Attributes:
        key: Which of ``moments.Parts`` it gives, nothing for a literal.
        write: Its text, from a moment and the nanoseconds of the second.
        read: Its value, from a text.
        digits: How many digits it has at least, 0 if it is none of digits.
        most: How many digits it has at most.
        text: Regular expression, if it is none of digits.
    """

    key: str
    write: Write
    read: Callable[[str], int | tzinfo] = int
    digits: int = 0
    most: int = 2
    text: str = ""

    def regex(self, *, is_fixed: bool) -> str:
        """Return its regular expression; its width is fixed if more digits follow."""
        if not self.key:
            return self.text
        if not self.digits:
            return f"({self.text})"
        return (
            rf"(\d{{{self.digits}}})" if is_fixed else rf"(\d{{1,{max(self.most, self.digits)}}})"
        )


def _literal(text: str) -> Piece:
    return Piece("", lambda _, __: text, text=re.escape(text))


def _number(key: str, value: Callable[[datetime], int], digits: int, most: int = 2) -> Piece:
    def write(moment: datetime, _: int) -> str:
        return str(value(moment)).zfill(digits)

    return Piece(key, write, digits=digits, most=most)


def _names(key: str, names: tuple[str, ...], value: Callable[[datetime], int]) -> Piece:
    order = {name.lower(): number for number, name in enumerate(names, start=1)}
    return Piece(
        key,
        lambda moment, _: names[value(moment) - 1],
        read=lambda text: order[text.lower()],
        text="|".join(names),
    )


def _text(key: str, names: tuple[str, ...], value: Callable[[datetime], int], full: bool) -> Piece:
    return _names(key, names if full else tuple(name[:3] for name in names), value)


def _month(full: bool) -> Piece:
    return _text("month", _MONTHS, lambda m: m.month, full)


def _weekday(full: bool) -> Piece:
    return _text("weekday", _WEEKDAYS, lambda m: m.isoweekday(), full)


def _year(digits: int, value: Callable[[datetime], int] = lambda m: m.year) -> Piece:
    if digits != 2:
        return _number("year", value, digits, most=_MOST_DIGITS)
    return Piece(
        "year",
        lambda moment, _: f"{value(moment) % 100:02}",
        read=lambda text: (int(text) - _FIRST_SHORT_YEAR) % 100 + _FIRST_SHORT_YEAR,
        digits=2,
    )


def _half(digits: int, first: int) -> Piece:
    """Return the hour of half a day, from 0 or from 1."""

    def write(moment: datetime, _: int) -> str:
        return str((moment.hour - first) % 12 + first).zfill(digits)

    return Piece("half", write, read=lambda text: int(text) % 12, digits=digits)


def _half_of_day() -> Piece:
    return Piece(
        "pm",
        lambda moment, _: "AM" if moment.hour < 12 else "PM",
        read=lambda text: int(text.upper() == "PM"),
        text="AM|PM",
    )


def _fraction(digits: int) -> Piece:
    def write(_: datetime, ns: int) -> str:
        return f"{ns:09}"[:digits].ljust(digits, "0")

    def read(text: str) -> int:
        return int(text[:_MOST_DIGITS].ljust(_MOST_DIGITS, "0"))

    return Piece("fraction", write, read=read, digits=digits, most=_MOST_DIGITS)


def _zone(written: str) -> Piece:
    return Piece("offset", lambda _, __: written, read=offset_of, text=_ZONE)


def _iso_year(moment: datetime) -> int:
    return moment.isocalendar().year


def _iso_week(moment: datetime) -> int:
    return moment.isocalendar().week


def _day_of_year(moment: datetime) -> int:
    return moment.timetuple().tm_yday


_MYSQL: dict[str, list[Piece]] = {
    "a": [_weekday(False)],
    "b": [_month(False)],
    "c": [_number("month", lambda m: m.month, 1)],
    "d": [_number("day", lambda m: m.day, 2)],
    "e": [_number("day", lambda m: m.day, 1)],
    "f": [_fraction(6)],
    "H": [_number("hour", lambda m: m.hour, 2)],
    "h": [_half(2, 1)],
    "I": [_half(2, 1)],
    "i": [_number("minute", lambda m: m.minute, 2)],
    "j": [_number("doy", _day_of_year, 3, most=3)],
    "k": [_number("hour", lambda m: m.hour, 1)],
    "l": [_half(1, 1)],
    "M": [_month(True)],
    "m": [_number("month", lambda m: m.month, 2)],
    "p": [_half_of_day()],
    "S": [_number("second", lambda m: m.second, 2)],
    "s": [_number("second", lambda m: m.second, 2)],
    "v": [_number("week", _iso_week, 2)],
    "W": [_weekday(True)],
    "x": [_year(4, _iso_year)],
    "Y": [_number("year", lambda m: m.year, 4, most=4)],
    "y": [_year(2)],
}
_COLON = _literal(":")
_CLOCK = [*_MYSQL["i"], _COLON, *_MYSQL["S"]]
_MYSQL["T"] = [*_MYSQL["H"], _COLON, *_CLOCK]
_MYSQL["r"] = [*_MYSQL["I"], _COLON, *_CLOCK, _literal(" "), *_MYSQL["p"]]
_NOT_IN_PRESTO = frozenset("DUuVwX")


def mysql_pieces(pattern: str) -> list[Piece]:
    """Return the parts of a pattern such as ``%Y-%m-%d %H:%i:%s``.

    Raises:
        ValueError: It has a letter that Presto does not support.
    """
    pieces: list[Piece] = []
    for percent, letter, other in re.findall(r"(%)(.)|(.)", pattern, re.DOTALL):
        if letter in _NOT_IN_PRESTO and percent:
            raise ValueError(f"%{letter} not currently supported in date format string")
        pieces += _MYSQL.get(letter, [_literal(letter)]) if percent else [_literal(other)]
    return pieces


_JODA: dict[str, Callable[[int], Piece]] = {
    "G": lambda _: Piece("era", lambda *_: "AD", read=lambda _: 1, text="AD"),
    "C": lambda n: _number("century", lambda m: m.year // 100, n),
    "y": _year,
    "Y": _year,
    "u": _year,
    "x": lambda n: _year(n, _iso_year),
    "w": lambda n: _number("week", _iso_week, n),
    "e": lambda n: _number("weekday", lambda m: m.isoweekday(), n),
    "E": lambda n: _weekday(n > 3),
    "D": lambda n: _number("doy", _day_of_year, n, most=3),
    "M": lambda n: _month(n > 3) if n > 2 else _number("month", lambda m: m.month, n),
    "d": lambda n: _number("day", lambda m: m.day, n),
    "a": lambda _: _half_of_day(),
    "K": lambda n: _half(n, 0),
    "h": lambda n: _half(n, 1),
    "H": lambda n: _number("hour", lambda m: m.hour, n),
    "k": lambda n: Piece(
        "hour",
        lambda moment, _: str((moment.hour - 1) % 24 + 1).zfill(n),
        read=lambda text: int(text) % 24,
        digits=n,
    ),
    "m": lambda n: _number("minute", lambda m: m.minute, n),
    "s": lambda n: _number("second", lambda m: m.second, n),
    "S": _fraction,
    "z": lambda n: _zone("Coordinated Universal Time" if n > 3 else "UTC"),
    "Z": lambda n: _zone({1: "+0000", 2: "+00:00"}.get(n, "UTC")),
}
_JODA["L"] = _JODA["M"]
_JODA_TOKEN = re.compile(r"(([A-Za-z])\2*)|'((?:[^']|'')*)'|(.)", re.DOTALL)


def joda_pieces(pattern: str) -> list[Piece]:
    """Return the parts of a pattern such as ``yyyy-MM-dd HH:mm:ss``.

    Raises:
        ValueError: It has a letter without a meaning.
    """
    pieces = []
    for run, letter, quoted, other in _JODA_TOKEN.findall(pattern):
        if run and letter not in _JODA:
            raise ValueError(f"Illegal pattern component: {run}")
        text = quoted.replace("''", "'") or other or "'"
        pieces.append(_JODA[letter](len(run)) if run else _literal(text))
    return pieces
