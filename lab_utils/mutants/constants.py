"""The thresholds of a function's sources: literals, named constants, defaults of arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab_utils.mutants.source import Source
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

COLDEST_C, HOTTEST_C = 5.0, 60.0
"""Between these a number that something is compared with is taken for a temperature."""
_ARTEFACT_FROM_C = (ON_ABOVE_C + INVALID_FROM_C) / 2
_MIDDLE_C = (ON_ABOVE_C + OFF_BELOW_C) / 2


@dataclass(frozen=True)
class Threshold:
    """A number that temperatures are compared with.

    Attributes:
        value_c: The number.
        source: The module that holds the number.
        literal: Where the number stands.
    """

    value_c: float
    source: Source
    literal: ast.expr

    @property
    def is_artefact_bound(self) -> bool:
        """Whether it tells artefacts from readings."""
        return self.value_c > _ARTEFACT_FROM_C

    @property
    def is_on(self) -> bool:
        """Whether it is the one that switches on."""
        return _MIDDLE_C < self.value_c <= _ARTEFACT_FROM_C


class Constants:
    """What the names of some modules stand for, where it is a number that could be a threshold.

    Args:
        sources: The modules.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._named: dict[str, Threshold] = {}
        for source in sources:
            for name, value in _assignments(source.tree):
                literal = _literal(value)
                if literal is not None and COLDEST_C <= _number(literal) <= HOTTEST_C:
                    self._named.setdefault(name, Threshold(_number(literal), source, literal))

    def threshold(self, source: Source, node: ast.expr) -> Threshold | None:
        """Return the threshold that an expression is, or None if it is something else."""
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named.get(node.id if isinstance(node, ast.Name) else node.attr)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return self._named.get(f"[{node.slice.value!r}]")
        literal = _literal(node)
        if literal is None or not COLDEST_C <= _number(literal) <= HOTTEST_C:
            return None
        return Threshold(_number(literal), source, literal)


def _assignments(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is given a value: variables, attributes, keys, defaults."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from _pairs(node.targets, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _pairs([node.target], node.value)
        elif isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            late = positional[len(positional) - len(node.defaults) :]
            yield from ((one.arg, value) for one, value in zip(late, node.defaults, strict=True))
            for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if default is not None:
                    yield one.arg, default
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield f"[{key.value!r}]", value


def _pairs(targets: Sequence[ast.expr], value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, part in zip(target.elts, value.elts, strict=False):
                yield from _pairs([one], part)
        elif isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Attribute):
            yield target.attr, value


def _literal(node: ast.expr) -> ast.expr | None:
    """Return where the number stands in ``35``, ``float("35")``, ``float(get("ON", "35"))``."""
    if isinstance(node, ast.Constant):
        return node if _is_number(node.value) else None
    if isinstance(node, ast.Call):
        found = [one for one in map(_literal, node.args) if one is not None]
        return found[0] if len(found) == 1 else None
    return None


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return value.replace(".", "", 1).isdecimal()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(node: ast.expr) -> float:
    assert isinstance(node, ast.Constant)
    return float(node.value)  # type: ignore[arg-type]
