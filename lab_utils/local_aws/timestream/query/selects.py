"""SELECT."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.grouping import group_clause
from lab_utils.local_aws.timestream.query.operators import Inapplicable, boolean
from lab_utils.local_aws.timestream.query.ordering import order_items
from lab_utils.local_aws.timestream.query.relations import as_query, from_clause
from lab_utils.local_aws.timestream.query.scopes import Column, Query, Scope
from lab_utils.local_aws.timestream.query.session import Expressions, Session
from lab_utils.local_aws.timestream.query.sql_errors import syntax_error

_PARTS = (
    "expressions",
    "from_",
    "joins",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "distinct",
    "with_",
)


@dataclass(frozen=True)
class Item:
    """One output column: its name, and the expression or the column of a ``*`` it comes from."""

    name: str | None
    node: exp.Expr | None = None
    column: Column | None = None
    is_aliased: bool = False

    def translate(self, at: Expressions) -> Typed:
        """Return the column's value."""
        if self.node is not None:
            return at.translate(self.node)
        column = self.column
        assert column is not None  # an Item has one or the other
        typed = Typed(column.sql, column.type)
        met = len(at.ungrouped)
        at.ungrouped.append(exp.Column(this=exp.to_identifier(column.name or "")))
        return at.settle(typed, met)


def select(session: Session, node: exp.Select, outer: Scope | None) -> Query:
    """Return a SELECT in DuckDB's SQL."""
    session.allow(node, *_PARTS)
    if not node.expressions:
        raise syntax_error("SELECT names no column", session.source.at(session.offset(node)))
    at = Expressions(session, Scope(outer=outer))
    source = from_clause(at, node)
    where = _condition(at, node.args.get("where"), "WHERE")
    items = [item for part in node.expressions for item in _items(at, part)]
    group = group_clause(at, node.args.get("group"), [item.translate for item in items])
    values = [item.translate(at) for item in items]
    having = _condition(at, node.args.get("having"), "HAVING")
    distinct = _is_distinct(session, node)
    order = _order_clause(at, node, items, values, distinct)
    if group or at.has_aggregates or having:
        _check_grouped(at)
    listed = ", ".join(f"{value.sql} AS c{index}" for index, value in enumerate(values))
    sql = (
        f"SELECT {'DISTINCT ' if distinct else ''}{listed}{source}{where}{group}{having}{order}"
        f"{limit_clause(session, node.args.get('limit'))}"
    )
    columns = [
        Column(item.name, value.type, "", _origin(at, item), item.is_aliased)
        for item, value in zip(items, values, strict=True)
    ]
    return as_query(sql, columns)


def _items(at: Expressions, node: exp.Expr) -> list[Item]:
    """Return the output columns of one part of the select list."""
    if isinstance(node, exp.Star):
        at.session.allow(node)
        return _star(at, node, None)
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        at.session.allow(node.this)
        return _star(at, node, node.table)
    if isinstance(node, exp.Alias):
        return [Item(node.alias, node.this, is_aliased=True)]
    is_named = isinstance(node, exp.Column | exp.Dot)
    return [Item(node.name if is_named else None, node)]


def _star(at: Expressions, node: exp.Expr, relation: str | None) -> list[Item]:
    if not at.scope.relations:
        raise at.session.error("SELECT * not allowed in queries without FROM clause", node)
    columns = at.scope.star(relation)
    if columns is None:
        raise at.session.error(f"Table '{relation}' not found", node)
    return [Item(column.name, column=column) for column in columns]


def _condition(at: Expressions, node: exp.Expr | None, word: str) -> str:
    """Return `` WHERE ...`` or `` HAVING ...``."""
    if node is None:
        return ""
    at.clause = "WHERE clause" if word == "WHERE" else None
    sql = boolean_of(at, node.this, f"{word} clause").sql
    at.clause = None
    if word == "WHERE":
        at.ungrouped.clear()
    return f" {word} {sql}"


def boolean_of(at: Expressions, node: exp.Expr, what: str) -> Typed:
    """Return a condition; anything but a boolean is an error that says where."""
    try:
        return boolean(at.translate(node), what)
    except Inapplicable as problem:
        raise at.session.error(str(problem), node) from problem


def _is_distinct(session: Session, node: exp.Select) -> bool:
    distinct = node.args.get("distinct")
    if distinct is not None:
        session.allow(distinct)
    return distinct is not None


def _order_clause(
    at: Expressions, node: exp.Select, items: list[Item], values: list[Typed], distinct: bool
) -> str:
    order = node.args.get("order")
    if order is None:
        return ""
    aliases = {
        item.name.lower(): value
        for item, value in reversed(list(zip(items, values, strict=True)))
        if item.name is not None
    }
    positions = {value.sql: str(index) for index, value in enumerate(values, start=1)}

    def key(part: exp.Expr) -> str:
        if isinstance(part, exp.Literal) and not part.is_string:
            return ordinal(at.session, part, len(items))
        sql = at.translate(part).sql
        if distinct and sql not in positions:
            raise at.session.error(
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list", part
            )
        return positions.get(sql, sql)

    at.scope.parameters.append(aliases)
    try:
        return f" ORDER BY {', '.join(order_items(at, order.expressions, key))}"
    finally:
        at.scope.parameters.pop()


def ordinal(session: Session, node: exp.Literal, count: int) -> str:
    """Return the position that an ORDER BY names by number."""
    if not node.this.isdigit() or not 1 <= int(node.this) <= count:
        raise session.error(f"ORDER BY position {node.this} is not in select list", node)
    return str(int(node.this))


def limit_clause(session: Session, node: exp.Expr | None) -> str:
    """Return `` LIMIT n``."""
    if node is None:
        return ""
    if not isinstance(node, exp.Limit):
        raise session.error("FETCH is not supported; write LIMIT", node)
    session.allow(node, "expression")
    count = node.expression
    if isinstance(count, exp.Literal) and not count.is_string and count.this.isdigit():
        if len(count.this) > 18:
            raise session.error(f"Invalid limit: {count.this}", count)
        return f" LIMIT {int(count.this)}"
    if count.name.upper() == "ALL":
        return ""
    raise session.error("LIMIT is followed by a whole number or ALL", node)


def _check_grouped(at: Expressions) -> None:
    if at.ungrouped:
        column = at.ungrouped[0]
        raise at.session.error(
            f"'{column.name}' must be an aggregate expression or appear in GROUP BY clause", column
        )


def _origin(at: Expressions, item: Item) -> tuple[str, str] | None:
    """Return database and table of a column that comes from one unchanged."""
    if item.column is not None:
        return item.column.origin
    if isinstance(item.node, exp.Column):
        found = at.scope.find(item.node.name, item.node.table or None)
        return found[0].origin if found else None
    return None
