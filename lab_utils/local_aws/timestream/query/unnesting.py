"""UNNEST of arrays and time series."""

from __future__ import annotations

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.scopes import Column, Relation
from lab_utils.local_aws.timestream.query.session import Expressions
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    TIMESTAMP,
    ArrayType,
    RowType,
    TimeSeriesType,
)


def unnest(at: Expressions, node: exp.Unnest) -> tuple[str, Relation]:
    """Return ``LATERAL (...)`` and its relation.

    Several arrays are read side by side, the shorter ones filled with nulls. An array of rows
    gives a column per field, a time series the columns ``time`` and ``value``.
    """
    at.session.allow(node, "expressions", "alias", "offset")
    alias, has_ordinality = at.session.name("t"), bool(node.args.get("offset"))
    values = [at.translate(item) for item in node.expressions]
    selected, columns = [], []
    for index, value in enumerate(values):
        selected.append(f"unnest({value.sql}) AS u{index}")
        columns += _columns(at, value, f"{alias}.u{index}", node)
    if has_ordinality:
        longest = ", ".join(f"coalesce(len({value.sql}), 0)" for value in values)
        selected.append(f"unnest(range(1, 1 + greatest({longest}))) AS ordinality")
        columns.append(Column("ordinality", BIGINT, f"{alias}.ordinality"))
    sql = f"LATERAL (SELECT {', '.join(selected)}) AS {alias}"
    return sql, _renamed(at, node, columns)


def _columns(at: Expressions, value: Typed, sql: str, node: exp.Expr) -> list[Column]:
    kind = value.type
    if isinstance(kind, TimeSeriesType):
        return [
            Column("time", TIMESTAMP, f"struct_extract({sql}, 'time')"),
            Column("value", kind.value, f"struct_extract({sql}, 'value')"),
        ]
    if not isinstance(kind, ArrayType):
        raise at.session.error(f"Cannot unnest type: {kind}", node)
    if isinstance(kind.element, RowType):
        return [
            Column(name, field, f"struct_extract({sql}, 'f{index}')")
            for index, (name, field) in enumerate(kind.element.fields)
        ]
    return [Column(None, kind.element, sql)]


def _renamed(at: Expressions, node: exp.Unnest, columns: list[Column]) -> Relation:
    alias, offset = node.args.get("alias"), node.args.get("offset")
    names = [name.name for name in alias.columns] if alias else []
    if isinstance(offset, exp.Identifier):
        names.append(offset.name)
    if names and len(names) != len(columns):
        raise at.session.error(
            f"Column alias list has {len(names)} entries but there are {len(columns)} columns",
            node,
        )
    renamed = tuple(
        Column(names[index] if names else column.name, column.type, column.sql)
        for index, column in enumerate(columns)
    )
    return Relation(alias.name or None if alias else None, renamed)
