"""EventBridge's targets, where ministack asks nobody before it invokes a function."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.ministack_authority import function_allows
from lab_utils.local_aws.schedules.input_paths import value_at

_LOG = logging.getLogger("lab.events")
_PRINCIPAL = "events.amazonaws.com"
_NAMESPACE = "AWS/Events"
_MOST_POINTS = 1440
"""Points that are kept of a metric: a day of one a minute. AWS keeps more; our choice."""


class EventMetrics:
    """What EventBridge counts of each rule in CloudWatch, in lab time.

    Args:
        modules: ministack's modules.
        clock: The lab clock.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """

    def __init__(self, modules: Mapping[str, ModuleType], clock: LabClock) -> None:
        self._cloudwatch: Any = modules["ministack.services.cloudwatch"]
        self._clock = clock

    def count(self, metric: str, rule: Mapping[str, Any]) -> None:
        """Count one for a rule of the account and region of this request."""
        dimensions = {"RuleName": rule["Name"]}
        key = (_NAMESPACE, metric, self._cloudwatch._dims_key(dimensions))
        points = self._cloudwatch._metric_bucket(key)
        points.append(
            {
                "Timestamp": self._clock.now_s(),
                "Value": 1.0,
                "Unit": "Count",
                "Dimensions": dimensions,
            }
        )
        del points[:-_MOST_POINTS]


def mend_event_targets(modules: Mapping[str, ModuleType], clock: LabClock) -> None:
    """Let a rule invoke only a function whose policy allows it, and count what it invokes.

    AWS counts the other invocations as failed, and tells nobody; here a line of ``aws.log`` does
    too. EventBridge Scheduler, which has a role instead, is left alone. Paths of inputs may have
    indices, and a template's time of ingestion is lab time.

    Args:
        modules: ministack's modules.
        clock: The lab clock.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    events: Any = modules["ministack.services.eventbridge"]
    metrics = EventMetrics(modules, clock)
    invoke = events._invoke_target
    events._apply_input_transformer = partial(_transform, events, clock)

    def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], *view: Any) -> None:
        arn, source = target.get("Arn", ""), rule.get("Arn", "")
        is_of_rule = ":events:" in source
        if is_of_rule:
            metrics.count("Invocations", rule)
        if (
            is_of_rule
            and ":lambda:" in arn
            and not function_allows(modules, _PRINCIPAL, arn, source)
        ):
            metrics.count("FailedInvocations", rule)
            _LOG.warning("Rule %s may not invoke %s: add a permission to it", source, arn)
            return
        invoke(_with_input(events, target, event), event, rule, *view)

    events._invoke_target = invoke_target


def _with_input(events: Any, target: dict[str, Any], event: Any) -> dict[str, Any]:
    """Return a target whose input path is replaced by what stands there, if it has an index."""
    path = target.get("InputPath") or ""
    if "[" not in path:
        return target
    document = events._pattern_event_view(event).event_with_detail()
    try:
        return {**target, "InputPath": "", "Input": json.dumps(value_at(document, path))}
    except LookupError:
        return target


def _transform(
    events: Any, clock: LabClock, transformer: Mapping[str, Any], rule: Mapping[str, Any], view: Any
) -> Any:
    """Return a target's input made of a template; what stands nowhere is an empty text."""
    document = view.event_with_detail()
    values: dict[str, Any] = {
        "aws.events.rule-name": rule.get("Name", ""),
        "aws.events.rule-arn": rule.get("Arn", ""),
        "aws.events.event.json": document,
        "aws.events.event": view.envelope(),
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        try:
            values[name] = value_at(document, path)
        except LookupError:
            values[name] = ""
    values["aws.events.event.ingestion-time"] = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return events._render_input_template(transformer.get("InputTemplate", ""), values)


def scheduled_event(key: tuple[str, str, str], arn: str, moment: datetime) -> dict[str, Any]:
    """Return the event of a schedule as ministack keeps events; its time is the one planned."""
    account, region, _name = key
    return {
        "EventId": str(uuid.uuid4()),
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": int(moment.timestamp()),
        "Resources": [arn],
        "Account": account,
        "Region": region,
    }
