"""A WriteRecords request as records.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html
    https://docs.aws.amazon.com/timestream/latest/developerguide/API_Record.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from lab_utils.local_aws.timestream.errors import ValidationException
from lab_utils.local_aws.timestream.forms import form_of
from lab_utils.local_aws.timestream.records import (
    MULTI,
    NS_PER_UNIT,
    SCALAR_TYPES,
    MeasureValue,
    Record,
    Scalar,
)

LATEST_NS = 2**63 - 1
"""2262-04-11T23:47:16.854775807Z."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_DOUBLE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def read_records(document: Mapping[str, Any]) -> list[Record]:
    """Return the records of a request whose form satisfies the service's model.

    Raises:
        ValidationException: A record is none that any table could take.
    """
    common = document.get("CommonAttributes") or {}
    return [_record(common, own) for own in document["Records"]]


def _record(common: Mapping[str, Any], own: Mapping[str, Any]) -> Record:
    given = {**common, **{name: value for name, value in own.items() if value is not None}}
    unit = NS_PER_UNIT[given.get("TimeUnit") or "MILLISECONDS"]
    measure_type = given.get("MeasureValueType") or "DOUBLE"
    record = Record(
        _dimensions(common, own),
        _required(given, "MeasureName"),
        measure_type,
        _value(given, measure_type, unit),
        _time(given, unit),
        _version(given),
    )
    if problem := form_of(record).problem:
        raise ValidationException(problem)
    return record


def _dimensions(common: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = [
        (dimension["Name"], dimension["Value"])
        for dimension in (common.get("Dimensions") or []) + (own.get("Dimensions") or [])
    ]
    return tuple(sorted(pairs))


def _required(given: Mapping[str, Any], name: str) -> str:
    if not given.get(name):
        raise ValidationException(f"{name} is required for every record.")
    return str(given[name])


def _value(
    given: Mapping[str, Any], measure_type: str, unit: int
) -> Scalar | tuple[MeasureValue, ...]:
    values = given.get("MeasureValues")
    if measure_type == MULTI:
        if given.get("MeasureValue") is not None:
            raise ValidationException("MeasureValue is not allowed for a record of type MULTI.")
        if not values:
            raise ValidationException("MeasureValues are required for a record of type MULTI.")
        return tuple((v["Name"], v["Type"], _multi_value(v, unit)) for v in values)
    if values:
        raise ValidationException("MeasureValues are only allowed for a record of type MULTI.")
    if measure_type == "TIMESTAMP":
        raise ValidationException("A measure of type TIMESTAMP is only allowed in MeasureValues.")
    return parse_value(_required(given, "MeasureValue"), measure_type, unit)


def _multi_value(value: Mapping[str, Any], unit: int) -> Scalar:
    if value["Type"] not in SCALAR_TYPES:
        raise ValidationException("A measure value of a MULTI record cannot be MULTI itself.")
    return parse_value(value["Value"], value["Type"], unit)


def parse_value(text: str, value_type: str, unit: int) -> Scalar:
    """Return the value that a text stands for.

    Args:
        text: As the request has it.
        value_type: One of the scalar types.
        unit: Nanoseconds of the record's time unit, which a ``TIMESTAMP`` is taken to be in:
            AWS does not document it.

    Raises:
        ValidationException: It stands for none, or for one that Timestream does not store.
    """
    if value_type == "VARCHAR":
        return text
    if value_type == "BOOLEAN" and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if value_type == "DOUBLE" and _DOUBLE.fullmatch(text):
        number = float(text)
        if math.isfinite(number) and (number != 0 or math.copysign(1, number) > 0):
            return number
    if value_type in ("BIGINT", "TIMESTAMP") and _INTEGER.fullmatch(text):
        whole = int(text) * (unit if value_type == "TIMESTAMP" else 1)
        if -(2**63) <= whole <= LATEST_NS:
            return whole
    raise ValidationException(f"The measure value {text!r} is not a valid {value_type}.")


def _time(given: Mapping[str, Any], unit: int) -> int:
    text = _required(given, "Time")
    if not _INTEGER.fullmatch(text) or not 0 <= int(text) * unit <= LATEST_NS:
        raise ValidationException("Invalid time for record.")
    return int(text) * unit


def _version(given: Mapping[str, Any]) -> int:
    version = given.get("Version")
    if version is None:
        return 1
    if not 1 <= version < 2**63:
        raise ValidationException("The version of a record must be 1 or more.")
    return int(version)
