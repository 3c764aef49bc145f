"""``aws_dynamodb_table_item``."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.values import UNKNOWN, State

_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})


def is_item(name: str, value: Any) -> str | None:
    """Return what is wrong with a text that has to be an item in DynamoDB's JSON."""
    try:
        from_json(value)
    except (ValueError, TypeError, binascii.Error) as error:
        return f'Invalid format of "{name}": Decoding failed: {error}'
    return None


def from_json(text: str) -> State:
    """Return an item as the API has it, from DynamoDB's JSON."""
    item = json.loads(text)
    if not isinstance(item, dict):
        raise TypeError("an item is an object")
    return {name: _decode(value) for name, value in item.items()}


def to_json(item: State) -> str:
    """Return an item as DynamoDB's JSON."""
    encoded = {name: _encode(value) for name, value in item.items()}
    return json.dumps(encoded, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class TableItem(AwsResource):
    """An item of a table; attributes that its JSON does not name are left alone."""

    type_name = "aws_dynamodb_table_item"
    label = "DynamoDB Table Item"
    service = "DynamoDB"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"table_name", "hash_key", "range_key"}),
        json=frozenset({"item"}),
        validators={"item": (is_item,)},
        errors=(
            ErrorPath("ResourceNotFoundException", "table_name"),
            ErrorPath("ConditionalCheckFailedException|ValidationException", "item"),
        ),
    )

    def plan(self, context: Context, prior: State | None, planned: State) -> None:
        """Check that the item has its keys; they make its id."""
        keys = [planned[name] for name in ("hash_key", "range_key") if planned[name]]
        if planned["item"] is UNKNOWN or UNKNOWN in keys:
            planned["id"] = UNKNOWN
            return
        if problem := is_item("item", planned["item"]):
            context.error(problem, "", ("item",))
            return
        item = from_json(planned["item"])
        for key in keys:
            if key not in item:
                words = f'The item has no attribute "{key}", which is a key of its table.'
                context.error('Invalid format of "item"', words, ("item",))
        if prior is not None and planned["table_name"] is not UNKNOWN:
            planned["id"] = _id(planned, item)

    def create(self, context: Context, planned: State) -> State:
        """Put the item, unless one with its key exists."""
        item = from_json(planned["item"])
        context.client("dynamodb").put_item(
            TableName=planned["table_name"],
            Item=item,
            ConditionExpression="attribute_not_exists(#hk)",
            ExpressionAttributeNames={"#hk": planned["hash_key"]},
        )
        return {"id": _id(planned, item)}

    def read(self, context: Context, state: State) -> State | None:
        """Get the attributes that the state names."""
        known = from_json(state["item"])
        answer = context.client("dynamodb").get_item(
            TableName=state["table_name"], Key=_key(state, known), ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        found = {name: value for name, value in answer["Item"].items() if name in known}
        return {"item": to_json(found), "id": _id(state, found)}

    def update(self, context: Context, prior: State, planned: State) -> State:
        """Set and remove attributes; under a changed key, put it there and delete the old."""
        client, table = context.client("dynamodb"), planned["table_name"]
        old, new = from_json(prior["item"]), from_json(planned["item"])
        key = _key(planned, new)
        client.update_item(TableName=table, Key=key, **_expression(old, new, key))
        if _key(prior, old) != key:
            client.delete_item(TableName=table, Key=_key(prior, old))
        return {"id": _id(planned, new)}

    def delete(self, context: Context, state: State) -> None:
        """Delete the item."""
        key = _key(state, from_json(state["item"]))
        context.client("dynamodb").delete_item(TableName=state["table_name"], Key=key)

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse, as the real provider does."""
        raise ProviderError("resource aws_dynamodb_table_item doesn't support import")


def _expression(old: State, new: State, key: State) -> State:
    """Return the update from one item to another."""
    set_names = [name for name in sorted(new) if name not in key]
    removed = [name for name in sorted(old) if name not in new and name not in key]
    names = {f"#{index}": name for index, name in enumerate([*set_names, *removed])}
    if not names:
        return {}
    places = list(names)
    parts = []
    if set_names:
        pairs = (f"{place} = :{place[1:]}" for place in places[: len(set_names)])
        parts.append("SET " + ", ".join(pairs))
    if removed:
        parts.append("REMOVE " + ", ".join(places[len(set_names) :]))
    update: State = {"UpdateExpression": " ".join(parts), "ExpressionAttributeNames": names}
    if set_names:
        update["ExpressionAttributeValues"] = {
            f":{index}": new[name] for index, name in enumerate(set_names)
        }
    return update


def _key(state: State, item: State) -> State:
    names = (state["hash_key"], state["range_key"])
    return {name: item[name] for name in names if name and name in item}


def _id(state: State, item: State) -> str:
    """Return ``table|hash key|value``, and ``|range key|value`` if there is one."""
    parts = [state["table_name"]]
    for name, value in _key(state, item).items():
        parts += [name, str(next(iter(_encode(value).values())))]
    return "|".join(parts)


def _decode(value: Any) -> State:
    """Return an attribute value of DynamoDB's JSON as the API has it: bytes are not Base64."""
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= _TYPES:
        raise TypeError('an attribute is an object with its type, {"S": "text"}')
    kind, content = next(iter(value.items()))
    if kind == "B":
        content = base64.b64decode(content, validate=True)
    elif kind == "BS":
        content = [base64.b64decode(one, validate=True) for one in content]
    elif kind == "M":
        content = {name: _decode(one) for name, one in content.items()}
    elif kind == "L":
        content = [_decode(one) for one in content]
    return {kind: content}


def _encode(value: State) -> State:
    """Return an attribute value of the API as DynamoDB's JSON."""
    kind, content = next(iter(value.items()))
    if kind == "B":
        content = base64.b64encode(content).decode()
    elif kind == "BS":
        content = sorted(base64.b64encode(one).decode() for one in content)
    elif kind == "M":
        content = {name: _encode(one) for name, one in content.items()}
    elif kind == "L":
        content = [_encode(one) for one in content]
    return {kind: content}


RESOURCES: tuple[type[AwsResource], ...] = (TableItem,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
