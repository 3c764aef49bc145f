"""Arithmetic, comparison and logic, with Timestream's rules for the types of both sides."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab_utils.local_aws.timestream.query.coercion import Typed, coerce, common_type
from lab_utils.local_aws.timestream.query.durations import NS_PER_DAY
from lab_utils.local_aws.timestream.query.functions.failures import checked, named
from lab_utils.local_aws.timestream.query.types import (
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    NUMBERS,
    TIME,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    YEAR_TO_MONTH,
    ArrayType,
    Type,
    array,
)

_STORED_COLUMN = re.compile(r't\d+\."[^"]+"')
# Named queries that append a value to itself would double it each time.
APPEND_MACROS = (
    "CREATE OR REPLACE MACRO ts_append_text(a, b) AS"
    " CASE WHEN NOT ts_is_too_long(strlen(a) + strlen(b))"
    " THEN ts_short(a, 2) || ts_short(b, 2) END",
    "CREATE OR REPLACE MACRO ts_append_array(a, b) AS"
    " CASE WHEN NOT ts_is_too_long(8 * (len(a) + len(b))) THEN list_concat(a, b) END",
)
_INTERVALS = (DAY_TO_SECOND, YEAR_TO_MONTH)
_DATE_HOURS = "Cannot add hour, minutes or seconds to a date"


class Inapplicable(Exception):  # noqa: N818 - turned into an SqlError with its position
    """An operator that does not go with the types of its operands."""


def inapplicable(operator: str, *values: Typed) -> Inapplicable:
    """Return the error in Timestream's words."""
    return Inapplicable(
        f"'{operator}' cannot be applied to {', '.join(str(v.type) for v in values)}"
    )


def arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    """Return ``left operator right`` for one of ``+ - * / %``.

    Raises:
        Inapplicable: The types do not go together.
        ValueError: A text literal that is no timestamp.
    """
    if left.type == UNKNOWN or right.type == UNKNOWN:
        kind = right.type if left.type == UNKNOWN else left.type
        return Typed(f"CAST(NULL AS {kind.duckdb})", kind)
    if left.type in NUMBERS and right.type in NUMBERS:
        return _numbers(operator, left, right)
    if left.type in _INTERVALS and left.type == right.type and operator in "+-":
        return Typed(f"({left.sql} {operator} {right.sql})", left.type)
    if right.type in _INTERVALS and operator in "+-":
        return _shift(operator, left, right)
    if left.type in _INTERVALS and operator == "+":
        return _shift(operator, right, left)
    if left.type in _INTERVALS and right.type in NUMBERS and operator in "*/":
        return _scaled(operator, left, right)
    if left.type in NUMBERS and right.type in _INTERVALS and operator == "*":
        return _scaled(operator, right, left)
    raise inapplicable(operator, left, right)


def _numbers(operator: str, left: Typed, right: Typed) -> Typed:
    kind = NUMBERS[max(NUMBERS.index(left.type), NUMBERS.index(right.type))]
    duckdb = "//" if operator == "/" and kind != DOUBLE else operator
    left, right = coerce(left, kind), coerce(right, kind)
    return Typed(f"({left.sql} {duckdb} {right.sql})", kind)


def _scaled(operator: str, interval: Typed, factor: Typed) -> Typed:
    if factor.type == DOUBLE:
        sql = f"CAST(round(CAST({interval.sql} AS DOUBLE) {operator} {factor.sql}) AS BIGINT)"
    else:
        duckdb = "//" if operator == "/" else operator
        sql = f"({interval.sql} {duckdb} CAST({factor.sql} AS BIGINT))"
    return Typed(sql, interval.type)


def _shift(operator: str, moment: Typed, interval: Typed) -> Typed:
    """Return a timestamp, date or time moved by an interval; text counts as a timestamp."""
    if moment.type == VARCHAR:
        moment = coerce(moment, TIMESTAMP)
    if interval.type == YEAR_TO_MONTH and moment.type in (TIMESTAMP, DATE):
        months = f"({moment.sql} {operator} to_months(CAST({interval.sql} AS INTEGER)))"
        return Typed(f"CAST({months} AS {moment.type.duckdb})", moment.type)
    if interval.type == DAY_TO_SECOND and moment.type == TIMESTAMP:
        sql = f"make_timestamp_ns(epoch_ns({moment.sql}) {operator} {interval.sql})"
        return Typed(sql, TIMESTAMP)
    if interval.type == DAY_TO_SECOND and moment.type == DATE:
        return Typed(_shift_date(operator, moment, interval), DATE)
    if interval.type == DAY_TO_SECOND and moment.type == TIME:
        turned = f"({moment.sql} {operator} {interval.sql} % {NS_PER_DAY} + {NS_PER_DAY})"
        return Typed(f"({turned} % {NS_PER_DAY})", TIME)
    raise inapplicable(operator, moment, interval)


def _shift_date(operator: str, moment: Typed, interval: Typed) -> str:
    days = f"({moment.sql} {operator} CAST({interval.sql} // {NS_PER_DAY} AS INTEGER))"
    if isinstance(interval.literal, int):
        if interval.literal % NS_PER_DAY:
            raise Inapplicable(_DATE_HOURS)
        return days
    return checked((f"{interval.sql} % {NS_PER_DAY} <> 0", f"'{_DATE_HOURS}'"), result=days)


def negate(value: Typed) -> Typed:
    """Return ``-value``."""
    if value.type not in (*NUMBERS, *_INTERVALS, UNKNOWN):
        raise inapplicable("-", value)
    literal = -value.literal if isinstance(value.literal, int) else None
    return Typed(f"(-{value.sql})", value.type, literal)


def comparison(operator: str, left: Typed, right: Typed) -> Typed:
    """Return ``left operator right``, a BOOLEAN.

    Raises:
        Inapplicable: The types cannot be compared.
        ValueError: A text literal that is no timestamp.
    """
    both = unify([left, right])
    if both is None:
        raise inapplicable(operator, left, right)
    return Typed(f"({both[0].sql} {operator} {both[1].sql})", BOOLEAN)


def unify(values: Sequence[Typed]) -> list[Typed] | None:
    """Return the values as their common type, None if they have none."""
    kind: Type | None = UNKNOWN
    for value in values:
        kind = common_type(kind, value.type) if kind else None
    if kind is None:
        return None
    return [coerce(value, kind) for value in values]


def concatenate(left: Typed, right: Typed) -> Typed:
    """Return ``left || right`` of texts or arrays."""
    if isinstance(left.type, ArrayType) or isinstance(right.type, ArrayType):
        return _concatenate_arrays(left, right)
    if {left.type, right.type} - {VARCHAR, UNKNOWN}:
        raise inapplicable("||", left, right)
    if _is_bounded(left) or _is_bounded(right):
        return Typed(f"({left.sql} || {right.sql})", VARCHAR)
    return Typed(named("ts_append_text", left.sql, right.sql), VARCHAR)


def _is_bounded(value: Typed) -> bool:
    """Tell whether a text is a literal or a table's column, which are short."""
    return value.literal is not None or _STORED_COLUMN.fullmatch(value.sql) is not None


def _concatenate_arrays(left: Typed, right: Typed) -> Typed:
    """Return two arrays as one; an element beside an array counts as an array of itself."""
    both = (
        unify([left, right])
        or unify([left, Typed(f"[{right.sql}]", array(right.type))])
        or unify([Typed(f"[{left.sql}]", array(left.type)), right])
    )
    if both is None or not isinstance(both[0].type, ArrayType):
        raise inapplicable("||", left, right)
    if both[0].sql.startswith("[") or both[1].sql.startswith("["):
        return Typed(f"list_concat({both[0].sql}, {both[1].sql})", both[0].type)
    return Typed(named("ts_append_array", both[0].sql, both[1].sql), both[0].type)


def boolean(value: Typed, what: str) -> Typed:
    """Return a condition; anything but BOOLEAN is refused in the words of ``what``."""
    if value.type not in (BOOLEAN, UNKNOWN):
        raise Inapplicable(f"{what} must evaluate to a boolean (actual: {value.type})")
    return value
