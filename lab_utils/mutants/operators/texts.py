"""Mistakes in texts that a function sends: its SQL, its message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lab_utils.mutants.source import Mutant, Source
from lab_utils.thresholds import INVALID_FROM_C

_SQL = re.compile(r"\bselect\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
_MOST_OF_A_QUERY = 2
_IN_SQL = (
    (re.compile(r"\bavg(?=\s*\()", re.IGNORECASE), "MAX", "the highest, not the mean"),
    (
        re.compile(rf"(?<=<)\s*=?\s*{INVALID_FROM_C:g}(\.0+)?\b"),
        f" {INVALID_FROM_C * 100:g}",
        "artefacts are kept",
    ),
    (re.compile(r"(?<=ago\()\s*(1m|60s)(?=\s*\))", re.IGNORECASE), "1h", "more than a minute"),
)


def texts(source: Source) -> Iterator[Mutant]:
    """Yield mutants of a module's SQL and of its message."""
    for node in source.nodes():
        if isinstance(node, ast.Constant | ast.JoinedStr):
            if _SQL.search(source.segment(node)) and not source.is_only_said(node):
                yield from _query(source, node)
        elif isinstance(node, ast.Dict):
            yield from _message(source, node)


def _query(source: Source, node: ast.expr) -> Iterator[Mutant]:
    written = source.segment(node)
    made = 0
    for pattern, new, words in _IN_SQL:
        found = pattern.search(written)
        if found and made < _MOST_OF_A_QUERY:
            made += 1
            by = f"{written[: found.start()]}{new}{written[found.end() :]}"
            yield source.change("query", node, by, words)


def _message(source: Source, node: ast.Dict) -> Iterator[Mutant]:
    """Yield the mutant whose message no air conditioner reads."""
    if not isinstance(source.parent(node), ast.Dict):
        return
    for key in node.keys:
        if isinstance(key, ast.Constant) and key.value == "enabled":
            by = source.segment(key).replace("enabled", "enable")
            yield source.change("message", key, by, "no air conditioner reads this", node)
