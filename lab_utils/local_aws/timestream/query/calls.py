"""Calls of functions: scalar functions, aggregates, window functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.functions import AGGREGATES, SCALAR_FUNCTIONS
from lab_utils.local_aws.timestream.query.functions.base import (
    Call,
    Modifiers,
    call_aggregate,
    call_scalar,
)
from lab_utils.local_aws.timestream.query.operators import boolean
from lab_utils.local_aws.timestream.query.ordering import order_items
from lab_utils.local_aws.timestream.query.session import NOW, Expressions
from lab_utils.local_aws.timestream.query.special_forms import SPECIAL_FORMS
from lab_utils.local_aws.timestream.query.types import Type
from lab_utils.local_aws.timestream.query.windows import WINDOW_FUNCTIONS, over_clause

# Our choice: DuckDB binds a lambda's body twice or more often, and so each lambda in it.
DEEPEST_LAMBDAS = 3

_PARTS = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "week": "week",
    "day": "day",
    "day_of_month": "day_of_month",
    "day_of_week": "day_of_week",
    "dow": "day_of_week",
    "day_of_year": "day_of_year",
    "doy": "day_of_year",
    "year_of_week": "year_of_week",
    "yow": "year_of_week",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
}
_TRIMS = {"": "trim", "BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}


@dataclass
class _Argument:
    """An argument that is translated when the function asks for it, and only once.

    A function that asked twice would double the work with each call within a call.
    """

    at: Expressions
    node: exp.Expr
    _typed: Typed | None = None

    @property
    def is_lambda(self) -> bool:
        return isinstance(self.node, exp.Lambda)

    def typed(self) -> Typed:
        if isinstance(self.node, exp.Lambda):
            raise self.at.session.error("A lambda is not expected here", self.node)
        if self._typed is None:
            self._typed = self.at.translate(self.node)
        return self._typed

    def bind(self, *parameters: Type) -> Typed:
        names = self.node.expressions if isinstance(self.node, exp.Lambda) else []
        if len(names) != len(parameters):
            raise self.at.session.error(
                f"A lambda of {len(parameters)} parameters is expected", self.node
            )
        if len(self.at.scope.parameters) >= DEEPEST_LAMBDAS:
            raise self.at.session.error(
                f"Lambdas nested more than {DEEPEST_LAMBDAS} deep are not supported", self.node
            )
        bound = {}
        for name, kind in zip(names, parameters, strict=True):
            bound[name.name.lower()] = Typed(f'"{self.at.session.name("p:")}"', kind)
        self.at.scope.parameters.append(bound)
        try:
            body = self.at.translate(self.node.this)
        finally:
            self.at.scope.parameters.pop()
        listed = ", ".join(value.sql for value in bound.values())
        return Typed(f"lambda {listed}: {body.sql}", body.type)


def call(at: Expressions, name: str, arguments: Sequence[exp.Expr], node: exp.Expr) -> Typed:
    """Return a call of a scalar function of the catalogue."""
    entry = SCALAR_FUNCTIONS.get(name)
    if entry is None:
        raise at.session.error(f"Function {name} not registered", node)
    made = Call(
        name,
        _arguments(at, arguments),
        at.session.position(node),
        NOW.sql,
        is_in_lambda=bool(at.scope.parameters),
    )
    return entry(made) if callable(entry) else call_scalar(entry, made)


def _arguments(at: Expressions, nodes: Sequence[exp.Expr]) -> list[_Argument]:
    return [_Argument(at, node) for node in nodes]


def _anonymous(at: Expressions, node: exp.Anonymous) -> Typed:
    name = node.name.lower()
    if name in AGGREGATES:
        return _aggregate(at, node, "", "")
    if name in WINDOW_FUNCTIONS:
        raise at.session.error(f"Window function {name} requires an OVER clause", node)
    if name in SPECIAL_FORMS:
        return SPECIAL_FORMS[name](at, node)
    return call(at, name, node.expressions, node)


def _filter(at: Expressions, node: exp.Filter) -> Typed:
    return _aggregate(at, _aggregate_of(at, node), _filter_clause(at, node), "")


def _aggregate_of(at: Expressions, node: exp.Expr) -> exp.Anonymous:
    inner = node.this
    if isinstance(inner, exp.Anonymous) and inner.name.lower() in AGGREGATES:
        return inner
    raise at.session.error("FILTER and OVER follow an aggregate or a window function", node)


def _filter_clause(at: Expressions, node: exp.Filter) -> str:
    within = Expressions(at.session, at.scope)
    within.clause = "FILTER clause"
    condition = boolean(within.translate(node.expression.this), "FILTER clause")
    return f" FILTER (WHERE {condition.sql})"


def _window(at: Expressions, node: exp.Window) -> Typed:
    at.session.allow(node, "this", "partition_by", "order", "spec", "over")
    if at.clause:
        raise at.session.error(f"{at.clause} cannot contain window functions", node)
    inner, nulls = node.this, ""
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls = " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
        inner = inner.this
    over = over_clause(at, node)
    if isinstance(inner, exp.Anonymous) and inner.name.lower() in WINDOW_FUNCTIONS:
        return _window_function(at, inner, nulls, over)
    if nulls:
        raise at.session.error("IGNORE NULLS does not go with this function", node)
    if isinstance(inner, exp.Filter):
        return _aggregate(at, _aggregate_of(at, inner), _filter_clause(at, inner), over)
    return _aggregate(at, _aggregate_of(at, node), "", over)


def _window_function(at: Expressions, node: exp.Anonymous, nulls: str, over: str) -> Typed:
    name = node.name.lower()
    made = Call(
        name,
        _arguments(at, node.expressions),
        at.session.position(node),
        NOW.sql,
        Modifiers(order_by=nulls, tail=over),
    )
    return WINDOW_FUNCTIONS[name](made)


def _aggregate(at: Expressions, node: exp.Anonymous, condition: str, over: str) -> Typed:
    name = node.name.lower()
    arguments, distinct, order = _aggregate_arguments(node)
    inner = at if over else _inside_aggregate(at, node)
    order_by = ""
    if order is not None:
        items = order_items(inner, order.expressions)
        order_by = f" ORDER BY {', '.join(items)}"
    modifiers = Modifiers("DISTINCT " if distinct else "", order_by, f"{condition}{over}")
    made = Call(name, _arguments(inner, arguments), at.session.position(node), NOW.sql, modifiers)
    entry = AGGREGATES[name]
    return entry(made) if callable(entry) else call_aggregate(entry, made)


def _inside_aggregate(at: Expressions, node: exp.Anonymous) -> Expressions:
    """Return the translator of an aggregate's arguments, whose columns need no grouping."""
    if at.clause:
        raise at.session.error(f"{at.clause} cannot contain aggregations", node)
    at.has_aggregates = True
    inner = Expressions(at.session, at.scope)
    inner.clause = f"Aggregation '{node.name.lower()}'"
    return inner


def _aggregate_arguments(
    node: exp.Anonymous,
) -> tuple[list[exp.Expr], bool, exp.Order | None]:
    """Return the arguments, whether DISTINCT stands before them, and their ORDER BY."""
    arguments = list(node.expressions)
    order: exp.Order | None = None
    if arguments and isinstance(arguments[-1], exp.Order):
        order = arguments[-1]
        arguments[-1] = order.this
    distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
    if distinct:
        arguments = [*arguments[0].expressions, *arguments[1:]]
    if len(arguments) == 1 and isinstance(arguments[0], exp.Star) and not distinct:
        arguments = []  # count(*)
    return arguments, distinct, order


def _extract(at: Expressions, node: exp.Extract) -> Typed:
    name = _PARTS.get(node.this.name.lower())
    if name is None:
        raise at.session.error(f"Invalid EXTRACT field: {node.this.name}", node)
    return call(at, name, [node.expression], node)


def _substring(at: Expressions, node: exp.Substring) -> Typed:
    parts = [node.this, node.args.get("start"), node.args.get("length")]
    return call(at, "substr", [part for part in parts if part is not None], node)


def _trim(at: Expressions, node: exp.Trim) -> Typed:
    at.session.allow(node, "this", "position", "expression")
    name = _TRIMS[str(node.args.get("position") or "")]
    arguments = [node.this, node.args.get("expression")]
    return call(at, name, [part for part in arguments if part is not None], node)


HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Anonymous: _anonymous,
    exp.Filter: _filter,
    exp.Window: _window,
    exp.Extract: _extract,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.StrPosition: lambda at, node: call(at, "strpos", [node.this, node.args["substr"]], node),
    exp.CurrentTimestamp: lambda _, __: NOW,
    exp.CurrentDate: lambda at, node: call(at, "current_date", [], node),
    exp.CurrentTime: lambda at, node: call(at, "current_time", [], node),
    exp.Localtime: lambda at, node: call(at, "localtime", [], node),
    exp.Localtimestamp: lambda at, node: call(at, "localtimestamp", [], node),
}
