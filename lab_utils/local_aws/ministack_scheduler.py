"""EventBridge Scheduler on the lab clock."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.ministack_targets import scheduled_event
from lab_utils.local_aws.schedules.cron import ScheduleError
from lab_utils.local_aws.schedules.expressions import Bounded, parse_schedule
from lab_utils.local_aws.schedules.timetable import Entry

_LOG = logging.getLogger("lab.schedules")
_ENABLED = "ENABLED"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Schedules:
    """The schedules of EventBridge Scheduler: rates, cron in any zone, and single moments.

    A flexible time window is ignored: everything runs when the window opens. What a schedule
    lacks to be read is refused when it is made, not skipped when it is due.

    Args:
        modules: ministack's modules.
        clock: The lab clock.

    Source:
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """

    service = "scheduler"

    def __init__(self, modules: Mapping[str, ModuleType], clock: LabClock) -> None:
        scheduler: Any = modules["ministack.services.scheduler"]
        self._scheduler = scheduler
        self._events: Any = modules["ministack.services.eventbridge"]
        scheduler._now = clock.now_s
        for name in ("_create_schedule", "_update_schedule"):
            self._check(name)

    def entries(self) -> Iterator[Entry]:
        """Return the schedules that are enabled."""
        for key, one in list(self._scheduler._schedules._data.items()):
            schedule = _schedule_of(one)
            if one["State"] == _ENABLED and schedule is not None:
                since = _moment(one.get("StartDate")) or _moment(one["CreationDate"])
                yield Entry((self.service, key), schedule, since or _EPOCH)

    def run(self, key: tuple[str, str, str], moment: datetime) -> None:
        """Invoke a schedule's target; a schedule that is over and says so is deleted."""
        one = self._scheduler._schedules._data[key]
        _LOG.debug("Schedule %s runs for %s", one["Name"], moment)
        event = {**scheduled_event(key, one["Arn"], moment), "Source": "aws.scheduler"}
        self._events._invoke_target(_filled(one, moment), event, one)
        schedule = _schedule_of(one)
        is_over = schedule is None or schedule.next_after(moment, moment) is None
        if is_over and one.get("ActionAfterCompletion") == "DELETE":
            self._scheduler._schedules._data.pop(key, None)

    def _check(self, name: str) -> None:
        """Let an operation refuse an expression that cannot be read."""
        scheduler = self._scheduler
        original = getattr(scheduler, name)

        def checked(schedule: str, body: dict[str, Any]) -> Any:
            expression = body.get("ScheduleExpression")
            if expression and _schedule_of(body) is None:
                words = f"Invalid Schedule Expression {expression}."
                return scheduler._error(400, "ValidationException", words)
            return original(schedule, body)

        setattr(scheduler, name, checked)


def _schedule_of(one: Mapping[str, Any]) -> Bounded | None:
    """Return when a schedule, or the request for one, is due; None if it cannot be read."""
    zone = one.get("ScheduleExpressionTimezone") or "UTC"
    try:
        schedule = parse_schedule(one["ScheduleExpression"], zone)
    except ScheduleError:
        return None
    return Bounded(schedule, _moment(one.get("StartDate")), _moment(one.get("EndDate")))


def _moment(given: Any) -> datetime | None:
    """Return a moment that a client sent: seconds since the epoch, or ISO 8601."""
    if given is None:
        return None
    if isinstance(given, int | float):
        return datetime.fromtimestamp(given, UTC)
    moment = datetime.fromisoformat(str(given))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _filled(one: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """Return a schedule's target with the attributes of this run in its input."""
    target = dict(one["Target"])
    attributes = {
        "schedule-arn": one["Arn"],
        "scheduled-time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": secrets.token_hex(8),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        if target.get("Input"):
            target["Input"] = target["Input"].replace(f"<aws.scheduler.{name}>", value)
    return target
