"""A record as Timestream stores it."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = float | int | str | bool
MeasureValue = tuple[str, str, Scalar]
"""One value of a multi-measure record: its name, its type, and itself."""
MULTI = "MULTI"
SCALAR_TYPES = ("DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP")


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

    def columns(self) -> tuple[MeasureValue, ...]:
        """Return the values with the names and types of the columns that they stand in."""
        if isinstance(self.value, tuple):
            return self.value
        return ((f"measure_value::{self.measure_type.lower()}", self.measure_type, self.value),)
