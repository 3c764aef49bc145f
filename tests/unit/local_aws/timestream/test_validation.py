from __future__ import annotations

from typing import Any

import pytest

from lab_utils.local_aws.timestream.errors import (
    AccessDeniedException,
    ConflictException,
    InternalServerException,
    RejectedRecord,
    RejectedRecordsException,
    ResourceNotFoundException,
    SerializationException,
    ServiceQuotaExceededException,
    ThrottlingException,
    TimestreamError,
    ValidationException,
)
from lab_utils.local_aws.timestream.validation import check_request
from tests.unit.local_aws.timestream.conftest import reading

NAMES = {"DatabaseName": "house", "TableName": "readings"}


def problem(operation: str, service: str = "timestream-write", **request: Any) -> str:
    with pytest.raises(ValidationException) as caught:
        check_request(service, operation, request)
    return caught.value.message


def write(*records: Any) -> str:
    return problem("WriteRecords", **NAMES, Records=list(records))


def test_an_enumeration_is_named_in_aws_words() -> None:
    dimension = {"Name": "d", "Value": "1", "DimensionValueType": "X"}
    assert write(reading(Dimensions=[dimension])) == (
        "1 validation error detected: Value 'X' at "
        "'records.1.member.dimensions.1.member.dimensionValueType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [VARCHAR]"
    )


def test_a_pattern_is_named_in_aws_words() -> None:
    assert problem("CreateDatabase", DatabaseName="my db") == (
        "1 validation error detected: Value 'my db' at 'databaseName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )


def test_a_missing_member_is_named_in_aws_words() -> None:
    assert problem("DescribeTable", DatabaseName="house") == (
        "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_range_is_named_in_aws_words() -> None:
    retention = {"MemoryStoreRetentionPeriodInHours": 0, "MagneticStoreRetentionPeriodInDays": 1}
    assert problem("UpdateTable", **NAMES, RetentionProperties=retention) == (
        "1 validation error detected: Value '0' at "
        "'retentionProperties.memoryStoreRetentionPeriodInHours' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_every_violation_is_named() -> None:
    told = problem("CreateTable", DatabaseName="a", TableName="!")
    assert told.startswith("3 validation errors detected: ")
    assert "'databaseName' failed" in told
    assert "length greater than or equal to 3" in told


@pytest.mark.parametrize("count", [0, 101])
def test_a_call_has_one_to_a_hundred_records(count: int) -> None:
    assert "'records' failed to satisfy constraint" in write(*[reading()] * count)


@pytest.mark.parametrize("name", ["ab", "a" * 257, "my table", "tábla", "a/b", "a\n"])
def test_a_table_may_not_have_this_name(name: str) -> None:
    assert "'tableName'" in problem("CreateTable", DatabaseName="house", TableName=name)


@pytest.mark.parametrize("name", ["abc", "a" * 256, "my-table_1.x"])
def test_a_table_may_have_this_name(name: str) -> None:
    check_request("timestream-write", "CreateTable", {"DatabaseName": "house", "TableName": name})


def test_the_query_services_requests_are_checked_too() -> None:
    assert "'maxRows'" in problem("Query", "timestream-query", QueryString="SELECT 1", MaxRows=1001)


@pytest.mark.parametrize("value", [5, ["x"], {"a": 1}, True])
def test_a_member_of_another_json_type_cannot_be_read(value: object) -> None:
    with pytest.raises(SerializationException, match="ResourceName"):
        check_request("timestream-write", "DescribeDatabase", {"DatabaseName": value})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RejectedRecordsException([]), 419),
        (ResourceNotFoundException(""), 404),
        (ConflictException(""), 409),
        (ValidationException(""), 400),
        (ServiceQuotaExceededException(""), 402),
        (AccessDeniedException(""), 403),
        (ThrottlingException(""), 429),
        (InternalServerException(""), 500),
    ],
)
def test_an_error_has_the_documented_status_and_name(error: TimestreamError, status: int) -> None:
    assert error.status == status
    name = type(error).__name__
    assert error.document()["__type"] == f"com.amazonaws.timestream.v20181101#{name}"


def test_rejected_records_are_listed() -> None:
    error = RejectedRecordsException([RejectedRecord(0, "a"), RejectedRecord(3, "b", 200)])
    document = error.document()
    assert document["Message"] == (
        "One or more records have been rejected. See RejectedRecords for details."
    )
    assert document["RejectedRecords"] == [
        {"RecordIndex": 0, "Reason": "a"},
        {"RecordIndex": 3, "Reason": "b", "ExistingVersion": 200},
    ]
