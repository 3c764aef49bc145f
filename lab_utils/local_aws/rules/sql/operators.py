"""What the operators make of two values.

Source: the AWS IoT developer guide, iot-sql-operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.sql.values import (
    MAX_TEXT,
    NUMBERS,
    UNDEFINED,
    Number,
    Undefined,
    Value,
    bounded,
    finite,
    is_equal,
    to_bool,
    to_number,
    to_text,
)

Operation = Callable[[Value, Value], Value]


def conjunction(left: Value, right: Value) -> Value:
    """Return AND; both sides have to be Booleans, whatever the first is."""
    first, second = to_bool(left), to_bool(right)
    if first is UNDEFINED or second is UNDEFINED:
        return UNDEFINED
    return first and second


def disjunction(left: Value, right: Value) -> Value:
    """Return OR; both sides have to be Booleans, whatever the first is."""
    first, second = to_bool(left), to_bool(right)
    if first is UNDEFINED or second is UNDEFINED:
        return UNDEFINED
    return first or second


def negation(value: Value) -> Value:
    """Return NOT."""
    truth = to_bool(value)
    return UNDEFINED if truth is UNDEFINED else not truth


def equality(left: Value, right: Value) -> Value:
    """Return `=`: values of different types are not equal, and Undefined has no answer."""
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return is_equal(left, right)


def inequality(left: Value, right: Value) -> Value:
    """Return `<>`."""
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return not is_equal(left, right)


def membership(left: Value, right: Value) -> Value:
    """Return IN; Undefined when there is no array to look in, or nothing to look for."""
    if left is UNDEFINED or not isinstance(right, list):
        return UNDEFINED
    if not isinstance(left, list | dict):
        return any(is_equal(left, item) for item in right)
    sizes = sum(len(item) for item in right if isinstance(item, list | dict))
    if sizes > MAX_TEXT:
        raise EvaluationError(f"IN would compare more than {MAX_TEXT} parts.")
    return any(is_equal(left, item) for item in right)


def _comparison(compare: Callable[[Number, Number], bool]) -> Operation:
    def run(left: Value, right: Value) -> Value:
        first, second = to_number(left), to_number(right)
        if first is UNDEFINED or second is UNDEFINED:
            return UNDEFINED
        return compare(first, second)

    return run


def addition(left: Value, right: Value) -> Value:
    """Return `+`: with a text on either side the texts joined, else the sum."""
    if isinstance(left, str) or isinstance(right, str):
        first, second = to_text(left), to_text(right)
        if first is UNDEFINED or second is UNDEFINED:
            return UNDEFINED
        return join([first, second])
    return _sum(left, right)


def join(texts: list[str]) -> str:
    """Return texts joined, unless the result is larger than a rule may hold."""
    if sum(map(len, texts)) > MAX_TEXT:
        raise EvaluationError(f"A text would be longer than {MAX_TEXT} characters.")
    return "".join(texts)


def _arithmetic(
    of_ints: Callable[[int, int], int | Undefined],
    of_decimals: Callable[[Decimal, Decimal], Decimal],
) -> Operation:
    def run(left: Value, right: Value) -> Value:
        first, second = to_number(left), to_number(right)
        if first is UNDEFINED or second is UNDEFINED:
            return UNDEFINED
        if type(left) is int and type(right) is int:
            whole = of_ints(left, right)
            return whole if whole is UNDEFINED else bounded(whole)
        return finite(of_decimals(_decimal(first), _decimal(second)))

    return run


def _decimal(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else NUMBERS.create_decimal(number)


def _int_quotient(left: int, right: int) -> int | Undefined:
    """Return a whole quotient; AWS does not say how it rounds: we cut, as Java does."""
    if right == 0:
        return UNDEFINED
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _int_remainder(left: int, right: int) -> int | Undefined:
    """Return the remainder, with the sign of the left side."""
    if right == 0:
        return UNDEFINED
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


_sum: Final = _arithmetic(operator.add, NUMBERS.add)
OPERATIONS: Final[dict[str, Operation]] = {
    "OR": disjunction,
    "AND": conjunction,
    "=": equality,
    "<>": inequality,
    "IN": membership,
    ">": _comparison(operator.gt),
    ">=": _comparison(operator.ge),
    "<": _comparison(operator.lt),
    "<=": _comparison(operator.le),
    "+": addition,
    "-": _arithmetic(operator.sub, NUMBERS.subtract),
    "*": _arithmetic(operator.mul, NUMBERS.multiply),
    "/": _arithmetic(_int_quotient, NUMBERS.divide),
    "%": _arithmetic(_int_remainder, NUMBERS.remainder),
}
