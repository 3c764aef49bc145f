"""Values as text: what ``cast(x as varchar)`` gives, and the API's Datum documents as JSON.

Both are written by DuckDB, column by column, so that a page of rows costs Python nothing per
value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.types import (
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    TIME,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    YEAR_TO_MONTH,
    ArrayType,
    RowType,
    TimeSeriesType,
    Type,
)

_DAY = 86_400_000_000_000
# Stands around a double that DuckDB prints otherwise than Java; a JSON text escapes it.
_MARK = "\x02"
_MARKED = re.compile(f"{_MARK}([^{_MARK}]*){_MARK}")
# Our choice: DuckDB binds a lambda's body twice, and there is one in each array's text.
DEEPEST_ARRAYS = 10
_NULL = """'{"NullValue":true}'"""

# Doubles look as Java's Double.toString prints them; DuckDB's text differs outside
# [0.001, 10 000 000).
RENDERING_MACROS = (
    "CREATE OR REPLACE MACRO ts_timestamp_text(x) AS strftime(x, '%Y-%m-%d %H:%M:%S.%n')",
    "CREATE OR REPLACE MACRO ts_time_text(x) AS strftime(make_timestamp_ns(x), '%H:%M:%S.%n')",
    "CREATE OR REPLACE MACRO ts_days_text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END"
    f" || (abs(x) // {_DAY}) || ' ' || ts_time_text(abs(x) % {_DAY})",
    "CREATE OR REPLACE MACRO ts_months_text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END"
    " || (abs(x) // 12) || '-' || (abs(x) % 12)",
    "CREATE OR REPLACE MACRO ts_mantissa(digits) AS"
    " left(digits, 1) || '.' || coalesce(nullif(substr(digits, 2), ''), '0')",
    "CREATE OR REPLACE MACRO ts_exponent_text(t) AS CASE"
    " WHEN contains(t, 'e') THEN split_part(t, 'e', 1)"
    " || CASE WHEN contains(t, '.') THEN '' ELSE '.0' END"
    " || 'E' || CAST(split_part(t, 'e', 2) AS INTEGER)"
    " WHEN starts_with(t, '0.') THEN ts_mantissa(ltrim(substr(t, 3), '0'))"
    " || 'E-' || (length(t) - 1 - length(ltrim(substr(t, 3), '0')))"
    " ELSE ts_mantissa(rtrim(replace(t, '.', ''), '0'))"
    " || 'E' || (length(split_part(t, '.', 1)) - 1) END",
    "CREATE OR REPLACE MACRO ts_double_text(x) AS CASE"
    " WHEN x = 0 OR abs(x) BETWEEN 0.001 AND 9999999 THEN CAST(x AS VARCHAR)"
    " WHEN isnan(x) THEN 'NaN'"
    " WHEN isinf(x) THEN CASE WHEN x < 0 THEN '-Infinity' ELSE 'Infinity' END"
    " WHEN abs(x) < 10000000 AND abs(x) > 1 THEN CAST(x AS VARCHAR)"
    " ELSE CASE WHEN x < 0 THEN '-' ELSE '' END"
    " || ts_exponent_text(CAST(abs(x) AS VARCHAR)) END",
)

_TEXTS = {
    VARCHAR: "{}",
    DOUBLE: "ts_double_text({})",
    TIMESTAMP: "ts_timestamp_text({})",
    TIME: "ts_time_text({})",
    DAY_TO_SECOND: "ts_days_text({})",
    YEAR_TO_MONTH: "ts_months_text({})",
    DATE: "CAST({} AS VARCHAR)",
}


def text_of(value: Typed) -> str:
    """Return DuckDB SQL of a scalar value's text, NULL for NULL."""
    return _TEXTS.get(value.type, "CAST({} AS VARCHAR)").format(value.sql)


def array_depth(kind: Type) -> int:
    """Return how many arrays deep the values of a type are."""
    if isinstance(kind, ArrayType):
        return 1 + array_depth(kind.element)
    if isinstance(kind, TimeSeriesType):
        return 1 + array_depth(kind.value)
    if isinstance(kind, RowType):
        return max((array_depth(field) for _, field in kind.fields), default=0)
    return 0


def row_json(values: list[Typed]) -> str:
    """Return DuckDB SQL of the API's Row document of these columns."""
    # One call, not a chain of ||: a thousand columns would nest deeper than DuckDB allows.
    data = ", ',', ".join(_datum(value.sql, value.type, 0) for value in values)
    return f"""concat('{{"Data":[', {data}, ']}}')"""


def _datum(sql: str, kind: Type, depth: int) -> str:
    """Return DuckDB SQL of a value's Datum document; never NULL."""
    if kind == UNKNOWN:
        return _NULL
    return f"CASE WHEN {sql} IS NULL THEN {_NULL} ELSE {_document(sql, kind, depth)} END"


def _document(sql: str, kind: Type, depth: int) -> str:
    if isinstance(kind, ArrayType):
        return _listed("ArrayValue", sql, lambda item: _datum(item, kind.element, depth + 1), depth)
    if isinstance(kind, TimeSeriesType):
        return _listed("TimeSeriesValue", sql, lambda item: _point(item, kind, depth + 1), depth)
    if isinstance(kind, RowType):
        fields = [
            _datum(f"struct_extract({sql}, 'f{index}')", field, depth)
            for index, (_, field) in enumerate(kind.fields)
        ]
        data = ", ',', ".join(fields)
        return f"""concat('{{"RowValue":{{"Data":[', {data}, ']}}}}')"""
    if kind == VARCHAR:
        return f"""'{{"ScalarValue":' || CAST(to_json({sql}) AS VARCHAR) || '}}'"""
    text = _double(sql) if kind == DOUBLE else text_of(Typed(sql, kind))
    return f"""'{{"ScalarValue":"' || {text} || '"}}'"""


def _double(sql: str) -> str:
    """Return DuckDB SQL of a double's text, marked if ``finish`` has to write it anew.

    The macro for it would take DuckDB longer to plan than many a query to run.
    """
    text = f"CAST({sql} AS VARCHAR)"
    marked = f"'{_MARK}' || {text} || '{_MARK}'"
    return f"CASE WHEN abs({sql}) BETWEEN 0.001e0 AND 9999999e0 THEN {text} ELSE {marked} END"


def finish(rows: str) -> str:
    """Return the JSON of rows with the marked doubles as Java prints them."""
    if _MARK not in rows:
        return rows
    return _MARKED.sub(lambda match: double_text(float(match[1])), rows)


def double_text(value: float) -> str:
    """Return a double as Java's Double.toString prints it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    power = int(exponent) + len(digits) - 1
    return f"{'-' * sign}{written[0]}.{written[1:] or '0'}E{power}"


def _point(item: str, kind: TimeSeriesType, depth: int) -> str:
    time = f"ts_timestamp_text(struct_extract({item}, 'time'))"
    value = _datum(f"struct_extract({item}, 'value')", kind.value, depth)
    return f"""'{{"Time":"' || {time} || '","Value":' || {value} || '}}'"""


def _listed(member: str, sql: str, document: Callable[[str], str], depth: int) -> str:
    item = f'"e:{depth}"'
    # Not array_to_string, a macro of DuckDB's that names its list twice.
    items = (
        f"list_aggregate(list_transform({sql}, lambda {item}: {document(item)}), 'string_agg', ',')"
    )
    return f"""concat('{{"{member}":[', {items}, ']}}')"""
