"""Tables as DataFrames: types, missing values, pages, keys, and a table that is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.config import Config

from lab_utils.errors import TableError
from lab_utils.tables import read_table
from tests.integration.things import create_table

Unique = Callable[[str], str]


@pytest.fixture
def dynamodb(aws_client: Any) -> Any:
    """The client of DynamoDB."""
    return aws_client("dynamodb")


def test_each_column_has_the_type_of_its_values_and_what_is_missing_is_na(
    dynamodb: Any, unique: Unique
) -> None:
    table = unique("table")
    create_table(dynamodb, table)
    first = {
        "id": {"S": "b"},
        "whole": {"N": "45"},
        "mixed": {"N": "40"},
        "flag": {"BOOL": True},
        "list": {"L": [{"N": "1"}]},
        "room": {"S": "séjour"},
        "blob": {"B": b"\x01\xff"},
    }
    second = {"id": {"S": "a"}, "mixed": {"N": "39.9"}, "map": {"M": {"enabled": {"BOOL": False}}}}
    dynamodb.put_item(TableName=table, Item=first)
    dynamodb.put_item(TableName=table, Item=second)
    frame = read_table(dynamodb, table)
    assert list(frame.columns) == ["id", "blob", "flag", "list", "map", "mixed", "room", "whole"]
    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert dtypes == {
        "id": "string",
        "blob": "object",
        "flag": "boolean",
        "list": "object",
        "map": "object",
        "mixed": "Float64",
        "room": "string",
        "whole": "Int64",
    }
    assert frame["id"].tolist() == ["a", "b"]
    assert frame["mixed"].tolist() == [39.9, 40.0]
    assert frame["map"][0] == {"enabled": False}
    assert all(pd.isna(frame[name][0]) for name in ("whole", "flag", "room"))
    assert pd.isna(frame["map"][1])
    assert frame["blob"][1] == b"\x01\xff"


def test_all_pages_of_a_table_are_read(dynamodb: Any, unique: Unique) -> None:
    table = unique("table")
    create_table(dynamodb, table)
    filler = "x" * 300_000
    for number in range(8):  # A page of Scan holds 1 MB.
        item = {"id": {"S": f"{number}"}, "filler": {"S": filler}}
        dynamodb.put_item(TableName=table, Item=item)
    assert "LastEvaluatedKey" in dynamodb.scan(TableName=table)
    assert read_table(dynamodb, table)["id"].tolist() == [str(number) for number in range(8)]


def test_the_keys_come_first_and_sort_the_rows(dynamodb: Any, unique: Unique) -> None:
    table = unique("table")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": "room", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "at", "AttributeType": "N"},
            {"AttributeName": "room", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    empty = read_table(dynamodb, table)
    assert (list(empty.columns), len(empty)) == (["room", "at"], 0)
    for room, at in (("kitchen", "10"), ("bedroom", "3"), ("kitchen", "9")):
        item = {"room": {"S": room}, "at": {"N": at}, "a": {"NULL": True}}
        dynamodb.put_item(TableName=table, Item=item)
    frame = read_table(dynamodb, table)
    assert list(frame.columns) == ["room", "at", "a"]
    rows = list(zip(frame["room"], frame["at"], strict=True))
    assert rows == [("bedroom", 3), ("kitchen", 9), ("kitchen", 10)]
    assert frame["a"].isna().all()


def test_a_table_that_is_not_there_is_an_error_that_names_those_that_are(
    dynamodb: Any, unique: Unique
) -> None:
    table = unique("table")
    create_table(dynamodb, table)
    with pytest.raises(TableError) as missing:
        read_table(dynamodb, "Temprature")
    assert "Temprature" in missing.value.attempted
    assert table in missing.value.happened


def test_a_dynamodb_that_is_down_is_an_error_that_says_what_to_do() -> None:
    down = boto3.client(
        "dynamodb",
        endpoint_url="http://127.0.0.1:9",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={"none": ""}),
    )
    with pytest.raises(TableError, match="lab start"):
        read_table(down, "Temperature")
