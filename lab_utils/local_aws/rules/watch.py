"""Who looks on while rules run: the log, and a trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab_utils.local_aws.rules.definition import Rule
from lab_utils.local_aws.rules.roles import Permission
from lab_utils.local_aws.rules.sql.context import MessageContext


@dataclass(frozen=True, slots=True)
class ActionReport:
    """How an action of a rule ended.

    Attributes:
        kind: The action, such as ``dynamoDBv2``.
        name: Its name in log entries and in the error action's message.
        resource: What it acted upon.
        resources: The same as log entries name it.
        details: Why it failed, in the service's words; empty if it did not.
        error_message: The same as the error action's message has it.
    """

    kind: str
    name: str
    resource: str
    resources: dict[str, str] = field(default_factory=dict)
    details: str = ""
    error_message: str = ""


class Watch:
    """Looks on at what happens to one message, step by step; each step may be of no interest."""

    def matched(self, rule: Rule) -> None:
        """A rule takes the message's topic."""

    def filtered(self, rule: Rule, context: MessageContext, passed: bool) -> None:
        """The condition of a rule was evaluated."""

    def selected(self, rule: Rule, output: Any) -> None:
        """The SQL of a rule gave its result."""

    def started(self, rule: Rule, action: str) -> None:
        """An action starts."""

    def asked(self, rule: Rule, permission: Permission, denial: str) -> None:
        """A role was asked for a permission; the denial is empty if it has it."""

    def ended(self, rule: Rule, report: ActionReport) -> None:
        """An action has done its work, or failed."""

    def sql_failed(self, rule: Rule, problem: str) -> None:
        """A rule's SQL could not be evaluated, so that no action runs."""

    def called(self, rule: Rule, function: str, resources: dict[str, str], problem: str) -> None:
        """An external function was called; the problem is empty if it answered."""

    def finished(self, rule: Rule) -> None:
        """A rule has nothing more to do for the message."""

    def throttled(self, rule: Rule) -> None:
        """A rule has more messages waiting than it may have, and leaves this one out."""

    def not_found(self, rule: str) -> None:
        """A message was sent to a rule that does not exist or is switched off."""
