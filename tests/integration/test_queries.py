"""Queries of the embedded Timestream as DataFrames: types, pages, errors and waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab_utils.errors import QueryError
from lab_utils.local_aws.session_file import Session
from lab_utils.queries import run_query, wait_for_query
from lab_utils.session import Lab
from lab_utils.settings import Settings

Unique = Callable[[str], str]


@dataclass(frozen=True)
class Table:
    """A table of the test's own, and the clients that write and read it."""

    write: Any
    read: Any
    database: str
    name: str = "readings"

    @property
    def sql(self) -> str:
        return f'"{self.database}"."{self.name}"'

    def put(self, *records: dict[str, Any]) -> None:
        for start in range(0, len(records), 100):
            self.write.write_records(
                DatabaseName=self.database,
                TableName=self.name,
                Records=list(records[start : start + 100]),
            )

    def query(self, sql: str) -> pd.DataFrame:
        return run_query(self.read, sql.replace("TABLE", self.sql))


@pytest.fixture
def table(aws_client: Any, unique: Unique) -> Table:
    """An empty table."""
    made = Table(aws_client("timestream-write"), aws_client("timestream-query"), unique("db"))
    made.write.create_database(DatabaseName=made.database)
    made.write.create_table(DatabaseName=made.database, TableName=made.name)
    return made


def record(
    value: str, kind: str = "DOUBLE", sensor: str = "1", measure: str = "", offset_ms: int = 0
) -> dict[str, Any]:
    return {
        "Dimensions": [{"Name": "sensor_id", "Value": sensor}],
        "MeasureName": measure or kind.lower(),
        "MeasureValue": value,
        "MeasureValueType": kind,
        "Time": str(int(time.time() * 1000) + offset_ms),
    }


def test_the_columns_of_a_table_have_the_types_of_what_was_written(table: Table) -> None:
    sent = record("20.16")
    table.put(sent, record("21", "BIGINT"), record("a", "VARCHAR"), record("true", "BOOLEAN"))
    frame = table.query("SELECT * FROM TABLE ORDER BY measure_name")
    assert {str(name): str(dtype) for name, dtype in frame.dtypes.items()} == {
        "sensor_id": "string",
        "measure_name": "string",
        "time": "datetime64[ns, UTC]",
        "measure_value::double": "Float64",
        "measure_value::bigint": "Int64",
        "measure_value::varchar": "string",
        "measure_value::boolean": "boolean",
    }
    assert frame["measure_name"].tolist() == ["bigint", "boolean", "double", "varchar"]
    assert frame["measure_value::bigint"][0] == 21
    assert frame["measure_value::boolean"][1] is np.True_
    assert frame["measure_value::double"][2] == 20.16
    assert frame["time"][2] == pd.Timestamp(int(sent["Time"]), unit="ms", tz="UTC")
    assert frame.isna().sum().sum() == 12


def test_a_result_without_rows_keeps_its_columns_and_types(table: Table) -> None:
    frame = table.query(
        "SELECT time, measure_name, 1.5e0 AS x, count(*) OVER () AS n FROM TABLE WHERE 1 = 2"
    )
    assert frame.empty
    assert [str(dtype) for dtype in frame.dtypes] == [
        "datetime64[ns, UTC]",
        "string",
        "Float64",
        "Int64",
    ]


def test_times_and_durations_arrive_as_such(table: Table) -> None:
    row = table.query(
        "SELECT from_milliseconds(1764065720123) AS stamp, date '2025-11-25' AS day,"
        " 1d + 21h AS span, 2year + 7month AS months, NULL AS nothing, 7 AS whole"
    ).iloc[0]
    assert row["stamp"] == pd.Timestamp("2025-11-25T10:15:20.123Z")
    assert row["day"] == pd.Timestamp("2025-11-25")
    assert row["span"] == pd.Timedelta(hours=45)
    assert row["months"] == pd.DateOffset(months=31)
    assert row["nothing"] is pd.NA
    assert row["whole"] == 7


def test_arrays_rows_and_series_are_python_objects(table: Table) -> None:
    table.put(*(record(f"{20 + n}.5", offset_ms=1000 * n) for n in range(3)))
    row = table.query(
        "SELECT ARRAY[1, NULL, 3] AS numbers, ROW(1, 'a') AS pair,"
        " create_time_series(time, measure_value::double) AS series FROM TABLE"
    ).iloc[0]
    assert row["numbers"] == [1, None, 3]
    assert row["pair"] == (1, "a")
    series = row["series"]
    assert [str(dtype) for dtype in series.dtypes] == ["datetime64[ns, UTC]", "Float64"]
    assert series["value"].tolist() == [20.5, 21.5, 22.5]
    assert series["time"].is_monotonic_increasing


def test_measures_of_a_table_are_listed_with_rows_as_dicts(table: Table) -> None:
    table.put(record("20.16"))
    frame = table.query("SHOW MEASURES FROM TABLE")
    assert frame["dimensions"][0] == [{"dimension_name": "sensor_id", "data_type": "varchar"}]


def test_a_result_of_many_pages_is_complete_and_in_order(table: Table) -> None:
    sql = "SELECT n, lpad(CAST(n AS VARCHAR), 200, 'x') AS filler, n AS n"
    frame = table.query(
        f"{sql} FROM (SELECT 1) CROSS JOIN UNNEST(sequence(1, 9000)) AS t(n) ORDER BY 1"
    )
    assert list(frame.columns) == ["n", "filler", "n"]
    assert frame.iloc[:, 0].tolist() == list(range(1, 9001))
    assert frame["filler"].iloc[-1] == "x" * 196 + "9000"


def test_a_column_that_does_not_exist_is_marked_in_its_line(table: Table) -> None:
    with pytest.raises(QueryError) as caught:
        run_query(table.read, f"SELECT time\nFROM {table.sql}\nWHERE zone = '1'")
    error = caught.value
    assert error.place == (3, 7)
    assert "line 3:7: Column 'zone' does not exist" in error.happened
    assert error.happened.endswith("  3 | WHERE zone = '1'\n            ^")


@pytest.mark.parametrize(
    "sql", ["SELECT FROM", "DROP TABLE TABLE", 'SELECT * FROM "nowhere"."readings"', "SELECT sin()"]
)
def test_any_refused_query_has_awss_words_and_a_way_on(table: Table, sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        table.query(sql)
    assert caught.value.code == "ValidationException"
    assert caught.value.next_step


def test_a_comparison_of_a_text_with_a_number_is_refused_with_its_place(table: Table) -> None:
    table.put(record("20.16"))
    with pytest.raises(QueryError) as caught:
        table.query("SELECT * FROM TABLE WHERE sensor_id > 1")
    assert caught.value.place is not None
    assert "varchar" in caught.value.happened
    assert "CAST(" in caught.value.next_step


def test_waiting_for_rows_of_a_table_that_was_never_written_outlasts_its_missing_columns(
    table: Table,
) -> None:
    sql = f"SELECT sensor_id FROM {table.sql}"
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(wait_for_query, table.read, sql, 1, None, 10.0)
        table.put(record("20.16"))
        assert waiting.result()["sensor_id"].tolist() == ["1"]


def test_the_lab_queries_its_own_target(
    aws_session: Session, aws_settings: Settings, table: Table, capsys: Any
) -> None:
    lab = Lab(workspace=Path(aws_settings.workspace), target="local")
    table.put(record("20.16"))
    frame = lab.query(f"SELECT measure_value::double AS x FROM {table.sql}", at_least=1)
    assert frame["x"].tolist() == [20.16]
    assert aws_session.endpoint_url in capsys.readouterr().out
