"""ORDER BY."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from lab_utils.local_aws.timestream.query.session import Expressions


def order_items(
    at: Expressions,
    items: Sequence[exp.Expr],
    translate: Callable[[exp.Expr], str] | None = None,
) -> list[str]:
    """Return the items of an ORDER BY in DuckDB's SQL.

    Args:
        at: Translates their expressions.
        items: The parser's Ordered expressions.
        translate: How the sorted expression is translated, if not as any other.
    """
    made = []
    for item in items:
        at.session.allow(item, "this", "desc", "nulls_first")
        sql = translate(item.this) if translate else at.translate(item.this).sql
        direction = "DESC" if item.args.get("desc") else "ASC"
        # Timestream, as Trino, puts nulls last in both directions unless told otherwise.
        nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
        made.append(f"{sql} {direction} NULLS {nulls}")
    return made
