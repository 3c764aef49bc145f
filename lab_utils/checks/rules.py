"""The topic rules of the account, and what they write to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab_utils.checks.base import CheckContext

Rule = dict[str, Any]


def list_rules(context: CheckContext) -> list[Rule]:
    """Return all topic rules with their SQL and actions."""
    iot = context.client("iot")
    pages = iot.get_paginator("list_topic_rules").paginate()
    names = [one["ruleName"] for page in pages for one in page["rules"]]
    return [iot.get_topic_rule(ruleName=name)["rule"] for name in names]


def describe_rule(rule: Rule) -> str:
    """Return a rule's name, its SQL and whether it is disabled."""
    return f"{rule['ruleName']} ({rule['sql']}{', disabled' if rule.get('ruleDisabled') else ''})"


def describe_writers(
    rules: list[Rule],
    target: str,
    is_writer: Callable[[Rule], bool],
    describe: Callable[[Rule], str] = describe_rule,
) -> str:
    """Return which rules write to a place; without any, those there are.

    Args:
        rules: All rules.
        target: What the place is called.
        is_writer: Whether a rule writes there.
        describe: What is told of a rule that does.
    """
    writers = [rule for rule in rules if is_writer(rule)]
    if writers:
        return f"the rules that write to {target}: {'; '.join(map(describe, writers))}"
    others = f"; the other rules: {'; '.join(map(describe_rule, rules))}" if rules else ""
    return f"the rules that write to {target}: none{others}"
