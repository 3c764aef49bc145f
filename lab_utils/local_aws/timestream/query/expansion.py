"""How large a query grows when DuckDB expands the macros in it.

A macro that names an argument three times makes a call nested ten deep 59 049 times as large,
and DuckDB does that before a query can be interrupted. So it is counted before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LARGEST_EXPANSION = 1_000_000  # our choice: characters of SQL, a few seconds of planning
_MACRO = re.compile(r"CREATE OR REPLACE MACRO (\w+)\(([^)]*)\) AS (.*)", re.DOTALL)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\w{0,40})\(|[\[{]|[)\]}]|,")
_CALL = re.compile(r"(\w{1,40})\($")


@dataclass(frozen=True)
class Weight:
    """A macro's body: its size, and how often each argument stands in it."""

    size: float
    counts: tuple[float, ...]

    def count(self, index: int) -> float:
        """Return how often the argument of an index stands in the body."""
        return self.counts[index] if index < len(self.counts) else 1.0


def macro_weights(macros: Iterable[str]) -> dict[str, Weight]:
    """Return the weights of macros by name; each may use those before it."""
    weights: dict[str, Weight] = {}
    for text in macros:
        match = _MACRO.fullmatch(text)
        if match is None:
            raise ValueError(f"not a macro: {text[:60]}")
        name, parameters, body = match.groups()
        counts = [
            sum(
                factor * len(re.findall(rf"\b{parameter.split(':=')[0].strip()}\b", part))
                for part, factor in _parts(body, weights)
            )
            for parameter in parameters.split(",")
        ]
        weights[name] = Weight(expanded_size(body, weights), tuple(counts))
    return weights


def expanded_size(sql: str, weights: Mapping[str, Weight]) -> float:
    """Return about how many characters DuckDB SQL has once its macros are expanded."""
    return sum(len(part) * factor for part, factor in _parts(sql, weights)) + sum(
        factor * weights[name].size for name, factor in _calls(sql, weights)
    )


def _calls(sql: str, weights: Mapping[str, Weight]) -> Iterator[tuple[str, float]]:
    """Yield each macro that is called, and how often it will be."""
    for part, factor in _parts(sql, weights):
        name = _CALL.search(part, max(0, len(part) - 41))
        if name and name[1] in weights:
            yield name[1], factor


def _parts(sql: str, weights: Mapping[str, Weight]) -> Iterator[tuple[str, float]]:
    """Yield the text up to each bracket or comma, and how often that will stand there."""
    factor, done = 1.0, 0
    around: list[tuple[Weight | None, int, float]] = []
    for token in _TOKEN.finditer(sql):
        text = token[0]
        if text[0] in "'\"":
            continue
        yield sql[done : token.end()], factor
        done = token.end()
        if text[-1] in "([{":
            weight = weights.get(token[1] or "")
            around.append((weight, 0, factor))
            factor *= weight.count(0) if weight else 1.0
        elif around and text in ")]}":
            factor = around.pop()[2]
        elif around and around[-1][0] is not None:
            weight, index, outer = around[-1]
            around[-1] = (weight, index + 1, outer)
            factor = outer * weight.count(index + 1) if weight else outer
    yield sql[done:], factor
