"""CAST and TRY_CAST."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.rendering import text_of
from lab_utils.local_aws.timestream.query.timestamps import NS_PER_SECOND, timestamp_ns
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    TIME,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    YEAR_TO_MONTH,
    ArrayType,
    RowType,
    Type,
    array,
    row,
)

_NS_PER_DAY = 86_400 * NS_PER_SECOND
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?")

_NAMES = {
    "BOOLEAN": BOOLEAN,
    "INT": INTEGER,
    "BIGINT": BIGINT,
    "DOUBLE": DOUBLE,
    "VARCHAR": VARCHAR,
    "TIMESTAMP": TIMESTAMP,
    "DATE": DATE,
    "TIME": TIME,
}

# From -> to: how DuckDB casts it. What is not here is refused.
_RULES: dict[tuple[Type, Type], str] = {
    (VARCHAR, BOOLEAN): "CAST({} AS BOOLEAN)",
    (VARCHAR, INTEGER): "CAST(ts_whole({}, 'INTEGER') AS INTEGER)",
    (VARCHAR, BIGINT): "CAST(ts_whole({}, 'BIGINT') AS BIGINT)",
    (VARCHAR, DOUBLE): "CAST({} AS DOUBLE)",
    (VARCHAR, TIMESTAMP): "ts_timestamp({})",
    (VARCHAR, DATE): "CAST({} AS DATE)",
    (VARCHAR, TIME): "epoch_ns(ts_timestamp('1970-01-01 ' || {}))",
    (INTEGER, BIGINT): "CAST({} AS BIGINT)",
    (INTEGER, DOUBLE): "CAST({} AS DOUBLE)",
    (INTEGER, BOOLEAN): "CAST({} AS BOOLEAN)",
    (BIGINT, INTEGER): "CAST({} AS INTEGER)",
    (BIGINT, DOUBLE): "CAST({} AS DOUBLE)",
    (BIGINT, BOOLEAN): "CAST({} AS BOOLEAN)",
    (DOUBLE, INTEGER): "CAST(round({}) AS INTEGER)",
    (DOUBLE, BIGINT): "CAST(round({}) AS BIGINT)",
    (DOUBLE, BOOLEAN): "CAST({} AS BOOLEAN)",
    (BOOLEAN, INTEGER): "CAST({} AS INTEGER)",
    (BOOLEAN, BIGINT): "CAST({} AS BIGINT)",
    (BOOLEAN, DOUBLE): "CAST({} AS DOUBLE)",
    (TIMESTAMP, DATE): "CAST({} AS DATE)",
    (TIMESTAMP, TIME): f"(epoch_ns({{}}) % {_NS_PER_DAY} + {_NS_PER_DAY}) % {_NS_PER_DAY}",
    (DATE, TIMESTAMP): "CAST({} AS TIMESTAMP_NS)",
}
_PRINTABLE = {BOOLEAN, INTEGER, BIGINT, DOUBLE, TIMESTAMP, DATE, TIME, DAY_TO_SECOND, YEAR_TO_MONTH}


def cast_type(node: exp.DataType) -> Type | None:
    """Return the type that a CAST names, None if Timestream does not know it."""
    if node.this in (exp.DType.ARRAY, exp.DType.LIST) and len(node.expressions) == 1:
        element = cast_type(node.expressions[0])
        return array(element) if element else None
    if node.this is exp.DType.STRUCT:
        return _row_type(node)
    sized = node.expressions and node.this is not exp.DType.VARCHAR
    return None if sized else _NAMES.get(node.this.value)


def _row_type(node: exp.DataType) -> Type | None:
    fields: list[tuple[str | None, Type]] = []
    for part in node.expressions:
        definition = part.args.get("kind") if isinstance(part, exp.ColumnDef) else part
        kind = cast_type(definition) if isinstance(definition, exp.DataType) else None
        if kind is None:
            return None
        fields.append((part.name if isinstance(part, exp.ColumnDef) else None, kind))
    return row(*fields)


def cast(value: Typed, target: Type) -> Typed | None:
    """Return the value as the target type, None if there is no such cast.

    Raises:
        ValueError: A text literal that is no timestamp, date or time.
    """
    sql = _literal(value, target) or _cast(value, target, 0)
    return Typed(sql, target) if sql else None


def _literal(value: Typed, target: Type) -> str | None:
    if value.type != VARCHAR or not isinstance(value.literal, str):
        return None
    parse = _LITERALS.get(target)
    return parse(value.literal) if parse else None


def _timestamp(text: str) -> str:
    return f"make_timestamp_ns({timestamp_ns(text)})"


def _date(text: str) -> str:
    try:
        return f"DATE '{date.fromisoformat(text.strip()).isoformat()}'"
    except ValueError:
        raise ValueError(f"Value cannot be cast to date: {text}") from None


def _time(text: str) -> str:
    match = _TIME.fullmatch(text.strip())
    hour, minute, second = (int(part or 0) for part in match.groups()[:3]) if match else (24, 0, 0)
    if not match or hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"Value cannot be cast to time: {text}")
    fraction = int((match[4] or "").ljust(9, "0"))
    return f"CAST({(hour * 3600 + minute * 60 + second) * NS_PER_SECOND + fraction} AS BIGINT)"


_LITERALS: dict[Type, Callable[[str], str]] = {TIMESTAMP: _timestamp, DATE: _date, TIME: _time}


def _cast(value: Typed, target: Type, depth: int) -> str | None:
    if value.type == target:
        return value.sql
    if value.type == UNKNOWN:
        return f"CAST(NULL AS {target.duckdb})"
    if target == VARCHAR:
        return text_of(value) if value.type in _PRINTABLE else None
    if isinstance(value.type, ArrayType) and isinstance(target, ArrayType):
        return _cast_array(value.sql, value.type, target, depth)
    if isinstance(value.type, RowType) and isinstance(target, RowType):
        return _cast_row(value.sql, value.type, target, depth)
    rule = _RULES.get((value.type, target))
    return rule.format(value.sql) if rule else None


def _cast_array(sql: str, kind: ArrayType, target: ArrayType, depth: int) -> str | None:
    item = f'"k:{depth}"'
    body = _cast(Typed(item, kind.element), target.element, depth + 1)
    return f"list_transform({sql}, lambda {item}: {body})" if body else None


def _cast_row(sql: str, kind: RowType, target: RowType, depth: int) -> str | None:
    if len(kind.fields) != len(target.fields):
        return None
    parts = []
    for index, ((_, have), (_, want)) in enumerate(zip(kind.fields, target.fields, strict=True)):
        part = _cast(Typed(f"struct_extract({sql}, 'f{index}')", have), want, depth)
        if part is None:
            return None
        parts.append(f"f{index} := {part}")
    return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"
