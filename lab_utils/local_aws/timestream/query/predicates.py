"""Comparisons, IN, BETWEEN, LIKE, IS NULL, EXISTS, ANY and ALL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed, coerce, common_type
from lab_utils.local_aws.timestream.query.operators import (
    comparison,
    inapplicable,
    unify,
)
from lab_utils.local_aws.timestream.query.scopes import Query
from lab_utils.local_aws.timestream.query.session import Expressions
from lab_utils.local_aws.timestream.query.types import BOOLEAN, UNKNOWN, VARCHAR

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_QUANTIFIERS = {"any": "ANY", "some": "ANY", "all": "ALL"}


def _comparison(at: Expressions, node: exp.Binary) -> Typed:
    at.session.allow(node, "this", "expression")
    operator = _COMPARISONS[type(node)]
    quantified = _quantifier(node.expression)
    left = at.translate(node.this)
    if quantified:
        return _compare_quantified(at, operator, left, *quantified)
    return comparison(operator, left, at.translate(node.expression))


def _quantifier(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """Return ANY or ALL and its query, if the expression is one of these."""
    if isinstance(node, exp.Any | exp.All):
        return ("ANY" if isinstance(node, exp.Any) else "ALL"), node.this
    word = _QUANTIFIERS.get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
    return (word, node.expressions[0]) if word and len(node.expressions) == 1 else None


def _compare_quantified(
    at: Expressions, operator: str, left: Typed, quantifier: str, node: exp.Expr
) -> Typed:
    query = at.query(_inner_query(at, node))
    left, column, sql = _beside_query(at, left, query, node)
    if column is None:
        raise inapplicable(f"{operator} {quantifier}", left, Typed("", query.columns[0].type))
    return Typed(f"({left.sql} {operator} {quantifier} ({sql}))", BOOLEAN)


def _inner_query(at: Expressions, node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Query | exp.Values):
        return node
    raise at.session.error("A subquery is expected", node)


def _beside_query(
    at: Expressions, left: Typed, query: Query, node: exp.Expr
) -> tuple[Typed, Typed | None, str]:
    """Return the value and a query's only column as their common type, and the query's SQL."""
    if len(query.columns) != 1:
        raise at.session.error(f"The subquery must have one column, not {len(query.columns)}", node)
    kind = common_type(left.type, query.columns[0].type)
    if kind is None:
        return left, None, query.sql
    alias = at.session.name("q")
    column = coerce(Typed(f"{alias}.c0", query.columns[0].type), kind)
    return coerce(left, kind), column, f"SELECT {column.sql} FROM ({query.sql}) AS {alias}"


def _in(at: Expressions, node: exp.In) -> Typed:
    at.session.allow(node, "this", "expressions", "query")
    value = at.translate(node.this)
    query = node.args.get("query")
    if query:
        inner = at.query(query)
        left, column, sql = _beside_query(at, value, inner, node)
        if column is None:
            raise inapplicable("IN", value, Typed("", inner.columns[0].type))
        return Typed(f"({left.sql} IN ({sql}))", BOOLEAN)
    items = [at.translate(item) for item in node.expressions]
    values = unify([value, *items])
    if values is None:
        other = next(item for item in items if common_type(value.type, item.type) is None)
        raise inapplicable("IN", value, other)
    listed = ", ".join(item.sql for item in values[1:])
    return Typed(f"({values[0].sql} IN ({listed}))", BOOLEAN)


def _between(at: Expressions, node: exp.Between) -> Typed:
    at.session.allow(node, "this", "low", "high")
    given = [at.translate(node.args[part]) for part in ("this", "low", "high")]
    values = unify(given)
    if values is None:
        raise inapplicable("BETWEEN", *given)
    value, low, high = (item.sql for item in values)
    return Typed(f"({value} BETWEEN {low} AND {high})", BOOLEAN)


def _is(at: Expressions, node: exp.Is) -> Typed:
    if not isinstance(node.expression, exp.Null):
        raise at.session.error("IS is followed by NULL, NOT NULL or [NOT] DISTINCT FROM", node)
    return Typed(f"({at.translate(node.this).sql} IS NULL)", BOOLEAN)


def _distinct_from(at: Expressions, node: exp.Binary) -> Typed:
    operator = "IS DISTINCT FROM" if isinstance(node, exp.NullSafeNEQ) else "IS NOT DISTINCT FROM"
    return comparison(operator, at.translate(node.this), at.translate(node.expression))


def _like(at: Expressions, node: exp.Like) -> Typed:
    return _match(at, node, "")


def _escape(at: Expressions, node: exp.Escape) -> Typed:
    if not isinstance(node.this, exp.Like):
        raise at.session.error("ESCAPE belongs to LIKE", node)
    escape = at.translate(node.expression)
    if not isinstance(escape.literal, str) or len(escape.literal) != 1:
        raise at.session.error("Escape string must be a single character", node.expression)
    return _match(at, node.this, f" ESCAPE {escape.sql}")


def _match(at: Expressions, node: exp.Like, escape: str) -> Typed:
    at.session.allow(node, "this", "expression", "negate")
    value, pattern = at.translate(node.this), at.translate(node.expression)
    for side, given in (("Left side of", value), ("Pattern for", pattern)):
        if given.type not in (VARCHAR, UNKNOWN):
            raise at.session.error(
                f"{side} LIKE expression must evaluate to a varchar (actual: {given.type})", node
            )
    word = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return Typed(f"({value.sql} {word} {pattern.sql}{escape})", BOOLEAN)


def _exists(at: Expressions, node: exp.Exists) -> Typed:
    return Typed(f"EXISTS ({at.query(_inner_query(at, node.this)).sql})", BOOLEAN)


HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is,
    exp.NullSafeEQ: _distinct_from,
    exp.NullSafeNEQ: _distinct_from,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.Exists: _exists,
    **dict.fromkeys(_COMPARISONS, _comparison),
}
