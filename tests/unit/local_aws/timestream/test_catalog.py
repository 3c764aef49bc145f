from __future__ import annotations

import pytest

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream import databases, tables
from lab_utils.local_aws.timestream.errors import (
    ConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from tests.unit.local_aws.timestream.conftest import PLACE, START_NS, Bench, multi, reading

OTHERS = (Place("123456789012", "us-east-1"), Place("210987654321", "eu-west-1"))


def columns_of(bench: Bench, table: str = "readings") -> list[tuple[str, str, str]]:
    view = bench.backend.catalog.view(PLACE, "house", table)
    assert view is not None
    return [(c.name, c.type, c.kind) for c in view.columns]


def test_a_table_that_was_never_written_has_no_dimensions_and_no_measures(bench: Bench) -> None:
    assert [name for name, _, _ in columns_of(bench)] == ["measure_name", "time"]


def test_columns_stand_in_the_order_of_select_star(bench: Bench) -> None:
    bench.write(reading("1.0"))
    bench.write(reading("on", MeasureName="mode", MeasureValueType="VARCHAR"))
    bench.write(multi(level=("BIGINT", "3"), seen=("TIMESTAMP", "1")))
    bench.write(reading("1.5", MeasureName="x", Dimensions=[{"Name": "zone", "Value": "1"}]))
    assert columns_of(bench) == [
        ("sensor_id", "VARCHAR", "DIMENSION"),
        ("zone", "VARCHAR", "DIMENSION"),
        ("measure_name", "VARCHAR", "MEASURE_NAME"),
        ("time", "TIMESTAMP", "TIMESTAMP"),
        ("measure_value::double", "DOUBLE", "MEASURE_VALUE"),
        ("measure_value::varchar", "VARCHAR", "MEASURE_VALUE"),
        ("level", "BIGINT", "MULTI"),
        ("seen", "TIMESTAMP", "MULTI"),
    ]


def test_measures_are_listed_with_the_dimensions_they_came_with(bench: Bench) -> None:
    bench.write(reading("1.0"))
    bench.write(reading("1.5", Dimensions=[{"Name": "zone", "Value": "1"}]))
    bench.write(multi(level=("BIGINT", "3")))
    assert bench.backend.catalog.measures(PLACE, "house", "readings") == [
        ("climate", "MULTI", ["sensor_id"]),
        ("temperature", "DOUBLE", ["sensor_id", "zone"]),
    ]


def test_a_measure_keeps_its_type(bench: Bench) -> None:
    bench.write(reading("1.5"))
    whole = reading("21", at_ns=START_NS + 1, MeasureValueType="BIGINT")
    assert "is of type DOUBLE in this table" in bench.rejections(whole)[0]
    assert "is of type DOUBLE in this table" in bench.rejections({**multi(), **whole})[0]


def test_a_column_of_a_multi_measure_record_keeps_its_type(bench: Bench) -> None:
    bench.write(multi(level=("BIGINT", "3")))
    other = multi(START_NS + 1, level=("DOUBLE", "3"))
    assert "'level' is of type BIGINT" in bench.rejections(other)[0]


def test_a_column_cannot_be_a_dimension_and_a_measure(bench: Bench) -> None:
    name = "sensor_id"
    assert 0 in bench.rejections(multi(**{name: ("DOUBLE", "1")}))
    bench.write(reading("1.0"))
    other = reading("1", at_ns=START_NS + 1, Dimensions=[])
    mixed = {**multi(START_NS + 1, **{name: ("DOUBLE", "1")}), "Dimensions": []}
    assert list(bench.rejections(other, mixed)) == [1]


def test_columns_are_told_apart_by_case(bench: Bench) -> None:
    names = ("zone", "Zone", "ZONE", "Time", "Measure_name")
    dimensions = [{"Name": name, "Value": name} for name in names]
    bench.write(reading("1.0", Dimensions=dimensions), multi(temperature=("DOUBLE", "1")))
    bench.write(multi(START_NS + 1, Temperature=("BIGINT", "2")))
    again = bench.reopen()
    view = again.backend.catalog.view(PLACE, "house", "readings")
    assert view is not None
    stored = {c.name: f'"{c.stored}"' for c in view.columns}
    [first] = [row for row in again.rows(", ".join(stored[n] for n in names)) if row[0]]
    assert first == names
    values = again.rows(f"{stored['temperature']}, {stored['Temperature']}")
    assert {(1.0, None), (None, 2)} <= set(values)
    again.write(reading("1.0", Dimensions=dimensions))
    assert len(again.rows("*")) == 3
    again.backend.close()


def test_a_table_has_at_most_128_dimensions(bench: Bench) -> None:
    bench.write(reading("1", Dimensions=[{"Name": f"d{n}", "Value": "1"} for n in range(128)]))
    more = reading("1", Dimensions=[{"Name": "d129", "Value": "1"}])
    assert "128" in bench.rejections(more)[0]


def test_a_table_has_at_most_1024_columns_of_multi_measure_records(bench: Bench) -> None:
    for part in range(4):
        values = {f"c{part}_{n}": ("BIGINT", "1") for n in range(256)}
        bench.write(multi(START_NS + part, **values))
    assert "1024" in bench.rejections(multi(START_NS + 9, one_more=("BIGINT", "1")))[0]
    assert len(columns_of(bench)) == 1024 + 3


def test_a_table_has_at_most_8192_measure_names(bench: Bench) -> None:
    for part in range(82):
        names = range(part * 100, min(part * 100 + 100, 8192))
        bench.write(*(reading("1", MeasureName=f"m{n}") for n in names))
    assert "8192" in bench.rejections(reading("1", MeasureName="one_more"))[0]


def test_a_required_partition_key_must_be_in_every_record(bench: Bench) -> None:
    key = {"Type": "DIMENSION", "Name": "zone", "EnforcementInRecord": "REQUIRED"}
    bench.create_table("keyed", Schema={"CompositePartitionKey": [key]})
    zone = [{"Name": "zone", "Value": "1"}]
    reasons = bench.rejections(reading("1"), reading("2", Dimensions=zone), table="keyed")
    assert list(reasons) == [0]
    assert "'zone'" in reasons[0]


def test_names_of_databases_and_tables_are_told_apart_by_case(bench: Bench) -> None:
    bench.create_table("Readings")
    bench.create_database("HOUSE")
    bench.write(reading("1.0"))
    assert bench.rows("*", table="Readings") == []
    assert bench.backend.catalog.databases(PLACE) == ["HOUSE", "house"]


def test_accounts_and_regions_do_not_see_each_other(bench: Bench) -> None:
    for value, place in enumerate(OTHERS):
        bench.create_database(place=place)
        bench.create_table(place=place)
        bench.write(reading(str(value)), place=place)
    bench.write(reading("9.0"))
    stored = [bench.rows('"measure_value::double"', place=p) for p in (PLACE, *OTHERS)]
    assert stored == [[(9.0,)], [(0.0,)], [(1.0,)]]


def test_everything_is_there_after_a_restart(bench: Bench) -> None:
    bench.create_table("tagged", Tags=[{"Key": "é", "Value": '";--'}])
    bench.write(reading("1.0"), multi(level=("BIGINT", "3")))
    before = [(t.view, t) for t in bench.backend.catalog.all_tables()]
    again = bench.reopen()
    assert [(t.view, t) for t in again.backend.catalog.all_tables()] == before
    assert again.backend.catalog.databases(PLACE) == ["house"]
    assert len(again.rows("*")) == 2
    again.backend.close()


def test_a_deleted_table_is_gone_and_its_name_is_free(bench: Bench) -> None:
    names = {"DatabaseName": "house", "TableName": "readings"}
    bench.write(reading("1.0"))
    tables.delete_table(bench.backend, PLACE, names)
    with pytest.raises(ResourceNotFoundException):
        bench.write(reading("1.0"))
    bench.create_table()
    assert bench.rows("*") == []
    again = bench.reopen()
    assert len(again.backend.catalog.all_tables()) == 1
    again.backend.close()


def test_a_name_that_exists_is_a_conflict(bench: Bench) -> None:
    with pytest.raises(ConflictException):
        bench.create_database()
    with pytest.raises(ConflictException):
        bench.create_table()


def test_a_database_with_tables_is_not_deleted(bench: Bench) -> None:
    with pytest.raises(ValidationException):
        databases.delete_database(bench.backend, PLACE, {"DatabaseName": "house"})


def test_lists_come_in_pages(bench: Bench) -> None:
    for number in range(25):
        bench.create_database(f"db{number:02}")
    seen, token = [], None
    while True:
        request = {"MaxResults": 10, **({"NextToken": token} if token else {})}
        answer = databases.list_databases(bench.backend, PLACE, request)
        seen += [d["DatabaseName"] for d in answer["Databases"]]
        token = answer.get("NextToken")
        if token is None:
            break
    assert seen == [f"db{n:02}" for n in range(25)] + ["house"]
    with pytest.raises(ValidationException):
        databases.list_databases(bench.backend, PLACE, {"NextToken": "nonsense!"})


@pytest.mark.parametrize("name", ["x' INT); DROP TABLE table_1; --", "a.b", "π", "日本", "a b\\"])
def test_names_and_values_are_data_whatever_is_in_them(bench: Bench, name: str) -> None:
    bench.write(reading("1.0", Dimensions=[{"Name": name, "Value": name}], MeasureName=name))
    bench.write(multi(**{f"{name}_": ("VARCHAR", name)}))
    quoted = name.replace('"', '""')
    assert (name, name) in bench.rows(f'"{quoted}", measure_name')
    assert (name,) in bench.rows(f'"{quoted}_"')


@pytest.mark.parametrize("name", ['x" INT); DROP TABLE "table_1"; --', '"'])
def test_a_quote_in_a_measures_name_is_data(bench: Bench, name: str) -> None:
    bench.write(multi(**{name: ("VARCHAR", name)}))
    quoted = name.replace('"', '""')
    assert bench.rows(f'"{quoted}"') == [(name,)]
