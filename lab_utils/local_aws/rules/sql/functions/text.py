"""Functions of texts. Other values are first written as texts; Null and Undefined have none.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lab_utils.local_aws.rules.sql import patterns
from lab_utils.local_aws.rules.sql.conversion import floor
from lab_utils.local_aws.rules.sql.functions.registry import ANY_NUMBER, Function, pure
from lab_utils.local_aws.rules.sql.operators import join
from lab_utils.local_aws.rules.sql.values import MAX_TEXT, UNDEFINED, Value, to_text

_BLANKS: Final = " \t"
MAX_PADDING: Final = 1000


def _of_texts(function: Callable[..., Value]) -> Callable[..., Value]:
    """Return a function of texts as one of any values: Undefined if one is no text."""

    def run(*values: Value) -> Value:
        texts = [to_text(value) for value in values]
        return UNDEFINED if UNDEFINED in texts else function(*texts)

    return run


def concat(*values: Value) -> Value:
    """Return arrays joined, or else texts; a single value as it is.

    Without an array and without a text among several values the result is Undefined (our
    choice: AWS says only that a text makes it a text).
    """
    if len(values) < 2:
        return values[0] if values else UNDEFINED
    if any(isinstance(value, list) for value in values):
        items: list[Value] = []
        for value in values:
            items += value if isinstance(value, list) else [value]
            check_size(len(items))
        return [item for item in items if item is not UNDEFINED]
    texts = [to_text(value) for value in values]
    if UNDEFINED in texts or not any(isinstance(value, str) for value in values):
        return UNDEFINED
    return join([text for text in texts if text is not UNDEFINED])


def check_size(size: int) -> None:
    """Fail before a result grows larger than a rule may hold."""
    if size > MAX_TEXT:
        join(["x" * MAX_TEXT, "x"])


def _padded(is_left: bool) -> Callable[[Value, Value], Value]:
    """Return lpad or rpad, which add blanks: they do not pad to a width."""

    def run(value: Value, count: Value) -> Value:
        text, number = to_text(value), floor(count)
        if text is UNDEFINED or number is UNDEFINED:
            return UNDEFINED
        blanks = " " * max(0, min(number, MAX_PADDING))
        return join([blanks, text] if is_left else [text, blanks])

    return run


def substring(value: Value, start: Value, end: Value = MAX_TEXT) -> Value:
    """Return the characters from one index up to another; indexes outside are moved inside."""
    text, first, last = to_text(value), floor(start), floor(end)
    if text is UNDEFINED or first is UNDEFINED or last is UNDEFINED:
        return UNDEFINED
    return text[max(0, first) : max(0, last)]


def index_of(text: str, part: str) -> Value:
    """Return where a text is first found, from 0; -1 if it is not (our choice)."""
    return text.find(part)


def replaced(text: str, old: str, new: str) -> Value:
    """Return a text with all that is found replaced; an empty text is not looked for."""
    if not old:
        return text
    check_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def character(value: Value) -> Value:
    """Return the ASCII character of a number."""
    number = floor(value)
    return chr(number) if number is not UNDEFINED and 0 <= number < 128 else UNDEFINED


FUNCTIONS: Final[dict[str, Function]] = {
    "chr": pure(character, 1),
    "concat": pure(concat, 0, ANY_NUMBER),
    "endswith": pure(_of_texts(str.endswith), 2),
    "indexof": pure(_of_texts(index_of), 2, needs_2016=True),
    "length": pure(_of_texts(len), 1, needs_2016=True),
    "lower": pure(_of_texts(str.lower), 1),
    "lpad": pure(_padded(is_left=True), 2),
    "ltrim": pure(_of_texts(lambda text: text.lstrip(_BLANKS)), 1),
    "numbytes": pure(_of_texts(lambda text: len(text.encode())), 1, needs_2016=True),
    "regexp_matches": pure(_of_texts(patterns.matches), 2),
    "regexp_replace": pure(_of_texts(patterns.replaced), 3),
    "regexp_substr": pure(_of_texts(patterns.first), 2),
    "replace": pure(_of_texts(replaced), 3),
    "rpad": pure(_padded(is_left=False), 2),
    "rtrim": pure(_of_texts(lambda text: text.rstrip(_BLANKS)), 1),
    "startswith": pure(_of_texts(str.startswith), 2),
    "substring": pure(substring, 2, 3),
    "trim": pure(_of_texts(lambda text: text.strip(_BLANKS)), 1),
    "upper": pure(_of_texts(str.upper), 1),
}
