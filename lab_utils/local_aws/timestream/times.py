"""From when to when each table's records are: what need not be looked for in the store."""

from __future__ import annotations

from collections.abc import Iterable

from lab_utils.local_aws.timestream.catalog import Table
from lab_utils.local_aws.timestream.store import Store


class TimeRanges:
    """The first and the last time in each table; never narrower than what is stored."""

    def __init__(self) -> None:
        self._ranges: dict[int, tuple[int, int]] = {}

    def load(self, store: Store, tables: Iterable[Table]) -> None:
        """Read the ranges of stored tables.

        Raises:
            StoreError: A table cannot be read.
        """
        self._ranges = {}
        for table in tables:
            sql = f'SELECT epoch_ns(min("time")), epoch_ns(max("time")) FROM {table.relation}'
            first, last = store.run(sql)[0]
            if first is not None:
                self._ranges[table.id] = (first, last)

    def add(self, table: Table, times: Iterable[int]) -> None:
        """Take times into account that were stored."""
        stored = [*times, *self._ranges.get(table.id, ())]
        if stored:
            self._ranges[table.id] = (min(stored), max(stored))

    def may_hold(self, table: Table, time_ns: int) -> bool:
        """Return whether a record of this time could be in the table already."""
        first, last = self._ranges.get(table.id, (1, 0))
        return first <= time_ns <= last

    def first_ns(self, table: Table) -> int | None:
        """Return the first time in a table, if it has any."""
        found = self._ranges.get(table.id)
        return found[0] if found else None

    def start_at(self, table: Table, time_ns: int) -> None:
        """Note that everything before a time was deleted."""
        first, last = self._ranges[table.id]
        self._ranges[table.id] = (max(first, time_ns), last)
