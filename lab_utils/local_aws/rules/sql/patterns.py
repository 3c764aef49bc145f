"""Regular expressions that end in time, whatever a rule and a message hold.

The only importer of `regex`: it reads what Java's expressions have beyond Python's, and stops
when its time is over. AWS does not name its engine; its functions behave as Java's do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import regex

from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.sql.values import MAX_TEXT, UNDEFINED, Value

MAX_SECONDS: Final = 0.1
MAX_PATTERN: Final = 4096
"""Characters of an expression (our choice)."""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    """Return an expression; None if it is none."""
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        return regex.compile(pattern, regex.VERSION1)
    except (regex.error, RecursionError, OverflowError):
        return None


def matches(text: str, pattern: str) -> Value:
    """Return whether an expression is found in a text; Undefined if it is no expression."""
    found = _search(text, pattern)
    return UNDEFINED if found is UNDEFINED else found is not None


def first(text: str, pattern: str) -> Value:
    """Return the first that an expression finds; Undefined if it finds nothing."""
    found = _search(text, pattern)
    return found[0] if found else UNDEFINED


def _search(text: str, pattern: str) -> Any:
    expression = _compiled(pattern)
    if expression is None:
        return UNDEFINED
    try:
        return expression.search(text, timeout=MAX_SECONDS)
    except TimeoutError as error:
        raise EvaluationError(_too_slow(pattern)) from error


def replaced(text: str, pattern: str, replacement: str) -> Value:
    """Return a text with all that an expression finds replaced; `$1` is its first group."""
    expression = _compiled(pattern)
    parts = _replacement(replacement)
    if expression is None or any(
        isinstance(part, int) and part > expression.groups for part in parts
    ):
        return UNDEFINED
    result, end = [], 0
    try:
        for match in expression.finditer(text, timeout=MAX_SECONDS):
            result.append(text[end : match.start()])
            result += [part if isinstance(part, str) else match[part] or "" for part in parts]
            end = match.end()
    except TimeoutError as error:
        raise EvaluationError(_too_slow(pattern)) from error
    return "".join([*result, text[end:]])


def _replacement(text: str) -> list[str | int]:
    """Return the texts and the numbers of groups in a replacement, as Java reads it."""
    parts: list[str | int] = []
    for match in re.finditer(r"\\(.)|\$([0-9]+)|[^\\$]+|.", text, re.DOTALL):
        parts.append(int(match[2]) if match[2] else match[1] or match[0])
    return parts


def _too_slow(pattern: str) -> str:
    return f"The expression '{pattern[:80]}' needs more than {MAX_SECONDS} s; {MAX_TEXT}"
