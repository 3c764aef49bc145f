"""FROM: tables, named queries, subqueries, VALUES, UNNEST, and their joins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from lab_utils.local_aws.timestream.catalog import TableView
from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.operators import boolean, unify
from lab_utils.local_aws.timestream.query.scopes import Column, Query, Relation
from lab_utils.local_aws.timestream.query.session import Expressions, Session
from lab_utils.local_aws.timestream.query.sql_errors import SqlError
from lab_utils.local_aws.timestream.query.types import measure_type
from lab_utils.local_aws.timestream.query.unnesting import unnest

_KINDS = {"", "INNER", "OUTER", "CROSS"}


def from_clause(at: Expressions, select: exp.Select) -> str:
    """Return `` FROM ...`` and put its relations into the scope."""
    source = select.args.get("from_")
    if source is None:
        return ""
    sql = _item(at, source.this)
    for join in select.args.get("joins") or []:
        sql += _join(at, join)
    return f" FROM {sql}"


def _item(at: Expressions, node: exp.Expr) -> str:
    """Return a FROM item and put it into the scope."""
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        return _joined_in_parentheses(at, node)
    sql, relation = _relation(at, node)
    at.scope.relations.append(relation)
    return sql


def _joined_in_parentheses(at: Expressions, node: exp.Subquery) -> str:
    at.session.allow(node, "this")
    sql = _item(at, node.this)
    for join in node.this.args.get("joins") or []:
        sql += _join(at, join)
    return f"({sql})"


def _relation(at: Expressions, node: exp.Expr) -> tuple[str, Relation]:
    if isinstance(node, exp.Table):
        return _table(at, node)
    if isinstance(node, exp.Unnest):
        return unnest(at, node)
    if isinstance(node, exp.Subquery | exp.Values):
        at.session.allow(node, "this", "alias", "expressions", "with_", "order", "limit")
        query = at.session.translate_query(at.session, node, at.scope.around)
        return named(at.session, f"({query.sql})", query.columns, node)
    raise at.session.unsupported(node)


def named(
    session: Session, sql: str, columns: Sequence[Column], node: exp.Expr
) -> tuple[str, Relation]:
    """Return a FROM item's SQL, and its relation with the names that AS gives."""
    alias = session.name("t")
    given = node.args.get("alias")
    names = [name.name for name in given.columns] if given else []
    if names and len(names) != len(columns):
        raise session.error(
            f"Column alias list has {len(names)} entries but there are {len(columns)} columns",
            given or node,
        )
    renamed = tuple(
        Column(
            names[index] if names else column.name,
            column.type,
            f"{alias}.{column.sql}",
            None if names else column.origin,
        )
        for index, column in enumerate(columns)
    )
    return f"{sql} AS {alias}", Relation(given.name or None if given else None, renamed)


def _table(at: Expressions, node: exp.Table) -> tuple[str, Relation]:
    session = at.session
    session.allow(node, "this", "db", "alias", "joins")
    if not isinstance(node.this, exp.Identifier):
        raise session.error(f"{_described(node)} is not a table of Timestream", node)
    if node.args.get("db") is None:
        return _named_query(at, node)
    view = find_table(session, node)
    columns = [
        Column(c.name, measure_type(c.type), _quote(c.stored), (view.database, view.table))
        for c in view.columns
    ]
    sql, relation = named(session, view.relation, columns, node)
    if relation.name is None:
        relation = Relation(view.table, relation.columns, view.database)
    return sql, relation


def _described(node: exp.Table) -> str:
    if isinstance(node.this, exp.Anonymous):
        return f"Table function {node.this.name}"
    return node.sql()[:60]


def _named_query(at: Expressions, node: exp.Table) -> tuple[str, Relation]:
    known = at.scope.named_query(node.name)
    if known is None:
        raise at.session.error(
            f"Table '{node.name}' does not exist; a table is written database.table", node
        )
    sql, relation = named(at.session, known[0], known[1].columns, node)
    if relation.name is None:
        relation = Relation(node.name, relation.columns)
    return sql, relation


def find_table(session: Session, node: exp.Table) -> TableView:
    """Return the table that a query names as ``database.table``.

    Raises:
        SqlError: There is no such database or table. The text for a missing table is ours.
    """
    database, table = node.args["db"].name, node.this.name
    if not session.has_database(database):
        position = session.position(node.args["db"])
        raise SqlError(
            f"Requested database '{database}' not found for identifier '{database}.{table}'"
            f" at line {position}",
            position,
        )
    view = session.view(database, table)
    if view is None:
        raise session.error(f"Table '{database}.{table}' does not exist", node.args["db"])
    session.tables[database, table] = view
    return view


def _quote(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _join(at: Expressions, node: exp.Join) -> str:
    at.session.allow(node, "this", "side", "kind", "on", "using")
    side, kind = node.side.upper(), node.kind.upper()
    if kind not in _KINDS:
        raise at.session.error(f"{kind} JOIN is not supported", node)
    left = list(at.scope.relations)
    item = _item(at, node.this)
    condition, using = node.args.get("on"), node.args.get("using")
    if condition is not None:
        on = _condition(at, condition)
    elif using:
        on = _using(at, using, left, side)
    elif side or kind not in {"", "CROSS"} or _is_join_word(at.session, node):
        raise at.session.error("A JOIN needs ON or USING", node.this)
    else:
        return f" CROSS JOIN {item}"
    return f" {side or 'INNER'} JOIN {item} ON {on}"


def _is_join_word(session: Session, node: exp.Join) -> bool:
    """Tell ``a JOIN b`` from ``a, b``, which the parser reads alike."""
    position = node.kind == "" and session.offset(node.this)
    return bool(position) and session.source.text[:position].rstrip().upper().endswith("JOIN")


def _condition(at: Expressions, node: exp.Expr) -> str:
    at.clause = "JOIN clause"
    value = boolean(at.translate(node), "JOIN ON clause")
    at.clause = None
    at.ungrouped.clear()
    return value.sql


def _using(at: Expressions, names: list[exp.Expr], left: list[Relation], side: str) -> str:
    """Return the condition of JOIN ... USING; its columns then stand once for both sides."""
    tests = []
    right = at.scope.relations[len(left) :]
    for name in names:
        sides = [_only(at, relations, name) for relations in (left, right)]
        for column in at.scope.merged:
            if column.name == sides[0].name:
                sides[0] = column
        both = unify([Typed(column.sql, column.type) for column in sides])
        if both is None:
            raise at.session.error(f"Column '{name.name}' has different types", name)
        tests.append(f"{both[0].sql} = {both[1].sql}")
        merged = {"RIGHT": both[1].sql, "FULL": f"coalesce({both[0].sql}, {both[1].sql})"}
        sql = merged.get(side, both[0].sql)
        at.scope.merged = [c for c in at.scope.merged if c.name != sides[0].name]
        at.scope.merged.append(Column(sides[0].name, both[0].type, sql))
    return " AND ".join(tests)


def _only(at: Expressions, relations: list[Relation], name: exp.Expr) -> Column:
    found = [
        column
        for relation in relations
        for column in relation.columns
        if (column.name or "").lower() == name.name.lower()
    ]
    if not found:
        raise at.session.error(f"Column '{name.name}' does not exist", name)
    return found[0]


def as_query(sql: str, columns: Sequence[Column]) -> Query:
    """Return a query from its SQL and columns, which get DuckDB's names c0, c1, ..."""
    return Query(
        sql,
        tuple(
            Column(column.name, column.type, f"c{index}", column.origin, column.is_aliased)
            for index, column in enumerate(columns)
        ),
    )
