"""Runs expressions as a query would: translated, by a real DuckDB, read from the API's JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import duckdb
import pytest

from lab_utils.local_aws.timestream.errors import TimestreamError
from lab_utils.local_aws.timestream.query.failures import failure
from lab_utils.local_aws.timestream.query.plans import plan_query
from lab_utils.local_aws.timestream.query.rendering import finish
from lab_utils.local_aws.timestream.query.setup import MACROS, SCALARS
from lab_utils.local_aws.timestream.query.sql_errors import SqlError
from lab_utils.local_aws.timestream.query.statements import Source, tokenize

NOW_NS = 1_700_000_000_123_456_789
NOW = "2023-11-14 22:13:20.123456789"

Row = list[tuple[str, Any]]


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1, "enable_external_access": False})
    for scalar in SCALARS:
        connection.create_function(
            scalar.name, scalar.function, list(scalar.parameters), scalar.returns
        )
    for macro in MACROS:
        connection.execute(macro)
    return connection


def rows(query: str) -> list[Row]:
    """Return the rows of a query: type and value of each column.

    Arrays are lists, rows are tuples, the points of a time series are (time, value).
    """
    source = Source(query)
    plan = plan_query(tokenize(source), source, lambda _, __: None, lambda _: False)
    try:
        found = _connection().execute(plan.sql(NOW_NS)).fetchall()
    except duckdb.Error as error:
        raise failure(str(error)) from error
    types = [str(column.type) for column in plan.columns]
    return [
        [
            (kind, _value(datum))
            for kind, datum in zip(types, json.loads(finish(text))["Data"], strict=True)
        ]
        for (text,) in found
    ]


def answer(query: str) -> tuple[str, Any]:
    """Return type and value of the one column and row of a query, or of an expression."""
    text = query if query.upper().startswith(("SELECT", "WITH")) else f"SELECT {query}"
    ((column,),) = rows(text)
    return column


def value(query: str) -> Any:
    return answer(query)[1]


def refusal(query: str) -> str:
    """Return what a query is refused with, before or while it runs."""
    with pytest.raises((SqlError, TimestreamError)) as caught:
        answer(query)
    error = caught.value
    assert isinstance(error, SqlError | TimestreamError)
    return error.message


def _value(datum: dict[str, Any]) -> Any:
    if "ArrayValue" in datum:
        return [_value(item) for item in datum["ArrayValue"]]
    if "RowValue" in datum:
        return tuple(_value(item) for item in datum["RowValue"]["Data"])
    if "TimeSeriesValue" in datum:
        return [(point["Time"], _value(point["Value"])) for point in datum["TimeSeriesValue"]]
    return datum.get("ScalarValue")
