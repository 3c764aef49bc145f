"""Queries: SELECT, VALUES, set operations, WITH."""

from __future__ import annotations

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed, coerce, common_type
from lab_utils.local_aws.timestream.query.operators import unify
from lab_utils.local_aws.timestream.query.ordering import order_items
from lab_utils.local_aws.timestream.query.relations import as_query
from lab_utils.local_aws.timestream.query.scopes import Column, Query, Relation, Scope
from lab_utils.local_aws.timestream.query.selects import limit_clause, ordinal, select
from lab_utils.local_aws.timestream.query.session import Expressions, Session
from lab_utils.local_aws.timestream.query.types import UNKNOWN, Type

_SET_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def translate_query(session: Session, node: exp.Expr, outer: Scope | None) -> Query:
    """Return a query in DuckDB's SQL; its columns are called c0, c1, ...

    Args:
        session: The translation.
        node: The parsed query.
        outer: What a subquery sees of the query around it.
    """
    with_ = node.args.get("with_")
    if with_ is None:
        return _body(session, node, outer)
    scope, definitions = _named_queries(session, with_, outer)
    body = _body(session, node, scope)
    return Query(f"WITH {', '.join(definitions)} {body.sql}", body.columns)


def _named_queries(
    session: Session, with_: exp.With, outer: Scope | None
) -> tuple[Scope, list[str]]:
    session.allow(with_, "expressions")
    known: dict[str, tuple[str, Query]] = {}
    scope, definitions = Scope(outer=outer, queries=known), []
    for item in with_.expressions:
        session.allow(item, "this", "alias")
        name, key = session.name("w"), item.alias.lower()
        if key in known:
            raise session.error(f"WITH query name '{item.alias}' specified more than once", item)
        query = translate_query(session, item.this, scope)
        known[key] = (name, _renamed(session, query, item))
        definitions.append(f"{name} AS ({query.sql})")
    return scope, definitions


def _renamed(session: Session, query: Query, item: exp.CTE) -> Query:
    names = [name.name for name in item.args["alias"].columns]
    if not names:
        return query
    if len(names) != len(query.columns):
        raise session.error(
            f"Column alias list has {len(names)} entries but there are"
            f" {len(query.columns)} columns",
            item,
        )
    pairs = zip(names, query.columns, strict=True)
    return Query(query.sql, tuple(Column(name, c.type, c.sql) for name, c in pairs))


def _body(session: Session, node: exp.Expr, outer: Scope | None) -> Query:
    if isinstance(node, exp.Select):
        return select(session, node, outer)
    if isinstance(node, exp.Values):
        session.allow(node, "expressions", "alias", "with_", "order", "limit")
        return _sorted(session, node, _values(session, node, outer), outer)
    if isinstance(node, exp.SetOperation):
        return _sorted(session, node, _set_operation(session, node, outer), outer)
    if isinstance(node, exp.Subquery):
        session.allow(node, "this", "alias", "with_", "order", "limit")
        return _sorted(session, node, translate_query(session, node.this, outer), outer)
    raise session.unsupported(node)


def _sorted(session: Session, node: exp.Expr, query: Query, outer: Scope | None) -> Query:
    """Return a query with the ORDER BY and LIMIT that stand behind it."""
    order, limit = node.args.get("order"), node.args.get("limit")
    if order is None and limit is None:
        return query
    alias = session.name("q")
    columns = tuple(Column(c.name, c.type, f"{alias}.{c.sql}") for c in query.columns)
    at = Expressions(session, Scope([Relation(None, columns)], outer=outer))

    def key(item: exp.Expr) -> str:
        if isinstance(item, exp.Literal) and not item.is_string:
            return ordinal(session, item, len(columns))
        return at.translate(item).sql

    sql = f"SELECT * FROM ({query.sql}) AS {alias}"
    if order is not None:
        sql += f" ORDER BY {', '.join(order_items(at, order.expressions, key))}"
    return Query(sql + limit_clause(session, limit), query.columns)


def _set_operation(session: Session, node: exp.SetOperation, outer: Scope | None) -> Query:
    session.allow(node, "this", "expression", "distinct", "with_", "order", "limit")
    word = _SET_OPERATIONS[type(node)]
    left = translate_query(session, node.this, outer)
    right = translate_query(session, node.expression, outer)
    if len(left.columns) != len(right.columns):
        raise session.error(
            f"{word} query has different number of fields:"
            f" {len(left.columns)}, {len(right.columns)}",
            node.expression,
        )
    kinds: list[Type] = []
    pairs = zip(left.columns, right.columns, strict=True)
    for index, (one, other) in enumerate(pairs, start=1):
        kind = common_type(one.type, other.type)
        if kind is None:
            raise session.error(
                f"column {index} in {word} query has incompatible types: {one.type}, {other.type}",
                node.expression,
            )
        kinds.append(kind)
    every = "" if node.args.get("distinct") else " ALL"
    sql = f"{_as_types(session, left, kinds)} {word}{every} {_as_types(session, right, kinds)}"
    columns = [Column(c.name, k, c.sql) for c, k in zip(left.columns, kinds, strict=True)]
    return as_query(sql, columns)


def _as_types(session: Session, query: Query, kinds: list[Type]) -> str:
    alias = session.name("q")
    items = [
        f"{coerce(Typed(f'{alias}.{column.sql}', column.type), kind).sql} AS c{index}"
        for index, (column, kind) in enumerate(zip(query.columns, kinds, strict=True))
    ]
    return f"(SELECT {', '.join(items)} FROM ({query.sql}) AS {alias})"


def _values(session: Session, node: exp.Values, outer: Scope | None) -> Query:
    at = Expressions(session, Scope(outer=outer))
    at.clause = "VALUES"
    rows = [[at.translate(item) for item in _row_items(row)] for row in node.expressions]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise session.error("Values rows have mismatched types", node)
    columns = [
        _column_values(session, node, [row[index] for row in rows]) for index in range(width)
    ]
    listed = ", ".join(
        f"({', '.join(column[index].sql for column in columns)})" for index in range(len(rows))
    )
    alias = session.name("v")
    names = ", ".join(f"c{index}" for index in range(width))
    sql = f"SELECT {names} FROM (VALUES {listed}) AS {alias}({names})"
    return as_query(sql, [Column(None, column[0].type, "") for column in columns])


def _row_items(row: exp.Expr) -> list[exp.Expr]:
    """Return the columns of a row of VALUES: ``1``, ``(1, 2)``, ``((1, 2))``, ``row(1, 2)``."""
    items = list(row.expressions) if isinstance(row, exp.Tuple) else [row]
    while len(items) == 1 and isinstance(items[0], exp.Tuple | exp.Paren):
        inner = items[0]
        items = list(inner.expressions) if isinstance(inner, exp.Tuple) else [inner.this]
    if len(items) == 1 and isinstance(items[0], exp.Anonymous) and items[0].name.lower() == "row":
        items = list(items[0].expressions)
    return items


def _column_values(session: Session, node: exp.Values, values: list[Typed]) -> list[Typed]:
    same = unify(values)
    if same is None:
        raise session.error("Values rows have mismatched types", node)
    if same[0].type == UNKNOWN:
        return same
    kind = same[0].type
    return [Typed(f"CAST({same[0].sql} AS {kind.duckdb})", kind), *same[1:]]
