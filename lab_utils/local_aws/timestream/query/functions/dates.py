"""Dates, times, intervals and their conversions; the fields of a date are in ``date_fields``.

All times are UTC. A varchar is accepted as a timestamp, as everywhere in Timestream.

Source: Timestream developer guide, "Date / time functions".
"""

from __future__ import annotations

import re

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.durations import (
    DURATION_UNITS,
    INTERVAL_NS,
    NS_PER_DAY,
    duration,
)
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Signature
from lab_utils.local_aws.timestream.query.functions.failures import checked, quoted, unless_null
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    TIME,
    TIMESTAMP,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
)

_UNITS = ("millisecond", "second", "minute", "hour", "day", "week")
_UNIT_NS = {unit: INTERVAL_NS[unit] for unit in _UNITS}
_UNIT_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)


def _ago(call: Call) -> Typed:
    values = call.values()
    if len(values) == 1 and values[0].type == YEAR_TO_MONTH:
        return Typed(f"({call.now} - to_months(CAST({values[0].sql} AS INTEGER)))", TIMESTAMP)
    if len(values) != 1 or not can_coerce(values[0].type, DAY_TO_SECOND):
        raise call.wrong_arguments("ago(interval day to second), ago(interval year to month)")
    return Typed(f"make_timestamp_ns(epoch_ns({call.now}) - {values[0].sql})", TIMESTAMP)


def _now(call: Call) -> Typed:
    _take_nothing(call)
    return Typed(call.now, TIMESTAMP)


def _time_of_day(call: Call) -> Typed:
    _take_nothing(call)
    return Typed(f"(epoch_ns({call.now}) % {NS_PER_DAY})", TIME)


def _today(call: Call) -> Typed:
    _take_nothing(call)
    return Typed(f"CAST({call.now} AS DATE)", DATE)


def _take_nothing(call: Call) -> None:
    if call.arguments:
        raise call.wrong_arguments(f"{call.name}()")


def _parse_duration(call: Call) -> Typed:
    """Return an interval; of years and months only where the text is a literal.

    The type is known before the query runs, so a computed text is read as days to seconds.
    """
    values = call.values()
    if len(values) != 1 or not can_coerce(values[0].type, VARCHAR):
        raise call.wrong_arguments("parse_duration(varchar(x))")
    text = values[0].literal
    if not isinstance(text, str):
        return Typed(f"ts_parse_duration({coerce(values[0], VARCHAR).sql})", DAY_TO_SECOND)
    match = _DURATION.fullmatch(text)
    if match is None or match[2].lower() not in DURATION_UNITS:
        raise call.error(f"Invalid duration: {text}")
    try:
        return duration(match[1], match[2])
    except ValueError as problem:
        raise call.error(str(problem)) from problem


# With both kinds of count: an exact match must find the date before a timestamp.
_SHIFTS: dict[Type, str] = {
    TIMESTAMP: "ts_add({0}, {1}, {2})",
    DATE: "ts_add_to_date({0}, {1}, {2})",
    TIME: "ts_add_to_time({0}, {1}, {2})",
}
FUNCTIONS: dict[str, Entry] = {
    "ago": _ago,
    "current_date": _today,
    "current_time": _time_of_day,
    "localtime": _time_of_day,
    "localtimestamp": _now,
    "current_timezone": [Signature((), VARCHAR, "'UTC'")],
    "date": [
        Signature((DATE,), DATE, "{0}"),
        Signature((TIMESTAMP,), DATE, "CAST({0} AS DATE)"),
    ],
    "last_day_of_month": [Signature((TIMESTAMP,), DATE, "last_day({0})")],
    "to_iso8601": [
        Signature((DATE,), VARCHAR, "CAST({0} AS VARCHAR)"),
        Signature((TIMESTAMP,), VARCHAR, "strftime({0}, '%Y-%m-%dT%H:%M:%S.%n')"),
    ],
    "from_milliseconds": [
        Signature((BIGINT,), TIMESTAMP, "make_timestamp_ns({0} * 1000000)"),
    ],
    "from_nanoseconds": [Signature((BIGINT,), TIMESTAMP, "make_timestamp_ns({0})")],
    # To the millisecond, as Presto rounds: a double has no digits for more.
    "from_unixtime": [
        Signature(
            (DOUBLE,),
            TIMESTAMP,
            "make_timestamp_ns(CAST(round({0} * 1000) AS BIGINT) * 1000000)",
        ),
    ],
    "to_milliseconds": [
        Signature((DAY_TO_SECOND,), BIGINT, "({0} // 1000000)"),
        Signature((TIMESTAMP,), BIGINT, "(epoch_ns({0}) // 1000000)"),
    ],
    "to_nanoseconds": [
        Signature((DAY_TO_SECOND,), BIGINT, "{0}"),
        Signature((TIMESTAMP,), BIGINT, "epoch_ns({0})"),
    ],
    "to_unixtime": [Signature((TIMESTAMP,), DOUBLE, "(CAST(epoch_ns({0}) AS DOUBLE) / 1e9)")],
    "date_trunc": [Signature((VARCHAR, TIMESTAMP), TIMESTAMP, "ts_truncate({0}, {1})")],
    "date_add": [
        *(
            Signature((VARCHAR, count, kind), kind, sql)
            for kind, sql in _SHIFTS.items()
            for count in (INTEGER, BIGINT)
        ),
    ],
    "date_diff": [
        Signature((VARCHAR, TIMESTAMP, TIMESTAMP), BIGINT, "ts_difference({0}, {1}, {2})"),
        Signature((VARCHAR, DATE, DATE), BIGINT, "ts_date_difference({0}, {1}, {2})"),
        Signature((VARCHAR, TIME, TIME), BIGINT, "ts_time_difference({0}, {1}, {2})"),
    ],
    "parse_duration": _parse_duration,
    "bin": [Signature((TIMESTAMP, DAY_TO_SECOND), TIMESTAMP, "ts_bin({0}, {1})")],
}


def _lookup(subject: str, amounts: dict[str, int]) -> str:
    cases = " ".join(f"WHEN '{unit}' THEN {amount}" for unit, amount in amounts.items())
    return unless_null(subject, result=f"CASE lower({subject}) {cases} ELSE 0 END")


def _unit_check(*kinds: str, field: str) -> tuple[str, str]:
    """Return the check that a unit is one of some, for ``failures.checked``."""
    names = ", ".join(f"'{kind}'" for kind in kinds)
    text = f"'''' || unit || ''' is not a valid {field} field'"
    return f"lower(unit) NOT IN ({names})", text


_DATE_UNITS = ("day", "week", *_UNIT_MONTHS)
_TIME_UNITS = ("millisecond", "second", "minute", "hour")
_NO_TIMESTAMP_UNIT = _unit_check(*_TIME_UNITS, *_DATE_UNITS, field="TIMESTAMP")
_NO_DATE_UNIT = _unit_check(*_DATE_UNITS, field="DATE")
_NO_TIME_UNIT = _unit_check(*_TIME_UNITS, field="TIME")
_DURATION_NS = {
    unit: kind.literal
    for unit in sorted(DURATION_UNITS)
    if (kind := duration("1", unit)).type == DAY_TO_SECOND and isinstance(kind.literal, int)
}
_NUMBER_OF, _UNIT_OF = (
    f"regexp_extract(text, {quoted('(?i)^' + _DURATION.pattern + '$')}, {group})"
    for group in (1, 2)
)
_DIFFERENCE = (
    "CASE WHEN ts_unit_months(unit) > 0 THEN"
    " datesub('month', CAST(earlier AS TIMESTAMP), CAST(later AS TIMESTAMP))"
    " // ts_unit_months(unit)"
    " ELSE (epoch_ns(later) - epoch_ns(earlier)) // ts_unit_ns(unit) END"
)
# DuckDB looks at a literal unit before it runs anything, so it must never see a wrong one.
_TRUNCATION = (
    f"CAST(date_trunc(CASE WHEN {_NO_TIMESTAMP_UNIT[0]} THEN 'day' ELSE lower(unit) END, moment)"
    " AS TIMESTAMP_NS)"
)
_DAYS_DIFFERENCE = "ts_difference(unit, CAST(earlier AS TIMESTAMP_NS), CAST(later AS TIMESTAMP_NS))"


def _macro(head: str, body: str) -> str:
    return f"CREATE OR REPLACE MACRO {head} AS {body}"


MACROS = (
    _macro("ts_unit_ns(unit)", _lookup("unit", _UNIT_NS)),
    _macro("ts_unit_months(unit)", _lookup("unit", _UNIT_MONTHS)),
    _macro(
        "ts_truncate(unit, moment)",
        checked(_NO_TIMESTAMP_UNIT, result=_TRUNCATION),
    ),
    _macro(
        "ts_shift(unit, amount, moment)",
        "make_timestamp_ns("
        "epoch_ns(moment + to_months(CAST(amount * ts_unit_months(unit) AS INTEGER)))"
        " + amount * ts_unit_ns(unit))",
    ),
    _macro(
        "ts_add(unit, amount, moment)",
        checked(_NO_TIMESTAMP_UNIT, result="ts_shift(unit, amount, moment)"),
    ),
    _macro(
        "ts_add_to_date(unit, amount, day)",
        checked(
            _NO_DATE_UNIT,
            result="CAST(ts_shift(unit, amount, CAST(day AS TIMESTAMP_NS)) AS DATE)",
        ),
    ),
    _macro(
        "ts_add_to_time(unit, amount, ns)",
        checked(
            _NO_TIME_UNIT,
            result=f"((ns + amount * ts_unit_ns(unit)) % {NS_PER_DAY} + {NS_PER_DAY})"
            f" % {NS_PER_DAY}",
        ),
    ),
    _macro("ts_difference(unit, earlier, later)", checked(_NO_TIMESTAMP_UNIT, result=_DIFFERENCE)),
    _macro(
        "ts_date_difference(unit, earlier, later)",
        checked(_NO_DATE_UNIT, result=_DAYS_DIFFERENCE),
    ),
    _macro(
        "ts_time_difference(unit, earlier, later)",
        checked(_NO_TIME_UNIT, result="(later - earlier) // ts_unit_ns(unit)"),
    ),
    # A floor, also before 1970.
    _macro(
        "ts_bin(moment, step)",
        checked(
            ("step <= 0", "'bin interval must be positive'"),
            result="make_timestamp_ns("
            "epoch_ns(moment) - ((epoch_ns(moment) % step) + step) % step)",
        ),
    ),
    _macro("ts_duration_unit(text)", _lookup(_UNIT_OF, _DURATION_NS)),
    _macro(
        "ts_parse_duration(text)",
        checked(
            ("ts_duration_unit(text) = 0", "'Invalid duration: ' || text"),
            result=f"CAST(round(CAST({_NUMBER_OF} AS DOUBLE) * ts_duration_unit(text)) AS BIGINT)",
        ),
    ),
)
