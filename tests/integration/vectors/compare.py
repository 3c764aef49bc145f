"""Compares what came out with what is documented, as far as a live run can show it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

NUMBER_TOLERANCE = 1e-12
CLOCK_TOLERANCE_MS = 60_000
UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True)
class Uuid:
    """Stands for a trace id: the documented one cannot come again."""


@dataclass(frozen=True)
class Moment:
    """Stands for a time of the rules engine, in milliseconds: now instead of then."""

    now_ms: int


def decoded(payload: bytes) -> Any:
    """Return a message as JSON, or as its text where it is none."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode()


def same(found: Any, expected: Any, *, numeric: bool = False) -> bool:
    """Return whether two JSON values are the same; 5 and 5.0 are only where asked for."""
    if isinstance(expected, Uuid):
        return isinstance(found, str) and re.fullmatch(UUID_PATTERN, found) is not None
    if isinstance(expected, Moment):
        return isinstance(found, int) and abs(found - expected.now_ms) < CLOCK_TOLERANCE_MS
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(expected)
            and all(same(found[key], expected[key], numeric=numeric) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(same(f, e, numeric=numeric) for f, e in zip(found, expected, strict=True))
        )
    if numeric and _is_number(expected) and _is_number(found):
        return math.isclose(found, expected, rel_tol=NUMBER_TOLERANCE, abs_tol=NUMBER_TOLERANCE)
    return type(found) is type(expected) and bool(found == expected)


def replaced(value: Any, stand_ins: dict[Any, Any]) -> Any:
    """Return a JSON value in which some values are replaced by what stands for them."""
    if isinstance(value, dict):
        return {key: replaced(entry, stand_ins) for key, entry in value.items()}
    if isinstance(value, list):
        return [replaced(entry, stand_ins) for entry in value]
    return stand_ins.get(value, value) if isinstance(value, str | int) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def type_name(kind: dict[str, Any]) -> str:
    """Return a column's type as the examples write it: ``VARCHAR``, ``ARRAY(BIGINT)``."""
    if "ScalarType" in kind:
        return str(kind["ScalarType"])
    if "ArrayColumnInfo" in kind:
        return f"ARRAY({type_name(kind['ArrayColumnInfo']['Type'])})"
    if "TimeSeriesMeasureValueColumnInfo" in kind:
        return f"TIMESERIES({type_name(kind['TimeSeriesMeasureValueColumnInfo']['Type'])})"
    return f"ROW({', '.join(type_name(column['Type']) for column in kind['RowColumnInfo'])})"


def plain(datum: dict[str, Any]) -> Any:
    """Return a cell as the examples write it: text, None, a list, or [time, value] pairs."""
    if datum.get("NullValue"):
        return None
    if "ArrayValue" in datum:
        return [plain(entry) for entry in datum["ArrayValue"]]
    if "RowValue" in datum:
        return [plain(entry) for entry in datum["RowValue"]["Data"]]
    if "TimeSeriesValue" in datum:
        return [[point["Time"], plain(point["Value"])] for point in datum["TimeSeriesValue"]]
    return datum["ScalarValue"]


def same_cell(found: Any, expected: Any, *, numeric: bool = False) -> bool:
    """Return whether two cells are the same; as numbers where the example asks for it."""
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(same_cell(f, e, numeric=numeric) for f, e in zip(found, expected, strict=True))
        )
    if numeric and isinstance(expected, str) and isinstance(found, str):
        return math.isclose(float(found), float(expected), rel_tol=NUMBER_TOLERANCE)
    return bool(found == expected)
