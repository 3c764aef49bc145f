"""EventBridge's schedules on the lab clock, where ministack sweeps them by the wall clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import Any, Protocol

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.handlers import Answer, Handler
from lab_utils.local_aws.ministack_scheduler import Schedules
from lab_utils.local_aws.ministack_targets import EventMetrics, scheduled_event
from lab_utils.local_aws.schedules.cron import ScheduleError
from lab_utils.local_aws.schedules.expressions import parse_rule_schedule
from lab_utils.local_aws.schedules.timer import LabTimer
from lab_utils.local_aws.schedules.timetable import Entry, Occurrence

Key = tuple[str, str, str]
"""Account, region, and ministack's own key within them."""

_COUNTED_FROM = "CountedFrom"
"""Where a rule's rate is counted from: in ministack's record of the rule, which is saved."""
_DEFAULT_BUS, _ENABLED = "default", "ENABLED"
_CHANGES_NOTHING = ".PutEvents"
"""The one operation that may be called often."""
_LOG = logging.getLogger("lab.schedules")


class Scheduled(Protocol):
    """One service's schedules."""

    service: str

    def entries(self) -> Iterator[Entry]:
        """Return those that are enabled; the key of each is the service and a `Key`."""

    def run(self, key: Key, moment: datetime) -> None:
        """Run one that is due, in its account and region."""


class ScheduleSeam:
    """Lets rules and EventBridge Scheduler run on the lab clock.

    ministack's own threads for both are never started.

    Args:
        modules: ministack's modules.
        clock: The lab clock.
    """

    def __init__(self, modules: Mapping[str, ModuleType], clock: LabClock) -> None:
        self._responses: Any = modules["ministack.core.responses"]
        self._services: dict[str, Scheduled] = {
            one.service: one for one in (RuleSchedules(modules, clock), Schedules(modules, clock))
        }
        self._timer = LabTimer(clock, self._entries, self._serve)

    def watch(self, handlers: dict[str, Handler]) -> None:
        """Let every request that may change a schedule take effect at once."""
        for service in self._services:
            handlers[service] = partial(self._handle, handlers[service])

    def start(self) -> None:
        """Run schedules from now on, on the running loop."""
        self._timer.start()

    def stop(self) -> None:
        """Run none any more."""
        self._timer.stop()

    async def _handle(
        self, handler: Handler, method: str, path: str, headers: Any, *rest: Any
    ) -> Answer:
        response = await handler(method, path, headers, *rest)
        if not headers.get("x-amz-target", "").endswith(_CHANGES_NOTHING):
            self._timer.look()
        return response

    def _entries(self) -> Iterator[Entry]:
        for service in self._services.values():
            yield from service.entries()

    def _serve(self, occurrence: Occurrence) -> None:
        service, key = occurrence.entry.key
        with self._responses.request_scope(key[0], key[1]):
            self._services[service].run(key, occurrence.moment)


class RuleSchedules:
    """The rules of EventBridge that have a schedule.

    A rate is counted from when the rule got its expression: enabling a rule again, or writing it
    anew with the same expression, does not shift it. AWS documents the creation alone; the rest
    is our choice.

    Args:
        modules: ministack's modules.
        clock: The lab clock.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
    """

    service = "events"

    def __init__(self, modules: Mapping[str, ModuleType], clock: LabClock) -> None:
        events: Any = modules["ministack.services.eventbridge"]
        self._events = events
        self._metrics = EventMetrics(modules, clock)
        self._clock = clock
        events._now_ts, events._validate_schedule_expression = clock.now_s, _is_schedule
        self._note_changes()

    def entries(self) -> Iterator[Entry]:
        """Return the rules that are enabled and have a schedule."""
        for key, rule in list(self._events._rules._data.items()):
            expression = rule.get("ScheduleExpression")
            if expression and rule.get("State") == _ENABLED and _is_schedule(expression):
                since_s = rule.get(_COUNTED_FROM, rule["CreationTime"])
                since = datetime.fromtimestamp(since_s, UTC)
                yield Entry((self.service, key), parse_rule_schedule(expression), since)

    def run(self, key: Key, moment: datetime) -> None:
        """Hand the scheduled event to the rule's targets."""
        rule = self._events._rules._data[key]
        _LOG.debug("Rule %s runs for %s", rule["Name"], moment)
        self._metrics.count("TriggeredRules", rule)
        event = {
            **scheduled_event(key, rule["Arn"], moment),
            "Source": "aws.events",
            "EventBusName": rule["EventBusName"],
        }
        for target in list(self._events._targets._data.get(key, ())):
            try:
                self._events._invoke_target(target, event, rule)
            except Exception:  # noqa: BLE001 - the rule's other targets are invoked all the same
                _LOG.exception("Target %s of %s was not invoked", target.get("Id"), rule["Arn"])

    def _note_changes(self) -> None:
        events, clock = self._events, self._clock
        put = events._put_rule

        def put_rule(request: dict[str, Any]) -> Any:
            bus = request.get("EventBusName") or _DEFAULT_BUS
            key = events._rule_key(request.get("Name"), bus)
            before = events._rules.get(key) or {}
            answer = put(request)
            rule = events._rules.get(key)
            if rule is not None and rule is not before:
                is_same = before.get("ScheduleExpression") == rule["ScheduleExpression"]
                since_s = before.get(_COUNTED_FROM) if is_same else None
                rule[_COUNTED_FROM] = since_s or clock.now_s()
            return answer

        events._put_rule = put_rule


def _is_schedule(expression: str) -> bool:
    """Return whether EventBridge takes a rule's schedule expression; it takes none at all too."""
    if not expression:
        return True
    try:
        parse_rule_schedule(expression)
    except ScheduleError:
        return False
    return True
