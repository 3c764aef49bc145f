"""Scheduled rules: when they fire, what they invoke, and whether they may."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab_utils.checks.base import CheckContext
from lab_utils.checks.policies import Document, listed, names, services, statements

EVENTS_SERVICE = "events.amazonaws.com"
EVERY_MINUTE = frozenset(range(60))
_EXPRESSION = re.compile(r"(rate|cron)\((.*)\)")
_MINUTE_RATE = re.compile(r"(\d+)\s+minutes?")
_MINUTES = re.compile(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?")
_ANY = ("*", "?")
_INVOKE = "lambda:InvokeFunction"
_SOURCE_ARN = "aws:sourcearn"
_PATTERN_OPERATORS = ("ArnLike", "ArnEquals", "StringLike")
"""ArnEquals and ArnLike behave alike: both know wildcards."""


@dataclass(frozen=True)
class Schedule:
    """A rule of EventBridge that fires by the clock.

    Attributes:
        name: Its name.
        arn: Its ARN.
        expression: Such as ``rate(1 minute)``.
        is_enabled: Whether it fires at all.
        targets: The ARNs of what it invokes.
    """

    name: str
    arn: str
    expression: str
    is_enabled: bool
    targets: tuple[str, ...]

    def target_of(self, function_arn: str) -> str | None:
        """Return the target that is a function or a version of it, or None."""
        is_it = (one for one in self.targets if f"{one}:".startswith(f"{function_arn}:"))
        return next(is_it, None)


def list_schedules(context: CheckContext) -> list[Schedule]:
    """Return the scheduled rules of the default event bus, with their targets."""
    events = context.client("events")
    pages = events.get_paginator("list_rules").paginate()
    rules = [rule for page in pages for rule in page["Rules"] if rule.get("ScheduleExpression")]
    return [
        Schedule(
            rule["Name"],
            rule["Arn"],
            rule["ScheduleExpression"],
            rule.get("State") == "ENABLED",
            _targets(context, rule["Name"]),
        )
        for rule in rules
    ]


def _targets(context: CheckContext, rule: str) -> tuple[str, ...]:
    pages = context.client("events").get_paginator("list_targets_by_rule").paginate(Rule=rule)
    return tuple(sorted(target["Arn"] for page in pages for target in page["Targets"]))


def minutes_of(expression: str) -> frozenset[int]:
    """Return in which minutes of every hour a schedule fires; none if not in every hour.

    Of a rate that does not divide the hour it is one of the patterns that it takes.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
    """
    found = _EXPRESSION.fullmatch(expression.strip())
    if found is None:
        return frozenset()
    if found[1] == "rate":
        rate = _MINUTE_RATE.fullmatch(found[2].strip())
        return frozenset(range(0, 60, int(rate[1]))) if rate and int(rate[1]) else frozenset()
    minute, *rest = found[2].split() or [""]
    if len(rest) != 5 or any(field not in _ANY for field in rest):
        return frozenset()
    return frozenset().union(*(_minutes(part) for part in minute.split(",")))


def _minutes(part: str) -> frozenset[int]:
    """Return the minutes of one part of a cron expression's first field, such as ``0/2``."""
    found = _MINUTES.fullmatch(part)
    if found is None:
        return frozenset()
    first, last, step = found.groups()
    start = 0 if first == "*" else int(first)
    end = int(last) if last else start if step is None and first != "*" else 59
    return frozenset(range(start, end + 1, max(1, int(step or 1)))) & EVERY_MINUTE


def may_invoke(policy: Document, rule_arn: str) -> bool:
    """Return whether a function's policy lets EventBridge invoke it for a rule.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    effects = {
        statement.get("Effect")
        for statement in _invoking(policy)
        if _has_source(statement, rule_arn)
    }
    return "Allow" in effects and "Deny" not in effects


def invokers(policy: Document) -> list[str]:
    """Return for which sources a function's policy lets EventBridge invoke it, in words."""
    return [
        ", ".join(_source_arns(statement)) or "any source"
        for statement in _invoking(policy)
        if statement.get("Effect") == "Allow"
    ]


def _invoking(policy: Document) -> list[Document]:
    return [
        statement
        for statement in statements(policy)
        if names(statement.get("Action"), _INVOKE, ignore_case=True)
        and (EVENTS_SERVICE in services(statement) or statement.get("Principal") == "*")
    ]


def _has_source(statement: Document, rule_arn: str) -> bool:
    """Return whether a statement's conditions on the source hold for a rule."""
    return all(
        names(value, rule_arn) if operator in _PATTERN_OPERATORS else rule_arn in listed(value)
        for operator, value in _sources(statement)
    )


def _source_arns(statement: Document) -> list[str]:
    return [arn for _operator, value in _sources(statement) for arn in listed(value)]


def _sources(statement: Document) -> list[tuple[str, object]]:
    return [
        (operator, value)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
        if key.lower() == _SOURCE_ARN
    ]
