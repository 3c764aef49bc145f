"""A Timestream table of the house's readings, as large as a benchmark wants it."""

from __future__ import annotations

import time
from pathlib import Path

from lab_utils.bench import embedded, house
from lab_utils.bench.outcome import Report
from lab_utils.embedded import local_bulk
from lab_utils.settings import Settings
from lab_utils.targets import LocalTarget

SPAN_S = 6 * 3600
"""The readings are of six hours, what the memory store keeps, and go on after this moment."""
AHEAD_S = 1800
_STORE = Path("state") / "timestream.duckdb"


def start_with_readings(settings: Settings, records: int, report: Report) -> LocalTarget:
    """Return the embedded AWS of an empty workspace, with so many records in its one table.

    One reading more comes through the API. They go on for half an hour from now, so that the
    last minute always has its share.

    Args:
        settings: The workspace.
        records: How many records, four a reading.
        report: Takes a line that says how long loading took.
    """
    target = embedded.start(settings)
    house.make_timestream_table(target.client)
    _write_first_reading(target)
    embedded.stop(settings)
    started, now_ns = time.monotonic(), time.time_ns()
    with local_bulk().opened(store_path(settings)) as store:
        end_ns = now_ns + AHEAD_S * 10**9
        local_bulk().load_readings(store, records, end_ns - SPAN_S * 10**9, end_ns)
    report(f"loaded {records} records in {time.monotonic() - started:.1f} s")
    return embedded.start(settings)


def store_path(settings: Settings) -> Path:
    """Return the file that holds a workspace's Timestream tables."""
    return settings.state_dir / _STORE


def _write_first_reading(target: LocalTarget) -> None:
    """Give the table the columns of a reading, as the first message would."""
    target.client("timestream-write").write_records(
        DatabaseName=house.DATABASE,
        TableName=house.TABLE,
        CommonAttributes={
            "Dimensions": [
                {"Name": "sensor_id", "Value": "1"},
                {"Name": "temperature", "Value": "20.5"},
                {"Name": "zone_id", "Value": "1"},
            ],
            "Time": str(time.time_ns() // 10**6),
        },
        Records=[
            {"MeasureName": name, "MeasureValueType": kind, "MeasureValue": value}
            for name, kind, value in (
                ("id", "VARCHAR", "first"),
                ("temperature", "DOUBLE", "20.5"),
                ("sensor_id", "BIGINT", "1"),
                ("zone_id", "BIGINT", "1"),
            )
        ],
    )
