"""Timestream's limits on one record.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/ts-limits.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lab_utils.local_aws.timestream.names import dimension_name_problem, measure_name_problem
from lab_utils.local_aws.timestream.records import MULTI, Record, Scalar

MOST_DIMENSIONS = 128
MOST_MEASURE_NAMES = 8192
MOST_VALUES = 256
MOST_MULTI_COLUMNS = 1024
LARGEST_SERIES_BYTES = LARGEST_VALUE_BYTES = 2048
"""AWS allows a record 2 KB, its dimensions 2 KB and its values 2048; how it measures a whole
record is not documented, so each part is held to its own limit here."""
_NUMBER_BYTES = 8


def record_problem(record: Record) -> str | None:
    """Return why a record cannot be stored in any table; AWS's words are not documented."""
    return name_problem(record) or size_problem(record) or value_problem(record)


def name_problem(record: Record) -> str | None:
    """Return what is wrong with a record's names."""
    names = [name for name, _ in record.dimensions]
    for problem in map(dimension_name_problem, names):
        if problem:
            return problem
    measures = [record.measure_name]
    if record.measure_type == MULTI:
        measures += [name for name, _type, _value in record.columns()]
    for problem in map(measure_name_problem, measures):
        if problem:
            return problem
    if len(set(names)) < len(names):
        return "A record must not have two dimensions of the same name."
    if len(set(measures[1:])) < len(measures) - 1:
        return "A record must not have two measure values of the same name."
    return None


def size_problem(record: Record) -> str | None:
    """Return which limit a record exceeds."""
    values = record.columns()
    if len(record.dimensions) > MOST_DIMENSIONS:
        return f"A record has at most {MOST_DIMENSIONS} dimensions."
    if len(values) > MOST_VALUES:
        return f"A multi-measure record has at most {MOST_VALUES} measure values."
    if sum(_size(name) + _size(text) for name, text in record.dimensions) > LARGEST_SERIES_BYTES:
        return f"The dimensions of a record are larger than {LARGEST_SERIES_BYTES} bytes."
    if sum(_size(value) for _name, _type, value in values) > LARGEST_VALUE_BYTES:
        return f"The measure value of a record is larger than {LARGEST_VALUE_BYTES} bytes."
    return None


def value_problem(record: Record) -> str | None:
    """Return which value is none of its type."""
    for _name, text in record.dimensions:
        if not _is_text(text):
            return "A dimension value is not valid Unicode text."
    for name, value_type, value in record.columns():
        if not _IS_OF_TYPE[value_type](value):
            return f"The value of {name!r} is no {value_type}."
    return None


def _is_text(value: Scalar) -> bool:
    return isinstance(value, str) and (value.isascii() or not _SURROGATE.search(value))


def _is_bigint(value: Scalar) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


_SURROGATE = re.compile("[\ud800-\udfff]")
_IS_OF_TYPE: dict[str, Callable[[Scalar], bool]] = {
    "VARCHAR": _is_text,
    "BIGINT": _is_bigint,
    "TIMESTAMP": _is_bigint,
    "DOUBLE": lambda value: type(value) is float and math.isfinite(value),
    "BOOLEAN": lambda value: type(value) is bool,
}


def _size(value: Scalar) -> int:
    return len(value.encode("utf-8", "replace")) if isinstance(value, str) else _NUMBER_BYTES
