"""Timestamps to text and back, by patterns of MySQL and Joda, and by ISO 8601.

They run in Python, called by DuckDB for each value: patterns may come from columns, and names
of months and time zones have no counterpart in DuckDB.

Source: Timestream developer guide, "Date / time functions", Formatting and parsing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from lab_utils.local_aws.timestream.query.functions.base import Entry, Scalar, Signature
from lab_utils.local_aws.timestream.query.functions.moments import (
    Parts,
    date_of,
    moment_ns,
    offset_of,
)
from lab_utils.local_aws.timestream.query.functions.patterns import (
    Piece,
    joda_pieces,
    mysql_pieces,
)
from lab_utils.local_aws.timestream.query.types import DATE, TIMESTAMP, VARCHAR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO_DATE = (
    r"(?P<year>\d{4})"
    r"(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?|-(?P<doy>\d{3})|-W(?P<week>\d{2})(?:-(?P<weekday>\d))?)?"
)
_ISO_TIME = (
    r"(?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?"
)
_ISO_TIMESTAMP = re.compile(rf"{_ISO_DATE}(?:T{_ISO_TIME})?", re.ASCII)
_ISO_DAY = re.compile(_ISO_DATE, re.ASCII)


@lru_cache(maxsize=256)
def _compile(
    pieces: Callable[[str], list[Piece]], pattern: str
) -> tuple[list[Piece], re.Pattern[str]]:
    made = pieces(pattern)
    texts = []
    for index, piece in enumerate(made):
        following = made[index + 1] if index + 1 < len(made) else None
        texts.append(piece.regex(is_fixed=following is not None and following.digits > 0))
    return made, re.compile("".join(texts), re.IGNORECASE | re.ASCII)


def _format(pieces: Callable[[str], list[Piece]], ns: int, pattern: str) -> str:
    seconds, fraction = divmod(ns, 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return "".join(piece.write(moment, fraction) for piece in _compile(pieces, pattern)[0])


def _parse(pieces: Callable[[str], list[Piece]], text: str, pattern: str) -> int:
    made, expression = _compile(pieces, pattern)
    match = expression.fullmatch(text)
    if match is None:
        raise ValueError(f'Invalid format: "{text}"')
    parts: Parts = {}
    fields = [piece for piece in made if piece.key]
    for piece, found in zip(fields, match.groups(), strict=True):
        parts[piece.key] = piece.read(found)
    return moment_ns(text, parts)


def _date_format(ns: int, pattern: str) -> str:
    return _format(mysql_pieces, ns, pattern)


def _date_parse(text: str, pattern: str) -> int:
    return _parse(mysql_pieces, text, pattern)


def _format_datetime(ns: int, pattern: str) -> str:
    return _format(joda_pieces, ns, pattern)


def _parse_datetime(text: str, pattern: str) -> int:
    return _parse(joda_pieces, text, pattern)


def _iso_parts(expression: re.Pattern[str], text: str) -> Parts:
    match = expression.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'Invalid format: "{text}"')
    found = {key: value for key, value in match.groupdict().items() if value}
    fraction, zone = found.pop("fraction", ""), found.pop("zone", "Z")
    parts: Parts = {key: int(value) for key, value in found.items()}
    parts["fraction"], parts["offset"] = int(fraction.ljust(9, "0")), offset_of(zone)
    return parts


def _from_iso8601_timestamp(text: str) -> int:
    return moment_ns(text, _iso_parts(_ISO_TIMESTAMP, text))


def _from_iso8601_date(text: str) -> date:
    return date_of(text, _iso_parts(_ISO_DAY, text))


def _formatting(name: str) -> list[Signature]:
    return [Signature((TIMESTAMP, VARCHAR), VARCHAR, f"ts_{name}(epoch_ns({{0}}), {{1}})")]


def _parsing(name: str) -> list[Signature]:
    sql = f"make_timestamp_ns(ts_{name}({{0}}, {{1}}))"
    return [Signature((VARCHAR, VARCHAR), TIMESTAMP, sql)]


FUNCTIONS: dict[str, Entry] = {
    "date_format": _formatting("date_format"),
    "date_parse": _parsing("date_parse"),
    "format_datetime": _formatting("format_datetime"),
    "parse_datetime": _parsing("parse_datetime"),
    "from_iso8601_timestamp": [
        Signature((VARCHAR,), TIMESTAMP, "make_timestamp_ns(ts_from_iso8601_timestamp({0}))")
    ],
    "from_iso8601_date": [Signature((VARCHAR,), DATE, "ts_from_iso8601_date({0})")],
}

_TEXTS = ("VARCHAR", "VARCHAR")
SCALARS = (
    Scalar("ts_date_format", _date_format, ("BIGINT", "VARCHAR"), "VARCHAR"),
    Scalar("ts_date_parse", _date_parse, _TEXTS, "BIGINT"),
    Scalar("ts_format_datetime", _format_datetime, ("BIGINT", "VARCHAR"), "VARCHAR"),
    Scalar("ts_parse_datetime", _parse_datetime, _TEXTS, "BIGINT"),
    Scalar("ts_from_iso8601_timestamp", _from_iso8601_timestamp, ("VARCHAR",), "BIGINT"),
    Scalar("ts_from_iso8601_date", _from_iso8601_date, ("VARCHAR",), "DATE"),
)
