"""Functions that take a lambda, over arrays and time series.

Source: Timestream developer guide, "Filter and reduce functions" for time series; those over
arrays are Presto's and not listed there.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce, common_type
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry
from lab_utils.local_aws.timestream.query.functions.lambdas import apply, parts
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    TIMESTAMP,
    ArrayType,
    RowType,
    TimeSeriesType,
    Type,
    array,
    row,
)


def _elements(call: Call, forms: str, count: int) -> tuple[Typed, Type]:
    """Return an array or time series as a list of what a lambda sees, and the type of that.

    Raises:
        SqlError: The call has another number of arguments, or begins with something else.
    """
    if len(call.arguments) != count or call.arguments[0].is_lambda:
        raise call.wrong_arguments(forms)
    values = call.arguments[0].typed()
    if isinstance(values.type, ArrayType):
        return values, values.type.element
    if isinstance(values.type, TimeSeriesType):
        sql = (
            f"list_transform({values.sql}, lambda ts_p:"
            " struct_pack(f0 := ts_p.time, f1 := ts_p.value))"
        )
        return Typed(sql, values.type), point(values.type)
    raise call.wrong_arguments(forms)


def point(series: TimeSeriesType) -> RowType:
    """Return the type of a time series' element, whose fields are ``time`` and ``value``."""
    return row(("time", TIMESTAMP), ("value", series.value))


def _lambda(call: Call, place: int, forms: str, *parameters: Type) -> Typed:
    if not call.arguments[place].is_lambda:
        raise call.wrong_arguments(forms)
    return call.arguments[place].bind(*parameters)


def _condition(call: Call, forms: str) -> tuple[Typed, Typed]:
    values, element = _elements(call, forms, 2)
    test = _lambda(call, 1, forms, element)
    if not can_coerce(test.type, BOOLEAN):
        raise call.error(f"{call.name} takes a function that returns boolean, not {test.type}")
    return values, test


def _filter(call: Call) -> Typed:
    forms = "filter(array(T), function(T, boolean)), filter(timeseries(T), function(T, boolean))"
    values, test = _condition(call, forms)
    kept = f"list_filter({values.sql}, {test.sql})"
    if isinstance(values.type, TimeSeriesType):
        kept = (
            f"list_transform({kept}, lambda ts_p:"
            ' struct_pack("time" := ts_p.f0, "value" := ts_p.f1))'
        )
    return Typed(kept, values.type)


def _match(call: Call) -> Typed:
    """Return ``any_match``, ``all_match`` or ``none_match``, with SQL's third truth value."""
    values, test = _condition(call, f"{call.name}(array(T), function(T, boolean))")
    return Typed(f"ts_{call.name}(list_transform({values.sql}, {test.sql}))", BOOLEAN)


def _transform(call: Call) -> Typed:
    forms = "transform(array(T), function(T, U))"
    values, element = _elements(call, forms, 2)
    body = _lambda(call, 1, forms, element)
    return Typed(f"list_transform({values.sql}, {body.sql})", array(body.type))


def _reduce(call: Call) -> Typed:
    forms = (
        "reduce(array(T), S, function(S, T, S), function(S, R)), "
        "reduce(timeseries(T), S, function(S, T, S), function(S, R))"
    )
    values, element = _elements(call, forms, 4)
    if call.arguments[1].is_lambda:
        raise call.wrong_arguments(forms)
    start = call.arguments[1].typed()
    state, step = _state(call, forms, start.type, element)
    finish = _lambda(call, 3, forms, state)
    final = f"list_reduce({values.sql}, {step}, {coerce(start, state).sql})"
    return Typed(apply(finish.sql, final), finish.type)


def _state(call: Call, forms: str, start: Type, element: Type) -> tuple[Type, str]:
    """Return the state's type, wide enough for what the function makes, and the function."""
    step = _lambda(call, 2, forms, start, element)
    state = common_type(start, step.type)
    if state is None:
        raise call.error(f"reduce begins with {start}, but its function returns {step.type}")
    if state != start:
        step = _lambda(call, 2, forms, state, element)
    if not can_coerce(step.type, state):
        raise call.error(f"reduce begins with {start}, but its function returns {step.type}")
    names, body = parts(step.sql)
    return state, f"lambda {', '.join(names)}: {coerce(Typed(body, step.type), state).sql}"


def _zip_with(call: Call) -> Typed:
    forms = "zip_with(array(T), array(U), function(T, U, R))"
    if len(call.arguments) != 3 or any(argument.is_lambda for argument in call.arguments[:2]):
        raise call.wrong_arguments(forms)
    first, second = (argument.typed() for argument in call.arguments[:2])
    if not isinstance(first.type, ArrayType) or not isinstance(second.type, ArrayType):
        raise call.wrong_arguments(forms)
    body = _lambda(call, 2, forms, first.type.element, second.type.element)
    made = apply(body.sql, "ts_z.a[ts_i]", "ts_z.b[ts_i]")
    sql = (
        f"list_transform([struct_pack(a := {first.sql}, b := {second.sql})], lambda ts_z:"
        f" CASE WHEN ts_z.a IS NULL OR ts_z.b IS NULL THEN NULL ELSE list_transform("
        f"range(1, greatest(len(ts_z.a), len(ts_z.b)) + 1), lambda ts_i: {made}) END)[1]"
    )
    return Typed(sql, array(body.type))


def _array_sort(call: Call) -> Typed:
    """Sort, nulls last; or by a function that compares two elements as -1, 0 or 1.

    The latter inserts one element after the other, which is slow beyond a few thousand.
    """
    forms = "array_sort(array(E)), array_sort(array(T), function(T, T, bigint))"
    if len(call.arguments) == 1:
        values, _ = _elements(call, forms, 1)
        if not isinstance(values.type, ArrayType):
            raise call.wrong_arguments(forms)
        return Typed(f"list_sort({values.sql}, 'ASC', 'NULLS LAST')", values.type)
    values, element = _elements(call, forms, 2)
    compare = _lambda(call, 1, forms, element, element)
    if not isinstance(values.type, ArrayType) or not can_coerce(compare.type, BIGINT):
        raise call.wrong_arguments(forms)
    order = apply(compare.sql, "ts_y", "ts_x[1]")
    sql = (
        f"list_reduce(list_transform({values.sql}, lambda ts_x: [ts_x]), lambda ts_a, ts_x:"
        f" list_filter(ts_a, lambda ts_y: {order} <= 0) || ts_x"
        f" || list_filter(ts_a, lambda ts_y: {order} > 0), CAST([] AS {values.type.duckdb}))"
    )
    return Typed(sql, values.type)


FUNCTIONS: dict[str, Entry] = {
    "all_match": _match,
    "any_match": _match,
    "array_sort": _array_sort,
    "filter": _filter,
    "none_match": _match,
    "reduce": _reduce,
    "transform": _transform,
    "zip_with": _zip_with,
}

_HAS_UNKNOWN = "list_count(results) < len(results)"
_MATCHES = {
    "any": f"WHEN list_contains(results, true) THEN true WHEN {_HAS_UNKNOWN} THEN NULL ELSE false",
    "all": f"WHEN list_contains(results, false) THEN false WHEN {_HAS_UNKNOWN} THEN NULL ELSE true",
    "none": f"WHEN list_contains(results, true) THEN false WHEN {_HAS_UNKNOWN} THEN NULL ELSE true",
}
MACROS = tuple(
    f"CREATE OR REPLACE MACRO ts_{name}_match(results) AS"
    f" CASE WHEN results IS NULL THEN NULL {cases} END"
    for name, cases in _MATCHES.items()
)
