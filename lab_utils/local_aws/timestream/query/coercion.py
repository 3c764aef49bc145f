"""Expressions with their types, and which type is accepted where another is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab_utils.local_aws.timestream.query.timestamps import timestamp_ns
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DATE,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    ArrayType,
    RowType,
    TimeSeriesType,
    Type,
    array,
    row,
    time_series,
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A translated expression.

    Attributes:
        sql: DuckDB SQL, safe to put between commas or operators.
        type: Its Timestream type.
        literal: Its value, if it is a literal: text, whole number, or an interval's
            nanoseconds or months.
    """

    sql: str
    type: Type
    literal: str | int | None = None


# From -> to, in the order of how little is lost.
_WIDER = {
    INTEGER: (BIGINT, DOUBLE),
    BIGINT: (DOUBLE,),
    DATE: (TIMESTAMP,),
    VARCHAR: (TIMESTAMP, DATE),
}


def can_coerce(kind: Type, target: Type) -> bool:
    """Tell whether a value of one type is accepted where the other is wanted."""
    if kind in (target, UNKNOWN) or target in _WIDER.get(kind, ()):
        return True
    if isinstance(kind, ArrayType) and isinstance(target, ArrayType):
        return can_coerce(kind.element, target.element)
    if isinstance(kind, TimeSeriesType) and isinstance(target, TimeSeriesType):
        return can_coerce(kind.value, target.value)
    if isinstance(kind, RowType) and isinstance(target, RowType):
        pairs = zip(kind.fields, target.fields, strict=False)
        same = len(kind.fields) == len(target.fields)
        return same and all(can_coerce(a[1], b[1]) for a, b in pairs)
    return False


def coerce(value: Typed, target: Type) -> Typed:
    """Return the value as the wanted type; the caller has asked ``can_coerce``.

    Raises:
        ValueError: A text literal that is no timestamp.
    """
    if value.type == UNKNOWN != target:
        return Typed(f"CAST(NULL AS {target.duckdb})", target)  # all there is of that type
    if value.type == target or value.type.duckdb == target.duckdb:
        return replace(value, type=target)
    if target == TIMESTAMP and isinstance(value.literal, str):
        return Typed(f"make_timestamp_ns({timestamp_ns(value.literal)})", TIMESTAMP)
    if target == TIMESTAMP and value.type == VARCHAR:
        return Typed(f"ts_timestamp({value.sql})", TIMESTAMP)
    return Typed(f"CAST({value.sql} AS {target.duckdb})", target, _number(value))


def _number(value: Typed) -> int | None:
    return value.literal if isinstance(value.literal, int) else None


def common_type(first: Type, second: Type) -> Type | None:
    """Return the type that both are accepted as, None if there is none.

    A varchar is accepted as a timestamp only where a timestamp stands beside it.
    """
    if can_coerce(first, second):
        return second
    if can_coerce(second, first):
        return first
    if isinstance(first, ArrayType) and isinstance(second, ArrayType):
        element = common_type(first.element, second.element)
        return array(element) if element else None
    if isinstance(first, TimeSeriesType) and isinstance(second, TimeSeriesType):
        element = common_type(first.value, second.value)
        return time_series(element) if element else None
    if isinstance(first, RowType) and isinstance(second, RowType):
        return _common_row(first, second)
    return None


def _common_row(first: RowType, second: RowType) -> Type | None:
    if len(first.fields) != len(second.fields):
        return None
    fields: list[tuple[str | None, Type]] = []
    for (name, one), (other_name, other) in zip(first.fields, second.fields, strict=True):
        kind = common_type(one, other)
        if kind is None:
            return None
        fields.append((name if name == other_name else None, kind))
    return row(*fields)
