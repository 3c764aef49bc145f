"""Timestream's types, their API documents, and how DuckDB holds their values.

DuckDB's INTERVAL and TIME count microseconds, Timestream's nanoseconds. So both kinds of
interval and times of day are BIGINT in DuckDB: nanoseconds, months, and nanoseconds since
midnight. The static type tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A scalar type; its name as ``typeof`` prints it.

    Attributes:
        name: Timestream's name, lower-case.
        api: The API's ``ScalarType``.
        duckdb: The type that holds its values in DuckDB.
    """

    name: str
    api: str
    duckdb: str

    def __str__(self) -> str:
        return self.name

    def document(self) -> dict[str, object]:
        """Return the API's Type document."""
        return {"ScalarType": self.api}


BOOLEAN = Type("boolean", "BOOLEAN", "BOOLEAN")
INTEGER = Type("integer", "INTEGER", "INTEGER")
BIGINT = Type("bigint", "BIGINT", "BIGINT")
DOUBLE = Type("double", "DOUBLE", "DOUBLE")
VARCHAR = Type("varchar", "VARCHAR", "VARCHAR")
TIMESTAMP = Type("timestamp", "TIMESTAMP", "TIMESTAMP_NS")
DATE = Type("date", "DATE", "DATE")
TIME = Type("time", "TIME", "BIGINT")
DAY_TO_SECOND = Type("interval day to second", "INTERVAL_DAY_TO_SECOND", "BIGINT")
YEAR_TO_MONTH = Type("interval year to month", "INTERVAL_YEAR_TO_MONTH", "BIGINT")
UNKNOWN = Type("unknown", "UNKNOWN", "INTEGER")


@dataclass(frozen=True)
class ArrayType(Type):
    """A DuckDB list."""

    element: Type

    def document(self) -> dict[str, object]:
        """Return the API's Type document."""
        return {"ArrayColumnInfo": {"Type": self.element.document()}}


@dataclass(frozen=True)
class RowType(Type):
    """A DuckDB struct whose fields are called f0, f1, ...; their SQL names may be missing."""

    fields: tuple[tuple[str | None, Type], ...]

    def document(self) -> dict[str, object]:
        """Return the API's Type document."""
        columns = [
            {"Name": name, "Type": kind.document()} if name else {"Type": kind.document()}
            for name, kind in self.fields
        ]
        return {"RowColumnInfo": columns}


@dataclass(frozen=True)
class TimeSeriesType(Type):
    """A DuckDB list of structs ("time", "value") in the order of time."""

    value: Type

    def document(self) -> dict[str, object]:
        """Return the API's Type document."""
        return {"TimeSeriesMeasureValueColumnInfo": {"Type": self.value.document()}}


@dataclass(frozen=True)
class TypeVariable(Type):
    """Any type, in a function's signature: the same wherever its name stands."""


LARGEST_ROW = 20_000  # our choice: characters of its type in DuckDB, some 1000 fields


def array(element: Type) -> ArrayType:
    """Return the type of arrays of an element type."""
    return ArrayType(f"array({element})", "ARRAY", f"{element.duckdb}[]", element)


def row(*fields: tuple[str | None, Type]) -> RowType:
    """Return the type of rows with these fields.

    Raises:
        ValueError: It is too large: a row of a row twice doubles with each level.
    """
    inside = ", ".join(f"{name} {kind}" if name else str(kind) for name, kind in fields)
    held = ", ".join(f"f{index} {kind.duckdb}" for index, (_, kind) in enumerate(fields))
    if len(held) > LARGEST_ROW:
        raise ValueError("A row type is too large")
    return RowType(f"row({inside})", "ROW", f"STRUCT({held})", fields)


def time_series(value: Type) -> TimeSeriesType:
    """Return the type of time series of a value type."""
    held = f'STRUCT("time" TIMESTAMP_NS, "value" {value.duckdb})[]'
    return TimeSeriesType(f"timeseries({value})", "TIMESERIES", held, value)


def variable(name: str) -> TypeVariable:
    """Return a type variable for a signature."""
    return TypeVariable(name, name, name)


def measure_type(name: str) -> Type:
    """Return the type of a table's column, from the catalogue's name of it."""
    return _STORED[name]


_STORED = {kind.api: kind for kind in (BOOLEAN, BIGINT, DOUBLE, VARCHAR, TIMESTAMP)}
NUMBERS = (INTEGER, BIGINT, DOUBLE)
