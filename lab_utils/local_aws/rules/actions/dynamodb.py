"""The DynamoDB actions: a result as an item, or as one attribute of an item."""

from __future__ import annotations

import base64
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from lab_utils.local_aws.rules.actions.base import (
    InvalidActionError,
    Outcome,
    Specification,
    Step,
    require_answer,
    table_arn,
)
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission
from lab_utils.local_aws.rules.services import ServiceRequest
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.template import Template
from lab_utils.local_aws.rules.sql.values import UNDEFINED
from lab_utils.local_aws.texts import shortened

DYNAMODB = "AmazonDynamoDBv2"
_TARGET = "DynamoDB_20120810"
_OPERATIONS = {"INSERT": "PutItem", "UPDATE": "UpdateItem", "DELETE": "DeleteItem"}
_KEY_TYPES = {"STRING": "S", "NUMBER": "N"}
_LONGEST_SHOWN = 200


class DynamoDBv2Action:
    """Stores each attribute of the result as an attribute of an item.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/dynamodb-v2-rule-action.html
    """

    kind: ClassVar[str] = "dynamoDBv2"
    log_name: ClassVar[str] = "DynamoDBv2Action"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("putItem", "tableName")
        self._table = given.template("putItem", "tableName")
        self._services = given.services
        self.templates: tuple[Template, ...] = (self._table,)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the put of an item."""
        if not isinstance(output, dict):
            raise ActionFailedError(
                "The rule's result is no JSON object, so it has no attributes to store in "
                f"DynamoDB: {shortened(repr(output), _LONGEST_SHOWN)}"
            )
        table = self._table.render(context)
        arn = table_arn(message.place, table)
        return Step(
            resource=table,
            resources={"Table": table, "Operation": "PutItem"},
            purpose="put an item into the DynamoDB table",
            permissions=(Permission(DYNAMODB, "dynamodb:PutItem", arn),),
            perform=partial(self._put, message, table, output),
        )

    def _put(self, message: Message, table: str, output: dict[str, Any]) -> None:
        item = {name: attribute_value(value) for name, value in output.items()}
        require_answer(self._services.put_item(message.place, table, item), DYNAMODB)


class DynamoDBAction:
    """Stores the whole result as one attribute of an item, updates or deletes the item.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/dynamodb-rule-action.html
    """

    kind: ClassVar[str] = "dynamoDB"
    log_name: ClassVar[str] = "DynamoAction"

    def __init__(self, given: Specification) -> None:
        self.role_arn = given.fixed("roleArn")
        self.resource = given.text("tableName")
        self._services = given.services
        self._table = given.template("tableName")
        self._hash = _Key(given, "hashKey", is_needed=True)
        self._range = _Key(given, "rangeKey", is_needed=False)
        self._operation = given.optional("operation", "INSERT")
        self._field = given.optional("payloadField", "payload")
        keys = (*self._hash.templates, *self._range.templates)
        self.templates: tuple[Template, ...] = (self._table, self._operation, self._field, *keys)

    def prepare(self, message: Message, context: MessageContext, output: Any) -> Step:
        """Return the operation on an item."""
        table = self._table.render(context)
        operation = self._operation.render(context) or "INSERT"
        if operation not in _OPERATIONS:
            raise ActionFailedError(
                f"The operation is '{operation}', and has to be one of: {', '.join(_OPERATIONS)}"
            )
        name = _OPERATIONS[operation]
        key = {**self._hash.attribute(context), **self._range.attribute(context)}
        arn = table_arn(message.place, table)
        request = self._request(name, table, key, self._field.render(context) or "payload", output)
        return Step(
            resource=table,
            resources=self._resources(context, table, operation, output),
            purpose="write to the DynamoDB table",
            permissions=(Permission(DYNAMODB, f"dynamodb:{name}", arn),),
            perform=partial(self._send, message, name, request),
        )

    def _resources(
        self, context: MessageContext, table: str, operation: str, output: Any
    ) -> dict[str, str]:
        return {
            "ItemHashKeyField": self._hash.name.render(context),
            "Table": table,
            "Operation": operation.capitalize(),
            "ItemHashKeyValue": self._hash.value.render(context),
            "IsPayloadJSON": "false" if isinstance(output, bytes) else "true",
        }

    def _request(
        self, name: str, table: str, key: dict[str, Any], field: str, output: Any
    ) -> dict[str, Any]:
        if name == "DeleteItem":
            return {"TableName": table, "Key": key}
        value = attribute_value(output)
        if name == "PutItem":
            return {"TableName": table, "Item": {**key, field: value}}
        return {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET #payload = :payload",
            "ExpressionAttributeNames": {"#payload": field},
            "ExpressionAttributeValues": {":payload": value},
        }

    def _send(self, message: Message, name: str, request: dict[str, Any]) -> Outcome:
        return self._answered(
            message, ServiceRequest.json("dynamodb", f"{_TARGET}.{name}", request)
        )

    async def _answered(self, message: Message, request: ServiceRequest) -> None:
        require_answer(await self._services.request(message.place, request), DYNAMODB)


class _Key:
    """A key of the table: field, value and type of the action's ``hashKey`` or ``rangeKey``."""

    def __init__(self, given: Specification, stem: str, *, is_needed: bool) -> None:
        names = [f"{stem}{suffix}" for suffix in ("Field", "Value")]
        declared = [given.members.get(name) is not None for name in names]
        self._is_there = is_needed or any(declared)
        if self._is_there:
            self.name, self.value = given.template(names[0]), given.template(names[1])
            self.templates: tuple[Template, ...] = (self.name, self.value)
        else:
            self.templates = ()
        kind = given.one_of(f"{stem}Type", "STRING", tuple(_KEY_TYPES))
        if kind != "STRING" and not self._is_there:
            raise InvalidActionError(f"{given.member(f'{stem}Type')} needs {names[0]}")
        self._type = _KEY_TYPES[kind]

    def attribute(self, context: MessageContext) -> dict[str, Any]:
        """Return the key as an item's attribute; empty if the action has no such key."""
        if not self._is_there:
            return {}
        return {self.name.render(context): {self._type: self.value.render(context)}}


def attribute_value(value: Any) -> dict[str, Any]:
    """Return a value as a DynamoDB attribute value.

    AWS documents no mapping for these actions; this is the plain reading of JSON. A whole number
    is written without a decimal point, as DynamoDB itself returns it.
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Decimal):
        return {"N": _number(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, dict):
        return {"M": {name: attribute_value(entry) for name, entry in value.items()}}
    if isinstance(value, list):
        return {"L": [attribute_value(entry) for entry in value]}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode("ascii")}
    return {"S": "" if value is UNDEFINED else str(value)}


def _number(value: Decimal) -> str:
    is_plain = -30 < value.adjusted() < 38
    return format(value.normalize(), "f" if is_plain else "E")
