"""Functions whose arguments are not just values: conditions, rows, types."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.expressions import make_row, quoted
from lab_utils.local_aws.timestream.query.functions.failures import once
from lab_utils.local_aws.timestream.query.operators import boolean, comparison, unify
from lab_utils.local_aws.timestream.query.session import NOW, Expressions
from lab_utils.local_aws.timestream.query.types import BIGINT, UNKNOWN, VARCHAR


def _values(at: Expressions, node: exp.Anonymous, least: int, most: int) -> list[Typed]:
    if not least <= len(node.expressions) <= most:
        raise at.session.error(f"Invalid number of arguments for {node.name.lower()}", node)
    return [at.translate(item) for item in node.expressions]


def _same_type(at: Expressions, node: exp.Anonymous, values: list[Typed]) -> list[Typed]:
    same = unify(values)
    if same is None:
        kinds = ", ".join(str(value.type) for value in values)
        raise at.session.error(
            f"All {node.name.upper()} operands must be the same type: {kinds}", node
        )
    return same


def _if(at: Expressions, node: exp.Anonymous) -> Typed:
    condition, *given = _values(at, node, 2, 3)
    boolean(condition, "IF condition")
    results = _same_type(at, node, [*given, *([] if given[1:] else [Typed("NULL", UNKNOWN)])])
    then, otherwise = results
    return Typed(f"CASE WHEN {condition.sql} THEN {then.sql} ELSE {otherwise.sql} END", then.type)


def _coalesce(at: Expressions, node: exp.Anonymous) -> Typed:
    values = _same_type(at, node, _values(at, node, 1, len(node.expressions)))
    return Typed(f"coalesce({', '.join(value.sql for value in values)})", values[0].type)


def _nullif(at: Expressions, node: exp.Anonymous) -> Typed:
    first, second = _values(at, node, 2, 2)
    name = at.session.name("n")
    same = comparison("=", Typed(name, first.type, first.literal), second)
    return Typed(
        once(first.sql, name, f"CASE WHEN {same.sql} THEN NULL ELSE {name} END"), first.type
    )


def _try(at: Expressions, node: exp.Anonymous) -> Typed:
    (value,) = _values(at, node, 1, 1)
    return Typed(f"TRY({value.sql})", value.type)


def _row(at: Expressions, node: exp.Anonymous) -> Typed:
    return make_row(_values(at, node, 1, 1000))


def _typeof(at: Expressions, node: exp.Anonymous) -> Typed:
    (value,) = _values(at, node, 1, 1)
    return Typed(quoted(str(value.type)), VARCHAR)


def _now(at: Expressions, node: exp.Anonymous) -> Typed:
    _values(at, node, 0, 0)
    return NOW


def _grouping(at: Expressions, node: exp.Anonymous) -> Typed:
    values = _values(at, node, 1, 30)
    listed = ", ".join(value.sql for value in values)
    return Typed(f"CAST(grouping({listed}) AS BIGINT)", BIGINT)


SPECIAL_FORMS: dict[str, Callable[[Expressions, exp.Anonymous], Typed]] = {
    "if": _if,
    "coalesce": _coalesce,
    "nullif": _nullif,
    "try": _try,
    "row": _row,
    "typeof": _typeof,
    "now": _now,
    "grouping": _grouping,
}
