"""How a table grows columns and measures by what is written to it."""

from __future__ import annotations

from dataclasses import replace

from lab_utils.local_aws.timestream.catalog import (
    DIMENSION,
    FIXED_COLUMNS,
    MEASURE_VALUE,
    MULTI,
    Column,
    Measure,
    Table,
)
from lab_utils.local_aws.timestream.limits import (
    MOST_DIMENSIONS,
    MOST_MEASURE_NAMES,
    MOST_MULTI_COLUMNS,
)
from lab_utils.local_aws.timestream.records import Record

_MOST_OF_KIND = {DIMENSION: MOST_DIMENSIONS, MULTI: MOST_MULTI_COLUMNS}


class Growth:
    """A table's columns and measures while records are added in one transaction.

    Args:
        table: The table as it was.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = {c.name: c for c in table.columns}
        self._by_stored_name = {_fold(c.name): c for c in (*FIXED_COLUMNS, *table.columns)}
        self._measures = dict(table.measures)
        self._admitted: set[tuple[object, ...]] = set()
        self._has_grown = False

    def admit(self, record: Record) -> str | None:
        """Add what a record needs; or return why it does not fit, and add nothing.

        AWS documents that a measure keeps its type and that the numbers are limited. The texts
        are ours.
        """
        form = _form(record)
        if form in self._admitted:
            return None
        new = [c for c in _columns(record) if c != self._columns.get(c.name)]
        problem = self._measure_problem(record) or self._column_problem(new)
        if problem:
            return problem
        self._add(record, new)
        self._admitted.add(form)
        return None

    def grown(self) -> Table | None:
        """Return the table as it is now, or None if it did not grow."""
        if not self._has_grown:
            return None
        columns = tuple(self._columns.values())
        return replace(self._table, columns=columns, measures=self._measures)

    def _measure_problem(self, record: Record) -> str | None:
        known = self._measures.get(record.measure_name)
        if known is None:
            is_full = len(self._measures) >= MOST_MEASURE_NAMES
            return f"The table has {MOST_MEASURE_NAMES} measure names already." if is_full else None
        if known.type != record.measure_type:
            return (
                f"The measure {record.measure_name!r} is of type {known.type} in this table; "
                f"a value of type {record.measure_type} cannot be stored in it."
            )
        return None

    def _column_problem(self, new: list[Column]) -> str | None:
        for column in new:
            known = self._by_stored_name.get(_fold(column.name))
            if known is not None:
                return _clash(column, known)
        for kind, most in _MOST_OF_KIND.items():
            count = sum(c.kind == kind for c in new)
            if count and count + sum(c.kind == kind for c in self._columns.values()) > most:
                return f"The table would have more than {most} columns of kind {kind}."
        return None if len({_fold(c.name) for c in new}) == len(new) else _TWICE

    def _add(self, record: Record, new: list[Column]) -> None:
        for column in new:
            self._columns[column.name] = self._by_stored_name[_fold(column.name)] = column
        known = self._measures.get(record.measure_name, Measure(record.measure_type, ()))
        names = tuple(n for n, _ in record.dimensions if n not in known.dimensions)
        measure = Measure(known.type, known.dimensions + names)
        if new or measure != self._measures.get(record.measure_name):
            self._measures[record.measure_name] = measure
            self._has_grown = True


_TWICE = "A record's dimensions and measure values must have different names, whatever their case."


def _columns(record: Record) -> list[Column]:
    kind = MULTI if record.measure_type == MULTI else MEASURE_VALUE
    dimensions = [Column(name, "VARCHAR", DIMENSION) for name, _ in record.dimensions]
    return dimensions + [Column(name, t, kind) for name, t, _value in record.columns()]


def _form(record: Record) -> tuple[object, ...]:
    """Return what two records have in common that need the same columns and measure."""
    names = tuple(name for name, _ in record.dimensions)
    values = tuple((name, t) for name, t, _value in record.columns())
    return record.measure_name, record.measure_type, names, values


def _fold(name: str) -> str:
    """Return a name as DuckDB compares names: ASCII letters without their case.

    AWS tells columns apart by case. Here the second of two such names is refused.
    """
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _clash(column: Column, known: Column) -> str:
    if column.name != known.name:
        return (
            f"The table has a column {known.name!r}, and this lab does not tell it from "
            f"{column.name!r}: column names must differ in more than their case."
        )
    if column.kind != known.kind:
        return f"The table has a column {column.name!r} of kind {known.kind} already."
    return (
        f"The column {column.name!r} is of type {known.type} in this table; a value of type "
        f"{column.type} cannot be stored in it."
    )
