"""Window functions, and the OVER clause.

Source: Timestream developer guide, "Window functions".
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call
from lab_utils.local_aws.timestream.query.operators import unify
from lab_utils.local_aws.timestream.query.ordering import order_items
from lab_utils.local_aws.timestream.query.session import Expressions
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    Type,
)


def over_clause(at: Expressions, node: exp.Window) -> str:
    """Return `` OVER (...)``."""
    if node.args.get("over") != "OVER":
        raise at.session.error("OVER ( is expected", node)
    partition = [at.translate(item).sql for item in node.args.get("partition_by") or []]
    order = node.args.get("order")
    spec = node.args.get("spec")
    offsets = spec is not None and _has_range_offset(spec)
    parts = []
    if partition:
        parts.append(f"PARTITION BY {', '.join(partition)}")
    if order:
        translate = (lambda item: _as_number(at, item)) if offsets else None
        parts.append(f"ORDER BY {', '.join(order_items(at, order.expressions, translate))}")
    if spec:
        parts.append(_frame(at, spec))
    return f" OVER ({' '.join(parts)})"


def _has_range_offset(spec: exp.Expr) -> bool:
    is_range = str(spec.args.get("kind")).upper() == "RANGE"
    return is_range and any(isinstance(spec.args.get(side), exp.Expr) for side in ("start", "end"))


def _as_number(at: Expressions, item: exp.Expr) -> str:
    """Return a sort key to which a RANGE frame can add an interval, which is a number here."""
    value = at.translate(item)
    return f"epoch_ns({value.sql})" if value.type == TIMESTAMP else value.sql


def _frame(at: Expressions, spec: exp.WindowSpec) -> str:
    at.session.allow(spec, "kind", "start", "start_side", "end", "end_side")
    kind = str(spec.args["kind"]).upper()
    if kind not in {"ROWS", "RANGE"}:
        raise at.session.error(f"{kind} frames are not supported", spec)
    start = _bound(at, spec.args.get("start"), spec.args.get("start_side"))
    end = spec.args.get("end")
    if end is None:
        return f"{kind} {start}"
    return f"{kind} BETWEEN {start} AND {_bound(at, end, spec.args.get('end_side'))}"


def _bound(at: Expressions, value: object, side: str | None) -> str:
    text = at.translate(value).sql if isinstance(value, exp.Expr) else str(value)
    return f"{text} {side.upper()}" if side else text


def _ranking(name: str, kind: Type) -> Callable[[Call], Typed]:
    def build(call: Call) -> Typed:
        if call.arguments:
            raise call.wrong_arguments(f"{name}()")
        return Typed(call.aggregate(name), kind)

    return build


def _ntile(call: Call) -> Typed:
    if len(call.arguments) != 1 or call.values()[0].type not in (INTEGER, BIGINT):
        raise call.wrong_arguments("ntile(bigint)")
    return Typed(call.aggregate("ntile", call.values()[0].sql), BIGINT)


def _shifted(call: Call) -> Typed:
    """Return lag or lead: value, then how far, then what there is beyond the ends."""
    values = call.values()
    if not 1 <= len(values) <= 3 or any(v.type not in (INTEGER, BIGINT) for v in values[1:2]):
        raise call.wrong_arguments(f"{call.name}(T[, bigint[, T]])")
    both = unify([values[0], *values[2:]])
    if both is None:
        raise call.wrong_arguments(f"{call.name}(T[, bigint[, T]])")
    distance = [coerce(value, BIGINT).sql for value in values[1:2]]
    default = [value.sql for value in both[1:]]
    return Typed(call.aggregate(call.name, both[0].sql, *distance, *default), both[0].type)


def _picked(call: Call) -> Typed:
    """Return first_value, last_value or nth_value."""
    values = call.values()
    if len(values) != (2 if call.name == "nth_value" else 1):
        raise call.wrong_arguments(f"{call.name}(T{', bigint' * (call.name == 'nth_value')})")
    return Typed(call.aggregate(call.name, *(value.sql for value in values)), values[0].type)


WINDOW_FUNCTIONS: dict[str, Callable[[Call], Typed]] = {
    "row_number": _ranking("row_number", BIGINT),
    "rank": _ranking("rank", BIGINT),
    "dense_rank": _ranking("dense_rank", BIGINT),
    "percent_rank": _ranking("percent_rank", DOUBLE),
    "cume_dist": _ranking("cume_dist", DOUBLE),
    "ntile": _ntile,
    "lag": _shifted,
    "lead": _shifted,
    "first_value": _picked,
    "last_value": _picked,
    "nth_value": _picked,
}
