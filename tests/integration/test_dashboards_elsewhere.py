"""The SQL of the dashboards for QuickSight and Grafana, asked of the embedded Timestream."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from lab_utils.grafana import grafana_dashboard
from lab_utils.queries import run_query
from lab_utils.quicksight.data_set import data_set_sql

SENSORS = {"1": "1", "2": "1", "3": "2", "4": "2"}
"""Zone by sensor."""
MINUTE_MS = 60_000
VALID_C, INVALID_C = 21.5, 44.0

Ask = Callable[[str], pd.DataFrame]


def record(sensor: str, temperature: float, time_ms: int, measure: str) -> dict[str, Any]:
    """Return a record as the practical's rule writes one, of one measure of a reading."""
    dimensions = {"sensor_id": sensor, "zone_id": SENSORS[sensor], "temperature": str(temperature)}
    value, kind = (str(temperature), "DOUBLE") if measure == "temperature" else ("x", "VARCHAR")
    return {
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
        "MeasureName": measure,
        "MeasureValue": value,
        "MeasureValueType": kind,
        "Time": str(time_ms),
    }


@pytest.fixture(scope="module")
def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def ask(aws_client: Callable[..., Any], now_ms: int) -> Ask:
    """Asks for readings of five minutes; the newest reading of sensor 1 is invalid."""
    write, database = aws_client("timestream-write"), "elsewhere"
    write.create_database(DatabaseName=database)
    write.create_table(DatabaseName=database, TableName="readings")
    records = [
        record(sensor, VALID_C + minute, now_ms - minute * MINUTE_MS, measure)
        for sensor in SENSORS
        for minute in range(1, 6)
        for measure in ("id", "temperature")
    ]
    records.append(record("1", INVALID_C, now_ms - 1000, "id"))
    write.write_records(DatabaseName=database, TableName="readings", Records=records)

    def query(sql: str) -> pd.DataFrame:
        own = sql.replace('"iot"."temperaturesensor"', f'"{database}"."readings"')
        return run_query(aws_client("timestream-query"), own)

    return query


def interpolate(target: dict[str, str], zones: str, now_ms: int) -> str:
    """Return a panel's SQL as Grafana and its plugin send it.

    Source:
        https://github.com/grafana/timestream-datasource#macros
    """
    window = f"from_milliseconds({now_ms - 15 * MINUTE_MS}) AND from_milliseconds({now_ms})"
    return (
        target["rawQuery"]
        .replace("${zone:singlequote}", zones)
        .replace("$__database", target["database"])
        .replace("$__table", target["table"])
        .replace("$__timeFilter", f"time BETWEEN {window}")
    )


def panel(title: str) -> dict[str, str]:
    """Return the one question of a panel."""
    [found] = [one for one in grafana_dashboard()["panels"] if one["title"].startswith(title)]
    [target] = found["targets"]
    return dict(target)


def test_each_sensor_is_a_time_series_in_grafana(ask: Ask, now_ms: int) -> None:
    asked = panel("Temperature of each sensor")
    found = ask(interpolate(asked, "'1','2'", now_ms))
    assert list(found["sensor"]) == ["temp_1", "temp_2", "temp_3", "temp_4"]
    assert [len(series) for series in found["temperature"]] == [6, 5, 5, 5]
    assert found["temperature"][0]["value"].max() == INVALID_C
    assert list(ask(interpolate(asked, "'2'", now_ms))["sensor"]) == ["temp_3", "temp_4"]


def test_each_zone_s_means_leave_out_invalid_readings_in_grafana(ask: Ask, now_ms: int) -> None:
    found = ask(interpolate(panel("Mean of each zone, by"), "'1','2'", now_ms))
    assert list(found["zone"]) == ["zone 1", "zone 2"]
    values = [sorted(series["value"]) for series in found["mean"]]
    assert values == [[VALID_C + minute for minute in range(1, 6)]] * 2
    newest = ask(interpolate(panel("Mean of each zone, newest"), "'1','2'", now_ms))
    assert list(newest["mean"]) == [VALID_C + 1, VALID_C + 1]


def test_the_readings_are_counted_once_in_grafana(ask: Ask, now_ms: int) -> None:
    found = ask(interpolate(panel("Readings"), "'1','2'", now_ms))
    assert (int(found["readings"][0]), int(found["invalid"][0])) == (21, 1)


def test_the_zones_to_choose_from_are_those_of_the_table(ask: Ask) -> None:
    [variable] = grafana_dashboard()["templating"]["list"]
    assert list(ask(variable["query"])["zone_id"]) == ["1", "2"]


def test_quicksight_s_data_set_has_numbers_and_no_invalid_mean(ask: Ask) -> None:
    found = ask(data_set_sql(days=1))
    assert list(found.columns) == ["time", "sensor_id", "zone_id", "temperature_c", "valid_c"]
    assert len(found) == 21
    assert found["temperature_c"].max() == INVALID_C
    assert found["valid_c"].max() == VALID_C + 5
    assert found["valid_c"].isna().sum() == 1
    # QuickSight puts its own query around the data set's.
    mean = ask(f"SELECT avg(valid_c) AS mean FROM (\n{data_set_sql(days=1)}\n) AS readings")
    assert mean["mean"][0] == VALID_C + 3
