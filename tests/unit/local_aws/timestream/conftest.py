"""A Timestream without a network, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream import databases, tables
from lab_utils.local_aws.timestream.backend import TimestreamBackend
from lab_utils.local_aws.timestream.errors import RejectedRecordsException, TimestreamError
from lab_utils.local_aws.timestream.records import Record
from lab_utils.local_aws.timestream.submissions import Ingested, Submission
from lab_utils.local_aws.timestream.write_request import read_records

PLACE = Place("123456789012", "eu-west-1")
START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
MINUTE_NS, HOUR_NS = 60 * SECOND_NS, 3600 * SECOND_NS


@dataclass
class Bench:
    """A backend with one database, ``house``.

    Attributes:
        folder: Where its file is.
        now_ns: What its clock says.
    """

    folder: Path
    now_ns: int = START_NS
    health: SavingHealth = field(default_factory=SavingHealth)

    def __post_init__(self) -> None:
        clock = LabClock(1, wall_ns=lambda: self.now_ns, monotonic_ns=lambda: 0)
        self.backend = TimestreamBackend(self.folder / "store.duckdb", clock, self.health)
        self.backend.open()

    def create_database(self, name: str = "house", place: Place = PLACE) -> None:
        databases.create_database(self.backend, place, {"DatabaseName": name})

    def create_table(self, name: str = "readings", place: Place = PLACE, **request: Any) -> None:
        names = {"DatabaseName": "house", "TableName": name}
        tables.create_table(self.backend, place, {**names, **request})

    def write(
        self, *records: dict[str, Any], table: str = "readings", place: Place = PLACE, **common: Any
    ) -> Ingested:
        """Write records in the API's form; raise what the API answers."""
        request = {"Records": records, "CommonAttributes": common}
        return self.store(read_records(request), table=table, place=place)

    def store(
        self, records: Sequence[Record], table: str = "readings", place: Place = PLACE
    ) -> Ingested:
        """Store records; raise what becomes of them."""
        submission = Submission(place, "house", table, records, self.now_ns)
        [(_submission, outcome)] = self.backend.store_all([submission])
        if isinstance(outcome, TimestreamError):
            raise outcome
        return outcome

    def rejections(self, *records: dict[str, Any], **common: Any) -> dict[int, str]:
        """Return the reasons by index of the records that are rejected."""
        with pytest.raises(RejectedRecordsException) as caught:
            self.write(*records, **common)
        return {r.index: r.reason for r in caught.value.rejected}

    def rows(self, columns: str, table: str = "readings", place: Place = PLACE) -> list[Any]:
        """Return columns of a table, by time."""
        view = self.backend.catalog.view(place, "house", table)
        assert view is not None
        return self.backend.store.run(f'SELECT {columns} FROM {view.relation} ORDER BY "time"')

    def reopen(self) -> Bench:
        """Return what a restart finds."""
        self.backend.close()
        return Bench(self.folder, self.now_ns)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A backend with the table ``readings`` of the database ``house``."""
    made = Bench(tmp_path)
    made.create_database()
    made.create_table()
    yield made
    made.backend.close()


def reading(value: str = "20.5", at_ns: int = START_NS, **changes: Any) -> dict[str, Any]:
    """Return a record of a temperature in the API's form."""
    record = {
        "Dimensions": [{"Name": "sensor_id", "Value": "1"}],
        "MeasureName": "temperature",
        "MeasureValue": value,
        "Time": str(at_ns),
        "TimeUnit": "NANOSECONDS",
    }
    return {name: v for name, v in {**record, **changes}.items() if v is not None}


def multi(at_ns: int = START_NS, /, **values: tuple[str, str]) -> dict[str, Any]:
    """Return a multi-measure record; each value is given as its type and text."""
    measures = [{"Name": n, "Type": t, "Value": v} for n, (t, v) in values.items()]
    changes: dict[str, Any] = {
        "MeasureName": "climate",
        "MeasureValue": None,
        "MeasureValueType": "MULTI",
    }
    return reading(at_ns=at_ns, MeasureValues=measures, **changes)
