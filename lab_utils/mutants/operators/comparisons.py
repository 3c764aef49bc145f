"""Mistakes at the comparisons of a temperature with a threshold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lab_utils.mutants.constants import Constants, Threshold
from lab_utils.mutants.source import Mutant, Source

_SIGNS: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
_AT_THE_BORDER = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True)
class _Place:
    """An operator between a temperature and a threshold."""

    whole: ast.Compare
    left: ast.expr
    right: ast.expr
    sign: str
    limit: ast.expr
    threshold: Threshold

    @property
    def holds_for_low(self) -> bool:
        """Whether the comparison holds for temperatures below the threshold."""
        return (self.sign in ("<", "<=")) is (self.limit is self.right)


def comparisons(source: Source, constants: Constants) -> Iterator[Mutant]:
    """Yield mutants of a module's comparisons."""
    places = list(_places(source, constants))
    for place in places:
        sides = (place.left, place.right)
        value = f"{place.threshold.value_c:g}"
        is_first = not _is_repeated(source, place, places)
        if is_first:
            border = _AT_THE_BORDER[place.sign]
            words = f"what is exactly {value} goes the other way"
            yield source.change_between("border", sides, place.sign, border, words)
        turned = _TURNED[place.sign]
        yield source.change_between("turned", sides, place.sign, turned, "turned round")
        if place.threshold.is_artefact_bound:
            kept = str(place.holds_for_low)
            yield source.change("artefact", place.whole, kept, "artefacts are kept")
        elif is_first:
            yield from _swapped(source, place, places)
    yield from _moved(places)
    yield from _always(source, places)
    yield from _joined(source, places)


def _places(source: Source, constants: Constants) -> Iterator[_Place]:
    for node in source.nodes():
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        for number, operator in enumerate(node.ops):
            left, right = operands[number : number + 2]
            limits = [(one, constants.threshold(source, one)) for one in (left, right)]
            found = [(one, threshold) for one, threshold in limits if threshold is not None]
            if type(operator) in _SIGNS and len(found) == 1:
                yield _Place(node, left, right, _SIGNS[type(operator)], *found[0])


def _is_repeated(source: Source, place: _Place, places: list[_Place]) -> bool:
    """Return whether the same was compared before in the function: the border is decided there."""

    def compared(one: _Place) -> tuple[object, ...]:
        temperature = one.left if one.limit is one.right else one.right
        of = source.function_of(one.whole), one.threshold.value_c
        return *of, source.segment(temperature)

    earlier = places[: places.index(place)]
    return any(compared(one) == compared(place) for one in earlier)


def _swapped(source: Source, place: _Place, places: list[_Place]) -> Iterator[Mutant]:
    """Yield the mutant that compares with the other of the two thresholds."""
    for other in places:
        if (
            not other.threshold.is_artefact_bound
            and other.threshold.is_on is not place.threshold.is_on
            and source.function_of(other.whole) is source.function_of(place.whole)
        ):
            by = source.segment(other.limit)
            words = "the other threshold"
            yield source.change("swapped", place.limit, by, words, place.whole)
            return


def _moved(places: list[_Place]) -> Iterator[Mutant]:
    """Yield mutants with a threshold that is a little, and much, another one."""
    done = set()
    for place in places:
        threshold = place.threshold
        if threshold.literal in done:
            continue
        done.add(threshold.literal)
        upwards = threshold.is_artefact_bound or threshold.is_on
        kind = "artefact" if threshold.is_artefact_bound else "moved"
        for step in (1, 45):
            moved = threshold.value_c + (step if upwards else -step)
            by = _as_written(threshold.literal, f"{moved:g}")
            told = f"a threshold of {moved:g}, not {threshold.value_c:g}"
            shown, since = _around(threshold)
            yield threshold.source.change(kind, threshold.literal, by, told, shown, since)


def _around(threshold: Threshold) -> tuple[ast.AST, ast.AST | None]:
    """Return what is shown around a number, and the name of the argument it is a default of."""
    literal = threshold.literal
    for one in threshold.source.parents(literal):
        if isinstance(one, ast.Assign | ast.AnnAssign | ast.Compare):
            return one, None
        if isinstance(one, ast.arguments):
            before = [arg for arg in ast.walk(one) if isinstance(arg, ast.arg)]
            named = [arg for arg in before if _place(arg) < _place(literal)]
            return literal, max(named, key=_place, default=None)
    return literal, None


def _place(node: ast.arg | ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _as_written(literal: ast.expr, number: str) -> str:
    """Return a number in the way that the literal has it: as a text, or with a point."""
    value = literal.value if isinstance(literal, ast.Constant) else None
    if isinstance(value, str):
        return repr(number)
    return f"{number}.0" if isinstance(value, float) and "." not in number else number


def _always(source: Source, places: list[_Place]) -> Iterator[Mutant]:
    """Yield mutants in which the last condition holds always: nothing is left in between."""
    for place in places:
        parent = source.parent(place.whole)
        if place.threshold.is_artefact_bound or not isinstance(parent, ast.If | ast.IfExp):
            continue
        rest = parent.orelse
        is_last = not rest if isinstance(rest, list) else _is_none(rest)
        is_second = isinstance(source.parent(parent), ast.If | ast.IfExp) or _follows_another(
            source, parent, places
        )
        if is_last and is_second:
            words = "no temperature leaves the air conditioner as it is"
            yield source.change("between", place.whole, "True", words)


def _follows_another(source: Source, node: ast.AST, places: list[_Place]) -> bool:
    """Return whether an earlier comparison of the same function has taken its part already."""
    function = source.function_of(node)
    statement = node
    while isinstance(statement, ast.expr):
        statement = source.parent(statement)
    earlier = [one.whole for one in places if source.function_of(one.whole) is function]
    return any(
        one.lineno < getattr(statement, "lineno", 0)
        and isinstance(parent := source.parent(one), ast.If)
        and isinstance(parent.body[-1], ast.Return | ast.Continue)
        for one in earlier
    )


def _joined(source: Source, places: list[_Place]) -> Iterator[Mutant]:
    """Yield mutants with ``and`` for ``or`` and the other way round."""
    done = set()
    for place in places:
        parent = source.parent(place.whole)
        if isinstance(parent, ast.BoolOp) and parent not in done:
            done.add(parent)
            old, new = ("and", "or") if isinstance(parent.op, ast.And) else ("or", "and")
            sides = (parent.values[0], parent.values[1])
            words = f"{new} for {old}"
            yield source.change_between("joined", sides, old, new, words)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
