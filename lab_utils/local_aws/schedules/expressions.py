"""Schedule expressions: ``rate(...)``, ``cron(...)`` and EventBridge Scheduler's ``at(...)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from lab_utils.local_aws.schedules.cron import Cron, ScheduleError, parse_cron

_UNITS = {"minute": "minutes", "hour": "hours", "day": "days"}
_KEPT = 256


class Schedule(Protocol):
    """When something is due."""

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the first occurrence after a moment, or None if there is none.

        Args:
            moment: With a zone; so is the result, in UTC.
            counted_from: Where a rate is counted from.
        """


@dataclass(frozen=True)
class Rate:
    """Every so often, counted from a start: its first occurrence is one interval later."""

    interval: timedelta

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the first occurrence after a moment; None beyond the end of the calendar."""
        passed = max((moment - counted_from) // self.interval, 0)
        try:
            return counted_from + (passed + 1) * self.interval
        except OverflowError:
            return None


@dataclass(frozen=True)
class At:
    """Once."""

    moment: datetime

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the moment, if it is still to come.

        One that was over when the schedule was made never comes.
        """
        return self.moment if self.moment > max(moment, counted_from) else None


@dataclass(frozen=True)
class ZonedCron:
    """A cron expression of a zone's local time."""

    cron: Cron
    zone: ZoneInfo

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the first occurrence after a moment; an hour that comes twice counts once."""
        local = moment.astimezone(self.zone).replace(tzinfo=UTC)
        while (found := self.cron.next_after(local, counted_from)) is not None:
            occurrence = found.replace(tzinfo=self.zone).astimezone(UTC)
            if occurrence > moment:
                return occurrence
            local = found
        return None


@dataclass(frozen=True)
class Bounded:
    """Another schedule between two moments, both included.

    Attributes:
        schedule: The other.
        first: Nothing is due before it; None for no limit.
        last: Nothing is due after it; None for no limit.
    """

    schedule: Schedule
    first: datetime | None
    last: datetime | None

    def next_after(self, moment: datetime, counted_from: datetime) -> datetime | None:
        """Return the other's first occurrence after a moment, if it is within the limits."""
        if self.first is not None:
            moment = max(moment, self.first - timedelta.resolution)
        found = self.schedule.next_after(moment, counted_from)
        is_over = found is not None and self.last is not None and found > self.last
        return None if is_over else found


@lru_cache(_KEPT)
def parse_rule_schedule(expression: str) -> Rate | Cron:
    """Return the schedule of a rule: a rate with the unit in its right number, or a cron.

    Raises:
        ScheduleError: EventBridge refuses the expression.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
    """
    if found := re.fullmatch(r"rate\(([0-9]+)\s+([a-z]+)\)", expression):
        count, unit = int(found[1]), found[2]
        allowed = _UNITS if count == 1 else _UNITS.values()
        if count < 1 or unit not in allowed:
            raise ScheduleError(f"{count} {unit} is no rate")
        return _rate(count, _UNITS.get(unit, unit))
    if found := re.fullmatch(r"cron\((.*)\)", expression):
        return parse_cron(found[1])
    raise ScheduleError("it is neither a rate nor a cron expression")


def parse_schedule(expression: str, zone: str = "UTC") -> Schedule:
    """Return the schedule of EventBridge Scheduler, which also knows ``at(...)`` and zones.

    Args:
        expression: The expression.
        zone: The zone of ``cron`` and ``at``.

    Raises:
        ScheduleError: The expression or the zone cannot be read.

    Source:
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    try:
        local = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ScheduleError(f"there is no zone {zone!r}") from error
    if found := re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression):
        try:
            moment = datetime.fromisoformat(found[1])
        except ValueError as error:
            raise ScheduleError(f"{found[1]} is no moment") from error
        return At(moment.replace(tzinfo=local).astimezone(UTC))
    if found := re.fullmatch(r"rate\(([1-9][0-9]*)\s+(minute|hour|day)s?\)", expression):
        return _rate(int(found[1]), f"{found[2]}s")
    parsed = parse_rule_schedule(expression)
    return ZonedCron(parsed, local) if isinstance(parsed, Cron) else parsed


def _rate(count: int, units: str) -> Rate:
    try:
        return Rate(timedelta(**{units: count}))
    except OverflowError as error:
        raise ScheduleError(f"{count} {units} is longer than the calendar") from error
