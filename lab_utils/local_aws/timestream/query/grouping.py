"""GROUP BY."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.session import Expressions

Items = Sequence[Callable[[Expressions], Typed]]

_SETS: dict[type[exp.Expr], str] = {
    exp.GroupingSets: "GROUPING SETS",
    exp.Rollup: "ROLLUP",
    exp.Cube: "CUBE",
}


def group_clause(at: Expressions, node: exp.Group | None, items: Items) -> str:
    """Return `` GROUP BY ...`` and tell the translator the keys.

    Args:
        at: Translates the expressions; a number names an item of the select list.
        node: The parsed clause.
        items: How each item of the select list is translated.
    """
    if node is None:
        return ""
    at.session.allow(node, "expressions", "all")
    if not node.expressions:
        raise at.session.error("GROUP BY names no expression", node)
    at.clause = "GROUP BY clause"
    parts = [_element(at, element, items) for element in node.expressions]
    at.clause = None
    at.ungrouped.clear()
    return f" GROUP BY {', '.join(parts)}"


def _element(at: Expressions, node: exp.Expr, items: Items) -> str:
    word = _SETS.get(type(node))
    if word:
        inner = ", ".join(_element(at, part, items) for part in node.expressions)
        return f"{word} ({inner})"
    if isinstance(node, exp.Tuple):
        return f"({', '.join(_key(at, part, items) for part in node.expressions)})"
    if isinstance(node, exp.Paren):
        return f"({_key(at, node.this, items)})"
    return _key(at, node, items)


def _key(at: Expressions, node: exp.Expr, items: Items) -> str:
    if isinstance(node, exp.Literal) and not node.is_string:
        if not node.this.isdigit() or not 1 <= int(node.this) <= len(items):
            raise at.session.error(f"GROUP BY position {node.this} is not in select list", node)
        sql = items[int(node.this) - 1](at).sql
    else:
        sql = at.translate(node).sql
    at.group_keys.add(sql)
    return sql
