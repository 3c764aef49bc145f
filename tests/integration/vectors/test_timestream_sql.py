"""The documented examples of Timestream's query language, with boto3."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.vectors.compare import plain, same_cell, type_name
from tests.integration.vectors.examples import Example, each, examples, shows
from tests.integration.vectors.timestream import (
    Timestream,
    code_of,
    now_ms,
    record,
    records_of,
    refused,
)

AREA = "timestream_sql"
WIDE = 10_000
OBSERVED = {"v577", "v581", "v582", "v584", "v585", "v590", "v594"}
"""What was seen on tables of others, or without the query: each has a test of its own."""
PLAIN = [
    example
    for example in examples(AREA, "query", without=["rows", "records", "MaxRows", "NextToken"])
    if example.name not in OBSERVED and "relation" not in example.expect
]


def check_columns(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for column, documented in zip(found, expected, strict=True):
        if "name" in documented:
            assert column["Name"] == documented["name"]
        if "type" in documented:
            kind = type_name(column["Type"])
            assert kind == documented["type"] or kind.startswith(f"{documented['type']}(")


def check_rows(found: list[dict[str, Any]], example: Example) -> None:
    cells = [[plain(datum) for datum in row["Data"]] for row in found]
    numeric = example.expect.get("compare") == "numeric"
    assert same_cell(cells, example.expect["rows"], numeric=numeric), cells


def check_error(error: ClientError, expect: dict[str, Any]) -> None:
    assert code_of(error) == expect.get("error_type", "ValidationException")
    message = error.response["Error"]["Message"]
    assert expect.get("message", message) == message
    if "message_regex" in expect:
        assert re.search(expect["message_regex"], message)


def check(timestream: Timestream, example: Example, query: str) -> None:
    if example.expect.get("error"):
        check_error(refused(timestream.query.query, QueryString=query), example.expect)
        return
    columns, rows = timestream.rows(query)
    if "columns" in example.expect:
        check_columns(columns, example.expect["columns"])
    if "rows" in example.expect:
        check_rows(rows, example)


@each(PLAIN)
def test_a_query_answers_what_the_documentation_says(
    example: Example, timestream: Timestream
) -> None:
    check(timestream, example, example.given["query"])


@each(examples(AREA, "query", "rows"))
def test_a_query_of_a_documented_table_answers_what_the_documentation_says(
    example: Example, timestream: Timestream
) -> None:
    table = timestream.table(magnetic=True)
    timestream.put(table, records_of(example.given["rows"]))
    name = example.given.get("table", "metrics")
    query = re.sub(
        rf"\b(FROM|JOIN) {name}\b", rf"\1 {timestream.place(table)}", example.given["query"]
    )
    assert query != example.given["query"]
    check(timestream, example, query)


@shows("v586", "v587")
def test_a_value_comes_back_as_it_was_written(example: Example, timestream: Timestream) -> None:
    table = timestream.table()
    timestream.put(table, [record(**fields) for fields in example.given["records"]])
    check(timestream, example, example.given["query"].replace("db.tbl", timestream.place(table)))


@shows("v590")
def test_a_row_has_a_column_for_each_type_of_measure(
    example: Example, timestream: Timestream
) -> None:
    table, at = timestream.table(), str(now_ms())
    dimensions = [{"Name": name, "Value": "1"} for name in ("region", "az", "host")]
    values = {"DOUBLE": "13.5", "BIGINT": "1", "VARCHAR": "text", "BOOLEAN": "true"}
    records = [
        record(Dimensions=dimensions, MeasureName=k, MeasureValueType=k, MeasureValue=v, Time=at)
        for k, v in values.items()
    ]
    timestream.put(table, records)
    columns, rows = timestream.rows(f"SELECT * FROM {timestream.place(table)}")
    assert len(rows) == example.expect["row_count"]
    assert len(columns) == example.expect["column_count"]


@shows("v571")
def test_ago_counts_from_now(example: Example, timestream: Timestream) -> None:
    columns, rows = timestream.rows(example.given["query"])
    check_columns(columns, example.expect["columns"])
    text = plain(rows[0]["Data"][0])
    assert re.search(example.expect["format_regex"], text)
    found = datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - timedelta(days=1) - found) < timedelta(minutes=1)


@pytest.fixture(scope="module")
def devops(timestream: Timestream) -> str:
    """A database like the one whose answers were recorded: tables DevOps and IoT."""
    database = f"{timestream.database}_grafanaDB"
    timestream.write.create_database(DatabaseName=database)
    for table in ("IoT", "DevOps"):
        timestream.write.create_table(DatabaseName=database, TableName=table)
    names = ("availability_zone", "region", "cell", "silo", "instance_type", "instance_name")
    dimensions = [{"Name": name, "Value": "1"} for name in names]
    at = now_ms()
    records = [
        record(Dimensions=dimensions, MeasureName="cpu", MeasureValue=f"0.{n}", Time=str(at - n))
        for n in range(1, 6)
    ]
    timestream.write.write_records(DatabaseName=database, TableName="DevOps", Records=records)
    return database


@shows("v577")
def test_the_tables_of_a_database_are_shown(
    example: Example, timestream: Timestream, devops: str
) -> None:
    columns, rows = timestream.rows(example.given["query"].replace("grafanaDB", f'"{devops}"'))
    check_columns(columns, example.expect["columns"])
    check_rows(rows, example)


@shows("v581")
def test_an_expression_without_a_name_is_named_by_its_position(
    example: Example, timestream: Timestream, devops: str
) -> None:
    columns, rows = timestream.rows(example.given["query"].replace("grafanaDB", f'"{devops}"'))
    check_columns(columns, example.expect["columns"])
    assert len(rows) == 5


@shows("v582")
def test_a_time_series_is_a_cell_of_times_and_values(
    example: Example, timestream: Timestream, devops: str
) -> None:
    names = "measure_name, availability_zone, region, cell, silo, instance_type, instance_name"
    columns, rows = timestream.rows(
        f"select {names}, create_time_series(time, measure_value::double) "
        f'from "{devops}".DevOps group by {names}'
    )
    (documented,) = example.expect["columns_tail"]
    assert columns[-1]["Name"] == documented["name"]
    kind = {"TimeSeriesMeasureValueColumnInfo": documented["TimeSeriesMeasureValueColumnInfo"]}
    assert columns[-1]["Type"] == kind
    series = rows[0]["Data"][-1]["TimeSeriesValue"]
    assert [point["Value"]["ScalarValue"] for point in series] == [
        f"0.{n}" for n in range(5, 0, -1)
    ]
    (shape,) = example.expect["datum_shape"]["TimeSeriesValue"]
    assert set(series[0]) == set(shape)


@shows("v584", "v585")
def test_a_client_goes_on_until_no_token_comes(
    example: Example, timestream: Timestream, devops: str
) -> None:
    query = example.given["query"].replace("grafanaDB", f'"{devops}"')
    first = timestream.query.query(QueryString=query, MaxRows=1)
    assert len(first["Rows"]) <= 1
    assert "NextToken" in first
    assert len(first["ColumnInfo"]) == 9
    columns, rows = timestream.rows(query, MaxRows=1)
    assert (len(columns), len(rows)) == (9, 3)


@shows("v594")
def test_a_syntax_error_is_shown_with_its_position(
    example: Example, timestream: Timestream
) -> None:
    query = timestream.query.query
    for text in ("SELEC 1", "SELECT 1 +", "SELECT (1", "SELECT 1 FROM WHERE"):
        check_error(refused(query, QueryString=text), example.expect)


@each(examples(AREA, "row_size_bytes"))
def test_a_row_of_more_than_a_page_is_refused(example: Example, timestream: Timestream) -> None:
    whole, rest = divmod(example.given["row_size_bytes"], WIDE)
    cells = [f"rpad('x', {size}, 'x')" for size in [*[WIDE] * whole, rest]]
    error = refused(timestream.query.query, QueryString=f"SELECT {', '.join(cells)}")
    assert error.response["Error"]["Message"] == example.expect["message"]


@shows("v598", "v599")
def test_the_number_of_rows_of_a_page_is_limited(example: Example, unchecked_client: Any) -> None:
    client, rows = unchecked_client("timestream-query"), example.given["MaxRows"]
    assert example.expect["error"]
    error = refused(client.query, QueryString="SELECT 1", MaxRows=rows)
    assert code_of(error) == "ValidationException"
