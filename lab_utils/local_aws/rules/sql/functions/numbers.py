"""Functions of numbers. What is no number, and text that holds none, makes Undefined.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lab_utils.local_aws.rules.sql.conversion import floor
from lab_utils.local_aws.rules.sql.functions.registry import Function, pure
from lab_utils.local_aws.rules.sql.operators import OPERATIONS
from lab_utils.local_aws.rules.sql.values import (
    UNDEFINED,
    Number,
    Value,
    bounded,
    to_number,
)

MAX_PLACES: Final = 34


def absolute(value: Value) -> Value:
    """Return a number without its sign; of a text a Decimal."""
    number = to_number(value)
    return UNDEFINED if number is UNDEFINED else abs(number)


def _rounded(rounding: str) -> Callable[[Value], Value]:
    def run(value: Value) -> Value:
        number = to_number(value)
        if isinstance(number, Decimal):
            return bounded(int(number.to_integral_value(rounding)))
        return number

    return run


def truncated(value: Value, places: Value) -> Value:
    """Return a number cut after some places, 0 to 34, without zeros at the end."""
    number, count = to_number(value), floor(places)
    if number is UNDEFINED or count is UNDEFINED or isinstance(places, str):
        return UNDEFINED
    kept = max(0, min(count, MAX_PLACES))
    if isinstance(number, int) or _places(number) == 0:
        return number
    if _places(number) > kept:
        number = Decimal(int(number.scaleb(kept))).scaleb(-kept)
    return _without_zeros(number)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _without_zeros(number: Decimal) -> Decimal:
    return Decimal(format(number, "f").rstrip("0").rstrip(".")) if _places(number) else number


def sign(value: Value) -> Value:
    """Return -1, 0 or 1."""
    number = to_number(value)
    return UNDEFINED if number is UNDEFINED else (number > 0) - (number < 0)


def _double(function: Callable[..., float]) -> Callable[..., Value]:
    """Return a function that is calculated with doubles; imaginary or too large is Undefined."""

    def run(*values: Value) -> Value:
        numbers = [to_number(value) for value in values]
        try:
            result = function(*[_float(number) for number in numbers])
        except (ValueError, OverflowError, ZeroDivisionError, TypeError):
            return UNDEFINED
        return Decimal(repr(result)) if math.isfinite(result) else UNDEFINED

    return run


def _float(number: Number | object) -> float:
    """Return a double; for Undefined a TypeError."""
    if isinstance(number, int | Decimal):
        return float(number)
    raise TypeError("no number")


def _bits(combine: Callable[..., int]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        numbers = [floor(value) for value in values]
        if UNDEFINED in numbers:
            return UNDEFINED
        return bounded(combine(*numbers))

    return run


def nanvl(value: Value, default: Value) -> Value:
    """Return a value, or a default for Undefined and Null."""
    return default if value is UNDEFINED or value is None else value


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent)


_DOUBLES: Final[dict[str, Callable[[float], float]]] = {
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "cos": math.cos,
    "cosh": math.cosh,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log10,
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}
FUNCTIONS: Final[dict[str, Function]] = {
    **{name: pure(_double(function), 1) for name, function in _DOUBLES.items()},
    "abs": pure(absolute, 1),
    "atan2": pure(_double(math.atan2), 2),
    "bitand": pure(_bits(operator.and_), 2),
    "bitnot": pure(_bits(operator.invert), 1),
    "bitor": pure(_bits(operator.or_), 2),
    "bitxor": pure(_bits(operator.xor), 2),
    "ceil": pure(_rounded("ROUND_CEILING"), 1),
    "floor": pure(_rounded("ROUND_FLOOR"), 1),
    "mod": pure(OPERATIONS["%"], 2),
    "nanvl": pure(nanvl, 2),
    "power": pure(_double(_power), 2),
    "remainder": pure(OPERATIONS["%"], 2),
    "round": pure(_rounded(ROUND_HALF_UP), 1),
    "sign": pure(sign, 1),
    "trunc": pure(truncated, 2),
}
