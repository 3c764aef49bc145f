"""The Timestream write API, as boto3 and the AWS CLI see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient

HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def reading(value: str = "20.5", **changes: Any) -> dict[str, Any]:
    """Return a record of a temperature."""
    record = {
        "Dimensions": [{"Name": "sensor_id", "Value": "1"}],
        "MeasureName": "temperature",
        "MeasureValue": value,
        "MeasureValueType": "DOUBLE",
        "Time": str(now_ms()),
    }
    return {name: v for name, v in {**record, **changes}.items() if v is not None}


def failure(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Return the response of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return dict(caught.value.response)


def refusal_of(call: Callable[[], Any]) -> str | None:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Message"]
    return None


def code_and_status(call: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    response = failure(call, **arguments)
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


class House:
    """A database and a table of a test's own."""

    def __init__(self, client: Any, query: Any, database: str) -> None:
        self.client, self._query, self.database = client, query, database
        self.names = {"DatabaseName": database, "TableName": "readings"}
        client.create_database(DatabaseName=database)
        client.create_table(**self.names)

    def write(self, *records: dict[str, Any], **request: Any) -> dict[str, int]:
        answer = self.client.write_records(**{**self.names, "Records": list(records), **request})
        ingested: dict[str, int] = answer["RecordsIngested"]
        return ingested

    def select(self, what: str) -> list[list[str | None]]:
        """Return the rows of a SELECT from the table; ``None`` for NULL."""
        sql = f'SELECT {what} FROM "{self.database}"."readings"'
        pages = self._query.get_paginator("query").paginate(QueryString=sql)
        rows = [row["Data"] for page in pages for row in page["Rows"]]
        return [[cell.get("ScalarValue") for cell in row] for row in rows]


@pytest.fixture
def house(aws_client: AwsClient, unique: Callable[[str], str]) -> House:
    return House(aws_client("timestream-write"), aws_client("timestream-query"), unique("house"))


def test_databases_are_created_described_changed_and_deleted(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    client, name = aws_client("timestream-write"), unique("house")
    made = client.create_database(DatabaseName=name)["Database"]
    assert made["Arn"] == f"arn:aws:timestream:eu-west-1:123456789012:database/{name}"
    assert made["KmsKeyId"].startswith("arn:aws:kms:eu-west-1:123456789012:key/")
    assert made["TableCount"] == 0
    assert made["CreationTime"] == made["LastUpdatedTime"]
    client.create_table(DatabaseName=name, TableName="readings")
    assert client.describe_database(DatabaseName=name)["Database"]["TableCount"] == 1
    key = "arn:aws:kms:eu-west-1:123456789012:key/mine"
    assert client.update_database(DatabaseName=name, KmsKeyId=key)["Database"]["KmsKeyId"] == key
    assert code_and_status(client.delete_database, DatabaseName=name) == (
        "ValidationException",
        400,
    )
    client.delete_table(DatabaseName=name, TableName="readings")
    client.delete_database(DatabaseName=name)
    assert code_and_status(client.describe_database, DatabaseName=name) == (
        "ResourceNotFoundException",
        404,
    )
    assert failure(client.delete_database, DatabaseName=name)["Message"] == (
        f"The database {name} does not exist."
    )


def test_tables_are_created_described_changed_and_deleted(house: House) -> None:
    client = house.client
    made = client.describe_table(**house.names)["Table"]
    assert made["Arn"].endswith(f":database/{house.database}/table/readings")
    assert made["TableStatus"] == "ACTIVE"
    assert made["RetentionProperties"] == {
        "MemoryStoreRetentionPeriodInHours": 6,
        "MagneticStoreRetentionPeriodInDays": 73000,
    }
    assert made["MagneticStoreWriteProperties"] == {"EnableMagneticStoreWrites": False}
    assert made["Schema"] == {"CompositePartitionKey": [{"Type": "MEASURE"}]}
    retention = {"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 2}
    writes = {
        "EnableMagneticStoreWrites": True,
        "MagneticStoreRejectedDataLocation": {
            "S3Configuration": {"BucketName": "rejected", "EncryptionOption": "SSE_S3"}
        },
    }
    changes = {"RetentionProperties": retention, "MagneticStoreWriteProperties": writes}
    client.update_table(**house.names, **changes)
    found = client.describe_table(**house.names)["Table"]
    assert {name: found[name] for name in changes} == changes
    assert found["LastUpdatedTime"] > found["CreationTime"]
    client.delete_table(**house.names)
    assert code_and_status(client.describe_table, **house.names) == (
        "ResourceNotFoundException",
        404,
    )


def test_a_partition_key_is_kept_and_only_its_enforcement_changes(house: House) -> None:
    client, names = house.client, {**house.names, "TableName": "keyed"}

    def schema(name: str, enforcement: str) -> dict[str, Any]:
        key = {"Type": "DIMENSION", "Name": name, "EnforcementInRecord": enforcement}
        return {"CompositePartitionKey": [key]}

    client.create_table(**names, Schema=schema("zone", "OPTIONAL"))
    changed = client.update_table(**names, Schema=schema("zone", "REQUIRED"))["Table"]
    assert changed["Schema"] == schema("zone", "REQUIRED")
    told = failure(client.update_table, **names, Schema=schema("room", "REQUIRED"))
    assert told["Error"]["Code"] == "ValidationException"
    rejected = failure(client.write_records, **names, Records=[reading()])
    assert rejected["RejectedRecords"][0]["RecordIndex"] == 0


def test_lists_come_in_pages(house: House) -> None:
    for number in range(24):
        house.client.create_table(DatabaseName=house.database, TableName=f"table{number:02}")
    first = house.client.list_tables(DatabaseName=house.database)
    assert len(first["Tables"]) == 20
    rest = house.client.list_tables(DatabaseName=house.database, NextToken=first["NextToken"])
    names = [table["TableName"] for table in first["Tables"] + rest["Tables"]]
    assert names == ["readings", *(f"table{n:02}" for n in range(24))]
    assert "NextToken" not in rest
    assert code_and_status(house.client.list_tables, NextToken="%%%") == (
        "ValidationException",
        400,
    )


def test_tags_are_given_at_creation_added_and_removed(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    client, name = aws_client("timestream-write"), unique("house")
    tags = [{"Key": "équipe", "Value": ""}, {"Key": "b", "Value": "2"}]
    arn = client.create_database(DatabaseName=name, Tags=tags)["Database"]["Arn"]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "3"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["équipe", "nothing"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    many = [{"Key": f"k{n}", "Value": "v"} for n in range(200)]
    for bad in (many, [{"Key": "aws:x", "Value": "1"}], tags + tags):
        told = failure(client.tag_resource, ResourceARN=arn, Tags=bad)
        assert told["Error"]["Code"] == "ValidationException"
    for missing in (arn + "x", arn.replace("eu-west-1", "us-east-1")):
        told = failure(client.list_tags_for_resource, ResourceARN=missing)
        assert told["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_batch_load_tasks", {}),
        (
            "create_batch_load_task",
            {
                "DataSourceConfiguration": {
                    "DataSourceS3Configuration": {"BucketName": "bucket"},
                    "DataFormat": "CSV",
                },
                "ReportConfiguration": {},
                "TargetDatabaseName": "house",
                "TargetTableName": "readings",
            },
        ),
        ("describe_batch_load_task", {"TaskId": "ABC"}),
        ("resume_batch_load_task", {"TaskId": "ABC"}),
    ],
)
def test_batch_loads_are_refused_by_name(
    aws_client: AwsClient, operation: str, request_: dict[str, Any]
) -> None:
    client = aws_client("timestream-write")
    told = failure(getattr(client, operation), **request_)
    assert client.meta.method_to_api_mapping[operation] in told["Error"]["Message"]


def test_scheduled_queries_are_refused_by_name(aws_client: AwsClient) -> None:
    told = failure(aws_client("timestream-query").list_scheduled_queries)
    assert "ListScheduledQueries" in told["Error"]["Message"]


def test_records_are_counted_and_stored(house: House) -> None:
    late = {"EnableMagneticStoreWrites": True}
    house.client.update_table(**house.names, MagneticStoreWriteProperties=late)
    old = str(now_ms() - 7 * HOUR_MS)
    counted = house.write(reading("1.5"), reading("2.5", Time=old))
    assert counted == {"Total": 2, "MemoryStore": 1, "MagneticStore": 1}
    stored = house.select("sensor_id, measure_name, measure_value::double")
    assert sorted(stored) == [["1", "temperature", "1.5"], ["1", "temperature", "2.5"]]


def test_rejected_records_are_listed_and_the_others_stored(house: House) -> None:
    at = str(now_ms())
    house.write(reading("1.0", Time=at, Version=5))
    records = [
        reading("2.0", Time=at, Version=4),
        reading("3.0", MeasureName="other"),
        reading("4.0", Time=str(now_ms() - 8 * HOUR_MS)),
    ]
    told = failure(house.write, **{"Records": records})
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 419
    assert told["Error"] == {
        "Code": "RejectedRecordsException",
        "Message": "One or more records have been rejected. See RejectedRecords for details.",
    }
    lower, old = told["RejectedRecords"]
    assert (lower["RecordIndex"], lower["ExistingVersion"]) == (0, 5)
    assert (old["RecordIndex"], "memory store" in old["Reason"]) == (2, True)
    assert sorted(house.select("measure_value::double")) == [["1.0"], ["3.0"]]


def test_two_writers_at_once_store_each_record_once(house: House, aws_client: AwsClient) -> None:
    begin, failures = now_ms(), []

    def write(writer: int) -> None:
        client = aws_client("timestream-write")
        for call in range(10):
            records = [
                reading(f"{writer}.5", Time=str(begin - call * 100 - n), Version=writer + 1)
                for n in range(100)
            ]
            try:
                client.write_records(**house.names, Records=records)
            except client.exceptions.RejectedRecordsException as error:
                failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = house.select("measure_value::double")
    assert len(stored) == 1000
    assert set(map(tuple, stored)) == {("1.5",)}, "the higher version stands, whoever came first"


def test_a_new_dimension_is_a_new_column_and_unused_ones_are_null(house: House) -> None:
    house.write(reading("1.0"))
    zone = [{"Name": "zone_id", "Value": "2"}]
    house.write(reading("2.0", MeasureName="door", Dimensions=zone))
    assert sorted(house.select("sensor_id, zone_id"), key=str) == [["1", None], [None, "2"]]


@pytest.mark.parametrize("name", ['d"; DROP TABLE x; --', "'; SELECT 1; --", "π room"])
def test_names_and_values_are_data(house: House, name: str) -> None:
    house.write(reading(name, MeasureName=name, MeasureValueType="VARCHAR"))
    assert house.select("measure_name, measure_value::varchar") == [[name, name]]


def test_what_does_not_exist_is_not_found(house: House) -> None:
    for names in ({"TableName": "nowhere"}, {"DatabaseName": "nowhere"}):
        told = code_and_status(house.write, **{**names, "Records": [reading()]})
        assert told == ("ResourceNotFoundException", 404)


def test_accounts_and_regions_do_not_see_each_other(
    house: House, aws_session: Session, aws_client: AwsClient
) -> None:
    elsewhere = boto3.client(
        "timestream-write",
        endpoint_url=aws_session.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert house.database not in [
        d["DatabaseName"] for d in elsewhere.list_databases()["Databases"]
    ]
    arn = elsewhere.create_database(DatabaseName=house.database)["Database"]["Arn"]
    assert ":us-east-1:" in arn
    elsewhere.delete_database(DatabaseName=house.database)
    assert aws_client("timestream-write").describe_database(DatabaseName=house.database)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_endpoint_is_the_one_that_was_called(aws_session: Session, host: str) -> None:
    """Endpoint discovery, which boto3 does when the URL comes from the environment."""
    url = aws_session.endpoint_url.replace("127.0.0.1", host)
    client = boto3.client(
        "timestream-query",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    [endpoint] = client.describe_endpoints()["Endpoints"]
    assert endpoint == {"Address": url, "CachePeriodInMinutes": 1440}


def test_the_javascript_sdk_is_told_a_host_name(aws_session: Session) -> None:
    client = boto3.client(
        "timestream-write",
        endpoint_url=aws_session.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(user_agent="aws-sdk-js/3.943.0"),
    )
    assert client.describe_endpoints()["Endpoints"][0]["Address"] == "127.0.0.1"


def environment(aws_session: Session) -> dict[str, str]:
    """Return what a user of the lab has in their shell."""
    given = {
        "AWS_ENDPOINT_URL": aws_session.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    kept = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **given}


def test_boto3_takes_the_endpoint_from_the_environment(aws_session: Session, house: House) -> None:
    program = (
        "import boto3, json\n"
        "write, query = boto3.client('timestream-write'), boto3.client('timestream-query')\n"
        f"print(write.describe_table(DatabaseName='{house.database}', TableName='readings')"
        "['Table']['TableStatus'], query.query(QueryString='SELECT 1')['Rows'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(aws_session),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "ACTIVE [{'Data': [{'ScalarValue': '1'}]}]", done.stderr


def test_the_aws_cli_writes_and_queries(aws_session: Session, house: House) -> None:
    def aws(*arguments: str) -> Any:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("aws")), *arguments, "--output", "json"],
            env=environment(aws_session),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    names = ["--database-name", house.database, "--table-name", "readings"]
    records = json.dumps([reading("30")])
    written = aws("timestream-write", "write-records", *names, "--records", records)
    assert written["RecordsIngested"]["Total"] == 1
    sql = f'SELECT measure_value::double FROM "{house.database}"."readings"'
    found = aws("timestream-query", "query", "--query-string", sql)
    assert found["Rows"] == [{"Data": [{"ScalarValue": "30.0"}]}]
    tables = aws("timestream-write", "list-tables", "--database-name", house.database)
    assert [table["TableName"] for table in tables["Tables"]] == ["readings"]


def test_every_operation_of_both_services_is_answered_or_refused_by_name(
    aws_client: AwsClient,
) -> None:
    for service in ("timestream-write", "timestream-query"):
        model = botocore.session.get_session().get_service_model(service)
        client = aws_client(service)
        for operation in model.operation_names:
            method = {v: k for k, v in client.meta.method_to_api_mapping.items()}[operation]
            shape = model.operation_model(operation).input_shape
            if shape is not None and shape.required_members:
                continue
            told = refusal_of(getattr(client, method))
            assert told is None or operation in told
