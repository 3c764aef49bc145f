"""DynamoDB tables as typed DataFrames."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from lab_utils.errors import TableError


def read_table(client: Any, name: str) -> pd.DataFrame:
    """Return all items of a table, on all pages.

    Args:
        client: The boto3 client of DynamoDB.
        name: The table's name.

    Returns:
        One row an item, sorted by the keys. The key columns come first, the others by name.
        Numbers are Int64 where all of a column are whole, else Float64; texts ``string``,
        booleans ``boolean``; lists, maps, sets and columns of mixed types are Python objects.
        What an item lacks is NA. An empty table has its key columns.

    Raises:
        TableError: There is no such table; the message names those that exist.

    Source:
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
    """
    keys = _key_names(client, name)
    items = list(_items(client, name))
    others = sorted({column for item in items for column in item} - set(keys))
    columns = {column: _typed([item.get(column) for item in items]) for column in keys + others}
    if not items:
        columns = {key: pd.Series(dtype="string") for key in keys}
    return pd.DataFrame(columns).sort_values(keys, ignore_index=True)


def _items(client: Any, name: str) -> Iterator[dict[str, Any]]:
    deserialise = TypeDeserializer().deserialize
    for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
        for item in page["Items"]:
            yield {key: deserialise(value) for key, value in item.items()}


def _key_names(client: Any, name: str) -> list[str]:
    try:
        schema = client.describe_table(TableName=name)["Table"]["KeySchema"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        present = ", ".join(client.list_tables()["TableNames"]) or "none"
        raise TableError(
            f"read the table {name}",
            f"There is no such table. The tables of this account and region: {present}.",
            "declare it in terraform/dynamo.tf and run lab.apply(), or mend the name.",
        ) from error
    return [str(key["AttributeName"]) for key in schema]


def _typed(values: list[Any]) -> pd.Series[Any]:
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {Decimal}:
        return _numbers(values, present)
    if kinds == {str}:
        return pd.Series(values, dtype="string")
    if kinds == {bool}:
        return pd.Series(values, dtype="boolean")
    return pd.Series([pd.NA if value is None else value for value in values], dtype="object")


def _numbers(values: list[Decimal | None], present: list[Decimal]) -> pd.Series[Any]:
    limit = 2**63
    if all(value == value.to_integral_value() and -limit <= value < limit for value in present):
        whole = [None if value is None else int(value) for value in values]
        return pd.Series(whole, dtype="Int64")
    return pd.Series([None if v is None else float(v) for v in values], dtype="Float64")
