"""What the Timestream table of readings holds, and which rules write to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext
from lab_utils.checks.readings import Reading
from lab_utils.checks.rules import Rule, describe_rule
from lab_utils.errors import CheckError, QueryError
from lab_utils.queries import run_query
from lab_utils.query_text import literal
from lab_utils.waiting import wait_for

DATABASE, TABLE = "iot", "temperaturesensor"
NAME = f"{DATABASE}.{TABLE}"
DIMENSIONS = ("sensor_id", "temperature", "zone_id")
MEASURES = ("id", "sensor_id", "zone_id")
"""The measures that each reading has, of those that SELECT * gives. ``temperature`` is not among
them: once it was written as a whole number, Timestream refuses it with a decimal point."""


@dataclass(frozen=True)
class StoredReading:
    """The records of one reading.

    Attributes:
        time: When the reading was taken, by its records.
        dimensions: The dimensions' values by name, as text.
        measures: The names of its measures.
    """

    time: pd.Timestamp
    dimensions: Mapping[str, str]
    measures: frozenset[str]


def describe_database(context: CheckContext) -> dict[str, Any] | None:
    """Return the database's description, or None if there is no such database."""
    return _described(context, "describe_database", "Database", DatabaseName=DATABASE)


def describe_table(context: CheckContext) -> dict[str, Any] | None:
    """Return the table's description, or None if there is no such table or database."""
    return _described(context, "describe_table", "Table", DatabaseName=DATABASE, TableName=TABLE)


def _described(
    context: CheckContext, operation: str, member: str, **names: str
) -> dict[str, Any] | None:
    try:
        answer = getattr(context.client("timestream-write"), operation)(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return dict(answer[member])


def other_databases(context: CheckContext) -> str:
    """Return the names of the databases that there are, in words."""
    found = context.client("timestream-write").list_databases()["Databases"]
    return ", ".join(sorted(one["DatabaseName"] for one in found)) or "none"


def other_tables(context: CheckContext) -> str:
    """Return the names of the database's tables, in words."""
    found = context.client("timestream-write").list_tables(DatabaseName=DATABASE)["Tables"]
    return ", ".join(sorted(one["TableName"] for one in found)) or "none"


def require_table(context: CheckContext) -> dict[str, Any]:
    """Return the table's description, for a look that has no sense without it.

    Raises:
        CheckError: There is no table.
    """
    table = describe_table(context)
    if table is None:
        raise CheckError("look a reading up", f"there is no table {NAME}", "first part3-table.")
    return table


def find_reading(
    context: CheckContext, reading: Reading, within: str = "time > ago(1h)"
) -> StoredReading | None:
    """Return what is stored of a reading, found by its id; None if there is nothing.

    Args:
        context: The APIs.
        reading: As it was sent.
        within: The SQL condition on the time of its records.
    """
    is_it = f"measure_name = 'id' AND measure_value::varchar = {literal(reading['id'])}"
    try:
        found = _select(context, f"{is_it} AND {within}")
    except QueryError as error:
        # The columns of a table come with its first records.
        if "does not exist" in error.happened:
            return None
        raise
    if found.empty:
        return None
    own = found.iloc[0]
    moment = _select(context, f"time = {literal(own['time'])}")
    dimensions = _dimensions(own)
    measures = {
        str(row["measure_name"])
        for _number, row in moment.iterrows()
        if _dimensions(row) == dimensions
    }
    return StoredReading(own["time"], dimensions, frozenset(measures))


def wait_for_reading(
    context: CheckContext, reading: Reading, timeout_s: float
) -> StoredReading | None:
    """Return what is stored of a reading once its measures are there, else what there is."""

    def look() -> StoredReading | None:
        stored = find_reading(context, reading)
        return stored if stored and stored.measures >= set(MEASURES) else None

    return wait_for(look, timeout_s) or find_reading(context, reading)


def _select(context: CheckContext, condition: str) -> pd.DataFrame:
    sql = f'SELECT * FROM "{DATABASE}"."{TABLE}" WHERE {condition}'
    return run_query(context.client("timestream-query"), sql)


def _dimensions(row: pd.Series[Any]) -> dict[str, str]:
    return {
        str(name): str(value)
        for name, value in row.items()
        if name not in ("measure_name", "time")
        and not str(name).startswith("measure_value::")
        and not pd.isna(value)
    }


def timestream_actions(rule: Rule) -> list[dict[str, Any]]:
    """Return the actions of a rule that write to the table."""
    found = [action["timestream"] for action in rule.get("actions", []) if "timestream" in action]
    return [one for one in found if (one["databaseName"], one["tableName"]) == (DATABASE, TABLE)]


def describe_writer(rule: Rule) -> str:
    """Return a rule with the dimensions and the timestamp of its actions on the table."""
    return f"{describe_rule(rule)} with {'; '.join(map(_words, timestream_actions(rule)))}"


def _words(action: dict[str, Any]) -> str:
    dimensions = ", ".join(f"{one['name']} = {one['value']}" for one in action["dimensions"])
    stamp = action.get("timestamp")
    time = f"timestamp {stamp['value']} in {stamp['unit']}" if stamp else "no timestamp"
    return f"the dimensions {dimensions} and {time}"
