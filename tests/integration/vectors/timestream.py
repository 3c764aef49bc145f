"""Timestream as its clients use it, with the few words that the examples repeat."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
LONGEST_RETENTION = {
    "MemoryStoreRetentionPeriodInHours": 6,
    "MagneticStoreRetentionPeriodInDays": 73000,
}


def now_ms() -> int:
    """Return the time of the wall clock; the shared embedded AWS runs at its speed."""
    return time.time_ns() // 1_000_000


def record(**fields: Any) -> Record:
    """Return a record of one DOUBLE measure; None leaves a member out."""
    default = {
        "Dimensions": [{"Name": "device", "Value": "d1"}],
        "MeasureName": "m",
        "MeasureValue": "1.5",
        "MeasureValueType": "DOUBLE",
        "Time": str(now_ms()),
    }
    return {name: value for name, value in {**default, **fields}.items() if value is not None}


@dataclass
class Timestream:
    """A database with tables made as they are needed.

    Attributes:
        write: boto3's ``timestream-write`` client, which checks nothing itself.
        query: boto3's ``timestream-query`` client.
        database: The database's name.
    """

    write: Any
    query: Any
    database: str
    _names: itertools.count[int] = field(default_factory=itertools.count)

    def table(self, *, magnetic: bool = False, **options: Any) -> str:
        """Return a new table's name."""
        name = f"table_{next(self._names)}"
        if magnetic:
            options["MagneticStoreWriteProperties"] = {"EnableMagneticStoreWrites": True}
            options.setdefault("RetentionProperties", LONGEST_RETENTION)
        self.write.create_table(DatabaseName=self.database, TableName=name, **options)
        return name

    def put(self, table: str, records: Sequence[Record], **common: Any) -> dict[str, Any]:
        """Write records, and return the answer."""
        extra = {"CommonAttributes": common} if common else {}
        answer: dict[str, Any] = self.write.write_records(
            DatabaseName=self.database, TableName=table, Records=list(records), **extra
        )
        return answer

    def place(self, table: str) -> str:
        """Return a table's name as a query writes it."""
        return f'"{self.database}"."{table}"'

    def rows(self, sql: str, **options: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return all columns and rows of a query, whatever the number of its pages."""
        answer = self.query.query(QueryString=sql, **options)
        columns, rows = answer["ColumnInfo"], list(answer["Rows"])
        while "NextToken" in answer:
            answer = self.query.query(QueryString=sql, NextToken=answer["NextToken"], **options)
            rows += answer["Rows"]
        return columns, rows


def refused(call: Any, **arguments: Any) -> ClientError:
    """Return the error with which a call is refused."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    return failure.value


def answer(call: Any, **arguments: Any) -> str:
    """Return the code of the error with which a call is refused; "" if it is accepted."""
    try:
        call(**arguments)
    except ClientError as error:
        return code_of(error)
    return ""


def code_of(error: ClientError) -> str:
    """Return an error's code."""
    return str(error.response["Error"]["Code"])


def status_of(error: ClientError) -> int:
    """Return an error's HTTP status."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def records_of(rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return the records that make rows as an example's table shows them."""
    return [_record_of(row) for row in rows]


def _record_of(row: Mapping[str, Any]) -> Record:
    value = {name: entry for name, entry in row.items() if name.startswith("measure_value::")}
    ((column, entry),) = value.items()
    named = {"time", "measure_name", *value}
    return {
        "Dimensions": [
            {"Name": name, "Value": text} for name, text in row.items() if name not in named
        ],
        "MeasureName": row["measure_name"],
        "MeasureValue": str(entry).lower() if isinstance(entry, bool) else str(entry),
        "MeasureValueType": column.removeprefix("measure_value::").upper(),
        "Time": str(_nanoseconds(row["time"])),
        "TimeUnit": "NANOSECONDS",
    }


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0") or "0")
