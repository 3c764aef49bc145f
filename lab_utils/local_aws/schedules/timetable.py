"""What is due when: the plan of all schedules, without a clock of its own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from lab_utils.local_aws.schedules.expressions import Schedule


@dataclass(frozen=True)
class Entry:
    """A schedule that is enabled.

    Attributes:
        key: What it belongs to; hashable.
        schedule: When it is due.
        counted_from: Where a rate is counted from.
    """

    key: Any
    schedule: Schedule
    counted_from: datetime


class Occurrence(NamedTuple):
    """An entry at one of its moments."""

    entry: Entry
    moment: datetime


class Timetable:
    """The next moment of every entry.

    Occurrences lie on the grid that a schedule defines, never on when the last one was served:
    a late one does not shift those after it.

    Args:
        patience: How late an occurrence may be served. Of those that are later, as after the
            machine slept, the last is served and the others are not.
    """

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience
        self._planned: dict[Hashable, Occurrence | None] = {}
        self._entries: dict[Hashable, Entry] = {}

    def plan(self, entries: Iterable[Entry], now: datetime) -> None:
        """Take the entries there are now. What is new or changed starts after now."""
        wanted = {entry.key: entry for entry in entries}
        for key in [key for key in self._entries if key not in wanted]:
            del self._entries[key], self._planned[key]
        for key, entry in wanted.items():
            if self._entries.get(key) != entry:
                self._entries[key] = entry
                self._planned[key] = _next(entry, now)

    def take_due(self, now: datetime) -> list[Occurrence]:
        """Return the occurrences that are due, the earliest first; each is returned once."""
        due: list[Occurrence] = []
        for key, planned in self._planned.items():
            if planned is not None and planned.moment <= now:
                due += self._served(planned, now)
                self._planned[key] = _next(planned.entry, now)
        return sorted(due, key=lambda occurrence: occurrence.moment)

    def next_moment(self) -> datetime | None:
        """Return when something is due next, or None if nothing ever is."""
        return min((one.moment for one in self._planned.values() if one is not None), default=None)

    def _served(self, planned: Occurrence, now: datetime) -> list[Occurrence]:
        entry = planned.entry
        recent: list[Occurrence] = []
        following: Occurrence | None = planned
        if planned.moment < now - self._patience:
            following = _next(entry, now - self._patience)
        while following is not None and following.moment <= now:
            recent.append(following)
            following = _next(entry, following.moment)
        return recent or [planned]


def _next(entry: Entry, moment: datetime) -> Occurrence | None:
    found = entry.schedule.next_after(moment, entry.counted_from)
    return None if found is None else Occurrence(entry, found)
