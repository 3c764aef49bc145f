"""The questions that the dashboard asks, as Timestream's SQL; Grafana's dashboard shares them."""

from __future__ import annotations

from lab_utils.thresholds import INVALID_FROM_C

DATABASE, TABLE = "iot", "temperaturesensor"
INVALID_TABLE = "Temperature"
"""The DynamoDB table of the invalid readings."""
FUNCTION = "ac_control_lambda"
READINGS = f'"{DATABASE}"."{TABLE}"'
"""The practical's table, as SQL names it."""


def since(minutes: int) -> str:
    """Return the condition on a record's time: at most so many lab minutes old."""
    return f"time > ago({minutes}m)"


def since_whole(minutes: int) -> str:
    """Return the condition on a record's time that cuts no minute in two."""
    return f"time >= bin(ago({minutes}m), 1m)"


def readings_sql(when: str, table: str = READINGS) -> str:
    """Return the query of all readings, oldest first: time, sensor_id, zone_id, temperature.

    A reading is a record for each of its measures, with the same dimensions; DISTINCT counts it
    once, also where Timestream refused one of its measures (a whole number among decimals).

    Args:
        when: The condition on ``time``, such as `since` returns; Grafana's is ``$__timeFilter``.
        table: The table, as SQL names it.
    """
    return (
        "SELECT DISTINCT time, sensor_id, zone_id, temperature\n"
        f"FROM {table}\n"
        f"WHERE {when}\n"
        "ORDER BY time"
    )


def zone_means_sql(when: str, table: str = READINGS) -> str:
    """Return the query of each zone's mean in each minute: minute, zone_id, mean, readings.

    Invalid readings do not count, as they do not for the Lambda. Its minutes are the last 60 s
    before each of its runs; these begin with the clock's, so the means differ a little.

    Args:
        when: The condition on ``time``, such as `since_whole` returns.
        table: The table, as SQL names it.
    """
    return (
        "SELECT bin(time, 1m) AS minute, zone_id,\n"
        "       avg(CAST(temperature AS DOUBLE)) AS mean, count(*) AS readings\n"
        "FROM (SELECT DISTINCT time, sensor_id, zone_id, temperature\n"
        f"      FROM {table}\n"
        f"      WHERE {when})\n"
        f"WHERE CAST(temperature AS DOUBLE) < {INVALID_FROM_C:g}\n"
        "GROUP BY bin(time, 1m), zone_id\n"
        "ORDER BY minute, zone_id"
    )


def newest_sql(table: str = READINGS) -> str:
    """Return the query of how many records there ever were, and the newest one's time."""
    return f"SELECT count(*) AS records, max(time) AS newest FROM {table}"
