"""What Timestream's names may be.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/ts-limits.html
"""

from __future__ import annotations

import re

LONGEST_DIMENSION_NAME, LONGEST_MEASURE_NAME = 60, 256
"""Bytes in UTF-8."""
_SYSTEM_IDENTIFIERS = frozenset({"time", "measure_name", "measure_value", "ts_non_existent_col"})
_SYSTEM_PREFIXES = ("ts_", "measure_value", "measure_name")
_FORBIDDEN_IN_DIMENSIONS = re.compile('[:"\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_FORBIDDEN_IN_MEASURES = re.compile("[:\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def dimension_name_problem(name: str) -> str | None:
    """Return why a dimension cannot have this name; AWS's own words are not documented."""
    return _problem(name, "dimension", LONGEST_DIMENSION_NAME, _FORBIDDEN_IN_DIMENSIONS)


def measure_name_problem(name: str) -> str | None:
    """Return why a measure cannot have this name; AWS's own words are not documented."""
    return _problem(name, "measure", LONGEST_MEASURE_NAME, _FORBIDDEN_IN_MEASURES)


def _problem(name: str, kind: str, longest: int, forbidden: re.Pattern[str]) -> str | None:
    if not name:
        return f"A {kind} name must not be empty."
    if name in _SYSTEM_IDENTIFIERS:
        return f"The {kind} name {name!r} is reserved."
    if name.startswith(_SYSTEM_PREFIXES):
        return f"The {kind} name {name!r} begins with a reserved prefix."
    if found := forbidden.search(name):
        return f"The {kind} name {name!r} contains the character {found.group()!r}."
    if len(name.encode("utf-8", "surrogatepass")) > longest:
        return f"The {kind} name is longer than {longest} bytes."
    return None
