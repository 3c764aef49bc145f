"""Regular expressions that end in time, whatever a rule and a message hold.

The only importer of `regex`: it reads what Java's expressions have beyond Python's, and stops
when its time is over. AWS does not name its engine; its functions behave as Java's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import Any, Final

import regex

from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.sql.values import MAX_TEXT, UNDEFINED, Value

MAX_SECONDS: Final = 0.1
MAX_PATTERN: Final = 256
"""Characters of an expression (our choice): `regex` prepares its search for a long text in cubic
time, and does not look at the clock meanwhile."""
_REPLACEMENT: Final = re.compile(
    r"\\(?P<escaped>.)|\$(?P<number>[0-9]{1,4})|\$\{(?P<name>\w+)\}|(?P<plain>[^\\$]+)|.", re.DOTALL
)


def compiled(pattern: str) -> Any:
    """Return an expression of a rule or a message; None if it is none."""
    if len(pattern) > MAX_PATTERN:
        raise EvaluationError(
            f"The embedded AWS reads regular expressions of at most {MAX_PATTERN} characters."
        )
    return read(pattern)


@lru_cache(maxsize=256)
def read(pattern: str) -> Any:
    """Return an expression that we made ourselves, of any length; None if it is none."""
    try:
        return regex.compile(pattern, regex.VERSION1)
    except (regex.error, RecursionError, OverflowError):
        return None


def matches(text: str, pattern: str) -> Value:
    """Return whether an expression is found in a text; Undefined if it is no expression."""
    expression = compiled(pattern)
    if expression is None:
        return UNDEFINED
    with _time_limit(pattern):
        return expression.search(text, timeout=MAX_SECONDS) is not None


def first(text: str, pattern: str) -> Value:
    """Return the first that an expression finds; Undefined if it finds nothing (our choice)."""
    expression = compiled(pattern)
    if expression is None:
        return UNDEFINED
    with _time_limit(pattern):
        found = expression.search(text, timeout=MAX_SECONDS)
    return found[0] if found else UNDEFINED


def whole_match(expression: Any, text: str) -> Any:
    """Return the match of a whole text with an expression that was read, or None."""
    with _time_limit(expression.pattern):
        return expression.fullmatch(text, timeout=MAX_SECONDS)


def replaced(text: str, pattern: str, replacement: str) -> Value:
    """Return a text with all that an expression finds replaced; `$1` is its first group.

    Undefined if the expression or the replacement is none.
    """
    expression = compiled(pattern)
    parts = None if expression is None else _replacement(replacement, expression)
    if parts is None:
        return UNDEFINED
    result: list[str] = []
    end = size = 0
    for match in _matches(expression, text):
        inserted = [part if isinstance(part, str) else match[part[0]] or "" for part in parts]
        result += [text[end : match.start()], *inserted]
        size += sum(map(len, inserted))
        if size > MAX_TEXT:
            raise EvaluationError(f"A text would be longer than {MAX_TEXT} characters.")
        end = match.end()
    return "".join([*result, text[end:]])


def _matches(expression: Any, text: str) -> Iterator[Any]:
    """Yield what is found; after an empty match the search goes on a character later, as in Java.

    That is why it is not left to `finditer`.
    """
    start, stop_at = 0, monotonic() + MAX_SECONDS
    while start <= len(text):
        with _time_limit(expression.pattern):
            found = expression.search(text, start, timeout=max(stop_at - monotonic(), 1e-3))
        if found is None:
            return
        yield found
        start = found.end() + (found.start() == found.end())


def _replacement(text: str, expression: Any) -> list[str | tuple[int | str]] | None:
    """Return the texts and groups of a replacement, as Java reads it; None if it is none."""
    parts: list[str | tuple[int | str]] = []
    for match in _REPLACEMENT.finditer(text):
        if match["name"] in expression.groupindex:
            parts.append((match["name"],))
        elif match["number"]:
            group, rest = _group(match["number"], expression.groups)
            if group is None:
                return None
            parts += [(group,), rest]
        elif match["escaped"] or match["plain"]:
            parts.append(match["escaped"] or match["plain"])
        else:
            return None
    return parts


def _group(digits: str, groups: int) -> tuple[int | None, str]:
    """Return the group that digits mean: as many of them as make one that there is."""
    length = 1
    while length < len(digits) and int(digits[: length + 1]) <= groups:
        length += 1
    number = int(digits[:length])
    return (number if number <= groups else None), digits[length:]


@contextmanager
def _time_limit(pattern: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        message = f"The expression '{pattern[:80]}' worked on a text for over {MAX_SECONDS} s."
        raise EvaluationError(message) from error
