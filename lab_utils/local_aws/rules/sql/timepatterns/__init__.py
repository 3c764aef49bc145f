"""Date and time patterns: Joda-Time's for writing, the JDK's for reading. In English."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MAX_PATTERN: Final = 256
"""Characters of a pattern (our choice)."""


class PatternError(ValueError):
    """A pattern that means nothing, or that the embedded AWS does not read."""


def split_pattern(pattern: str) -> Iterator[tuple[str, int]]:
    """Yield a pattern's letters with their counts; other signs with 0, quoted texts with -1.

    Raises:
        PatternError: If the pattern is too long, or a quoted text does not end.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
    parts = pattern.replace("''", "\0").split("'")
    if len(parts) % 2 == 0:
        raise PatternError("a quoted text does not end")
    for number, part in enumerate(parts):
        if number % 2:
            yield part.replace("\0", "'"), -1
            continue
        for character, run in groupby(part):
            count = len(list(run))
            is_letter = character.isascii() and character.isalpha()
            yield (character, count) if is_letter else (character.replace("\0", "'") * count, 0)
