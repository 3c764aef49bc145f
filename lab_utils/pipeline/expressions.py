"""The conditions of ``rules: - if``, as GitLab evaluates them.

Source: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<operator>&&|\|\||==|!=|=~|!~|\(|\))
      | \$\{?(?P<variable>\w+)\}?
      | "(?P<double>[^"]*)"
      | '(?P<single>[^']*)'
      | /(?P<pattern>(?:\\.|[^/\\])*)/(?P<flags>[a-zA-Z]*)
      | (?P<null>null)
    )""",
    re.X,
)
_LONGEST, _DEEPEST = 10_000, 50

Value = str | None | re.Pattern[str]


class ExpressionError(ValueError):
    """A condition that GitLab would refuse."""


def holds(text: str, variables: Mapping[str, str]) -> bool:
    """Return whether a condition holds.

    Args:
        text: Such as ``$CI_COMMIT_BRANCH == "main"``.
        variables: By name; one that is not there is null.

    Raises:
        ExpressionError: It is no condition.
    """
    return _Evaluation(text, variables).result()


def pattern_of(text: str) -> re.Pattern[str] | None:
    """Return the pattern of ``/.../``; None for any other text.

    Raises:
        ExpressionError: It is a pattern that cannot be.
    """
    found = re.fullmatch(r"/(.*)/([a-zA-Z]*)", text, re.S)
    return _compiled(found[1], found[2]) if found else None


def _compiled(pattern: str, flags: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern.replace("\\/", "/"), re.I if "i" in flags else 0)
    except re.error as error:
        raise ExpressionError(f"/{pattern}/ is no pattern: {error}") from error


class _Evaluation:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._tokens: list[tuple[str, Value]] = []
        position, text = 0, text.strip()
        if len(text) > _LONGEST:
            raise ExpressionError("the condition is too long")
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                raise ExpressionError(f"{text[position : position + 20]!r} is no part of one")
            self._tokens.append(self._token(found))
            position = found.end()
        self._next = self._depth = 0

    def result(self) -> bool:
        value = self._any()
        if self._next < len(self._tokens):
            raise ExpressionError("something is left over at its end")
        return value

    def _token(self, found: re.Match[str]) -> tuple[str, Value]:
        if operator := found["operator"]:
            return operator, None
        if found["variable"] is not None:
            return "value", self._variables.get(found["variable"])
        if found["pattern"] is not None:
            return "value", _compiled(found["pattern"], found["flags"])
        text = found["double"] if found["double"] is not None else found["single"]
        return "value", text

    def _any(self) -> bool:
        value = self._all()
        while self._take("||"):
            value = self._all() or value
        return value

    def _all(self) -> bool:
        value = self._one()
        while self._take("&&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._take("("):
            return self._in_brackets()
        left = self._operand()
        for operator in ("==", "!=", "=~", "!~"):
            if self._take(operator):
                return _compared(left, operator, self._operand())
        return bool(left)

    def _in_brackets(self) -> bool:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError(f"there are more than {_DEEPEST} brackets in each other")
        value = self._any()
        if not self._take(")"):
            raise ExpressionError("a bracket is not closed")
        self._depth -= 1
        return value

    def _operand(self) -> Value:
        if self._next >= len(self._tokens) or self._tokens[self._next][0] != "value":
            raise ExpressionError("a variable or a text in quotes is missing")
        self._next += 1
        return self._tokens[self._next - 1][1]

    def _take(self, operator: str) -> bool:
        is_there = self._next < len(self._tokens) and self._tokens[self._next][0] == operator
        self._next += is_there
        return is_there


def _compared(left: Value, operator: str, right: Value) -> bool:
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    pattern = pattern_of(right) if isinstance(right, str) else right
    if pattern is None:
        raise ExpressionError(f"what follows {operator} has to be a /pattern/")
    is_match = isinstance(left, str) and pattern.search(left) is not None
    return is_match == (operator == "=~")
