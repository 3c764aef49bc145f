"""A record as Timestream stores it."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = float | int | str | bool
MeasureValue = tuple[str, str, Scalar]
"""One value of a multi-measure record: its name, its type, and itself."""
MULTI = "MULTI"
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
