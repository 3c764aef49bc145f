"""A rule, read once and used for every message."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.actions import parse_action
from lab_utils.local_aws.rules.actions.base import Action, InvalidActionError
from lab_utils.local_aws.rules.services import ActionServices
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.statement import Statement, parse_statement
from lab_utils.local_aws.rules.topics import TopicFilter

_log = logging.getLogger(__name__)
DEFAULT_SQL_VERSION = "2015-10-08"
"""What the API takes a rule without a version for."""


@dataclass(frozen=True)
class Rule:
    """A rule that can be run.

    Attributes:
        place: The account and region it belongs to.
        name: Its name.
        source: What was declared; the API switches ``ruleDisabled`` in it.
        version: The version of its SQL.
        statement: Its SQL.
        topic_filter: Its ``FROM``; None for a rule that only Basic Ingest reaches.
        actions: What it does.
        error_action: What it does when an action fails.
        needs_thread: Whether its SQL or a template calls another service.
        has_variables: Whether its SQL sets variables.
    """

    place: Place
    name: str
    source: Mapping[str, Any]
    version: str
    statement: Statement
    topic_filter: TopicFilter | None
    actions: tuple[Action, ...]
    error_action: Action | None
    needs_thread: bool
    has_variables: bool

    @property
    def arn(self) -> str:
        """Its ARN."""
        return rule_arn(self.place, self.name)

    @property
    def is_disabled(self) -> bool:
        """Whether it is switched off at the moment."""
        return bool(self.source.get("ruleDisabled"))

    def takes(self, topic: str) -> bool:
        """Return whether the rule runs on messages of a topic."""
        taken = self.topic_filter
        return taken is not None and not self.source.get("ruleDisabled") and taken.matches(topic)


@dataclass(frozen=True)
class BrokenRule:
    """A stored rule that cannot be run, since an older version of the lab took it.

    Attributes:
        name: Its name.
        source: What was declared.
        problem: Why it cannot be run.
    """

    name: str
    source: Mapping[str, Any]
    problem: str


def rule_arn(place: Place, name: str) -> str:
    """Return the ARN of a rule."""
    return place.arn("iot", f"rule/{name}")


def parse_rule(
    place: Place, name: str, declared: Mapping[str, Any], services: ActionServices
) -> Rule:
    """Return a rule as it was declared.

    Args:
        place: The account and region.
        name: The rule's name.
        declared: The API's ``topicRulePayload``.
        services: What its actions reach.

    Raises:
        SqlParseError: Its SQL, or that of a template, cannot be read.
        InvalidActionError: An action is not supported, or not complete.
    """
    version = str(declared.get("awsIotSqlVersion") or DEFAULT_SQL_VERSION)
    statement = parse_statement(str(declared.get("sql", "")), version)
    arn = rule_arn(place, name)

    def read(action: Any, where: str) -> Action:
        return parse_action(action, version=version, where=where, rule_arn=arn, services=services)

    actions = tuple(
        read(action, f"topicRulePayload.actions.{number}.member")
        for number, action in enumerate(declared.get("actions") or [], 1)
    )
    fallback = declared.get("errorAction")
    error_action = read(fallback, "topicRulePayload.errorAction") if fallback else None
    return Rule(
        place=place,
        name=name,
        source=declared,
        version=version,
        statement=statement,
        topic_filter=TopicFilter(statement.topic_filter) if statement.topic_filter else None,
        actions=actions,
        error_action=error_action,
        needs_thread=statement.needs_thread or _wait((*actions, error_action)),
        has_variables=_sets_variables(statement.sql),
    )


def _sets_variables(sql: str) -> bool:
    """Return whether a statement begins with SET, which alone may stand before SELECT."""
    return sql.lstrip()[:3].upper() == "SET"


def _wait(actions: tuple[Action | None, ...]) -> bool:
    """Return whether a template of an action asks another service, and so has to wait."""
    templates = [template for action in actions if action for template in action.templates]
    return any(template.needs_thread for template in templates)


class RuleBook:
    """The rules of all accounts and regions, each read once.

    Args:
        stored: Returns the rules as they are stored, by account, region and name. A rule that
            is replaced is another object there.
        services: What actions reach.
    """

    def __init__(
        self,
        stored: Callable[[], Mapping[tuple[str, str, str], Mapping[str, Any]]],
        services: ActionServices,
    ) -> None:
        self._stored = stored
        self._services = services
        self._read: dict[tuple[str, str, str], Rule | BrokenRule] = {}

    def rules(self, place: Place) -> list[Rule | BrokenRule]:
        """Return the rules of an account and region."""
        account, region = place.account, place.region
        return [
            self._rule(place, key, declared)
            for key, declared in list(self._stored().items())
            if key[0] == account and key[1] == region
        ]

    def find(self, place: Place, name: str) -> Rule | BrokenRule | None:
        """Return a rule by its name."""
        key = (place.account, place.region, name)
        declared = self._stored().get(key)
        return None if declared is None else self._rule(place, key, declared)

    def _rule(
        self, place: Place, key: tuple[str, str, str], declared: Mapping[str, Any]
    ) -> Rule | BrokenRule:
        known = self._read.get(key)
        if known is None or known.source is not declared:
            known = self._read[key] = self._parse(place, key[2], declared)
        return known

    def _parse(self, place: Place, name: str, declared: Mapping[str, Any]) -> Rule | BrokenRule:
        try:
            return parse_rule(place, name, declared, self._services)
        except (SqlParseError, InvalidActionError) as error:
            _log.error("Rule %s cannot be run: %s", name, error)
            return BrokenRule(name, declared, str(error))
