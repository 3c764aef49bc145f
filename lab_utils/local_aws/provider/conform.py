"""States in the shape of their schema, so that Terraform can read whatever it is sent."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.provider.schema import Block, Nested
from lab_utils.local_aws.provider.values import UNKNOWN, State

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "bool": (bool,),
}


def conform(block: Block, state: State) -> State:
    """Return a state with every name of its schema.

    Raises:
        TypeError: A name that the schema lacks, or a value that is not of its type.
    """
    return _conform_block(block, state, "")


def shape(block: Block, stored: Any) -> State:
    """Return a stored state without names that the schema lacks, and null where it has others."""
    known = stored if isinstance(stored, dict) else {}
    attributes = {name: known.get(name) for name in block.attributes}
    blocks = {name: _shape_nested(one, known.get(name)) for name, one in block.blocks.items()}
    return {**attributes, **blocks}


def _shape_nested(nested: Nested, stored: Any) -> Any:
    if nested.nesting == "struct":
        return shape(nested.block, stored) if isinstance(stored, dict) else None
    items = stored if isinstance(stored, list) else []
    return [shape(nested.block, item) for item in items]


def _conform_block(block: Block, state: Any, at: str) -> State:
    if not isinstance(state, dict):
        raise TypeError(f"{at} is {type(state).__name__}, not a block")
    if strange := set(state) - set(block.attributes) - set(block.blocks):
        raise TypeError(f"{at}{min(map(str, strange))} is not in the schema")
    attributes = {
        name: _conform_value(one.type, state.get(name), at + name)
        for name, one in block.attributes.items()
    }
    blocks = {
        name: _conform_nested(one, state.get(name), at + name) for name, one in block.blocks.items()
    }
    return {**attributes, **blocks}


def _conform_nested(nested: Nested, value: Any, at: str) -> Any:
    if value is UNKNOWN:
        return value
    if nested.nesting == "struct":
        return None if value is None else _conform_block(nested.block, value, f"{at}.")
    items = [] if value is None else value
    if not isinstance(items, list):
        raise TypeError(f"{at} is {type(items).__name__}, not a list of blocks")
    return [
        item if item is UNKNOWN else _conform_block(nested.block, item, f"{at}.") for item in items
    ]


def _conform_value(kind: Any, value: Any, at: str) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if isinstance(kind, str):
        types = _PYTHON_TYPES.get(kind, (object,))
        if not isinstance(value, types) or (isinstance(value, bool) and kind == "number"):
            raise TypeError(f"{at} is {type(value).__name__}, not a {kind}")
        return value
    outer, inner = kind
    if outer in ("list", "set"):
        if not isinstance(value, list | tuple | set | frozenset):
            raise TypeError(f"{at} is {type(value).__name__}, not a {outer}")
        return [_conform_value(inner, item, f"{at}[]") for item in value]
    if not isinstance(value, dict):
        raise TypeError(f"{at} is {type(value).__name__}, not a {outer}")
    if outer == "map":
        return {key: _conform_value(inner, item, f"{at}[]") for key, item in value.items()}
    return {
        name: _conform_value(one, value.get(name), f"{at}.{name}") for name, one in inner.items()
    }
