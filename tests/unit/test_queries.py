"""Query results as DataFrames: boto3 runs in earnest, its answers come from the test."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config

from lab_utils.errors import QueryError
from lab_utils.queries import run_query, wait_for_query
from lab_utils.query_columns import interval_ns, months
from lab_utils.query_errors import point_at

Answer = tuple[int, dict[str, Any]]
VARCHAR, BIGINT = {"ScalarType": "VARCHAR"}, {"ScalarType": "BIGINT"}
NULL = {"NullValue": True}


class Service:
    """A client of boto3 whose requests the test answers, in order; the last answer is repeated."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[dict[str, Any]] = []
        self._answers: Iterator[Answer] = iter([*answers, *([answers[-1]] * 99)])
        self.client: Any = boto3.client(
            "timestream-query",
            endpoint_url="http://localhost:1",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.answer: Any = self._answer
        self.client.meta.events.register("before-send.timestream-query.Query", self.answer)

    def _answer(self, request: AWSRequest, **_rest: Any) -> Any:
        body: Any = request.body
        self.requests.append(json.loads(body))
        status, document = next(self._answers)
        headers: Any = {}
        raw: Any = Raw(json.dumps(document).encode())
        return AWSResponse("http://localhost:1", status, headers, raw)


class Raw(io.BytesIO):
    """The body of an answer as urllib3 gives it."""

    def stream(self, *_arguments: Any, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def page(
    columns: list[tuple[str, dict[str, Any]]], rows: list[list[Any]], token: str | None = None
) -> Answer:
    document = {
        "QueryId": "AE",
        "QueryStatus": {"ProgressPercentage": 100.0},
        "ColumnInfo": [{"Name": name, "Type": kind} for name, kind in columns],
        "Rows": [{"Data": [datum(value) for value in row]} for row in rows],
    }
    return 200, document | ({"NextToken": token} if token else {})


def datum(value: Any) -> dict[str, Any]:
    return {"ScalarValue": value} if isinstance(value, str) else value or NULL


def refused(message: str, code: str = "ValidationException") -> Answer:
    kind = f"com.amazonaws.timestream.v20181101#{code}"
    return 400, {"__type": kind, "message": message}


def query(columns: list[tuple[str, dict[str, Any]]], rows: list[list[Any]]) -> pd.DataFrame:
    return run_query(Service(page(columns, rows)).client, "SELECT 1")


SCALARS: dict[str, tuple[Any, str]] = {
    "TIMESTAMP": ("2026-11-25 10:15:20.123456789", "datetime64[ns, UTC]"),
    "DATE": ("2026-11-25", "datetime64[s]"),
    "TIME": ("10:15:20.000000001", "timedelta64[ns]"),
    "INTERVAL_DAY_TO_SECOND": ("1 21:00:00.000000000", "timedelta64[ns]"),
    "BIGINT": ("9223372036854775807", "Int64"),
    "INTEGER": ("-7", "Int64"),
    "DOUBLE": ("1.6554878837710001E9", "Float64"),
    "BOOLEAN": ("true", "boolean"),
    "VARCHAR": ("séjour", "string"),
    "INTERVAL_YEAR_TO_MONTH": ("2-7", "object"),
    "UNKNOWN": (None, "object"),
}


@pytest.mark.parametrize("rows", [[], [0], [0, 1]], ids=["no row", "a value", "a value and NULL"])
def test_each_type_has_its_dtype_with_and_without_rows_and_nulls(rows: list[int]) -> None:
    columns = [(name.lower(), {"ScalarType": name}) for name in SCALARS]
    values = [[value for value, _dtype in SCALARS.values()], [None] * len(SCALARS)]
    frame = query(columns, [values[row] for row in rows])
    assert len(frame) == len(rows)
    assert {str(name).upper(): str(dtype) for name, dtype in frame.dtypes.items()} == {
        name: dtype for name, (_value, dtype) in SCALARS.items()
    }
    if 1 in rows:
        assert frame.iloc[1].isna().all()


def test_values_keep_all_their_digits() -> None:
    columns = [(name, {"ScalarType": name}) for name in SCALARS]
    row = query(columns, [[value for value, _dtype in SCALARS.values()]]).iloc[0]
    assert row["TIMESTAMP"] == pd.Timestamp("2026-11-25T10:15:20.123456789Z")
    assert row["DATE"] == pd.Timestamp("2026-11-25")
    assert row["TIME"] == pd.Timedelta("10:15:20.000000001")
    assert row["INTERVAL_DAY_TO_SECOND"] == pd.Timedelta(hours=45)
    assert row["BIGINT"] == 2**63 - 1
    assert row["DOUBLE"] == 1655487883.7710001
    assert row["BOOLEAN"] is np.True_
    assert row["VARCHAR"] == "séjour"
    assert pd.Timestamp("2026-01-31") + row["INTERVAL_YEAR_TO_MONTH"] == pd.Timestamp("2028-08-31")


def test_a_double_that_is_no_number_is_not_null() -> None:
    frame = query([("x", {"ScalarType": "DOUBLE"})], [["NaN"], ["-Infinity"], [None]])
    assert np.isnan(frame["x"][0])
    assert frame["x"][1] == -np.inf
    assert frame["x"][2] is pd.NA


def test_all_pages_are_read_in_order_with_the_token_of_the_page_before() -> None:
    columns = [("n", BIGINT)]
    service = Service(
        page(columns, [], "one"),  # The first page may be empty.
        page(columns, [["1"], ["2"]], "two"),
        page(columns, [[None]], "three"),
        page(columns, [["4"]]),
    )
    frame = run_query(service.client, "SELECT n")
    assert frame["n"].tolist() == [1, 2, pd.NA, 4]
    assert [one.get("NextToken") for one in service.requests] == [None, "one", "two", "three"]
    assert {one["QueryString"] for one in service.requests} == {"SELECT n"}


def test_columns_of_one_name_both_survive() -> None:
    frame = query([("x", BIGINT), ("x", VARCHAR), ("_col2", BIGINT)], [["1", "a", "2"]])
    assert list(frame.columns) == ["x", "x", "_col2"]
    assert frame.iloc[0].tolist() == [1, "a", 2]


def array_of(kind: dict[str, Any]) -> dict[str, Any]:
    return {"ArrayColumnInfo": {"Type": kind}}


def values(*data: Any) -> dict[str, Any]:
    return {"ArrayValue": [datum(one) for one in data]}


def row_of(*fields: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    named = [{"Type": kind} | ({"Name": name} if name else {}) for name, kind in fields]
    return {"RowColumnInfo": named}


def test_arrays_are_lists_of_python_values() -> None:
    columns = [
        ("numbers", array_of(BIGINT)),
        ("nested", array_of(array_of({"ScalarType": "BOOLEAN"}))),
        ("days", array_of({"ScalarType": "DATE"})),
    ]
    nested = values(values("true", None), values())
    frame = query(columns, [[values("1", None), nested, values("2026-11-25")], [None, None, None]])
    assert frame["numbers"].tolist() == [[1, None], pd.NA]
    assert frame["nested"][0] == [[True, None], []]
    assert frame["days"][0] == [date(2026, 11, 25)]


def test_rows_are_dicts_and_tuples_where_fields_have_no_names() -> None:
    data = {"RowValue": {"Data": [{"ScalarValue": "1"}, NULL]}}
    named, unnamed, same = (row_of((a, BIGINT), (b, VARCHAR)) for a, b in ("ab", ("", ""), "aa"))
    frame = query([("x", named), ("y", unnamed), ("z", same)], [[data, data, data]])
    assert frame.iloc[0].tolist() == [{"a": 1, "b": None}, (1, None), (1, None)]


def test_a_time_series_is_a_frame_of_its_own() -> None:
    kind = {"TimeSeriesMeasureValueColumnInfo": {"Type": {"ScalarType": "DOUBLE"}}}
    time = "2026-11-25 10:00:00.000000000"
    points = [{"Time": time, "Value": {"ScalarValue": "21.5"}}, {"Time": time, "Value": NULL}]
    frame = query([("series", kind)], [[{"TimeSeriesValue": points}], [{"TimeSeriesValue": []}]])
    for series in frame["series"]:
        assert [str(dtype) for dtype in series.dtypes] == ["datetime64[ns, UTC]", "Float64"]
    assert frame["series"][0]["value"].tolist() == [21.5, pd.NA]
    assert frame["series"][0]["time"][0] == pd.Timestamp(time, tz="UTC")


def test_equal_texts_of_many_pages_are_one_object() -> None:
    columns = [("measure_name", VARCHAR)]
    pages = [page(columns, [["temperature"]] * 2, "more"), page(columns, [["temperature"]])]
    frame = run_query(Service(*pages).client, "SELECT 1")
    assert len({id(text) for text in frame["measure_name"].to_numpy()}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 00:00:00.000000001", 1),
        ("-1 21:00:00.000000000", -162_000_000_000_000),
        ("10:00:00.5", 36_000_500_000_000),
    ],
)
def test_intervals_are_read_to_the_nanosecond(text: str, expected: int) -> None:
    assert interval_ns(text) == expected


def test_an_interval_of_months_may_be_negative() -> None:
    assert months("-1-2") == pd.DateOffset(months=-14)


def test_an_interval_that_no_timedelta_holds_is_an_error_with_a_way_on() -> None:
    kind = {"ScalarType": "INTERVAL_DAY_TO_SECOND"}
    for column in (kind, array_of(kind)):
        value: Any = "200000 00:00:00.000000000"
        with pytest.raises(QueryError, match="VARCHAR"):
            query([("x", column)], [[value if column is kind else values(value)]])


SQL = 'SELECT *\nFROM "iot"."temperaturesensor"\nWHERE temprature = \'20\''


@pytest.mark.parametrize(
    ("message", "place", "marked"),
    [
        (
            "line 3:7: Column 'temprature' does not exist",
            (3, 7),
            "  3 | WHERE temprature = '20'\n            ^",
        ),
        (
            "The query syntax is invalid at line 1:8",
            (1, 8),
            "  1 | SELECT *\n             ^",
        ),
        ("The query is too large", None, ""),
        ("The query syntax is invalid at line 9:1", (9, 1), ""),
    ],
)
def test_a_failed_query_says_what_aws_said_and_marks_the_place(
    message: str, place: tuple[int, int] | None, marked: str
) -> None:
    with pytest.raises(QueryError) as caught:
        run_query(Service(refused(message)).client, SQL)
    error = caught.value
    assert (
        error.happened == f"Timestream answered ValidationException: {message}\n{marked}".rstrip()
    )
    assert (error.code, error.place, error.sql) == ("ValidationException", place, SQL)
    assert error.next_step


def test_a_new_customer_is_told_where_timestream_can_still_be_used() -> None:
    answer = refused(
        "Only existing Timestream for LiveAnalytics customers can access the service.",
        "AccessDeniedException",
    )
    with pytest.raises(QueryError, match="LAB_TARGET=local"):
        run_query(Service(answer).client, SQL)


@pytest.mark.parametrize(
    ("sql", "line", "column", "shown"),
    [
        ("SELECT\r\n\tx FROM", 2, 2, "  2 |  x FROM\n       ^"),
        ("SELECT", 1, 7, "  1 | SELECT\n            ^"),
        ("SELECT", 1, 8, ""),
        ("x" * 300, 1, 200, f"  1 | ...{'x' * 96}...\n{' ' * 69}^"),
        ("x" * 300, 1, 1, f"  1 | {'x' * 96}...\n      ^"),
    ],
)
def test_the_caret_stands_under_the_column_it_names(
    sql: str, line: int, column: int, shown: str
) -> None:
    assert point_at(sql, line, column) == shown


def test_an_endpoint_that_is_down_is_no_stack_trace() -> None:
    service = Service(page([], []))
    service.client.meta.events.unregister("before-send.timestream-query.Query", service.answer)
    with pytest.raises(QueryError, match="lab start"):
        run_query(service.client, SQL)


def test_other_calls_of_the_same_client_are_read_by_boto3_as_ever() -> None:
    service = Service(page([("n", BIGINT)], [["1"]]))
    run_query(service.client, "SELECT 1")
    answer = service.client.query(QueryString="SELECT 1")
    assert answer["Rows"] == [{"Data": [{"ScalarValue": "1"}]}]
    assert "Page" not in answer


def rows_of(count: int) -> Answer:
    return page([("n", BIGINT)], [[str(number)] for number in range(count)])


def test_a_query_is_run_until_its_result_is_as_wanted() -> None:
    service = Service(refused("line 1:8: Column 'n' does not exist"), rows_of(0), rows_of(2))
    assert len(wait_for_query(service.client, "SELECT n", 2, None, 5.0)) == 2
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("at_least", "until", "words"),
    [
        (3, None, "it holds 2 rows"),
        (0, lambda frame: frame["m"].any(), "It has no column 'm'"),
    ],
)
def test_what_does_not_come_is_an_error_that_says_what_there_is(
    at_least: int, until: Callable[[pd.DataFrame], bool] | None, words: str
) -> None:
    with pytest.raises(QueryError, match=words):
        wait_for_query(Service(rows_of(2)).client, "SELECT n", at_least, until, 0.0)


def test_a_column_that_never_comes_is_named_and_without_waiting_marked_at_once() -> None:
    service = Service(refused("line 1:8: Column 'n' does not exist"))
    with pytest.raises(QueryError, match=r"After 0 s .*Column 'n' does not exist"):
        wait_for_query(service.client, "SELECT n", 1, None, 0.0)
    with pytest.raises(QueryError, match=r"\^"):
        wait_for_query(service.client, "SELECT n", 0, None, 5.0)
