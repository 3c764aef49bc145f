"""The data set: the readings of the practical's table, asked of Timestream at each look."""

from __future__ import annotations

from typing import Any

from lab_utils.dashboard.queries import readings_sql, since
from lab_utils.thresholds import INVALID_FROM_C

_TABLE = "readings"
_MINUTES_PER_DAY = 24 * 60
_COLUMNS = {
    "time": "DATETIME",
    "sensor_id": "STRING",
    "zone_id": "STRING",
    "temperature_c": "DECIMAL",
    "valid_c": "DECIMAL",
}


def data_set_sql(days: int) -> str:
    """Return the data set's SQL: the dashboard's readings, with their temperature as a number.

    ``temperature`` is a dimension in the practical, so a text. ``valid_c`` is null where the
    reading is invalid, so that a mean leaves it out.

    Args:
        days: How far back it reaches, in days. Timestream is paid by what a query scans.
    """
    number = "CAST(temperature AS DOUBLE)"
    return (
        f"SELECT time, sensor_id, zone_id, {number} AS temperature_c,\n"
        f"       CASE WHEN {number} < {INVALID_FROM_C:g} THEN {number} END AS valid_c\n"
        f"FROM (\n{readings_sql(since(days * _MINUTES_PER_DAY))}\n)"
    )


def data_set_tables(data_source_arn: str, days: int) -> dict[str, Any]:
    """Return what makes the data set: its table, and that each look asks Timestream anew.

    Args:
        data_source_arn: The data source.
        days: How far back it reaches, in days.
    """
    columns = [{"Name": name, "Type": kind} for name, kind in _COLUMNS.items()]
    query = {
        "DataSourceArn": data_source_arn,
        "Name": _TABLE,
        "SqlQuery": data_set_sql(days),
        "Columns": columns,
    }
    return {
        "PhysicalTableMap": {_TABLE: {"CustomSql": query}},
        # SPICE, QuickSight's own store, would show what was true at its last refresh.
        "ImportMode": "DIRECT_QUERY",
    }
