"""The values of rule SQL, how one becomes another, and how they are written as JSON.

Values are Python's own: `None` is Null, `int` Int, `Decimal` Decimal, `bytes` a payload that is
not JSON. No string holds half a surrogate pair, so that every text can be encoded.

Source: the AWS IoT developer guide, iot-sql-data-types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any, Final, Literal

from lab_utils.local_aws.rules.sql.errors import EvaluationError

MAX_TEXT: Final = 512 * 1024
"""The longest text, and the longest document as JSON, in characters (our choice).

A message has at most 128 KiB, and what a rule makes of it is of that order.
"""
MAX_DEPTH: Final = 160
"""How deep a document may nest: as a payload may, and a statement around it (our choice)."""
MAX_DIGITS: Final = 34
_INT_LIMIT: Final = 10**MAX_DIGITS
NUMBERS: Final = Context(prec=MAX_DIGITS, Emin=-999, Emax=999, traps=[])
"""How Decimals are calculated; what does not fit becomes infinite or NaN, and so Undefined."""
HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_NUMERIC: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?")
_LONGEST_NUMBER: Final = 2_000
"""Characters of a text that is read as a number; a longer one is Undefined (our choice)."""


class _Undefined(Enum):
    UNDEFINED = "Undefined"

    def __repr__(self) -> str:
        return "Undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined.UNDEFINED
Undefined = Literal[_Undefined.UNDEFINED]
Value = Any
"""UNDEFINED, None, bool, int, Decimal, str, list, dict or bytes."""
Number = int | Decimal


def finite(number: Decimal) -> Decimal | Undefined:
    """Return a result, or Undefined when it left the range of Decimal."""
    return number if number.is_finite() else UNDEFINED


def bounded(number: int) -> Number | Undefined:
    """Return an Int of at most 34 digits; a larger one is rounded to a Decimal of 34 digits.

    AWS does not say what comes after the 34th digit: this is our choice.
    """
    if -_INT_LIMIT < number < _INT_LIMIT:
        return number
    return finite(NUMBERS.create_decimal(number))


def whole(number: Decimal) -> Number:
    """Return a Decimal as SQL version 2016-03-23 has it: an Int when nothing follows the point."""
    if not number:
        return 0
    if number.adjusted() < MAX_DIGITS and number == number.to_integral_value():
        return int(number)
    return number


def to_number(value: Value) -> Number | Undefined:
    """Return a number, or the number that a text holds; anything else is Undefined."""
    kind = type(value)
    if kind is int or kind is Decimal:
        number: Number = value
        return number
    if kind is str and len(value) <= _LONGEST_NUMBER and _NUMERIC.fullmatch(value):
        return finite(NUMBERS.create_decimal(value))
    return UNDEFINED


def to_int(value: Value) -> int | Undefined:
    """Return an Int: Decimals are rounded to the nearest, texts cut after the point."""
    number = to_number(value)
    if number is UNDEFINED or isinstance(number, int):
        return number
    rounding = "ROUND_DOWN" if isinstance(value, str) else ROUND_HALF_UP
    return int(number.to_integral_value(rounding))


def to_bool(value: Value) -> bool | Undefined:
    """Return a Boolean; of the texts only "true" and "false" in any case are one."""
    if value is True or value is False:
        return bool(value)
    if type(value) is str and len(value) <= 5:
        return {"true": True, "false": False}.get(value.lower(), UNDEFINED)
    return UNDEFINED


def to_text(value: Value) -> str | Undefined:
    """Return a String; Null and Undefined have none, and a payload that is not JSON neither."""
    if type(value) is str:
        return value
    if value is None or value is UNDEFINED or isinstance(value, bytes):
        return UNDEFINED
    return dump_json(value)


def is_equal(left: Value, right: Value) -> bool:
    """Return whether two defined values are the same; types are not converted.

    Raises:
        EvaluationError: If they have more parts than a message can hold.
    """
    kind = type(left)
    if kind is type(right) and kind is not list and kind is not dict:
        return bool(left == right)
    waiting, seen = [(left, right)], 0
    while waiting:
        first, second = waiting.pop()
        if first is second:
            continue
        if isinstance(first, list | dict):
            seen += len(first)
            if seen > MAX_TEXT:
                raise EvaluationError(f"Values of more than {MAX_TEXT} parts were compared.")
        pairs = _pairs(first, second)
        if pairs is None:
            return False
        waiting += pairs
    return True


def _pairs(left: Value, right: Value) -> list[tuple[Value, Value]] | None:
    """Return the parts that two equal values have in pairs; None if they are not equal."""
    if isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, list) and isinstance(right, list):
        return list(zip(left, right, strict=True)) if len(left) == len(right) else None
    if isinstance(left, dict) and isinstance(right, dict):
        return [(left[key], right[key]) for key in left] if left.keys() == right.keys() else None
    return [] if left == right else None


def dump_json(value: Value) -> str:
    """Return minified JSON: keys in their order, numbers digit by digit, Undefined left out.

    Undefined by itself is an empty text, and bytes are the text that they encode.
    """
    if value is UNDEFINED:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _json(value)


def _json(value: Value, depth: int = 0) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return str(value) if -_INT_LIMIT < value < _INT_LIMIT else _long_int(value)
    if kind is dict:
        return "{" + _joined(_members(value, depth + 1)) + "}"
    if kind is list:
        return "[" + _joined(_items(value, depth + 1)) + "]"
    if kind is Decimal:
        return number_text(value)
    if kind is bytes:
        return encode_basestring(value.decode("utf-8", "replace"))
    return {None: "null", True: "true", False: "false"}[value]


def _members(value: dict[str, Value], depth: int) -> Iterator[str]:
    _check_depth(depth)
    for key, item in value.items():
        if item is not UNDEFINED:
            yield f"{encode_basestring(key)}:{_json(item, depth)}"


def _items(value: list[Value], depth: int) -> Iterator[str]:
    _check_depth(depth)
    for item in value:
        if item is not UNDEFINED:
            yield _json(item, depth)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise EvaluationError(f"A document would nest deeper than {MAX_DEPTH} levels.")


def _joined(parts: Iterable[str]) -> str:
    """Return the parts of one object or array; a large value may stand in it many times."""
    kept, size = [], 0
    for part in parts:
        size += len(part) + 1
        if size > MAX_TEXT:
            raise EvaluationError(f"A document would be longer than {MAX_TEXT} characters.")
        kept.append(part)
    return ",".join(kept)


def number_text(number: Decimal) -> str:
    """Return a Decimal's digits; only what is very large or very small has an exponent."""
    return format(number, "f") if -MAX_DIGITS < number.adjusted() < MAX_DIGITS else str(number)


def _long_int(number: int) -> str:
    """Return the digits of an Int of any size: `str` stops at some thousands."""
    return format(Decimal(number), "f")
