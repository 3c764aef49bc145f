"""DynamoDB tables as typed DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from boto3.dynamodb.types import Binary, TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import TableError
from lab_utils.frames import wait_for_frame

_KEY_DTYPES = {"S": "string", "N": "Float64", "B": "object"}


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
        TableError: There is no such table (the message names those that exist), the endpoint is
            down, or AWS refuses.

    Source:
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
    """
    try:
        keys = _keys(client, name)
        items = list(_items(client, name))
    except (ClientError, BotoCoreError) as error:
        raise _table_error(client, name, error) from error
    if not items:
        return pd.DataFrame({key: pd.Series(dtype=_KEY_DTYPES[kind]) for key, kind in keys.items()})
    return frame_of_items(items, list(keys)).sort_values(list(keys), ignore_index=True)


def frame_of_items(items: Sequence[Mapping[str, Any]], first: Sequence[str] = ()) -> pd.DataFrame:
    """Return items as DynamoDB sends them, a row each in their order; types as in `read_table`.

    Args:
        items: Attributes by name, each with its type: ``{"zone_id": {"N": "1"}}``.
        first: The columns that come first; the others by name.
    """
    deserialise = TypeDeserializer().deserialize
    plain = [{key: _plain(deserialise(one)) for key, one in item.items()} for item in items]
    others = sorted({column for item in plain for column in item} - set(first))
    columns = [*first, *others]
    return pd.DataFrame({name: _typed([item.get(name) for item in plain]) for name in columns})


def wait_for_table(
    client: Any,
    name: str,
    at_least: int,
    until: Callable[[pd.DataFrame], bool] | None,
    timeout_s: float,
) -> pd.DataFrame:
    """Return a table, see `read_table`, once it is as it was waited for.

    Args:
        client: The boto3 client of DynamoDB.
        name: The table's name.
        at_least: How many rows it has to have.
        until: What has to hold for it; None for nothing. A column that it names and that is not
            there yet is a reason to wait on.
        timeout_s: How long to wait, in seconds of the wall clock.

    Raises:
        TableError: There is no such table, or what was waited for did not come.
    """
    frame, lack = wait_for_frame(lambda: read_table(client, name), at_least, until, timeout_s)
    if frame is not None:
        return frame
    raise TableError(
        f"see in the table {name} what was waited for",
        f"After {timeout_s:g} s {lack}",
        "check the rule: its topic filter, its WHERE, its role; the logs of AWS IoT "
        "(AWSIotLogsV2) say what failed.",
    )


def _items(client: Any, name: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
        yield from page["Items"]


def _plain(value: Any) -> Any:
    """Return boto3's wrapper of bytes, which cannot be sorted, as the bytes it holds."""
    wrapped: Any = value
    return wrapped.value if isinstance(value, Binary) else value


def _keys(client: Any, name: str) -> dict[str, str]:
    """Return the key attributes and their types, the hash key first."""
    table = client.describe_table(TableName=name)["Table"]
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    schema = sorted(table["KeySchema"], key=lambda key: str(key["KeyType"]))
    return {str(key["AttributeName"]): types[key["AttributeName"]] for key in schema}


def _table_error(client: Any, name: str, error: ClientError | BotoCoreError) -> TableError:
    attempted = f"read the table {name}"
    if not isinstance(error, ClientError):
        return TableError(
            attempted,
            f"DynamoDB does not answer: {error}.",
            "run `lab status`; if the embedded AWS is down, `lab start` brings it back with its "
            "data.",
        )
    if error.response["Error"]["Code"] != "ResourceNotFoundException":
        return TableError(attempted, f"DynamoDB refused: {error}.", "see the message.")
    pages = client.get_paginator("list_tables").paginate()
    present = ", ".join(one for page in pages for one in page["TableNames"]) or "none"
    return TableError(
        attempted,
        f"There is no such table. The tables of this account and region: {present}.",
        "declare it in terraform/dynamo.tf and run lab.apply(), or mend the name.",
    )


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
