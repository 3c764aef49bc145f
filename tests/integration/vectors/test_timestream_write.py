"""The documented examples of the Timestream write API, with boto3."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.conftest import AwsClient
from tests.integration.vectors.examples import Example, each, examples, shows
from tests.integration.vectors.timestream import (
    Timestream,
    answer,
    code_of,
    now_ms,
    record,
    refused,
    status_of,
)

AREA = "timestream_write"
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def accepts(call: Any, **arguments: Any) -> bool:
    """Return whether a call is accepted; only the client's own fault refuses it."""
    code = answer(call, **arguments)
    assert code in {"", "ValidationException", "RejectedRecordsException"}
    return not code


def cells(timestream: Timestream, sql: str) -> list[Any]:
    columns, rows = timestream.rows(sql)
    assert len(columns) == 1
    return [row["Data"][0].get("ScalarValue") for row in rows]


@each(examples(AREA, "steps"))
def test_the_first_writer_wins_until_a_higher_version_comes(
    example: Example, timestream: Timestream
) -> None:
    table, at = timestream.table(), str(now_ms())
    key = {**example.given["same_key"], "Time": at}
    last: ClientError | None = None
    for step, result in zip(example.given["steps"], example.expect["results"], strict=True):
        if result == "RejectedRecordsException":
            last = refused(timestream.put, table=table, records=[{**key, **step}])
            assert code_of(last) == result
        else:
            timestream.put(table, [{**key, **step}])
    assert last is not None
    (rejected,) = last.response["RejectedRecords"]  # type: ignore[typeddict-item]
    assert rejected["ExistingVersion"] == example.expect["existing_version_reported_on_last"]
    stored = cells(timestream, f"SELECT measure_value::double FROM {timestream.place(table)}")
    assert stored == ["2.0"]


@each(examples(AREA, "records"))
def test_the_number_of_records_in_a_call_is_limited(
    example: Example, timestream: Timestream
) -> None:
    table = timestream.table()
    records = [record(MeasureName=f"m{n}") for n in range(example.given["records"])]
    if "error_type" not in example.expect:
        timestream.put(table, records)
        return
    assert (
        code_of(refused(timestream.put, table=table, records=records))
        == (example.expect["error_type"])
    )


@each(
    examples(AREA, "Version", without=["steps"])
    + examples(AREA, "MeasureValue", without=["steps", "single_measure"])
)
def test_a_record_that_is_not_valid_is_refused(example: Example, timestream: Timestream) -> None:
    error = refused(timestream.put, table=timestream.table(), records=[record(**example.given)])
    assert code_of(error) == example.expect["error_type"]


@each(examples(AREA, "single_measure"))
def test_a_measure_type_may_be_for_multi_measure_records_only(
    example: Example, timestream: Timestream
) -> None:
    kind, table = example.given["MeasureValueType"], timestream.table()
    value = str(now_ms())
    accepted = accepts(
        timestream.put, table=table, records=[record(MeasureValueType=kind, MeasureValue=value)]
    )
    assert accepted is example.expect["valid"]


@shows("v607")
def test_a_measure_is_a_double_unless_it_is_said(example: Example, timestream: Timestream) -> None:
    table = timestream.table()
    timestream.put(table, [record(MeasureValueType=None, MeasureValue="7")])
    sql = f"SELECT measure_value::{example.expect['default']} FROM {timestream.place(table)}"
    assert cells(timestream, sql) == ["7.0"]


@shows("v608")
def test_a_time_is_in_milliseconds_unless_it_is_said(
    example: Example, timestream: Timestream
) -> None:
    assert example.expect["default"] == "MILLISECONDS"
    table, at = timestream.table(), now_ms()
    timestream.put(table, [record(Time=str(at), TimeUnit=None)])
    sql = f"SELECT to_milliseconds(time) FROM {timestream.place(table)}"
    assert cells(timestream, sql) == [str(at)]


@each(examples(AREA, "Time", "TimeUnit"))
def test_a_time_is_counted_from_the_epoch_in_its_unit(
    example: Example, timestream: Timestream
) -> None:
    table = timestream.table(magnetic=True)
    timestream.put(table, [record(**example.given)])
    stored = cells(timestream, f"SELECT time FROM {timestream.place(table)}")
    assert stored == [example.expect["stored_time"]]


@each(examples(AREA, "time_offset_minutes"))
def test_a_record_may_lie_a_little_in_the_future(example: Example, timestream: Timestream) -> None:
    at = now_ms() + example.given["time_offset_minutes"] * MINUTE_MS
    accepted = accepts(timestream.put, table=timestream.table(), records=[record(Time=str(at))])
    assert accepted is example.expect["accepted"]


@each(examples(AREA, "age_hours"))
def test_an_old_record_needs_the_magnetic_store(example: Example, timestream: Timestream) -> None:
    given, expect = example.given, example.expect
    retention = {
        "MemoryStoreRetentionPeriodInHours": given["memory_store_hours"],
        "MagneticStoreRetentionPeriodInDays": 7,
    }
    table = timestream.table(magnetic=given["magnetic_writes"], RetentionProperties=retention)
    old = record(Time=str(now_ms() - given["age_hours"] * HOUR_MS))
    if expect["accepted"]:
        ingested = timestream.put(table, [old])["RecordsIngested"]
        assert ingested[expect.get("counted_in", "Total")] == 1
    else:
        assert code_of(refused(timestream.put, table=table, records=[old])) == (
            "RejectedRecordsException"
        )


@each(examples(AREA, "measure_name"))
def test_a_measure_has_a_name_of_the_documented_form(
    example: Example, timestream: Timestream
) -> None:
    named = record(MeasureName=example.given["measure_name"])
    accepted = accepts(timestream.put, table=timestream.table(), records=[named])
    assert accepted is example.expect["valid"]


@each(examples(AREA, "dimension_name"))
def test_a_dimension_has_a_name_of_the_documented_form(
    example: Example, timestream: Timestream
) -> None:
    dimension = {"Name": example.given["dimension_name"], "Value": "1"}
    accepted = accepts(
        timestream.put, table=timestream.table(), records=[record(Dimensions=[dimension])]
    )
    assert accepted is example.expect["valid"]


@shows("v637")
def test_a_column_of_a_table_has_one_meaning(example: Example, timestream: Timestream) -> None:
    multi = record(
        Dimensions=[{"Name": "speed", "Value": "1"}],
        MeasureValueType="MULTI",
        MeasureValue=None,
        MeasureValues=[{"Name": "speed", "Type": "DOUBLE", "Value": "1.0"}],
    )
    accepted = accepts(timestream.put, table=timestream.table(), records=[multi])
    assert accepted is example.expect["valid"]


@each(examples(AREA, "table_name"))
def test_a_table_has_a_name_of_the_documented_form(
    example: Example, timestream: Timestream
) -> None:
    accepted = accepts(
        timestream.write.create_table,
        DatabaseName=timestream.database,
        TableName=example.given["table_name"],
    )
    assert accepted is example.expect["valid"]


@each(examples(AREA, "create_existing"))
def test_a_name_that_exists_is_a_conflict(example: Example, timestream: Timestream) -> None:
    if example.given["create_existing"] == "table":
        error = refused(
            timestream.write.create_table,
            DatabaseName=timestream.database,
            TableName=timestream.table(),
        )
    else:
        error = refused(timestream.write.create_database, DatabaseName=timestream.database)
    assert code_of(error) == example.expect["error_type"]
    assert status_of(error) == example.expect.get("http_status", 409)


@shows("v647")
def test_a_table_keeps_its_data_for_the_documented_time(
    example: Example, timestream: Timestream
) -> None:
    found = timestream.write.describe_table(
        DatabaseName=timestream.database, TableName=timestream.table()
    )
    assert found["Table"]["RetentionProperties"] == example.expect


@each(
    examples(AREA, "MemoryStoreRetentionPeriodInHours")
    + examples(AREA, "MagneticStoreRetentionPeriodInDays")
)
def test_a_retention_lies_in_its_range(example: Example, timestream: Timestream) -> None:
    default = {"MemoryStoreRetentionPeriodInHours": 6, "MagneticStoreRetentionPeriodInDays": 7}
    accepted = accepts(timestream.table, RetentionProperties={**default, **example.given})
    assert accepted is example.expect["valid"]


@shows("v656")
def test_a_retention_has_both_its_members(example: Example, timestream: Timestream) -> None:
    accepted = accepts(timestream.table, **example.given)
    assert accepted is example.expect["valid"]


@shows("v657")
def test_a_database_with_tables_is_not_deleted(example: Example, timestream: Timestream) -> None:
    timestream.table()
    error = refused(timestream.write.delete_database, DatabaseName=timestream.database)
    assert code_of(error) == example.expect["error_type"]


@shows("v659")
def test_a_missing_table_is_not_found(example: Example, timestream: Timestream) -> None:
    error = refused(timestream.put, table=example.given["TableName"], records=[record()])
    assert (code_of(error), status_of(error)) == (example.expect["error_type"], 404)


@shows("v665")
def test_a_user_without_permission_is_denied(
    example: Example, timestream: Timestream, aws_client: AwsClient, run_name: str
) -> None:
    iam, user = aws_client("iam"), f"{run_name}_nobody"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    client = aws_client(
        "timestream-write",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    error = refused(client.list_tables, DatabaseName=timestream.database)
    assert (code_of(error), status_of(error)) == (
        example.given["error"],
        example.expect["http_status"],
    )


@shows("v671")
def test_a_record_before_all_retention_is_rejected(
    example: Example, timestream: Timestream
) -> None:
    retention = {"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 5}
    table = timestream.table(magnetic=True, RetentionProperties=retention)
    error = refused(
        timestream.put, table=table, records=[record(Time=str(now_ms() - 240 * HOUR_MS))]
    )
    (rejected,) = error.response["RejectedRecords"]  # type: ignore[typeddict-item]
    assert re.fullmatch(_any_times(example.expect["Reason"]), rejected["Reason"])


@shows("v673")
def test_a_lower_version_is_rejected_with_the_one_that_exists(
    example: Example, timestream: Timestream
) -> None:
    table, at = timestream.table(), str(now_ms())
    timestream.put(table, [record(Time=at, Version=200)])
    lower = record(Time=at, Version=2, MeasureValue="3.0")
    error = refused(timestream.put, table=table, records=[lower])
    assert status_of(error) == 419
    assert error.response["RejectedRecords"] == [example.expect]  # type: ignore[typeddict-item]


@each(examples(AREA, "CommonAttributes"))
def test_common_attributes_are_part_of_each_record(
    example: Example, timestream: Timestream
) -> None:
    table = timestream.table(magnetic=True)
    timestream.put(table, example.given["Records"], **example.given["CommonAttributes"])
    columns, rows = timestream.rows(f"SELECT * FROM {timestream.place(table)}")
    assert len(rows) == example.expect["rows_created"]
    assert [column["Name"] for column in columns] == example.expect["columns"]


@shows("v678")
def test_an_endpoint_is_given_to_each_client(example: Example, timestream: Timestream) -> None:
    (documented,) = example.expect["Endpoints"]
    for client in (timestream.query, timestream.write):
        (endpoint,) = client.describe_endpoints()["Endpoints"]
        assert endpoint["CachePeriodInMinutes"] == documented["CachePeriodInMinutes"]
        assert endpoint["Address"]


def _any_times(text: str) -> str:
    moment = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"
    return moment.join(re.escape(part) for part in re.split(moment, text))
