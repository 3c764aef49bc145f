"""Aggregates that count, collect and compare; those of statistics are in ``statistics``.

Source: Timestream developer guide, "Aggregate functions".
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Signature
from lab_utils.local_aws.timestream.query.functions.constants import constant_number
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    DAY_TO_SECOND,
    DOUBLE,
    YEAR_TO_MONTH,
    array,
    variable,
)

_T = variable("T")
_MOST_VALUES = 10_000
_ERROR_BOUNDS = (0.0040625, 0.26)


def _count(call: Call) -> Typed:
    """``count(*)`` comes without arguments."""
    values = call.values()
    if len(values) > 1:
        raise call.wrong_arguments("count(*), count(T)")
    return Typed(call.aggregate("count", *(value.sql for value in values)), BIGINT)


def _approx_distinct(call: Call) -> Typed:
    """Count exactly: no error is within any standard error, and results do not vary."""
    values = call.values()
    if len(values) not in (1, 2) or (len(values) == 2 and not can_coerce(values[1].type, DOUBLE)):
        raise call.wrong_arguments("approx_distinct(T), approx_distinct(T, double)")
    if len(values) == 2:
        error = constant_number(call, values[1], "standard error")
        if not _ERROR_BOUNDS[0] <= error <= _ERROR_BOUNDS[1]:
            raise call.error(f"Standard error must be in [0.0040625, 0.26000]: {error}")
    distinct = "" if call.modifiers.distinct else "DISTINCT "
    return Typed(call.aggregate("count", distinct + values[0].sql), BIGINT)


def _extreme(call: Call) -> Typed:
    """``min(x)`` and ``max(x)``; with ``n`` an array of the n lowest or highest."""
    values = call.values()
    if len(values) == 1:
        return Typed(call.aggregate(call.name, values[0].sql), values[0].type)
    if len(values) != 2 or not can_coerce(values[1].type, BIGINT):
        raise call.wrong_arguments(f"{call.name}(E), {call.name}(E, bigint)")
    sql = call.aggregate(call.name, values[0].sql, _how_many(call, values[1]))
    return Typed(sql, array(values[0].type))


def _extreme_by(call: Call) -> Typed:
    """``max_by(x, y)`` and ``min_by``; x may be null, rows without y do not count."""
    values = call.values()
    if len(values) not in (2, 3) or (len(values) == 3 and not can_coerce(values[2].type, BIGINT)):
        raise call.wrong_arguments(f"{call.name}(V, K), {call.name}(V, K, bigint)")
    extreme = {"max_by": "arg_max", "min_by": "arg_min"}[call.name]
    value = f"struct_pack(v := {values[0].sql})"
    if len(values) == 2:
        sql = call.aggregate(extreme, value, values[1].sql)
        return Typed(f"struct_extract({sql}, 'v')", values[0].type)
    sql = call.aggregate(extreme, value, values[1].sql, _how_many(call, values[2]))
    return Typed(f"list_transform({sql}, lambda ts_v: ts_v.v)", array(values[0].type))


def _how_many(call: Call, count: Typed) -> str:
    if not 0 < constant_number(call, count, "n") <= _MOST_VALUES:
        raise call.error(f"n must be between 1 and {_MOST_VALUES}")
    return coerce(count, BIGINT).sql


AGGREGATES: dict[str, Entry] = {
    "count": _count,
    "count_if": [Signature((BOOLEAN,), BIGINT, "count_if", wrap="CAST(coalesce({}, 0) AS BIGINT)")],
    "approx_distinct": _approx_distinct,
    "sum": [
        Signature((BIGINT,), BIGINT, "sum", wrap="CAST({} AS BIGINT)"),
        Signature((DOUBLE,), DOUBLE, "sum"),
        Signature((DAY_TO_SECOND,), DAY_TO_SECOND, "sum", wrap="CAST({} AS BIGINT)"),
        Signature((YEAR_TO_MONTH,), YEAR_TO_MONTH, "sum", wrap="CAST({} AS BIGINT)"),
    ],
    "avg": [
        Signature((BIGINT,), DOUBLE, "avg"),
        Signature((DOUBLE,), DOUBLE, "avg"),
        Signature((DAY_TO_SECOND,), DAY_TO_SECOND, "avg", wrap="CAST({} AS BIGINT)"),
    ],
    "min": _extreme,
    "max": _extreme,
    "min_by": _extreme_by,
    "max_by": _extreme_by,
    "arbitrary": [Signature((_T,), _T, "any_value")],
    "array_agg": [Signature((_T,), array(_T), "list")],
    "bool_and": [Signature((BOOLEAN,), BOOLEAN, "bool_and")],
    "every": [Signature((BOOLEAN,), BOOLEAN, "bool_and")],
    "bool_or": [Signature((BOOLEAN,), BOOLEAN, "bool_or")],
    "bitwise_and_agg": [Signature((BIGINT,), BIGINT, "bit_and")],
    "bitwise_or_agg": [Signature((BIGINT,), BIGINT, "bit_or")],
}
