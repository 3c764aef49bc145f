from __future__ import annotations

from lab_utils.local_aws.timestream.versions import DUPLICATE
from tests.unit.local_aws.timestream.conftest import START_NS, Bench, multi, reading

VALUES = '"measure_value::double", ":version"'


def test_the_first_writer_wins_until_a_higher_version_comes(bench: Bench) -> None:
    bench.write(reading("1.0"))
    assert bench.rejections(reading("2.0")) == {0: DUPLICATE}
    bench.write(reading("2.0", Version=2))
    bench.write(reading("2.0", Version=3))
    assert bench.rejections(reading("9.0", Version=3)) == {0: DUPLICATE}
    assert bench.rows(VALUES) == [(2.0, 3)]


def test_a_lower_version_is_rejected_with_the_one_that_exists(bench: Bench) -> None:
    bench.write(reading("1.0", Version=200))
    assert bench.rejections(reading("2.0", Version=2)) == {
        0: "The record version 2 is lower than the existing version 200. A higher version is "
        "required to update the measure value."
    }
    assert bench.rows(VALUES) == [(1.0, 200)]


def test_the_same_record_again_is_taken_and_stored_once(bench: Bench) -> None:
    assert bench.write(reading("1.0"), reading("1.0")).memory == 2
    assert bench.write(reading("1.0")).memory == 1
    assert bench.rows(VALUES) == [(1.0, 1)]


def test_records_of_one_call_stand_to_each_other_as_those_of_two(bench: Bench) -> None:
    records = [reading("1.0"), reading("2.0"), reading("3.0", Version=5), reading("4.0", Version=4)]
    assert sorted(bench.rejections(*records)) == [1, 3]
    assert bench.rows(VALUES) == [(3.0, 5)]


def test_what_tells_records_apart_is_dimensions_measure_and_time(bench: Bench) -> None:
    other_sensor = [{"Name": "sensor_id", "Value": "2"}]
    bench.write(
        reading("1.0"),
        reading("2.0", Dimensions=other_sensor),
        reading("3.0", MeasureName="humidity"),
        reading("4.0", at_ns=START_NS + 1),
        reading("5.0", Dimensions=[]),
    )
    assert len(bench.rows(VALUES)) == 5


def test_the_order_of_dimensions_does_not_matter(bench: Bench) -> None:
    one, two = {"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}
    bench.write(reading("1.0", Dimensions=[one, two]))
    assert bench.rejections(reading("2.0", Dimensions=[two, one])) == {0: DUPLICATE}


def test_values_cannot_be_arranged_so_that_two_series_look_alike(bench: Bench) -> None:
    bench.write(
        reading("1.0", Dimensions=[{"Name": "a", "Value": "1'), ('b', '2"}]),
        reading("2.0", Dimensions=[{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}]),
    )
    assert len(bench.rows(VALUES)) == 2


def test_a_higher_version_replaces_all_values_of_a_multi_measure_record(bench: Bench) -> None:
    bench.write(multi(temperature=("DOUBLE", "20"), door=("BOOLEAN", "true")))
    update = multi(temperature=("DOUBLE", "21"), note=("VARCHAR", "new"))
    assert bench.rejections(update) == {0: DUPLICATE}
    bench.write({**update, "Version": 2})
    assert bench.rows("temperature, door, note") == [(21.0, None, "new")]


def test_a_refused_record_adds_no_columns(bench: Bench) -> None:
    bench.write(multi(temperature=("DOUBLE", "20")))
    bench.rejections(multi(surprise=("DOUBLE", "20")))
    [view] = [t.view for t in bench.backend.catalog.all_tables()]
    assert "surprise" not in [column.name for column in view.columns]


def test_all_types_of_a_multi_measure_record_are_compared(bench: Bench) -> None:
    values = {
        "b": ("BOOLEAN", "false"),
        "d": ("DOUBLE", "0.1"),
        "i": ("BIGINT", "-9223372036854775808"),
        "t": ("TIMESTAMP", "1700000000123456789"),
        "v": ("VARCHAR", "été"),
    }
    bench.write(multi(**values))
    assert bench.write(multi(**values)).memory == 1
    for name, other in (("b", "true"), ("d", "0.2"), ("i", "7"), ("t", "8"), ("v", "x")):
        changed = {**values, name: (values[name][0], other)}
        assert bench.rejections(multi(**changed)) == {0: DUPLICATE}, name


def test_versions_are_compared_with_what_an_earlier_run_stored(bench: Bench) -> None:
    bench.write(reading("1.0", Version=7))
    again = bench.reopen()
    assert 0 in again.rejections(reading("2.0", Version=6))
    again.write(reading("2.0", Version=8))
    assert again.rows(VALUES) == [(2.0, 8)]
    again.backend.close()
