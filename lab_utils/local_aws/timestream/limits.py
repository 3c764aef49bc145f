"""Timestream's limits on one record. Their numbers are documented, the texts are ours.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/ts-limits.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lab_utils.local_aws.timestream.records import Record, Scalar

MOST_DIMENSIONS = 128
MOST_MEASURE_NAMES = 8192
MOST_VALUES = 256
MOST_MULTI_COLUMNS = 1024
LARGEST_SERIES_BYTES = LARGEST_VALUE_BYTES = 2048
"""AWS allows a record 2 KB, its dimensions 2 KB and its values 2048; how it measures a whole
record is not documented, so each part is held to its own limit here."""
_NUMBER_BYTES = 8
_SURROGATE = re.compile("[\ud800-\udfff]")


def dimensions_problem(dimensions: tuple[tuple[str, str], ...]) -> str | None:
    """Return which limit the dimensions of a record exceed."""
    if len(dimensions) > MOST_DIMENSIONS:
        return f"A record has at most {MOST_DIMENSIONS} dimensions."
    for _name, value in dimensions:
        if not _is_text(value):
            return "A dimension value is not valid Unicode text."
    if sum(_size(name) + _size(value) for name, value in dimensions) > LARGEST_SERIES_BYTES:
        return f"The dimensions of a record are larger than {LARGEST_SERIES_BYTES} bytes."
    return None


def value_problem(record: Record) -> str | None:
    """Return which limit a record's values exceed, or which is none of its type."""
    value = record.value
    if not isinstance(value, tuple):
        return scalar_problem(record.measure_type, value)
    if len(value) > MOST_VALUES:
        return f"A multi-measure record has at most {MOST_VALUES} measure values."
    for _name, scalar_type, scalar in value:
        if problem := scalar_problem(scalar_type, scalar):
            return problem
    if sum(_size(scalar) for _name, _type, scalar in value) > LARGEST_VALUE_BYTES:
        return f"The measure values of a record are larger than {LARGEST_VALUE_BYTES} bytes."
    return None


def scalar_problem(scalar_type: str, value: Scalar) -> str | None:
    """Return which limit a value exceeds, or that it is none of its type."""
    if not _IS_OF_TYPE[scalar_type](value):
        return f"The measure value {value!r} is no {scalar_type}."
    if isinstance(value, str) and _size(value) > LARGEST_VALUE_BYTES:
        return f"A measure value is larger than {LARGEST_VALUE_BYTES} bytes."
    return None


def _is_text(value: Scalar) -> bool:
    return isinstance(value, str) and (value.isascii() or not _SURROGATE.search(value))


def _is_bigint(value: Scalar) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


_IS_OF_TYPE: dict[str, Callable[[Scalar], bool]] = {
    "VARCHAR": _is_text,
    "BIGINT": _is_bigint,
    "TIMESTAMP": _is_bigint,
    "DOUBLE": lambda value: type(value) is float and math.isfinite(value),
    "BOOLEAN": lambda value: type(value) is bool,
}


def _size(value: Scalar) -> int:
    if not isinstance(value, str):
        return _NUMBER_BYTES
    return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
