"""`cast`: the conversions that a statement asks for by name.

Source: the AWS IoT developer guide, iot-sql-functions, cast.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from lab_utils.local_aws.rules.sql.values import (
    NUMBERS,
    UNDEFINED,
    Value,
    bounded,
    finite,
    to_bool,
    to_number,
    to_text,
)


def _to_decimal(value: Value) -> Value:
    if isinstance(value, bool):
        return Decimal(int(value))
    number = to_number(value)
    return finite(NUMBERS.create_decimal(number)) if isinstance(number, int) else number


def _to_double(value: Value) -> Value:
    """Return a Decimal with the precision of a double; Undefined beyond its range."""
    number = _to_decimal(value)
    if number is UNDEFINED:
        return UNDEFINED
    double = Decimal(repr(float(number)))
    return double if double.is_finite() else UNDEFINED


def _to_int(value: Value) -> Value:
    """Return an Int, rounded down: `cast(-2.1 AS Int)` is -3."""
    number = floor(int(value) if isinstance(value, bool) else value)
    return number if number is UNDEFINED else bounded(number)


def floor(value: Value) -> Value:
    """Return the Int at or below a number; Undefined for what is none."""
    number = to_number(value)
    if isinstance(number, Decimal):
        return int(number.to_integral_value("ROUND_FLOOR"))
    return number


def _to_boolean(value: Value) -> Value:
    if isinstance(value, int | Decimal):
        return value != 0
    return to_bool(value)


_CASTS: dict[str, Callable[[Value], Value]] = {
    **dict.fromkeys(("string", "nvarchar", "text", "ntext", "varchar"), to_text),
    **dict.fromkeys(("int", "integer"), _to_int),
    "decimal": _to_decimal,
    "double": _to_double,
    **dict.fromkeys(("bool", "boolean"), _to_boolean),
}


def cast_to(name: str) -> Callable[[Value], Value]:
    """Return the conversion to a type, named in lower case."""
    return _CASTS[name]
