"""Terraform's values in Python: msgpack on the wire, ``UNKNOWN``, and when two values are the same.

A state is a dict of attribute and block names. List and set blocks are lists of dicts, a single
block is a dict or ``None``, sets are lists in any order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.types import Unknown
from tf.utils import to_dynamic_value

State = dict[str, Any]
UNKNOWN: Any = Unknown
"""A value that is known only after apply."""

Path = tuple[str | int, ...]
"""Steps into a value: attribute names and list indexes."""


def read_value(value: pb.DynamicValue) -> Any:
    """Return a wire value as Python.

    Every extension type is an unknown value: 0 a plain one, 12 one of which Terraform knows
    something already, such as how the text begins. The ``tf`` package knows only the first.

    Source: https://github.com/zclconf/go-cty/blob/main/docs/refinements.md
    """
    if value.json:
        return json.loads(value.json)
    return msgpack.unpackb(value.msgpack, ext_hook=_read_unknown) if value.msgpack else None


def _read_unknown(_code: int, _data: bytes) -> Any:
    return UNKNOWN


def write_value(value: Any) -> pb.DynamicValue:
    """Return a Python value for the wire; ``None`` is Terraform's null."""
    if value is None:
        return pb.DynamicValue(msgpack=b"\xc0")
    return to_dynamic_value(value)


def has_unknown(value: Any) -> bool:
    """Return whether a value is unknown or holds an unknown anywhere."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    return isinstance(value, list) and any(has_unknown(item) for item in value)


def without_unknown(value: Any) -> Any:
    """Return the value with ``None`` for each unknown."""
    if value is UNKNOWN:
        return None
    if isinstance(value, Mapping):
        return {key: without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_unknown(item) for item in value]
    return value


def is_empty(value: Any) -> bool:
    """Return whether a value is null or its type's zero, one and the same to the AWS provider."""
    return value is not UNKNOWN and (value is None or value in ("", 0, False, [], {}))


def same_json(left: Any, right: Any) -> bool:
    """Return whether two texts hold the same JSON, whatever their spelling."""
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    try:
        return bool(_ordered(json.loads(left)) == _ordered(json.loads(right)))
    except json.JSONDecodeError:
        return False


def _ordered(value: Any) -> Any:
    """Return JSON in which an array of one text is that text, as policies mean it."""
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_ordered(item) for item in value]
        if len(items) == 1 and isinstance(items[0], str):
            return items[0]
        if items and all(isinstance(item, str) for item in items):
            return sorted(items)
        return items
    return value


def wire_path(path: Path) -> pb.AttributePath:
    """Return a path as the protocol spells it."""
    return pb.AttributePath(steps=[_step(step) for step in path])


def _step(step: str | int) -> pb.AttributePath.Step:
    if isinstance(step, int):
        return pb.AttributePath.Step(element_key_int=step)
    return pb.AttributePath.Step(attribute_name=step)
