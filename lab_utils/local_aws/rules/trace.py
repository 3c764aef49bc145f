"""Why a rule did or did not fire: what each one made of a message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lab_utils.local_aws.rules.definition import BrokenRule, Rule
from lab_utils.local_aws.rules.roles import Permission
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.values import UNDEFINED, dump_json
from lab_utils.local_aws.rules.topics import split_basic_ingest
from lab_utils.local_aws.rules.watch import ActionReport, Watch
from lab_utils.local_aws.texts import shortened

_INGEST = "sent to this rule by Basic Ingest"
_LIMIT_S = 10.0
_LONGEST_TEXT = 2000


@dataclass
class RuleTrace:
    """What a rule made of a message.

    Attributes:
        rule: Its name.
        matched: Whether it took the topic.
        topic: Why it did or did not.
        condition: What its ``WHERE`` saw, and its result; empty if it was not asked.
        message: What its SQL selected, as JSON; None if nothing.
        roles: What its roles were asked, and what they said.
        actions: How each action ended.
        problem: What went wrong apart from an action.
    """

    rule: str
    matched: bool = False
    topic: str = ""
    condition: str = ""
    message: str | None = None
    roles: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    problem: str = ""


class Trace(Watch):
    """A watch that keeps all that it sees.

    Args:
        rules: The rules that there are.
        topic: The topic of the message.
    """

    def __init__(self, rules: Sequence[Rule | BrokenRule], topic: str) -> None:
        self._ended = asyncio.Event()
        self._rules = {rule.name: _expected(rule, topic) for rule in rules}
        self._open: set[str] = set()

    def rows(self) -> list[dict[str, Any]]:
        """Return what is known of each rule, in their order."""
        return [asdict(rule) for rule in self._rules.values()]

    async def complete(self) -> None:
        """Return once every action has ended, or ten seconds have passed."""
        try:
            async with asyncio.timeout(_LIMIT_S):
                while self._open:
                    self._ended.clear()
                    await self._ended.wait()
        except TimeoutError:
            for name in self._open:
                self._rules[name].problem = f"still at work after {_LIMIT_S:.0f} s"

    def matched(self, rule: Rule) -> None:
        """Note that the rule takes the topic."""
        self._rules[rule.name].matched = True
        self._open.add(rule.name)

    def filtered(self, rule: Rule, context: MessageContext, passed: bool) -> None:
        """Note the condition's result, with what it saw."""
        seen = ", ".join(f"{text} = {_shown(v)}" for text, v in rule.statement.observe(context))
        result = "true" if passed else "not true"
        self._rules[rule.name].condition = f"{seen} -> {result}" if seen else result

    def selected(self, rule: Rule, output: Any) -> None:
        """Note the result of the SQL."""
        self._rules[rule.name].message = _shown(output)

    def asked(self, rule: Rule, permission: Permission, denial: str) -> None:
        """Note what a role was asked."""
        verdict = "denied" if denial else "allowed"
        row = self._rules[rule.name]
        row.roles.append(f"{verdict}: {permission.action} on {permission.resource}")

    def ended(self, rule: Rule, report: ActionReport) -> None:
        """Note how an action ended."""
        self._rules[rule.name].actions.append(f"{report.kind}: {report.details or 'ok'}")

    def sql_failed(self, rule: Rule, problem: str) -> None:
        """Note that the SQL could not be evaluated."""
        self._rules[rule.name].problem = problem

    def called(self, rule: Rule, function: str, resources: dict[str, str], problem: str) -> None:
        """Note a call of another service."""
        named = ", ".join(resources.values())
        self._rules[rule.name].roles.append(f"{function} of {named}: {problem or 'ok'}")

    def finished(self, rule: Rule) -> None:
        """Note that the rule has nothing more to do."""
        self._open.discard(rule.name)
        self._ended.set()

    def throttled(self, rule: Rule) -> None:
        """Note that the message was left out."""
        self._rules[rule.name].problem = "too many messages wait for this rule"

    def not_found(self, rule: str) -> None:
        """Note a rule that does not exist or is switched off."""
        row = self._rules.setdefault(rule, RuleTrace(rule))
        row.topic, row.problem = _INGEST, f"Rule {rule} not found"


def _expected(rule: Rule | BrokenRule, topic: str) -> RuleTrace:
    """Return the row of a rule before the message: why it will take the topic or not."""
    if isinstance(rule, BrokenRule):
        return RuleTrace(rule.name, problem=rule.problem)
    if ingest := split_basic_ingest(topic):
        is_meant = ingest[0] == rule.name
        return RuleTrace(rule.name, topic=_INGEST if is_meant else "no match: Basic Ingest")
    if rule.topic_filter is None:
        return RuleTrace(rule.name, topic="there is no FROM: only Basic Ingest reaches it")
    reason = rule.topic_filter.mismatch(topic)
    if reason:
        return RuleTrace(rule.name, topic=f"no match: {reason}")
    if rule.is_disabled:
        return RuleTrace(rule.name, topic="the rule is switched off")
    return RuleTrace(rule.name, topic=f"'{rule.topic_filter.text}' matches")


def _shown(value: Any) -> str:
    if value is UNDEFINED:
        return "Undefined"
    if isinstance(value, bytes):
        return f"{len(value)} bytes that are no JSON"
    return shortened(dump_json(value), _LONGEST_TEXT)
