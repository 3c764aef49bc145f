"""Calls of a lambda's body; DuckDB has lambdas only as arguments of its list functions."""

from __future__ import annotations

import re

# As an argument's ``bind`` writes it: every name in double quotes.
_HEADER = re.compile(r'lambda ("[^"]*"(?:, "[^"]*")*): ')


def apply(function: str, *values: str) -> str:
    """Return DuckDB SQL of a lambda's body for some values.

    Args:
        function: ``lambda x, y: body``.
        values: DuckDB SQL of each parameter.
    """
    names, sql = parts(function)
    for name, value in reversed(list(zip(names, values, strict=True))):
        sql = f"list_transform([{value}], lambda {name}: {sql})[1]"
    return sql


def parts(function: str) -> tuple[list[str], str]:
    """Return the parameters' names and the body of ``lambda x, y: body``."""
    match = _HEADER.match(function)
    if match is None:
        raise ValueError(f"no lambda: {function}")
    return match[1].split(", "), function[match.end() :]
