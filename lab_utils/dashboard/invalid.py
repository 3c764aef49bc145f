"""The invalid readings: what the rule of part 2 put into DynamoDB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from lab_utils.dashboard.queries import INVALID_TABLE
from lab_utils.dashboard.snapshot import InvalidReadings, Lack

MOST_PAGES = 3
"""A page is 1 MB, some ten thousand readings; one that looks on reads no more than so many."""


def read_invalid(client: Any) -> InvalidReadings | Lack:
    """Return what the table holds, or why there is nothing.

    Args:
        client: The boto3 client of DynamoDB.

    Raises:
        ClientError: DynamoDB refuses.
        BotoCoreError: It does not answer.
    """
    items: list[Mapping[str, Any]] = []
    pages = iter(client.get_paginator("scan").paginate(TableName=INVALID_TABLE))
    try:
        for number, page in enumerate(pages, start=1):
            items += page["Items"]
            if number == MOST_PAGES and "LastEvaluatedKey" in page:
                return _summed(items, is_all=False)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return Lack(
            f"There is no DynamoDB table {INVALID_TABLE}.",
            "Part 2 makes it, and the rule that writes readings of 40 °C and more to it.",
        )
    if items:
        return _summed(items, is_all=True)
    return Lack(
        f"The DynamoDB table {INVALID_TABLE} is empty: no reading of 40 °C or more has come yet.",
        "Of the house's readings one in twenty is invalid.",
    )


def _summed(items: Iterable[Mapping[str, Any]], *, is_all: bool) -> InvalidReadings:
    read, by_sensor = TypeDeserializer().deserialize, defaultdict[str, list[float]](list)
    count = 0
    for item in items:
        count += 1
        sensor = str(read(item["sensor_id"])) if "sensor_id" in item else "without a sensor_id"
        by_sensor[sensor].append(
            _degrees(read(item["temperature"]) if "temperature" in item else 0)
        )
    rows = sorted((name, len(values), max(values)) for name, values in by_sensor.items())
    return InvalidReadings(count, is_all, tuple(rows))


def _degrees(value: object) -> float:
    """Return a temperature as a number; one that is none counts as unknown."""
    try:
        return float(Decimal(str(value)))
    except InvalidOperation:
        return float("nan")
