"""What failing checks saw, sorted into few causes: names and numbers do not tell two apart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_READ = 400
"""How many characters of a text tell its cause; a rest may be a log."""
_NOT_REACHED = "not reached"
"""How the reason begins why a check was not run: that is one cause, whatever the reason."""
_VARYING = (
    (re.compile(r"arn:aws[\w-]*:\S+"), "ARN"),
    (re.compile(r"`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)"), "NAME"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b", re.I), "ID"),
    (re.compile(r"(/[\w.~-]+){2,}"), "PATH"),
    (re.compile(r"[+-]?\d+([.,:]\d+)*"), "0"),
)


@dataclass(frozen=True)
class Cause:
    """A cause of failures.

    Attributes:
        text: What was seen most often among the texts that belong to it.
        count: How many submissions it stopped.
    """

    text: str
    count: int


def frequent_causes(texts: Iterable[str], most: int = 3) -> tuple[Cause, ...]:
    """Return the most frequent causes, the first of them the most frequent.

    Checks that were not reached, for whatever reason, are one cause and the last.

    Args:
        texts: What was seen, one text a submission.
        most: How many causes.
    """
    members: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        members[_pattern(text)][text] += 1
    not_reached = members.pop(_NOT_REACHED, Counter())
    causes = [Cause(_commonest(seen), seen.total()) for seen in members.values()]
    causes.sort(key=lambda cause: (-cause.count, cause.text))
    if not_reached:
        reason = (
            _commonest(not_reached)
            if len(not_reached) == 1
            else f"{_NOT_REACHED}: see each student's page"
        )
        causes = [*causes[: most - 1], Cause(reason, not_reached.total())]
    return tuple(causes[:most])


def _pattern(text: str) -> str:
    if text.startswith(_NOT_REACHED):
        return _NOT_REACHED
    kept = text[:_READ]
    for varying, word in _VARYING:
        kept = varying.sub(word, kept)
    return " ".join(kept.lower().split())


def _commonest(seen: Counter[str]) -> str:
    return min(seen, key=lambda text: (-seen[text], text))
