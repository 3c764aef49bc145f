"""What the table of invalid readings holds, and which rules write to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from lab_utils.checks.base import CheckContext
from lab_utils.checks.rules import describe_writers, list_rules
from lab_utils.errors import CheckError
from lab_utils.waiting import wait_for

TABLE, KEY = "Temperature", "id"
_DYNAMODB_ACTIONS = ("dynamoDBv2", "dynamoDB")


def describe_table(context: CheckContext) -> dict[str, Any] | None:
    """Return the table's description, or None if there is no such table."""
    try:
        described = context.client("dynamodb").describe_table(TableName=TABLE)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return dict(described["Table"])


def describe_keys(table: dict[str, Any]) -> list[str]:
    """Return a table's keys, each as its kind, name and type: ``HASH id (S)``."""
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    return [
        f"{key['KeyType']} {key['AttributeName']} ({types[key['AttributeName']]})"
        for key in table["KeySchema"]
    ]


def require_table(context: CheckContext) -> None:
    """Make sure that readings can be looked up by their id.

    Raises:
        CheckError: There is no table, or its keys are others.
    """
    table = describe_table(context)
    if table is None:
        raise _not_ready(f"there is no table {TABLE}")
    keys = describe_keys(table)
    if keys != [f"HASH {KEY} (S)"]:
        raise _not_ready(f"the keys of the table {TABLE} are: {', '.join(keys)}")


def _not_ready(happened: str) -> CheckError:
    return CheckError("look a reading up", happened, "first part2-table.")


def find_item(context: CheckContext, reading_id: str) -> dict[str, Any] | None:
    """Return the item of a reading, with numbers as JSON has them, or None."""
    found = context.client("dynamodb").get_item(
        TableName=TABLE, Key={KEY: {"S": reading_id}}, ConsistentRead=True
    )
    item = found.get("Item")
    if item is None:
        return None
    deserialise = TypeDeserializer().deserialize
    return {name: _plain(deserialise(value)) for name, value in item.items()}


def take_item(context: CheckContext, reading_id: str, timeout_s: float) -> dict[str, Any] | None:
    """Return the item of a reading once it is there, and remove it; None if it never comes."""
    item = wait_for(lambda: find_item(context, reading_id), timeout_s)
    if item is not None:
        context.client("dynamodb").delete_item(TableName=TABLE, Key={KEY: {"S": reading_id}})
    return item


def unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    """Return the reading in an item: the action ``dynamodb``, of version 1, stores it whole.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/dynamodb-rule-action.html
    """
    others = [value for name, value in item.items() if name != KEY]
    whole = [one for one in others if isinstance(one, dict)]
    return whole[0] if len(whole) == 1 == len(others) else item


def describe_difference(reading: dict[str, Any], item: dict[str, Any]) -> str:
    """Return in what an item is not the reading that was sent; "" if it is the same."""
    missing = [name for name in reading if name not in item]
    extra = [name for name in item if name not in reading]
    found = [
        f"{name} is {item[name]!r} in the item, but {value!r} was sent"
        for name, value in reading.items()
        if name in item and item[name] != value
    ]
    if missing:
        found.append(f"{_joined(missing)} missing in the item")
    if extra:
        found.append(f"{_joined(extra)} in the item, but not in what was sent")
    return "; ".join(found)


def role_arns(rule: dict[str, Any]) -> list[str]:
    """Return the roles under which a rule writes to the table; none if it does not."""
    found = [
        action[kind]
        for action in rule.get("actions", [])
        for kind in _DYNAMODB_ACTIONS
        if kind in action
    ]
    return [one["roleArn"] for one in found if one.get("putItem", one).get("tableName") == TABLE]


def describe_rules(context: CheckContext) -> str:
    """Return which rules write to the table, with their SQL; without any, those there are."""
    return describe_writers(list_rules(context), TABLE, lambda rule: bool(role_arns(rule)))


def _joined(names: list[str]) -> str:
    words = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return f"{words} {'are' if names[1:] else 'is'}"


def _plain(value: Any) -> Any:
    """Return numbers as JSON has them: DynamoDB gives decimals, which equal no float."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
