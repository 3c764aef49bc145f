"""The operations of the query API, over the real store."""

from __future__ import annotations

import pytest

from lab_utils.local_aws.timestream.errors import AccessDeniedException, ValidationException
from lab_utils.local_aws.timestream.query.results import METERED_BYTES
from tests.unit.local_aws.timestream.conftest import START_NS, multi, reading
from tests.unit.local_aws.timestream.query.conftest import Queries, Signer, names_and_types

TABLE = "arn:aws:timestream:eu-west-1:123456789012:database/house/table/readings"
DATABASE = "arn:aws:timestream:eu-west-1:123456789012:database/house"


def test_a_table_that_nothing_was_written_to_has_two_columns(queries: Queries) -> None:
    answer = queries.ask("SELECT * FROM house.readings")
    assert names_and_types(answer) == [["measure_name", "VARCHAR"], ["time", "TIMESTAMP"]]
    assert answer["Rows"] == []
    with pytest.raises(ValidationException, match=r"^line 1:8: Column 'sensor_id' does not exist$"):
        queries.ask("SELECT sensor_id FROM house.readings")


def test_a_column_can_be_named_from_its_first_record_on(queries: Queries) -> None:
    text = "SELECT * FROM house.readings"
    assert len(queries.ask(text)["ColumnInfo"]) == 2
    queries.bench.write(reading("20.5"))
    answer = queries.ask(text)
    assert [name for name, _ in names_and_types(answer)] == [
        "sensor_id",
        "measure_name",
        "time",
        "measure_value::double",
    ]
    assert len(answer["Rows"]) == 1


def test_multi_measure_records_have_columns_by_measure(queries: Queries) -> None:
    values = {"temperature": ("DOUBLE", "20.5"), "n": ("BIGINT", "7"), "at": ("TIMESTAMP", "1000")}
    queries.bench.write(multi(START_NS, **values))
    rows = queries.rows("SELECT temperature, n, at, measure_name FROM house.readings")
    assert rows == [["20.5", "7", "1970-01-01 00:00:00.000001000", "climate"]]
    described = queries.rows("DESCRIBE house.readings")
    assert ["temperature", "double", "MULTI"] in described


def test_what_was_acknowledged_is_flushed_before_each_query(queries: Queries) -> None:
    queries.ask("SELECT 1")
    queries.ask("SELECT 1")
    assert queries.flushes == 2


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("SELECT * FROM house.readings", ("timestream:Select", TABLE)),
        ("SELECT 1", ("timestream:SelectValues", "*")),
        ("SHOW DATABASES", ("timestream:ListDatabases", "*")),
        ("SHOW TABLES FROM house", ("timestream:ListTables", DATABASE)),
        ("SHOW TABLES", ("timestream:ListTables", "*")),
        ("SHOW MEASURES FROM house.readings", ("timestream:ListMeasures", TABLE)),
        ("DESCRIBE house.readings", ("timestream:DescribeTable", TABLE)),
    ],
)
def test_each_statement_needs_its_right(
    queries: Queries, text: str, right: tuple[str, str]
) -> None:
    queries.ask(text)
    assert queries.signer.asked == [right]
    with pytest.raises(AccessDeniedException):
        queries.ask(text, Signer(denied=frozenset({right[0]})))


def test_a_page_needs_the_right_again(house: Queries) -> None:
    text = "SELECT time FROM house.readings"
    signer = Signer()
    token = house.ask(text, signer, MaxRows=1)["NextToken"]
    signer.denied = frozenset({"timestream:Select"})
    with pytest.raises(AccessDeniedException):
        house.ask(text, signer, NextToken=token)


def test_every_table_of_a_join_needs_its_right(queries: Queries) -> None:
    queries.bench.create_table("rooms")
    queries.ask("SELECT 1 FROM house.readings, house.rooms, house.readings AS again")
    assert len(queries.signer.asked) == 2


def test_queries_are_metered_and_shows_are_not(house: Queries) -> None:
    assert house.ask("SELECT 1")["QueryStatus"]["CumulativeBytesMetered"] == METERED_BYTES
    assert house.ask("SHOW DATABASES")["QueryStatus"] == {
        "ProgressPercentage": 100.0,
        "CumulativeBytesScanned": 0,
        "CumulativeBytesMetered": 0,
    }


def test_the_same_client_token_gives_the_same_answer(queries: Queries) -> None:
    token = "t" * 32
    first = queries.ask("SELECT now()", ClientToken=token)
    queries.bench.now_ns += 1
    assert queries.ask("SELECT now()", ClientToken=token) == first
    assert queries.ask("SELECT now()", ClientToken="u" * 32)["Rows"] != first["Rows"]
    with pytest.raises(ValidationException, match="another QueryString"):
        queries.ask("SELECT 1", ClientToken=token)


def test_a_table_that_is_deleted_under_a_query_is_named_as_such(queries: Queries) -> None:
    text = "SELECT * FROM house.readings"
    queries.ask(text)
    view = queries.bench.backend.catalog.view(queries.signer.place, "house", "readings")
    assert view is not None
    queries.bench.backend.store.run(f"DROP TABLE {view.relation}")
    with pytest.raises(ValidationException, match="deleted or changed while it ran"):
        queries.ask(text)


def test_a_plan_that_is_kept_reads_the_clock_anew(queries: Queries) -> None:
    before = queries.rows("SELECT now()")
    queries.bench.now_ns += 1
    assert queries.rows("SELECT now()") != before


def test_insights_are_given_if_asked_for(house: Queries) -> None:
    text = "SELECT time FROM house.readings"
    assert "QueryInsightsResponse" not in house.ask(text)
    answer = house.ask(text, QueryInsights={"Mode": "ENABLED_WITH_RATE_CONTROL"})
    insights = answer["QueryInsightsResponse"]
    assert (insights["QueryTableCount"], insights["OutputRows"]) == (1, 6)


def test_prepare_tells_columns_and_parameters(house: Queries) -> None:
    text = (
        "SELECT sensor_id AS s, time, avg(measure_value::double) FROM house.readings"
        " WHERE time > @scheduled_runtime AND zone_id = ? GROUP BY sensor_id, time"
    )
    answer = house.run(house.service.prepare(house.signer, {"QueryString": text}))
    origin = {"DatabaseName": "house", "TableName": "readings"}
    assert answer == {
        "QueryString": text,
        "Columns": [
            {"Name": "s", "Type": {"ScalarType": "VARCHAR"}, "Aliased": True, **origin},
            {"Name": "time", "Type": {"ScalarType": "TIMESTAMP"}, "Aliased": False, **origin},
            {"Name": "_col2", "Type": {"ScalarType": "DOUBLE"}, "Aliased": False},
        ],
        "Parameters": [
            {"Name": "scheduled_runtime", "Type": {"ScalarType": "TIMESTAMP"}},
            {"Name": "?", "Type": {"ScalarType": "UNKNOWN"}},
        ],
    }


def test_prepare_refuses_what_query_refuses(house: Queries) -> None:
    with pytest.raises(ValidationException, match="Column 'foo' does not exist"):
        house.run(
            house.service.prepare(house.signer, {"QueryString": "SELECT foo FROM house.readings"})
        )


def test_names_of_databases_and_tables_keep_their_case(queries: Queries) -> None:
    queries.bench.create_table("Readings")
    queries.bench.write(reading("1"), table="Readings")
    assert queries.rows("SELECT count(*) FROM house.Readings") == [["1"]]
    assert queries.rows("SELECT count(*) FROM house.readings") == [["0"]]
    with pytest.raises(ValidationException, match="Requested database 'House' not found"):
        queries.ask("SELECT 1 FROM House.readings")
