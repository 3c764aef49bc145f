"""Rules of EventBridge and their targets, where ministack takes more than AWS does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lab_utils.local_aws.violations import violation

_NAME = r"[\.\-_A-Za-z0-9]+"
_LONGEST_NAME, _MOST_TARGETS = 64, 5
_DEFAULT_BUS = "default"
_INVALID = "ValidationException"
_NEEDED = ("Source", "DetailType", "Detail")
_OF_EXISTING = ("_describe_rule", "_enable_rule", "_disable_rule", "_list_targets_by_rule")

Request = dict[str, Any]
Problem = tuple[str, str] | None
"""Code and message of a refusal."""


def mend_event_rules(events: Any) -> None:
    """Replace what differs in ministack's ``eventbridge`` module.

    ``PutRule`` replaces the whole rule, which has a schedule or a pattern; a rule that has targets
    is not deleted. What names a rule that does not exist is refused, as are names, inputs and
    numbers of targets that EventBridge does not take, and events without what they need.

    Args:
        events: The module.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
    """
    rules = _EventRules(events)
    for name in (*_OF_EXISTING, "_remove_targets"):
        rules.check(name, rules.missing)
    rules.check("_put_targets", rules.target_problem)
    rules.check("_delete_rule", rules.deletion_problem)
    rules.check("_put_rule", rules.rule_problem)
    put_rule, put_events = events._put_rule, events._put_events

    def put_whole_rule(request: Request) -> Any:
        # What is left out is not kept of an earlier rule of the name.
        return put_rule({"Description": "", "RoleArn": "", "State": "ENABLED", **request})

    def put_complete_events(request: Request, **options: Any) -> Any:
        return _put_events(put_events, request, options)

    events._put_rule, events._put_events = put_whole_rule, put_complete_events


class _EventRules:
    """What EventBridge has against requests; texts as AWS words them.

    Args:
        events: ministack's module.
    """

    def __init__(self, events: Any) -> None:
        self._events = events

    def check(self, name: str, find_problem: Callable[[Request], Problem]) -> None:
        """Let an operation refuse a request in which a problem is found."""
        operation = getattr(self._events, name)

        def checked(request: Request) -> Any:
            problem = find_problem(request)
            if problem is None:
                return operation(request)
            return self._events.error_response_json(*problem, 400)

        setattr(self._events, name, checked)

    def missing(self, request: Request) -> Problem:
        """Return what to say if the rule that a request names does not exist."""
        name, bus = request.get("Rule") or request.get("Name"), _bus(request)
        if self._key(request) in self._events._rules:
            return None
        return "ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}."

    def rule_problem(self, request: Request) -> Problem:
        """Return what is against a rule that is put."""
        if problem := _name_problem("name", str(request.get("Name", ""))):
            return problem
        if request.get("ScheduleExpression"):
            if _bus(request) == _DEFAULT_BUS:
                return None
            return _INVALID, "ScheduleExpression is supported only on the default event bus."
        if request.get("EventPattern"):
            return None
        return _INVALID, "Parameter(s) EventPattern or ScheduleExpression must be specified."

    def deletion_problem(self, request: Request) -> Problem:
        """Return what is against deleting a rule; one that does not exist is no problem."""
        if self._events._targets.get(self._key(request)):
            return _INVALID, "Rule can't be deleted since it has targets."
        return None

    def target_problem(self, request: Request) -> Problem:
        """Return what is against targets that are put."""
        if problem := self.missing(request):
            return problem
        targets = request.get("Targets") or []
        for number, target in enumerate(targets, 1):
            member = f"targets.{number}.member.id"
            problem = _name_problem(member, str(target.get("Id", ""))) or _input_problem(target)
            if problem is not None:
                return problem
        there = {target["Id"] for target in self._events._targets.get(self._key(request)) or ()}
        if len(there | {target["Id"] for target in targets}) > _MOST_TARGETS:
            words = "The requested resource exceeds the maximum number allowed."
            return "LimitExceededException", words
        return None

    def _key(self, request: Request) -> Any:
        return self._events._rule_key(request.get("Rule") or request.get("Name"), _bus(request))


def _bus(request: Request) -> str:
    return str(request.get("EventBusName") or _DEFAULT_BUS)


def _name_problem(member: str, name: str) -> Problem:
    if len(name) > _LONGEST_NAME:
        constraint = f"Member must have length less than or equal to {_LONGEST_NAME}"
    elif not re.fullmatch(_NAME, name):
        constraint = f"Member must satisfy regular expression pattern: {_NAME}"
    else:
        return None
    return _INVALID, violation(name, member, constraint)


def _input_problem(target: Request) -> Problem:
    """Return what is against a target's constant input; its reason is Python's, not Java's."""
    try:
        json.loads(target.get("Input") or "null")
    except ValueError as error:
        return _INVALID, f"JSON syntax error in input for target {target['Id']}: {error}"
    return None


def _put_events(put: Callable[..., Any], request: Request, options: dict[str, Any]) -> Any:
    """Put the events that are complete, and tell of each of the others what is wrong."""
    entries = request.get("Entries") or []
    problems = [_event_problem(entry) for entry in entries]
    good = [entry for entry, problem in zip(entries, problems, strict=True) if problem is None]
    status, headers, body = put({**request, "Entries": good}, **options)
    if status != 200 or len(good) == len(entries):
        return status, headers, body
    answer = json.loads(body)
    told = iter(answer["Entries"])
    results = [
        next(told) if problem is None else {"ErrorCode": problem[0], "ErrorMessage": problem[1]}
        for problem in problems
    ]
    failed = answer["FailedEntryCount"] + len(entries) - len(good)
    return 200, headers, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()


def _event_problem(entry: Request) -> Problem:
    for name in _NEEDED:
        if not entry.get(name):
            reason = f"Reason: {name} is a required argument."
            return "InvalidArgument", f"Parameter {name} is not valid. {reason}"
    try:
        is_object = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        is_object = False
    return None if is_object else ("MalformedDetail", "Detail is malformed.")
