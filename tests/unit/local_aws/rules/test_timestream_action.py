"""The Timestream action: attributes become records."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from lab_utils.local_aws.rules.actions.base import InvalidActionError
from lab_utils.local_aws.rules.actions.timestream import dimension_name_problem, measure
from lab_utils.local_aws.rules.definition import parse_rule
from lab_utils.local_aws.rules.roles import ActionFailedError
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.timestream.errors import (
    RejectedRecord,
    RejectedRecordsException,
    ResourceNotFoundException,
)
from lab_utils.local_aws.timestream.records import Record
from tests.unit.local_aws.rules.doubles import (
    NOW_MS,
    PLACE,
    REPUBLISH,
    ROLE,
    Services,
    declared,
    message_on,
    run,
    run_one,
)

SQL = "SELECT * FROM 'sensor/+'"


def write(**members: Any) -> dict[str, Any]:
    return {
        "timestream": {
            "roleArn": ROLE,
            "databaseName": "iot",
            "tableName": "temperature",
            "dimensions": [{"name": "zone", "value": "${zone_id}"}],
            **members,
        }
    }


def records(payload: object, sql: str = SQL, **members: Any) -> list[Record]:
    services = Services()
    more = {"awsIotSqlVersion": members.pop("version")} if "version" in members else {}
    run_one(services, sql, message_on("sensor/a", payload), write(**members), **more)
    ((database, table, written),) = services.written
    assert (database, table) == ("iot", "temperature")
    return written


def types(payload: object, sql: str = SQL, **more: Any) -> dict[str, tuple[str, object]]:
    return {r.measure_name: (r.measure_type, r.value) for r in records(payload, sql, **more)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, ("BOOLEAN", True)),
        (False, ("BOOLEAN", False)),
        (45, ("BIGINT", 45)),
        (-(2**63), ("BIGINT", -(2**63))),
        (Decimal("21.5"), ("DOUBLE", 21.5)),
        (Decimal("10.0"), ("DOUBLE", 10.0)),
        (Decimal("1E+3"), ("BIGINT", 1000)),
        (Decimal("1E-3"), ("DOUBLE", 0.001)),
        ("true", ("VARCHAR", "true")),
        ("45", ("VARCHAR", "45")),
        ({"b": 1, "a": [Decimal("1.5"), "x"]}, ("VARCHAR", '{"b":1,"a":[1.5,"x"]}')),
        ([], ("VARCHAR", "[]")),
    ],
)
def test_the_type_is_that_of_the_attributes_text(value: Any, expected: tuple[str, Any]) -> None:
    assert measure("m", value) == expected


def test_a_whole_number_out_of_the_range_of_a_bigint_is_a_failure() -> None:
    with pytest.raises(ActionFailedError, match="'m' is out of the range"):
        measure("m", 2**63)


def test_each_attribute_is_a_record_with_all_dimensions_and_one_time() -> None:
    written = records({"temperature": 21.5, "zone_id": 1, "ok": True})
    assert written == [
        Record((("zone", "1"),), "temperature", "DOUBLE", 21.5, NOW_MS * 1_000_000),
        Record((("zone", "1"),), "zone_id", "BIGINT", 1, NOW_MS * 1_000_000),
        Record((("zone", "1"),), "ok", "BOOLEAN", True, NOW_MS * 1_000_000),
    ]


def test_the_newer_sql_turns_whole_decimals_into_bigints_and_the_older_does_not() -> None:
    payload = b'{"temperature": 21.0}'
    assert types(payload) == {"temperature": ("BIGINT", 21)}
    assert types(payload, version="2015-10-08") == {"temperature": ("DOUBLE", 21.0)}
    cast = "SELECT cast(temperature AS Decimal) AS temperature FROM 'sensor/+'"
    assert types(payload, cast) == {"temperature": ("BIGINT", 21)}


def test_objects_keep_the_order_of_their_keys_and_nulls_make_no_record() -> None:
    found = types(b'{"o": {"b": 1, "a": {"z": [1, 2.50]}}, "n": null}')
    assert found == {"o": ("VARCHAR", '{"b":1,"a":{"z":[1,2.50]}}')}


def test_dimensions_are_sorted_and_see_what_the_sql_did_not_select() -> None:
    dimensions = [
        {"name": "zone", "value": "${zone_id}"},
        {"name": "device", "value": "${clientid()}/${topic(2)}"},
        {"name": "fixed", "value": "a house"},
        {"name": "missing", "value": "${nothing}"},
    ]
    (record,) = records(
        {"temperature": 1, "zone_id": 2},
        "SELECT temperature FROM 'sensor/+'",
        dimensions=dimensions,
    )
    assert record.dimensions == (
        ("device", "temp_1/a"),
        ("fixed", "a house"),
        ("missing", ""),
        ("zone", "2"),
    )


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("SECONDS", 1_000_000_000),
        ("MILLISECONDS", 1_000_000),
        ("MICROSECONDS", 1_000),
        ("NANOSECONDS", 1),
    ],
)
def test_the_time_is_read_in_its_unit(unit: str, factor: int) -> None:
    written = records({"ts": 1234}, timestamp={"value": "${ts}", "unit": unit})
    assert [record.time_ns for record in written] == [1234 * factor]


def test_the_time_of_the_lab_is_the_default_and_what_timestamp_says() -> None:
    (default,) = records({"m": 1})
    (written,) = records({"m": 1}, timestamp={"value": "${timestamp()}", "unit": "MILLISECONDS"})
    assert default.time_ns == written.time_ns == NOW_MS * 1_000_000


@pytest.mark.parametrize(
    ("payload", "members", "reason"),
    [
        ({"m": 1, "ts": "soon"}, {"timestamp": {"value": "${ts}"}}, "The timestamp 'soon'"),
        ({"m": 1}, {"timestamp": {"value": "${ts}"}}, "The timestamp ''"),
        ({"m": 1, "ts": 1.5}, {"timestamp": {"value": "${ts}"}}, "The timestamp '1.5'"),
        ({f"m{n}": n for n in range(101)}, {}, "101 values; at most 100"),
        (b"hot", {}, "no JSON object"),
        (b"[1]", {}, "no JSON object"),
    ],
)
def test_what_cannot_be_written_is_a_failure(
    payload: object, members: dict[str, Any], reason: str
) -> None:
    services = Services()
    message = message_on("sensor/a", payload)
    run_one(services, SQL, message, write(**members), errorAction=REPUBLISH)
    assert services.written == []
    assert reason in services.republished[0][1].decode()


def test_a_hundred_values_are_written() -> None:
    assert len(records({f"m{n}": n for n in range(100)})) == 100


def test_both_permissions_are_asked_for_each_with_its_resource() -> None:
    services = Services()
    run_one(services, SQL, message_on("sensor/a", {"m": 1}), write())
    table = PLACE.arn("timestream", "database/iot/table/temperature")
    assert services.asked == [
        ("timestream:DescribeEndpoints", "*"),
        ("timestream:WriteRecords", table),
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("measure_name", "reserved"),
        ("measure_value", "reserved"),
        ("time", "reserved"),
        ("ts_x", "prefix"),
        ("measure_value_x", "prefix"),
        ("a:b", "colon"),
        ("${zone}", "template"),
    ],
)
def test_a_dimension_with_such_a_name_is_refused(name: str, problem: str) -> None:
    assert problem in dimension_name_problem(name)
    action = write(dimensions=[{"name": name, "value": "1"}])
    with pytest.raises(InvalidActionError, match=problem):
        parse_rule(PLACE, "rule", declared(SQL, action), Services())


@pytest.mark.parametrize("name", ["zone", "times", "measure", "m_ts_x", "Zone 1", "é"])
def test_a_dimension_with_another_name_is_taken(name: str) -> None:
    assert dimension_name_problem(name) == ""


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"roleArn": None}, "timestream.roleArn'"),
        ({"databaseName": None}, "timestream.databaseName'"),
        ({"tableName": None}, "timestream.tableName'"),
        ({"dimensions": None}, "timestream.dimensions'"),
        ({"dimensions": []}, "greater than or equal to 1"),
        ({"dimensions": [{"name": "a"}]}, "dimensions.1.member.value'"),
        ({"dimensions": [{"name": f"d{n}", "value": "1"} for n in range(129)]}, "or equal to 128"),
        ({"dimensions": [{"name": "a", "value": "1"}] * 2}, "declared twice"),
        ({"timestamp": {"unit": "SECONDS"}}, "timestream.timestamp.value'"),
        ({"timestamp": {"value": "1", "unit": "HOURS"}}, "'HOURS' at"),
        ({"roleArn": "arn:aws:iam::123456789012:role/${topic()}"}, "substitution template"),
    ],
)
def test_an_action_that_is_not_complete_is_refused(members: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidActionError, match=re.escape(words)):
        parse_rule(PLACE, "rule", declared(SQL, write(**members)), Services())


def test_a_template_that_cannot_be_read_is_refused_as_sql() -> None:
    with pytest.raises(SqlParseError):
        parse_rule(PLACE, "rule", declared(SQL, write(tableName="${topic(")), Services())


def test_a_write_that_fails_later_reaches_the_error_action() -> None:
    services = Services()
    rejected = RejectedRecordsException([RejectedRecord(0, "The record is too old.")])

    def reject() -> None:
        services.stored[0].set_exception(rejected)

    rules = {"rule": declared(SQL, write(), errorAction=REPUBLISH)}
    run(services, rules, message_on("sensor/a", {"m": 1}), during=reject)
    text = services.republished[0][1].decode()
    assert "The record is too old. (Service: AmazonTimestreamWrite; Status Code: 419; " in text
    assert "Error Code: RejectedRecordsException" in text
    assert '"failedAction":"TimestreamAction","failedResource":"temperature"' in text


def test_a_later_failure_and_an_earlier_one_are_one_message() -> None:
    services = Services(denied={"dynamodb:PutItem"})
    put = {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "T"}}}

    def fail() -> None:
        services.stored[0].set_exception(ResourceNotFoundException("There is no such table."))

    rules = {"rule": declared(SQL, put, write(), errorAction=REPUBLISH)}
    run(services, rules, message_on("sensor/a", {"m": 1}), during=fail)
    ((_, payload, _, _),) = services.republished
    assert b"dynamodb:PutItem" in payload
    assert b"There is no such table." in payload


def test_a_deep_document_is_a_text_as_it_came_and_one_too_deep_a_failure() -> None:
    nested = "[" * 98 + "]" * 98
    assert types(f'{{"deep": {nested}}}'.encode()) == {"deep": ("VARCHAR", nested)}
    services, too_deep = Services(), b'{"deep": ' + b"[" * 1000 + b"]" * 1000 + b"}"
    run_one(services, SQL, message_on("sensor/a", too_deep), write(), errorAction=REPUBLISH)
    assert services.written == []
    assert b"no JSON object" in services.republished[0][1]
