from __future__ import annotations

from typing import Any

import pytest

from lab_utils.local_aws.timestream.errors import TimestreamError, ValidationException
from lab_utils.local_aws.timestream.records import Record
from lab_utils.local_aws.timestream.validation import check_request
from lab_utils.local_aws.timestream.write_request import read_records
from tests.unit.local_aws.timestream.conftest import START_NS, Bench, multi, reading


def read(record: dict[str, Any], **common: Any) -> Record:
    [read] = read_records({"Records": [record], "CommonAttributes": common})
    return read


def is_refused(bench: Bench, record: dict[str, Any]) -> bool:
    """Return whether WriteRecords refuses a record, in whichever way."""
    request = {"DatabaseName": "house", "TableName": "readings", "Records": [record]}
    try:
        check_request("timestream-write", "WriteRecords", request)
        bench.write(record)
    except TimestreamError:
        return True
    return False


def test_common_attributes_are_part_of_each_record() -> None:
    common = {"Dimensions": [{"Name": "z", "Value": "9"}], "MeasureName": "common", "Version": 4}
    record = read(reading(MeasureName=None), **common)
    assert record.dimensions == (("sensor_id", "1"), ("z", "9"))
    assert (record.measure_name, record.version) == ("common", 4)


def test_a_records_own_attributes_come_before_the_common_ones() -> None:
    record = read(reading("1.5"), MeasureName="common", MeasureValue="7", Time="1", Version=3)
    assert (record.measure_name, record.value) == ("temperature", 1.5)
    assert record.time_ns == START_NS


def test_a_dimension_is_not_both_common_and_the_records_own() -> None:
    with pytest.raises(ValidationException, match="two dimensions"):
        read(reading(), Dimensions=[{"Name": "sensor_id", "Value": "1"}])


def test_a_dimension_is_not_there_twice() -> None:
    with pytest.raises(ValidationException):
        read(reading(Dimensions=[{"Name": "d", "Value": v} for v in "12"]))


@pytest.mark.parametrize(
    ("unit", "time_ns"),
    [
        ("SECONDS", 12_345 * 10**9),
        ("MILLISECONDS", 12_345 * 10**6),
        (None, 12_345 * 10**6),
        ("MICROSECONDS", 12_345 * 10**3),
        ("NANOSECONDS", 12_345),
    ],
)
def test_a_time_is_counted_in_its_unit(unit: str | None, time_ns: int) -> None:
    assert read(reading(Time="12345", TimeUnit=unit)).time_ns == time_ns


@pytest.mark.parametrize(
    "time", ["", "abc", "1.5", "-1", "1e9", "0x10", "1_000", "١٢٣", "9223372036854775808", "9" * 30]
)
def test_a_time_that_is_none_is_invalid(time: str) -> None:
    with pytest.raises(ValidationException):
        read(reading(Time=time))


@pytest.mark.parametrize(
    ("value_type", "text", "value"),
    [
        (None, "7", 7.0),
        ("DOUBLE", "-1.5e3", -1500.0),
        ("DOUBLE", ".5", 0.5),
        ("DOUBLE", "0", 0.0),
        ("BIGINT", "9223372036854775807", 2**63 - 1),
        ("BIGINT", "-9223372036854775808", -(2**63)),
        ("BOOLEAN", "TRUE", True),
        ("BOOLEAN", "false", False),
        ("VARCHAR", "1.50", "1.50"),
    ],
)
def test_a_value_is_read_by_its_type(value_type: str | None, text: str, value: object) -> None:
    record = read(reading(text, MeasureValueType=value_type))
    assert record.value == value
    assert type(record.value) is type(value)


@pytest.mark.parametrize(
    ("value_type", "text"),
    [
        ("DOUBLE", "-0.0"),
        ("DOUBLE", "-0"),
        ("DOUBLE", "-1e-999"),
        ("DOUBLE", "NaN"),
        ("DOUBLE", "Infinity"),
        ("DOUBLE", "-inf"),
        ("DOUBLE", "1e999"),
        ("DOUBLE", "1_0"),
        ("DOUBLE", "warm"),
        ("DOUBLE", " 1"),
        ("BIGINT", "1.0"),
        ("BIGINT", "9223372036854775808"),
        ("BIGINT", "9" * 2000),
        ("BOOLEAN", "yes"),
        ("TIMESTAMP", "1"),
    ],
)
def test_a_value_that_is_none_of_its_type_is_invalid(value_type: str, text: str) -> None:
    with pytest.raises(ValidationException):
        read(reading(text, MeasureValueType=value_type))


@pytest.mark.parametrize("version", [0, -1, 2**63])
def test_a_version_is_one_or_more(version: int) -> None:
    with pytest.raises(ValidationException):
        read(reading(Version=version))


def test_a_multi_measure_record_has_values_and_no_value() -> None:
    with pytest.raises(ValidationException):
        read(multi())
    with pytest.raises(ValidationException):
        read({**multi(a=("DOUBLE", "1")), "MeasureValue": "1"})
    with pytest.raises(ValidationException):
        read({**multi(a=("DOUBLE", "1")), "MeasureValueType": "DOUBLE", "MeasureValue": "1"})
    with pytest.raises(ValidationException):
        read(multi(a=("MULTI", "1")))


def test_a_timestamp_is_in_the_records_unit() -> None:
    record = read({**multi(t=("TIMESTAMP", "5")), "Time": "1", "TimeUnit": "SECONDS"})
    assert record.value == (("t", "TIMESTAMP", 5 * 10**9),)


@pytest.mark.parametrize("missing", ["MeasureName", "MeasureValue", "Time"])
def test_what_a_record_needs_is_named(missing: str) -> None:
    with pytest.raises(ValidationException, match=missing):
        read({name: v for name, v in reading().items() if name != missing})


@pytest.mark.parametrize("name", ["temperature", "n" * 256, 'a"b', "a b", "é", "Time", "measure"])
def test_a_measure_may_have_this_name(bench: Bench, name: str) -> None:
    assert not is_refused(bench, reading(MeasureName=name))


@pytest.mark.parametrize(
    "name",
    [
        "ts_x",
        "measure_value",
        "measure_value::double",
        "a:b",
        "n" * 257,
        "é" * 129,
        "time",
        "",
        "\n",
    ],
)
def test_a_measure_may_not_have_this_name(bench: Bench, name: str) -> None:
    assert is_refused(bench, reading(MeasureName=name))
    assert is_refused(bench, multi(**{name: ("DOUBLE", "1")}))


@pytest.mark.parametrize("name", ["device_id", "d" * 60, "é" * 30, "my dimension"])
def test_a_dimension_may_have_this_name(bench: Bench, name: str) -> None:
    assert not is_refused(bench, reading(Dimensions=[{"Name": name, "Value": "1"}]))


@pytest.mark.parametrize(
    "name",
    [
        "ts_x",
        "measure_value",
        "measure_name",
        "measure_value_2",
        "time",
        "ts_non_existent_col",
        "a:b",
        'a"b',
        "a\tb",
        "",
        "d" * 61,
        "é" * 31,
    ],
)
def test_a_dimension_may_not_have_this_name(bench: Bench, name: str) -> None:
    assert is_refused(bench, reading(Dimensions=[{"Name": name, "Value": "1"}]))


def test_sizes_are_limited_and_the_other_records_are_stored(bench: Bench) -> None:
    large = [{"Name": "d", "Value": "v" * 2048}]
    many = {f"m{n}": ("BIGINT", "1") for n in range(257)}
    long = {f"m{n}": ("VARCHAR", "v" * 1025) for n in range(2)}
    records = [reading(), reading(Dimensions=large), multi(1, **many), multi(1, **long)]
    assert sorted(bench.rejections(*records)) == [1, 2, 3]
    assert len(bench.rows("*")) == 1


@pytest.mark.parametrize("value", ["v" * 2048, "", "\x00", "😀" * 10, "'; DROP TABLE x; --"])
def test_texts_are_stored_as_they_are(bench: Bench, value: str) -> None:
    dimension = [{"Name": "d", "Value": value[:1000]}]
    bench.store([Record((("d", value[:1000]),), "m", "VARCHAR", value, START_NS)])
    assert bench.rows('d, "measure_value::varchar"') == [(value[:1000], value)], dimension


@pytest.mark.parametrize(
    "record",
    [
        Record((), "m", "DOUBLE", float("nan"), START_NS),
        Record((), "m", "DOUBLE", 1, START_NS),
        Record((), "m", "BIGINT", 2**63, START_NS),
        Record((), "m", "BIGINT", True, START_NS),
        Record((), "m", "VARCHAR", "\ud800", START_NS),
        Record((("d", "\udfff"),), "m", "DOUBLE", 1.0, START_NS),
        Record((), "ts_m", "DOUBLE", 1.0, START_NS),
        Record((), "m" * 300, "DOUBLE", 1.0, START_NS),
        Record((), "\ud800", "DOUBLE", 1.0, START_NS),
        Record((("d" * 61, "1"),), "m", "DOUBLE", 1.0, START_NS),
        Record((("\ud800", "1"),), "m", "DOUBLE", 1.0, START_NS),
    ],
)
def test_a_rules_record_that_cannot_be_stored_keeps_no_other_from_it(
    bench: Bench, record: Record
) -> None:
    sound = Record((), "sound", "DOUBLE", 1.0, START_NS)
    with pytest.raises(TimestreamError) as caught:
        bench.store([record, sound])
    assert caught.value.code == "RejectedRecordsException"
    assert bench.rows("measure_name") == [("sound",)]
