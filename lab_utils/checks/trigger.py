"""What makes the function run: its role, its code, its schedule and the permission to invoke it."""

from __future__ import annotations

import re
from contextlib import suppress

from lab_utils.checks import records
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.functions import (
    LAMBDA_SERVICE,
    PUBLISH,
    SELECT,
    USUAL_NAME,
    ZONES,
    Function,
    command_arn,
    find_function,
    lambda_roles,
    read_policy,
    require_function,
)
from lab_utils.checks.invocations import Invocation, describe_failure, invoke
from lab_utils.checks.policies import Document
from lab_utils.checks.readings import while_sending
from lab_utils.checks.roles import look_at_roles
from lab_utils.checks.schedules import (
    EVENTS_SERVICE,
    EVERY_MINUTE,
    Schedule,
    invokers,
    list_schedules,
    may_invoke,
    minutes_of,
)
from lab_utils.errors import LabError
from lab_utils.house.topics import command_topic

_MISSING_MODULE = re.compile(r"import module '([\w.]+)': No module named '([\w.]+)'")
_STRANGER = "arn:aws:events:eu-west-1:000000000000:rule/stranger"
"""A rule of another account."""


def look_at_reading_role(context: CheckContext) -> Finding:
    """Return whether the function's role may read the table of readings."""
    table = records.describe_table(context)
    if table is None:
        return Finding(False, f"there is no table {records.NAME}", hint="first part3-table.")
    arn = table["Arn"]
    too_much = {
        f"read every other table (name the table's arn as Resource of {SELECT})": (
            SELECT,
            f"{arn}-another",
        ),
        "write to the table": ("timestream:WriteRecords", arn),
    }
    needed = [
        (SELECT, arn, f"the table {records.NAME}"),
        ("timestream:DescribeEndpoints", "*", "*"),
    ]
    return _look_at_role(context, needed, too_much)


def look_at_publishing_role(context: CheckContext) -> Finding:
    """Return whether the function's role may publish to both air conditioners."""
    roles = _roles(context)
    if not roles:
        return _no_role()
    needed = [
        (PUBLISH, command_arn(context, roles[0], zone), f"the topic {command_topic(zone)}")
        for zone in ZONES
    ]
    return _look_at_role(context, needed, {})


def _roles(context: CheckContext) -> list[str]:
    """Return the function's role; before there is a function, those that it could have."""
    function = find_function(context, list_schedules(context))
    return [function.role] if function else lambda_roles(context)


def _no_role() -> Finding:
    seen = f"there is no Lambda function, and no role that trusts {LAMBDA_SERVICE}"
    return Finding(False, seen)


def _look_at_role(
    context: CheckContext,
    needed: list[tuple[str, str, str]],
    too_much: dict[str, tuple[str, str]],
) -> Finding:
    findings = []
    for role in _roles(context):
        looks = [look_at_roles(context, [role], one, too_much, LAMBDA_SERVICE) for one in needed]
        failed = [one for one in looks if not one.passed]
        findings.append(failed[0] if failed else looks[0])
    passed = (one for one in findings if one.passed)
    return next(passed, findings[0] if findings else _no_role())


def look_at_code(context: CheckContext) -> Finding:
    """Return whether an invocation of the function succeeds."""
    schedules = list_schedules(context)
    function = find_function(context, schedules)
    if function is None:
        return Finding(False, "there is no Lambda function")
    own = own_schedules(function, schedules)
    rule_arn = own[0].arn if own else ""
    ended = invoke(context, function, rule_arn)
    if ended.has_failed and not _is_hopeless(ended):
        # A function may rely on readings, which there may not have been in the last minute.
        with suppress(LabError):
            ended = while_sending(context, lambda: _retry(context, function, rule_arn))
    if not ended.has_failed:
        return Finding(True, f"an invocation of {function.name} succeeded")
    seen = f"an invocation of {function.name} failed: {describe_failure(ended)}"
    return Finding(False, seen, hint=_failure_hint(f"{ended.error_type} {ended.message}"))


def _is_hopeless(ended: Invocation) -> bool:
    """Return whether a function fails for a reason that is none of its readings'."""
    error = f"{ended.error_type} {ended.message}"
    return any(words in error for words in ("Runtime.", "AccessDenied", "imed out"))


def _retry(context: CheckContext, function: Function, rule_arn: str) -> Invocation:
    """Return how an invocation ends, the second time if the first came before the readings."""
    ended = invoke(context, function, rule_arn)
    return invoke(context, function, rule_arn) if ended.has_failed else ended


def _failure_hint(error: str) -> str:
    missing = _MISSING_MODULE.search(error)
    if missing and missing[1].split(".")[0] != missing[2].split(".")[0]:
        return (
            f"Lambda's runtime has no {missing[2]}: name it in the function's requirements.txt, so "
            "that lab.package_lambda() packs it, or do without it."
        )
    return next((hint for words, hint in _FAILURE_HINTS if words in error), "")


def own_schedules(function: Function, schedules: list[Schedule]) -> list[Schedule]:
    """Return the scheduled rules that have the function as a target."""
    return [one for one in schedules if one.target_of(function.arn)]


def look_at_schedule(context: CheckContext) -> Finding:
    """Return whether a rule that is enabled fires every minute, and has the function as target."""
    function, schedules = require_function(context)
    own = own_schedules(function, schedules)
    if not own:
        others = "; ".join(map(_describe, schedules)) or "none"
        seen = f"no scheduled rule has {function.name} as its target; the scheduled rules: {others}"
        return Finding(False, seen, hint=_TARGET_HINT if schedules else "")
    seen = f"{function.name} is invoked by {'; '.join(map(_describe, own))}"
    enabled = [one for one in own if one.is_enabled]
    if not enabled:
        return Finding(False, seen, hint=_DISABLED_HINT)
    minutes = frozenset[int]().union(*(minutes_of(one.expression) for one in enabled))
    return Finding(minutes == EVERY_MINUTE, seen, hint=_RATE_HINT)


def _describe(schedule: Schedule) -> str:
    targets = ", ".join(target.rsplit(":", 1)[-1] for target in schedule.targets) or "no target"
    disabled = "" if schedule.is_enabled else ", disabled"
    return f"the rule {schedule.name} ({schedule.expression}{disabled}; target: {targets})"


def look_at_permission(context: CheckContext) -> Finding:
    """Return whether EventBridge may invoke the function for its scheduled rule."""
    function, schedules = require_function(context)
    rules = own_schedules(function, schedules) or schedules
    if not rules:
        return Finding(False, "there is no scheduled rule", hint="first part4-schedule.")
    policies = {
        rule: read_policy(context, function, rule.target_of(function.arn) or function.arn)
        for rule in rules
    }
    allowed = [rule for rule, policy in policies.items() if may_invoke(policy, rule.arn)]
    if allowed:
        is_open = may_invoke(policies[allowed[0]], _STRANGER)
        seen = f"{function.name} may be invoked by the rule {allowed[0].name}"
        return Finding(True, seen, remark=_OPEN_REMARK if is_open else "")
    return _not_permitted(function, rules[0], policies[rules[0]])


def _not_permitted(function: Function, rule: Schedule, policy: Document) -> Finding:
    found = invokers(policy)
    wanted = f"the policy of {function.name} lets {EVENTS_SERVICE} invoke it for {rule.arn}"
    if not found:
        seen = f"the policy of {function.name} does not let {EVENTS_SERVICE} invoke it"
        return Finding(False, seen, wanted)
    sources = "; ".join(found)
    seen = f"the policy of {function.name} lets {EVENTS_SERVICE} invoke it, but for {sources}"
    return Finding(False, seen, wanted, hint=_OTHER_RULE_HINT)


_DEPLOY_HINT = (
    "the package holds no such module: is it still the placeholder files/empty_package.zip? "
    "lab.package_lambda(), then lab.deploy_lambda(). The handler is MODULE.FUNCTION, here "
    f"{USUAL_NAME}.lambda_handler, and the module lies at the top of the zip."
)
_FAILURE_HINTS = (
    ("ImportModuleError", _DEPLOY_HINT),
    ("No module named", _DEPLOY_HINT),
    (
        "HandlerNotFound",
        "the module is there, the function in it is not: the handler is MODULE.FUNCTION, and the "
        "function takes event and context.",
    ),
    (
        "AccessDenied",
        "allow the action that the message names to the function's role: for Timestream see "
        "part4-role, for iot:Publish part4-role-publish.",
    ),
    (
        "imed out",
        "the function takes longer than its timeout, which is 3 seconds unless timeout says "
        "otherwise: give it 10, and look in the log what it waits for.",
    ),
    (
        "does not exist",
        "the query names a column that the table does not have. Has the table readings "
        "(part3-readings)? A temperature that was first written as a whole number is in "
        "measure_value::bigint; the dimension temperature is a text: CAST(temperature AS DOUBLE).",
    ),
)
_TARGET_HINT = (
    "aws_cloudwatch_event_target joins them: rule is the rule's name, arn the function's arn."
)
_DISABLED_HINT = 'the rule is disabled: leave state out, or set state = "ENABLED".'
_RATE_HINT = 'schedule_expression = "rate(1 minute)": minute for 1, minutes for more.'
_OPEN_REMARK = "no source_arn: any rule of any account may invoke the function."
_OTHER_RULE_HINT = (
    "source_arn of aws_lambda_permission has to be the arn of the rule that has the function as "
    "its target, and function_name this function's."
)
