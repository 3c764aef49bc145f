"""A record as Timestream stores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

Scalar = float | int | str | bool
MeasureValue = tuple[str, str, Scalar]
"""One value of a multi-measure record: its name, its type, and itself."""
MULTI = "MULTI"
NS_PER_UNIT = {
    "SECONDS": 1_000_000_000,
    "MILLISECONDS": 1_000_000,
    "MICROSECONDS": 1_000,
    "NANOSECONDS": 1,
}
"""Units of a record's time."""
SCALAR_TYPES = ("DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP")
SINGLE_COLUMNS = {name: f"measure_value::{name.lower()}" for name in SCALAR_TYPES}
"""The column of a single-measure record's value, by its type."""


@dataclass(frozen=True, slots=True)
class Record:
    """One data point of a time series.

    Attributes:
        dimensions: Name and value of each, sorted by name.
        measure_name: The measure's name.
        measure_type: ``DOUBLE``, ``BIGINT``, ``VARCHAR``, ``BOOLEAN`` or ``MULTI``.
        value: The measure's value; of a multi-measure record, its values. A ``TIMESTAMP`` is
            nanoseconds since the epoch.
        time_ns: Nanoseconds since the epoch.
        version: What an update has to exceed.
    """

    dimensions: tuple[tuple[str, str], ...]
    measure_name: str
    measure_type: str
    value: Scalar | tuple[MeasureValue, ...]
    time_ns: int
    version: int = 1

    def values(self) -> dict[str, Scalar]:
        """Return the measure values by the names of the columns that they stand in."""
        if isinstance(self.value, tuple):
            return {name: value for name, _type, value in self.value}
        return {SINGLE_COLUMNS[self.measure_type]: self.value}


class Shape(NamedTuple):
    """What the names and types of a moment are; the moments of a rule have few."""

    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    types: tuple[str, ...]


class Moment(Sequence[Record]):
    """Single-measure records of one time, with the same dimensions; made when asked for.

    Args:
        shape: Their names, the dimensions sorted, and types.
        dimension_values: The dimensions' values.
        values: The measures' values.
        time_ns: Nanoseconds since the epoch.
    """

    __slots__ = ("dimension_values", "dimensions", "shape", "time_ns", "values")

    def __init__(
        self,
        shape: Shape,
        dimension_values: tuple[str, ...],
        values: tuple[Scalar, ...],
        time_ns: int,
    ) -> None:
        self.shape = shape
        self.dimension_values = dimension_values
        self.dimensions = tuple(zip(shape.dimensions, dimension_values, strict=True))
        self.values = values
        self.time_ns = time_ns

    def __len__(self) -> int:
        """Return how many measures there are."""
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        """Return the record of a measure."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        name, measure_type = self.shape.measures[index], self.shape.types[index]
        return Record(self.dimensions, name, measure_type, self.values[index], self.time_ns)
