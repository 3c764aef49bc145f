"""Functions of types, objects and arrays.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

from typing import Final

from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.sql.functions.registry import Function, pure
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, dump_json, to_int

MAX_TRANSFORMED: Final = 128 * 1024


def get(value: Value, key: Value) -> Value:
    """Return an element by its index from 0, or an attribute by its name."""
    if isinstance(value, dict):
        return value.get(key, UNDEFINED) if isinstance(key, str) else UNDEFINED
    if not isinstance(value, list | str):
        return UNDEFINED
    index = to_int(key)
    return value[index] if index is not UNDEFINED and 0 <= index < len(value) else UNDEFINED


def transform(mode: Value, added: Value, items: Value) -> Value:
    """Return an array with the members of an object in each of its objects."""
    if mode != "enrichArray" or not isinstance(added, dict) or not isinstance(items, list):
        return UNDEFINED
    result = [{**item, **added} if isinstance(item, dict) else item for item in items]
    if len(dump_json(result).encode()) > MAX_TRANSFORMED:
        raise EvaluationError("The result of transform has more than 128 KiB.")
    return result


FUNCTIONS: Final[dict[str, Function]] = {
    "get": pure(get, 2),
    "get_or_default": pure(lambda value, _default=UNDEFINED: value, 1, 2, needs_2016=True),
    "isnull": pure(lambda value: value is None, 1),
    "isundefined": pure(lambda value: value is UNDEFINED, 1, needs_2016=True),
    "transform": pure(transform, 3, needs_2016=True),
}
