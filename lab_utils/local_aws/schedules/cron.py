"""Cron expressions as EventBridge reads them: six fields, with L, W and #.

Source:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

_MINUTE = timedelta(minutes=1)
_MONTH_NAMES = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_WEEKDAY_NAMES = "SUNMONTUEWEDTHUFRISAT"
_SATURDAY, _LAST_WEEK = 7, 5
_FIELDS, _LETTERS = 6, 3


class ScheduleError(ValueError):
    """A schedule expression that EventBridge refuses; the text says why."""


@dataclass(frozen=True)
class _Values:
    """What one field may hold.

    Attributes:
        name: The field's name.
        first: Its least number.
        last: Its greatest number.
        names: What may stand for a number: three letters each.
    """

    name: str
    first: int
    last: int
    names: str = ""

    def parse(self, text: str) -> frozenset[int]:
        """Return the numbers of a field: lists, ranges and steps.

        Raises:
            ScheduleError: It is written otherwise, or holds a number out of range.
        """
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def number(self, text: str) -> int:
        """Return one number, which may be named.

        Raises:
            ScheduleError: It is none of the field's.
        """
        if re.fullmatch(r"[0-9]{1,4}", text):
            found = int(text)
        else:
            place = self.names.find(text.upper()) if len(text) == _LETTERS else -1
            found = -1 if place % _LETTERS else self.first + place // _LETTERS
        if not self.first <= found <= self.last:
            raise ScheduleError(f"{self.name} cannot be {text!r}")
        return found

    def _part(self, text: str) -> Iterable[int]:
        base, slash, step_text = text.partition("/")
        step = int(step_text) if re.fullmatch(r"[0-9]{1,4}", step_text) else 0
        if slash and step < 1:
            raise ScheduleError(f"{self.name} cannot step by {step_text!r}")
        low, dash, high = base.partition("-")
        if base == "*":
            return range(self.first, self.last + 1, step or 1)
        if dash:
            return self._range(self.number(low), self.number(high), step or 1)
        # "1/10" is every tenth from the first on.
        return range(self.number(base), self.last + 1, step) if slash else (self.number(base),)

    def _range(self, low: int, high: int, step: int) -> Iterable[int]:
        """Return a range's numbers; one like FRI-MON goes on from the start, as in Quartz.

        AWS documents neither that nor the opposite: this is our choice.
        """
        if low <= high:
            return range(low, high + 1, step)
        around = [*range(low, self.last + 1), *range(self.first, high + 1)]
        return around[::step]


_MINUTES = _Values("the minute", 0, 59)
_HOURS = _Values("the hour", 0, 23)
_DAYS = _Values("the day of the month", 1, 31)
_MONTH = _Values("the month", 1, 12, _MONTH_NAMES)
_WEEKDAY = _Values("the day of the week", 1, 7, _WEEKDAY_NAMES)
_YEARS = _Values("the year", 1970, 2199)


class Days(Protocol):
    """The days of a month on which a schedule runs."""

    def has(self, day: date) -> bool:
        """Return whether a day is one of them."""


@dataclass(frozen=True)
class DaysOfMonth:
    """Days by their number.

    Attributes:
        days: The numbers.
        is_last: Whether the month's last day counts (L).
        is_last_weekday: Whether its last weekday counts (LW).
        nearest: Days whose nearest weekday within the month counts (15W).
    """

    days: frozenset[int]
    is_last: bool = False
    is_last_weekday: bool = False
    nearest: frozenset[int] = frozenset()

    def has(self, day: date) -> bool:
        """Return whether a day is one of them."""
        last = _last_of(day)
        return (
            day.day in self.days
            or (self.is_last and day.day == last)
            or (self.is_last_weekday and day == _nearest_weekday(day.replace(day=last)))
            # A month without the day has no weekday near it: AWS does not say, our choice.
            or any(n <= last and day == _nearest_weekday(day.replace(day=n)) for n in self.nearest)
        )


@dataclass(frozen=True)
class DaysOfWeek:
    """Days by their weekday, Sunday being 1.

    Attributes:
        weekdays: The weekdays.
        last: Weekdays whose last one in the month counts (6L).
        nth: A weekday and which one in the month counts (6#3).
    """

    weekdays: frozenset[int]
    last: frozenset[int] = frozenset()
    nth: tuple[int, int] | None = None

    def has(self, day: date) -> bool:
        """Return whether a day is one of them."""
        weekday = day.isoweekday() % 7 + 1
        return (
            weekday in self.weekdays
            or (weekday in self.last and day.day + 7 > _last_of(day))
            or (weekday, (day.day + 6) // 7) == self.nth
        )


@dataclass(frozen=True)
class Cron:
    """Minutes, hours, days, months and years on which all of them agree; UTC."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: Days
    months: frozenset[int]
    years: frozenset[int]

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the first occurrence after a moment, or None if there is none before 2200."""
        del counted_from  # It is the same whenever the counting began.
        earliest = moment.replace(second=0, microsecond=0) + _MINUTE
        for day in self._days_from(earliest.date()):
            for found in self._times_of(day):
                if found >= earliest:
                    return found
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.days.has(day):
                        yield day

    def _times_of(self, day: date) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def parse_cron(fields: str) -> Cron:
    """Return what stands between the brackets of ``cron(...)``.

    Raises:
        ScheduleError: It is no cron expression.
    """
    parts = fields.split()
    if len(parts) != _FIELDS:
        raise ScheduleError(f"it has {len(parts)} fields instead of {_FIELDS}")
    minutes, hours, days, months, weekdays, years = parts
    if (days == "?") == (weekdays == "?"):
        raise ScheduleError("exactly one of the day of the month and the day of the week is '?'")
    return Cron(
        _MINUTES.parse(minutes),
        _HOURS.parse(hours),
        _days_of_month(days) if weekdays == "?" else _days_of_week(weekdays),
        _MONTH.parse(months),
        _YEARS.parse(years),
    )


def _days_of_month(text: str) -> DaysOfMonth:
    days: set[int] = set()
    nearest: set[int] = set()
    parts = text.upper().split(",")
    for part in parts:
        if part.endswith("W") and part != "LW":
            nearest.add(_DAYS.number(part[:-1]))
        elif part not in {"L", "LW"}:
            days |= _DAYS.parse(part)
    return DaysOfMonth(frozenset(days), "L" in parts, "LW" in parts, frozenset(nearest))


def _days_of_week(text: str) -> DaysOfWeek:
    if "#" in text:
        # AWS takes one such day alone; "3#1,6#3" is refused.
        weekday, _, which = text.partition("#")
        if not re.fullmatch(rf"[1-{_LAST_WEEK}]", which):
            raise ScheduleError(f"the day of the week cannot be {text!r}")
        return DaysOfWeek(frozenset(), nth=(_WEEKDAY.number(weekday), int(which)))
    weekdays: set[int] = set()
    last: set[int] = set()
    for part in text.upper().split(","):
        if part == "L":
            weekdays.add(_SATURDAY)
        elif part.endswith("L"):
            last.add(_WEEKDAY.number(part[:-1]))
        else:
            weekdays |= _WEEKDAY.parse(part)
    return DaysOfWeek(frozenset(weekdays), frozenset(last))


def _last_of(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date) -> date:
    """Return the weekday nearest to a day without leaving its month."""
    weekday = day.isoweekday()
    if weekday < 6:
        return day
    if weekday == 6:
        return day.replace(day=day.day - 1 if day.day > 1 else 3)
    return day.replace(day=day.day + 1 if day.day < _last_of(day) else day.day - 2)
