"""Records as columns of arrays, which DuckDB stores a hundred times faster than rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lab_utils.local_aws.timestream.catalog_store import SERIES, VERSION
from lab_utils.local_aws.timestream.forms import dimensions_number, measure_number
from lab_utils.local_aws.timestream.records import SINGLE_COLUMNS, Moment, Record, Shape

Array = np.ndarray[Any, Any]


def frame_of(records: Sequence[Record], series: Sequence[int]) -> dict[str, Array]:
    """Return the columns of a table's new rows, missing values masked.

    Args:
        records: The records, whose columns exist in the table.
        series: The number of each record's time series.
    """
    cells, types = _cells(records)
    frame = {
        "time": np.array([r.time_ns for r in records], dtype="int64").view("datetime64[ns]"),
        SERIES: np.array(series, dtype="uint64"),
        VERSION: np.array([r.version for r in records], dtype="int64"),
        "measure_name": _text([r.measure_name for r in records]),
    }
    return frame | {
        name: _ARRAYS[types.get(name, "VARCHAR")](values) for name, values in cells.items()
    }


def frame_of_moments(shape: Shape, moments: Sequence[Moment]) -> dict[str, Array]:
    """Return the columns of the new rows of moments of one shape: measure by measure."""
    measures, count = len(shape.measures), len(moments)
    times = np.array([m.time_ns for m in moments], dtype="int64").view("datetime64[ns]")
    own = np.array([dimensions_number(m.dimensions) for m in moments], dtype="uint64")
    of_measures = np.array([measure_number(name) for name in shape.measures], dtype="uint64")
    frame = {
        "time": np.tile(times, measures),
        SERIES: np.bitwise_xor.outer(of_measures, own).ravel(),
        VERSION: np.ones(measures * count, dtype="int64"),
        "measure_name": np.repeat(_text(shape.measures), count),
    }
    dimensions = zip(*[m.dimension_values for m in moments], strict=True)
    for name, texts in zip(shape.dimensions, dimensions, strict=True):
        frame[name] = np.tile(_text(texts), measures)
    columns = zip(*[m.values for m in moments], strict=True)
    for at, (measure_type, values) in enumerate(zip(shape.types, columns, strict=True)):
        column = SINGLE_COLUMNS[measure_type]
        if column not in frame:
            frame[column] = _empty(measure_type, measures * count)
        frame[column][at * count : (at + 1) * count] = values
    return frame


def _empty(measure_type: str, rows: int) -> Array:
    """Return a column to be filled in part."""
    if measure_type == "VARCHAR":
        return np.full(rows, None, dtype=object)
    return np.ma.masked_array(np.zeros(rows, dtype=_DTYPES[measure_type]), np.full(rows, True))


def _cells(records: Sequence[Record]) -> tuple[Mapping[str, list[Any]], Mapping[str, str]]:
    cells: defaultdict[str, list[Any]] = defaultdict(lambda: [None] * len(records))
    types: dict[str, str] = {}
    for row, record in enumerate(records):
        for name, text in record.dimensions:
            cells[name][row] = text
        if isinstance(record.value, tuple):
            for name, value_type, value in record.value:
                cells[name][row] = value
                types[name] = value_type
        else:
            name = SINGLE_COLUMNS[record.measure_type]
            cells[name][row] = record.value
            types[name] = record.measure_type
    return cells, types


def _text(values: Sequence[str | None]) -> Array:
    return np.array(values, dtype=object)


def _masked(dtype: str, blank: float | int | bool) -> Callable[[Sequence[Any]], Array]:
    def array(values: Sequence[Any]) -> Array:
        mask = [value is None for value in values]
        filled = [blank if value is None else value for value in values]
        return np.ma.masked_array(np.array(filled, dtype=dtype), mask)

    return array


def _times(values: Sequence[Any]) -> Array:
    masked = _masked("int64", 0)(values)
    return np.ma.masked_array(np.ma.getdata(masked).view("datetime64[ns]"), np.ma.getmask(masked))


_DTYPES = {"DOUBLE": "float64", "BIGINT": "int64", "BOOLEAN": "bool"}
_ARRAYS: dict[str, Callable[[Sequence[Any]], Array]] = {
    "VARCHAR": _text,
    "DOUBLE": _masked("float64", 0.0),
    "BIGINT": _masked("int64", 0),
    "BOOLEAN": _masked("bool", False),
    "TIMESTAMP": _times,
}
