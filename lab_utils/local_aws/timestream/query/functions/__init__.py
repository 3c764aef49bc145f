"""The catalogue of SQL functions; a name that is not in it is refused."""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions import (
    aggregates,
    array_lambdas,
    arrays,
    bitwise,
    comparisons,
    date_fields,
    dates,
    formats,
    numbers,
    regex,
    sequences,
    statistics,
    strings,
    timeseries,
)
from lab_utils.local_aws.timestream.query.functions.base import Entry, Scalar

_MODULES = (
    *(dates, date_fields, formats, strings, numbers, arrays, sequences, array_lambdas, comparisons),
    *(regex, bitwise, timeseries, aggregates, statistics),
)


def _merge(attribute: str) -> dict[str, Entry]:
    merged: dict[str, Entry] = {}
    for module in _MODULES:
        merged.update(getattr(module, attribute, {}))
    return merged


SCALAR_FUNCTIONS = _merge("FUNCTIONS")
AGGREGATES = _merge("AGGREGATES")

# What the store sets up in DuckDB when it opens it: ``CREATE OR REPLACE MACRO`` statements,
# and functions in Python.
MACROS: tuple[str, ...] = tuple(m for module in _MODULES for m in getattr(module, "MACROS", ()))
SCALARS: tuple[Scalar, ...] = tuple(
    s for module in _MODULES for s in getattr(module, "SCALARS", ())
)
