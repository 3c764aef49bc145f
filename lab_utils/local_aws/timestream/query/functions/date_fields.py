"""The fields of timestamps, dates, times of day and intervals.

``extract(field FROM x)`` uses the same entries.

Source: Timestream developer guide, "Date / time functions", Extraction.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab_utils.local_aws.timestream.query.functions.base import Entry, Signature
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DATE,
    DAY_TO_SECOND,
    TIME,
    TIMESTAMP,
    YEAR_TO_MONTH,
    Type,
)


def _date_field(sql: str, *more: Signature) -> Sequence[Signature]:
    return [Signature((kind,), BIGINT, sql) for kind in (TIMESTAMP, DATE)] + list(more)


def _time_field(sql: str, count: str) -> Sequence[Signature]:
    """Return a field of a timestamp, and of a count of nanoseconds."""
    counts: tuple[Type, ...] = (TIME, DAY_TO_SECOND)
    return [
        Signature((TIMESTAMP,), BIGINT, sql),
        *(Signature((kind,), BIGINT, count) for kind in counts),
    ]


_DAY = _date_field("day({0})", Signature((DAY_TO_SECOND,), BIGINT, "({0} // 86400000000000)"))
_DAY_OF_WEEK = _date_field("isodow({0})")
_DAY_OF_YEAR = _date_field("dayofyear({0})")
_WEEK = _date_field("weekofyear({0})")
_YEAR_OF_WEEK = _date_field("isoyear({0})")

FUNCTIONS: dict[str, Entry] = {
    "year": _date_field("year({0})", Signature((YEAR_TO_MONTH,), BIGINT, "({0} // 12)")),
    "quarter": _date_field("quarter({0})"),
    "month": _date_field("month({0})", Signature((YEAR_TO_MONTH,), BIGINT, "({0} % 12)")),
    "week": _WEEK,
    "week_of_year": _WEEK,
    "year_of_week": _YEAR_OF_WEEK,
    "yow": _YEAR_OF_WEEK,
    "day": _DAY,
    "day_of_month": _DAY,
    "day_of_week": _DAY_OF_WEEK,
    "dow": _DAY_OF_WEEK,
    "day_of_year": _DAY_OF_YEAR,
    "doy": _DAY_OF_YEAR,
    "hour": _time_field("hour({0})", "({0} // 3600000000000 % 24)"),
    "minute": _time_field("minute({0})", "({0} // 60000000000 % 60)"),
    "second": _time_field("second({0})", "({0} // 1000000000 % 60)"),
    "millisecond": _time_field("(millisecond({0}) % 1000)", "({0} // 1000000 % 1000)"),
    "nanosecond": _time_field("(nanosecond({0}) % 1000000000)", "({0} % 1000000000)"),
}
