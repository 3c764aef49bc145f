"""Which records a table takes and keeps, by their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lab_utils.local_aws.timestream.catalog import Table

NS_PER_MS = 1_000_000
_NS_PER_MINUTE = 60_000 * NS_PER_MS
_NS_PER_HOUR = 60 * _NS_PER_MINUTE
FUTURE_NS = 15 * _NS_PER_MINUTE
LATE_NS = 25 * _NS_PER_MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """The times that a table takes at a moment.

    AWS promises 15 minutes of future. The windows in its observed texts are 40 minutes wider
    than the retention; that the rest of the 40 lies before its begin is our choice. With
    magnetic store writes the window is both retentions long, as observed.

    Attributes:
        begin_ns: The first time that is taken.
        memory_ns: The first time that goes to the memory store.
        end_ns: The first time that is too far in the future.
        store: What AWS's text calls it.
    """

    begin_ns: int
    memory_ns: int
    end_ns: int
    store: str

    def rejection(self) -> str:
        """Return AWS's text for a record outside of it."""
        begin, end = _iso(self.begin_ns), _iso(self.end_ns)
        return (
            f"The record timestamp is outside the time range [{begin}, {end}) of the {self.store}."
        )


def window_of(table: Table, now_ns: int) -> Window:
    """Return the window of a table.

    Args:
        table: The table.
        now_ns: The lab's time.
    """
    memory_ns = now_ns - table.memory_hours * _NS_PER_HOUR - LATE_NS
    end_ns = now_ns + FUTURE_NS
    if not table.has_magnetic_writes:
        return Window(memory_ns, memory_ns, end_ns, "memory store")
    begin_ns = memory_ns - table.magnetic_days * 24 * _NS_PER_HOUR
    return Window(max(begin_ns, 0), memory_ns, end_ns, "data ingestion window")


def expired_before_ns(table: Table, now_ns: int) -> int:
    """Return the time before which a table's records are deleted.

    A record spends the memory store's retention there and then the magnetic store's in the
    magnetic store, so that whatever the window takes is kept for a while.
    """
    hours = table.memory_hours + table.magnetic_days * 24
    return now_ns - hours * _NS_PER_HOUR - LATE_NS


def _iso(time_ns: int) -> str:
    moment = _EPOCH + timedelta(microseconds=time_ns // NS_PER_MS * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
