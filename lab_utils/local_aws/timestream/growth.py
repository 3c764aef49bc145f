"""How a table grows columns and measures by what is written to it."""

from __future__ import annotations

from dataclasses import replace

from lab_utils.local_aws.timestream.catalog import (
    DIMENSION,
    FIXED_COLUMNS,
    MULTI,
    Column,
    Measure,
    Table,
)
from lab_utils.local_aws.timestream.forms import Form
from lab_utils.local_aws.timestream.limits import (
    MOST_DIMENSIONS,
    MOST_MEASURE_NAMES,
    MOST_MULTI_COLUMNS,
)

_MOST_OF_KIND = {DIMENSION: MOST_DIMENSIONS, MULTI: MOST_MULTI_COLUMNS}


class Growth:
    """A table's columns and measures while records are added in one transaction.

    Args:
        table: The table as it was.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = {c.name: c for c in table.columns}
        self._stored = {_fold(c.stored) for c in (*FIXED_COLUMNS, *table.columns)}
        self._measures = dict(table.measures)
        self._admitted: set[Form] = set()
        self._has_grown = False

    def problem(self, form: Form) -> str | None:
        """Return why records of a form do not fit into the table.

        AWS documents that a measure keeps its type, that a partition key may be required and
        that the numbers are limited. The texts are ours.
        """
        if form in self._admitted:
            return None
        return (
            self._key_problem(form)
            or self._measure_problem(form)
            or self._column_problem(self._new_columns(form))
        )

    def is_known(self, form: Form) -> bool:
        """Return whether records of a form fit into the table as it is."""
        known = self._measures.get(form.measure_name)
        return (
            known is not None
            and known.type == form.measure_type
            and set(form.dimensions) <= set(known.dimensions)
            and not self._key_problem(form)
            and not self._new_columns(form)
        )

    def admit(self, form: Form) -> None:
        """Add what records of a form need that fits."""
        if form not in self._admitted:
            self._add(form, self._new_columns(form))
            self._admitted.add(form)

    def grown(self) -> Table | None:
        """Return the table as it is now, or None if it did not grow."""
        if not self._has_grown:
            return None
        columns = tuple(self._columns.values())
        return replace(self._table, columns=columns, measures=self._measures)

    def _new_columns(self, form: Form) -> list[Column]:
        return [c for c in form.columns if not _is_same(c, self._columns.get(c.name))]

    def _key_problem(self, form: Form) -> str | None:
        for name in self._table.required_dimensions:
            if name not in form.dimensions:
                return f"The record lacks the dimension {name!r}, the table's partition key."
        return None

    def _measure_problem(self, form: Form) -> str | None:
        known = self._measures.get(form.measure_name)
        if known is None:
            is_full = len(self._measures) >= MOST_MEASURE_NAMES
            return f"The table has {MOST_MEASURE_NAMES} measure names already." if is_full else None
        if known.type != form.measure_type:
            return (
                f"The measure {form.measure_name!r} is of type {known.type} in this table; "
                f"a value of type {form.measure_type} cannot be stored in it."
            )
        return None

    def _column_problem(self, new: list[Column]) -> str | None:
        for column in new:
            known = self._columns.get(column.name)
            if known is not None:
                return _clash(column, known)
        for kind, most in _MOST_OF_KIND.items():
            count = sum(c.kind == kind for c in new)
            if count and count + sum(c.kind == kind for c in self._columns.values()) > most:
                return f"The table would have more than {most} columns of kind {kind}."
        return None if len({c.name for c in new}) == len(new) else _TWICE

    def _named(self, column: Column) -> Column:
        """Return a column with a name in the store that no other has; a colon is in no name."""
        if _fold(column.name) in self._stored:
            column = replace(column, renamed=f"{column.name}:{len(self._columns)}")
        self._stored.add(_fold(column.stored))
        return column

    def _add(self, form: Form, new: list[Column]) -> None:
        for column in new:
            self._columns[column.name] = self._named(column)
        known = self._measures.get(form.measure_name, Measure(form.measure_type, ()))
        names = tuple(n for n in form.dimensions if n not in known.dimensions)
        measure = Measure(known.type, known.dimensions + names)
        if new or measure != self._measures.get(form.measure_name):
            self._measures[form.measure_name] = measure
            self._has_grown = True


_TWICE = "A record's dimensions and measure values must have different names."


def _fold(name: str) -> str:
    """Return a name as DuckDB compares names: ASCII letters without their case."""
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _is_same(column: Column, known: Column | None) -> bool:
    return known is not None and (known.type, known.kind) == (column.type, column.kind)


def _clash(column: Column, known: Column) -> str:
    if column.kind != known.kind:
        return f"The table has a column {column.name!r} of kind {known.kind} already."
    return (
        f"The column {column.name!r} is of type {known.type} in this table; a value of type "
        f"{column.type} cannot be stored in it."
    )
