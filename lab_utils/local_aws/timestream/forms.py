"""What many records have in common, worked out once: their dimensions, their names and types."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from lab_utils.local_aws.timestream.catalog import DIMENSION, MEASURE_VALUE, MULTI, Column
from lab_utils.local_aws.timestream.limits import dimensions_problem
from lab_utils.local_aws.timestream.names import dimension_name_problem, measure_name_problem
from lab_utils.local_aws.timestream.records import SINGLE_COLUMNS, Record

_CACHED = 8192


@dataclass(frozen=True, eq=False, slots=True)
class Dimensions:
    """The dimensions of a time series.

    Attributes:
        names: Their names.
        problem: Why no record can have them.
    """

    names: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """The names and types of a record.

    Attributes:
        dimensions: The names of its dimensions.
        measure_name: The measure's name.
        measure_type: The measure's type.
        columns: The columns that it needs, dimensions first.
        problem: Why no record can be of this form.
    """

    dimensions: tuple[str, ...]
    measure_name: str
    measure_type: str
    columns: tuple[Column, ...]
    problem: str | None


@lru_cache(_CACHED)
def dimensions_of(dimensions: tuple[tuple[str, str], ...]) -> Dimensions:
    """Return what is known of a time series' dimensions."""
    names = tuple([name for name, _ in dimensions])
    return Dimensions(names, dimensions_problem(dimensions))


@lru_cache(_CACHED)
def dimensions_number(dimensions: tuple[tuple[str, str], ...]) -> int:
    """Return a number that differs between any two dimensions, and is the same in every run."""
    return _number(repr(dimensions))


@lru_cache(_CACHED)
def measure_number(name: str) -> int:
    """Return what a measure adds to the number of its dimensions to make that of the series."""
    return _number(name)


def form_of(record: Record) -> Form:
    """Return a record's form."""
    values = None
    if isinstance(record.value, tuple):
        values = tuple((name, value_type) for name, value_type, _ in record.value)
    names = dimensions_of(record.dimensions).names
    return named_form(names, record.measure_name, record.measure_type, values)


@lru_cache(_CACHED)
def named_form(
    dimensions: tuple[str, ...],
    measure_name: str,
    measure_type: str,
    values: tuple[tuple[str, str], ...] | None = None,
) -> Form:
    """Return the form of records with these names; of a multi-measure record, with these values."""
    columns = [Column(name, "VARCHAR", DIMENSION) for name in dimensions]
    if values is None:
        columns.append(Column(SINGLE_COLUMNS[measure_type], measure_type, MEASURE_VALUE))
    else:
        columns += [Column(name, value_type, MULTI) for name, value_type in values]
    measures = [measure_name, *(name for name, _ in values or ())]
    problem = _names_problem(dimensions, measures)
    return Form(dimensions, measure_name, measure_type, tuple(columns), problem)


def _names_problem(dimensions: tuple[str, ...], measures: list[str]) -> str | None:
    problems = [*map(dimension_name_problem, dimensions), *map(measure_name_problem, measures)]
    for problem in problems:
        if problem:
            return problem
    if len(set(dimensions)) < len(dimensions):
        return "A record must not have two dimensions of the same name."
    if len(set(measures[1:])) < len(measures) - 1:
        return "A record must not have two measure values of the same name."
    return None


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")
