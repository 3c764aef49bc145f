"""An AWS of two small fakes: a Timestream in SQLite, and an AWS IoT that keeps what is sent."""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

# In the place of boto3, which is not needed: a client is the name of its service until a test
# puts a fake there. So no test can reach AWS, and none needs credentials or a region.
sys.modules["boto3"] = SimpleNamespace(client=lambda service: service)

NOW_S = 1_000_000
SECONDS = {"s": 1, "m": 60, "h": 3600}
TABLE = "iot.temperaturesensor"
COLUMNS = "zone_id, temperature, sensor_id, measure_name, time"


class FakeTimestream:
    """A table as the practical's rule fills it. The SQL really runs; a page has three rows."""

    exceptions = SimpleNamespace(ValidationException=type("ValidationException", (Exception,), {}))

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("ATTACH ':memory:' AS iot")
        self.database.create_function("now", 0, lambda: NOW_S)
        self.database.create_function(
            "ago", 1, lambda interval: NOW_S - int(interval[:-1]) * SECONDS[interval[-1]]
        )
        self.database.execute(f"CREATE TABLE {TABLE} ({COLUMNS})")
        self.sensor_id = 0

    def add(
        self,
        temperature: object,
        zone_id: object,
        seconds_ago: float = 10,
        measures: Sequence[str] = ("id", "temperature", "sensor_id", "zone_id"),
    ) -> None:
        """Store a reading: a record for each measure, with the same dimensions, which are texts."""
        self.sensor_id += 1
        dimensions = (str(zone_id), str(temperature), str(self.sensor_id))
        for measure in measures:
            record = (*dimensions, measure, NOW_S - seconds_ago)
            self.database.execute(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?)", record)

    def get_paginator(self, operation: str) -> SimpleNamespace:
        assert operation == "query"
        return SimpleNamespace(paginate=self.pages)

    def pages(self, QueryString: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        try:
            found = self.database.execute(re.sub(r"ago\((\w+)\)", r"ago('\1')", QueryString))
        except sqlite3.OperationalError as error:
            words = str(error).replace("no such column: ", "Column does not exist: ")
            raise self.exceptions.ValidationException(words) from error
        info = [{"Name": column[0]} for column in found.description]
        # The first page of a real answer may be empty as well.
        yield {"ColumnInfo": info, "Rows": []}
        while rows := found.fetchmany(3):
            yield {"ColumnInfo": info, "Rows": [{"Data": [datum(v) for v in row]} for row in rows]}


def datum(value: object) -> dict[str, object]:
    return {"NullValue": True} if value is None else {"ScalarValue": str(value)}


class FakeIot:
    """Keeps each message; refuses the topics it is told to."""

    def __init__(self) -> None:
        self.sent: dict[str, object] = {}
        self.refused: set[str] = set()

    def publish(self, topic: str, qos: int, payload: bytes) -> None:
        if topic in self.refused:
            raise PermissionError("ForbiddenException")
        assert qos == 1
        assert topic not in self.sent, "one message a zone is enough"
        self.sent[topic] = json.loads(payload)


@pytest.fixture
def timestream(monkeypatch: pytest.MonkeyPatch) -> FakeTimestream:
    fake = FakeTimestream()
    monkeypatch.setattr("ac_control_lambda.timestream", fake)
    return fake


@pytest.fixture
def iot(monkeypatch: pytest.MonkeyPatch) -> FakeIot:
    fake = FakeIot()
    monkeypatch.setattr("ac_control_lambda.iot", fake)
    return fake
