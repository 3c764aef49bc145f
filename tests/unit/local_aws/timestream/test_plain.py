"""Moments, which skip the look at each record, leave what their records one by one would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lab_utils.local_aws.timestream.plain import PlainMoments
from lab_utils.local_aws.timestream.records import Moment, Record, Scalar, Shape
from lab_utils.local_aws.timestream.submissions import Submission
from lab_utils.local_aws.timestream.times import TimeRanges
from tests.unit.local_aws.timestream.conftest import HOUR_NS, PLACE, SECOND_NS, START_NS, Bench

TYPES: dict[type, str] = {float: "DOUBLE", int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN"}
LATER = START_NS + SECOND_NS


def moment(
    at_ns: int = LATER, sensor: str = "1", dimension: str = "sensor", **values: Scalar
) -> Moment:
    measures = values or {"temperature": 20.5, "id": "a", "zone": 1, "is_open": True}
    types = tuple(TYPES[type(value)] for value in measures.values())
    shape = Shape((dimension,), tuple(measures), types)
    return Moment(shape, (sensor,), tuple(measures.values()), at_ns)


SCENARIOS: dict[str, Sequence[Sequence[Record]]] = {
    "new times": [moment(LATER + n, str(n)) for n in range(5)],
    "one time, other sensors": [moment(sensor=str(n)) for n in range(3)],
    "the same again": [moment(), moment()],
    "the same with another value": [moment(temperature=1.0), moment(temperature=2.0)],
    "the same as single records": [list(moment()), moment(), moment(LATER + 1)],
    "a higher version of one record": [
        moment(temperature=1.0),
        [Record((("sensor", "1"),), "temperature", "DOUBLE", 2.0, LATER, version=2)],
    ],
    "a time that is stored": [moment(START_NS), moment(START_NS, "2"), moment()],
    "before the table's first time": [moment(START_NS - SECOND_NS)],
    "too late": [moment(START_NS - 9 * HOUR_NS), moment()],
    "too early": [moment(LATER + HOUR_NS), moment()],
    "a new measure": [moment(humidity=0.5), moment(LATER + 1)],
    "a new dimension": [moment(dimension="floor"), moment(LATER + 1)],
    "a dimension that is a column": [moment(dimension="measure_value::double")],
    "another type": [moment(temperature=20), moment(LATER + 1)],
    "a number that is none": [moment(temperature=float("inf")), moment(LATER + 1)],
    "a long text": [moment(id="a" * 2049), moment(LATER + 1, id="a" * 2048)],
    "no Unicode": [moment(id="\ud800"), moment(LATER + 1, "\ud800"), moment(LATER + 2, "ü")],
    "an empty text": [moment(sensor="", id="")],
}


def result(folder: Path, submitted: Sequence[Sequence[Record]]) -> tuple[list[str], list[object]]:
    """Return outcomes and rows, after a first moment that gave the table its columns."""
    bench = Bench(folder)
    bench.create_database()
    bench.create_table()
    bench.store(moment(START_NS))
    group = [Submission(PLACE, "house", "readings", records, LATER) for records in submitted]
    outcomes = {id(s): outcome for s, outcome in bench.backend.store_all(group)}
    view = bench.backend.catalog.view(PLACE, "house", "readings")
    assert view is not None
    rows = bench.backend.store.run(f"SELECT * FROM {view.relation}")
    bench.backend.close()
    told = [str(getattr(outcomes[id(s)], "rejected", outcomes[id(s)])) for s in group]
    return told, sorted(rows, key=repr)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_moment_is_stored_as_its_records_are(tmp_path: Path, name: str) -> None:
    folders = [tmp_path / "moments", tmp_path / "records"]
    for folder in folders:
        folder.mkdir()
    submitted = SCENARIOS[name]
    assert result(folders[0], submitted) == result(folders[1], [list(s) for s in submitted])


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("new times", [True] * 5),
        ("one time, other sensors", [True] * 3),
        ("the same again", [False, False]),
        ("the same as single records", [False, False, True]),
        ("a time that is stored", [False, False, True]),
        ("a new measure", [False, True]),
        ("another type", [False, True]),
        ("no Unicode", [False, False, True]),
    ],
)
def test_only_what_no_other_record_concerns_is_plain(
    bench: Bench, name: str, taken: list[bool]
) -> None:
    bench.store(moment(START_NS))
    table = bench.backend.catalog.table(PLACE, "house", "readings")
    assert table is not None
    times = TimeRanges()
    times.add(table, [START_NS])
    group = [Submission(PLACE, "house", "readings", records, LATER) for records in SCENARIOS[name]]
    plain = PlainMoments(table, times, group)
    assert [plain.take(submission) for submission in group] == taken


def test_a_moment_is_a_sequence_of_its_records() -> None:
    made = moment(temperature=20.5, zone=1)
    zone = Record((("sensor", "1"),), "zone", "BIGINT", 1, LATER)
    assert (made[1], made[-1], made[1:]) == (zone, zone, [zone])
    assert [record.measure_name for record in made] == ["temperature", "zone"]
