"""Literals, columns, operators, conditions and casts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lab_utils.local_aws.timestream.query.casts import cast, cast_type
from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.durations import duration, span
from lab_utils.local_aws.timestream.query.operators import (
    arithmetic,
    boolean,
    concatenate,
    negate,
    unify,
)
from lab_utils.local_aws.timestream.query.session import Expressions
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    UNKNOWN,
    VARCHAR,
    ArrayType,
    RowType,
    array,
    row,
)

# DuckDB gives NULL for what is outside an array; Timestream refuses it.
# The subscript itself fails: DuckDB folds a CASE of nulls before it looks at its conditions.
ELEMENT_MACROS = (
    "CREATE OR REPLACE MACRO ts_subscript(items, i) AS items[CASE"
    " WHEN i < 1 THEN CAST(ts_fail('Array subscript is less than 1: ' || i) AS BIGINT)"
    " WHEN i > len(items) THEN CAST(ts_fail('Array subscript out of bounds') AS BIGINT)"
    " ELSE i END]",
)

_BINARY = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.DPipe: "||"}
_INT32_MAX, _INT64_MAX = 2**31 - 1, 2**63 - 1


def quoted(text: str) -> str:
    """Return a text as a DuckDB literal."""
    return "'" + text.replace("'", "''") + "'"


def number(text: str) -> Typed:
    """Return a number's literal: INTEGER, BIGINT if it needs that, else DOUBLE.

    Raises:
        ValueError: No type holds it.
    """
    try:
        value = int(text)
    except ValueError:
        return _double(text)
    if abs(value) <= _INT32_MAX:
        return Typed(str(value), INTEGER, value)
    if -_INT64_MAX - 1 <= value <= _INT64_MAX:
        return Typed(f"CAST({value} AS BIGINT)", BIGINT, value)
    raise ValueError(f"Invalid numeric literal: {text}")


def _double(text: str) -> Typed:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"Invalid numeric literal: {text}")
    digits = repr(value)
    return Typed(digits if "e" in digits else f"{digits}e0", DOUBLE)


def make_row(values: list[Typed]) -> Typed:
    """Return a row of values whose fields have no names."""
    packed = ", ".join(f"f{index} := {value.sql}" for index, value in enumerate(values))
    return Typed(f"struct_pack({packed})", row(*((None, value.type) for value in values)))


def _literal(_: Expressions, node: exp.Literal) -> Typed:
    if node.is_string:
        return Typed(quoted(node.this), VARCHAR, node.this)
    return number(node.this)


def _negation(at: Expressions, node: exp.Neg) -> Typed:
    inner = node.this
    if isinstance(inner, exp.Literal) and not inner.is_string:
        value = number(f"-{inner.this}")
        return Typed(f"({value.sql})", value.type, value.literal)
    return negate(at.translate(inner))


def _duration(_: Expressions, node: exp.BitString) -> Typed:
    count, unit = node.this.split(" ")
    return duration(count, unit)


def _interval(at: Expressions, node: exp.Interval) -> Typed:
    at.session.allow(node, "this", "unit", "fraction_in_string")
    if not isinstance(node.this, exp.Literal) or node.unit is None:
        raise at.session.error("An interval is written as in interval '2' day", node)
    if isinstance(node.unit, exp.IntervalSpan):
        first, last = node.unit.this.name, node.unit.expression.name
        return span(node.this.name, first.lower(), last.lower())
    return duration(node.this.name, node.unit.name)


def _column(at: Expressions, node: exp.Column) -> Typed:
    name, relation = node.name, node.table or None
    if relation is None:
        parameter = at.scope.parameter(name)
        if parameter:
            return parameter
    found = at.scope.find(name, relation)
    if found:
        if found[1]:
            at.ungrouped.append(node)
        return Typed(found[0].sql, found[0].type)
    field = _field_of_column(at, node) if relation else None
    if field is None:
        full = f"{relation}.{name}" if relation else name
        raise at.session.error(f"Column '{full}' does not exist", node)
    return field


def _field_of_column(at: Expressions, node: exp.Column) -> Typed | None:
    """Return ``column.field`` of a row; it is read like ``relation.column``."""
    owner = exp.Column(this=node.args["table"])
    if at.scope.parameter(owner.name) is None and at.scope.find(owner.name, None) is None:
        return None
    return _field(at.translate(owner), node.name)


def _field(value: Typed, name: str) -> Typed | None:
    if isinstance(value.type, RowType):
        for index, (known, kind) in enumerate(value.type.fields):
            if known and known.lower() == name.lower():
                return Typed(f"struct_extract({value.sql}, 'f{index}')", kind)
    return None


def _dot(at: Expressions, node: exp.Dot) -> Typed:
    owner = at.translate(node.this)
    field = _field(owner, node.expression.name)
    if field is None:
        raise at.session.error(f"{owner.type} has no field '{node.expression.name}'", node)
    return field


def _subscript(at: Expressions, node: exp.Bracket) -> Typed:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise at.session.error("One subscript is expected between [ and ]", node)
    owner, index = at.translate(node.this), at.translate(node.expressions[0])
    if isinstance(owner.type, RowType) and isinstance(index.literal, int):
        if not 1 <= index.literal <= len(owner.type.fields):
            raise at.session.error(f"Invalid subscript index: {index.literal}", node)
        kind = owner.type.fields[index.literal - 1][1]
        return Typed(f"struct_extract({owner.sql}, 'f{index.literal - 1}')", kind)
    if isinstance(owner.type, ArrayType) and index.type in (INTEGER, BIGINT):
        return Typed(f"ts_subscript({owner.sql}, {index.sql})", owner.type.element)
    raise at.session.error(f"'[]' cannot be applied to {owner.type}, {index.type}", node)


def _array(at: Expressions, node: exp.Array) -> Typed:
    values = unify([at.translate(item) for item in node.expressions])
    if values is None:
        raise at.session.error("All ARRAY elements must be the same type", node)
    kind = array(values[0].type if values else UNKNOWN)
    items = ", ".join(value.sql for value in values)
    return Typed(f"[{items}]" if values else "CAST([] AS INTEGER[])", kind)


def _tuple(at: Expressions, node: exp.Tuple) -> Typed:
    if not node.expressions:
        raise at.session.error("( ) holds no value", node)
    return make_row([at.translate(item) for item in node.expressions])


def _binary(at: Expressions, node: exp.Binary) -> Typed:
    """Translate a chain such as ``a + b - c`` without recursion to its left."""
    chain: list[exp.Binary] = []
    left: exp.Expr = node
    while type(left) in _BINARY and isinstance(left, exp.Binary):
        chain.append(left)
        left = left.this
    met = len(at.ungrouped)
    result = at.translate(left)
    for part in reversed(chain):
        at.session.allow(part, "this", "expression", "typed", "safe")
        right = at.translate(part.expression)
        operator = _BINARY[type(part)]
        result = (
            concatenate(result, right) if operator == "||" else arithmetic(operator, result, right)
        )
        at.settle(result, met)
    return result


def _connected(at: Expressions, node: exp.Connector) -> Typed:
    """Translate ``a AND b AND c`` without recursion to its left."""
    word = "AND" if isinstance(node, exp.And) else "OR"
    terms: list[exp.Expr] = []
    left: exp.Expr = node
    while type(left) is type(node) and isinstance(left, exp.Connector):
        terms.append(left.expression)
        left = left.this
    parts = []
    for term in (left, *reversed(terms)):
        parts.append(boolean(at.translate(term), "Operand of logical expression").sql)
    return Typed(f"({f' {word} '.join(parts)})", BOOLEAN)


def _not(at: Expressions, node: exp.Not) -> Typed:
    value = boolean(at.translate(node.this), "Value of logical NOT expression")
    return Typed(f"(NOT {value.sql})", BOOLEAN)


def _case(at: Expressions, node: exp.Case) -> Typed:
    default = node.args.get("default")
    values = [at.translate(branch.args["true"]) for branch in node.args["ifs"]]
    values.append(at.translate(default) if default else Typed("NULL", UNKNOWN))
    results = unify(values)
    if results is None:
        kinds = ", ".join(sorted({str(value.type) for value in values}))
        raise at.session.error(f"All CASE results must be the same type: {kinds}", node)
    conditions = [branch.this for branch in node.args["ifs"]]
    head, tests = _case_head(at, node, conditions)
    whens = " ".join(
        f"WHEN {test} THEN {result.sql}" for test, result in zip(tests, results, strict=False)
    )
    return Typed(f"CASE{head} {whens} ELSE {results[-1].sql} END", results[-1].type)


def _case_head(
    at: Expressions, node: exp.Case, conditions: list[exp.Expr]
) -> tuple[str, list[str]]:
    tests = [at.translate(condition) for condition in conditions]
    if node.this is None:
        return "", [boolean(test, "CASE WHEN clause").sql for test in tests]
    both = unify([at.translate(node.this), *tests])
    if both is None:
        raise at.session.error("CASE operand and WHEN values must be the same type", node)
    return f" {both[0].sql}", [test.sql for test in both[1:]]


def _cast(at: Expressions, node: exp.Cast) -> Typed:
    at.session.allow(node, "this", "to", "safe", "_type")
    target = cast_type(node.to)
    if target is None:
        raise at.session.error(f"Unknown type: {node.to.sql().lower()}", node)
    value = at.translate(node.this)
    tries = isinstance(node, exp.TryCast)
    try:
        result = cast(value, target)
    except ValueError:
        if not tries:
            raise
        return Typed(f"CAST(NULL AS {target.duckdb})", target)
    if result is None:
        raise at.session.error(f"Cannot cast {value.type} to {target}", node)
    return Typed(f"TRY({result.sql})", target) if tries else result


def _parameter(at: Expressions, node: exp.Expr) -> Typed:
    name = node.name
    at.session.parameters.append(name if name and name != "?" else "?")
    return Typed("NULL", UNKNOWN)


def _scalar_subquery(at: Expressions, node: exp.Expr) -> Typed:
    query = at.query(node)
    if len(query.columns) != 1:
        raise at.session.error(
            f"A subquery used as a value has one column, not {len(query.columns)}", node
        )
    return Typed(f"({query.sql})", query.columns[0].type)


HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Typed]] = {
    exp.Literal: _literal,
    exp.Boolean: lambda _, node: Typed("TRUE" if node.this else "FALSE", BOOLEAN),
    exp.Null: lambda _, __: Typed("NULL", UNKNOWN),
    exp.Neg: _negation,
    exp.BitString: _duration,
    exp.Interval: _interval,
    exp.Column: _column,
    exp.Dot: _dot,
    exp.Paren: lambda at, node: at.translate(node.this),
    exp.Tuple: _tuple,
    exp.Bracket: _subscript,
    exp.Array: _array,
    exp.And: _connected,
    exp.Or: _connected,
    exp.Not: _not,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Placeholder: _parameter,
    exp.Parameter: _parameter,
    exp.Subquery: _scalar_subquery,
    exp.Select: _scalar_subquery,
    **dict.fromkeys(_BINARY, _binary),
}
