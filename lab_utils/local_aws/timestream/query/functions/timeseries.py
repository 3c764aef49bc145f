"""Time series: their making, interpolation, derivatives, integrals and correlations.

Where AWS documents nothing, our choice is:

- outside of the series' times there is no interpolated value: null (``interpolate_locf``:
  before its first time only);
- the cubic spline is the natural one;
- a derivative is that from the point before, so that the first point has none;
- ``non_negative_derivative_linear`` leaves out what is below zero.

Source: Timestream developer guide, "Timeseries views" and "Time series functions".
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Scalar, Signature
from lab_utils.local_aws.timestream.query.functions.curves import (
    indices_at,
    indices_before,
    linear,
    natural_spline,
    pearson,
    spearman,
)
from lab_utils.local_aws.timestream.query.functions.failures import checked, unless_null
from lab_utils.local_aws.timestream.query.types import (
    DAY_TO_SECOND,
    DOUBLE,
    NUMBERS,
    TIMESTAMP,
    Type,
    array,
    time_series,
    variable,
)

_T = variable("T")
_NUMERIC = time_series(DOUBLE)
_TIMES = array(TIMESTAMP)


def _create_time_series(call: Call) -> Typed:
    values = call.values()
    if len(values) != 2 or not can_coerce(values[0].type, TIMESTAMP):
        raise call.wrong_arguments("create_time_series(timestamp, T)")
    if call.modifiers.order_by:
        raise call.error("create_time_series sorts by time; it takes no ORDER BY")
    time, value = coerce(values[0], TIMESTAMP), values[1]
    pair = f'struct_pack("time" := {time.sql}, "value" := {value.sql})'
    points = call.aggregate("list", pair, order_by=f" ORDER BY {time.sql}")
    return Typed(f"ts_series({points})", time_series(value.type))


def _curve(name: str) -> list[Signature]:
    ask = f"ts_{name}(ts_times({{0}}), ts_values({{0}}), {{asked}})"
    return [
        Signature((_NUMERIC, _TIMES), _NUMERIC, _at_times(ask.replace("{asked}", _ASKED))),
        Signature((_NUMERIC, TIMESTAMP), DOUBLE, ask.replace("{asked}", _ASKED_ONE) + "[1]"),
    ]


def _at_times(values: str) -> str:
    """Return a template of a series: values at the wanted times, argument 1, in order."""
    return f"ts_points(ts_wanted({{1}}), {values})"


def _as_double(parameters: tuple[Type, ...], sql: str) -> Signature:
    return Signature(parameters, DOUBLE, f"CAST({sql} AS DOUBLE)")


_ASKED, _ASKED_ONE = "ts_ns(ts_wanted({1}))", "ts_moment({1})"
_LAST = "ts_pick({{0}}, ts_before(ts_times({{0}}), {}))"
_FILLED = "ts_pick_or({{0}}, ts_at(ts_times({{0}}), {}), {{2}})"
_CORRELATION = "ts_correlated({{0}}, {{1}}, ts_{}(ts_values({{0}}), ts_values({{1}})))"
_LAST_ONE, _FILLED_ONE = (form.format(_ASKED_ONE) + "[1]" for form in (_LAST, _FILLED))

AGGREGATES: dict[str, Entry] = {"create_time_series": _create_time_series}
FUNCTIONS: dict[str, Entry] = {
    "interpolate_linear": _curve("linear"),
    "interpolate_spline_cubic": _curve("spline"),
    "interpolate_locf": [
        Signature((time_series(_T), _TIMES), time_series(_T), _at_times(_LAST.format(_ASKED))),
        *(_as_double((time_series(kind), TIMESTAMP), _LAST_ONE) for kind in NUMBERS),
        Signature((time_series(_T), TIMESTAMP), _T, _LAST_ONE),
    ],
    "interpolate_fill": [
        Signature(
            (time_series(_T), _TIMES, _T), time_series(_T), _at_times(_FILLED.format(_ASKED))
        ),
        *(_as_double((time_series(kind), TIMESTAMP, kind), _FILLED_ONE) for kind in NUMBERS),
        Signature((time_series(_T), TIMESTAMP, _T), _T, _FILLED_ONE),
    ],
    "derivative_linear": [
        Signature((_NUMERIC, DAY_TO_SECOND), _NUMERIC, "ts_derivative({0}, {1})"),
    ],
    "non_negative_derivative_linear": [
        Signature(
            (_NUMERIC, DAY_TO_SECOND),
            _NUMERIC,
            "list_filter(ts_derivative({0}, {1}), lambda ts_p: ts_p.value >= 0)",
        ),
    ],
    "integral_trapezoidal": [
        Signature((_NUMERIC,), DOUBLE, "ts_integral({0}, 1000000000)"),
        Signature((_NUMERIC, DAY_TO_SECOND), DOUBLE, "ts_integral({0}, {1})"),
    ],
    "correlate_pearson": [Signature((_NUMERIC,) * 2, DOUBLE, _CORRELATION.format("pearson"))],
    "correlate_spearman": [Signature((_NUMERIC,) * 2, DOUBLE, _CORRELATION.format("spearman"))],
}

_NULL_VALUE = (
    "len(list_filter(points, lambda p: p.value IS NULL)) > 0",
    "'create_time_series takes no null values: leave them out with WHERE'",
)
_NO_STEP = ("step <= 0", "'the interval must be positive'")
_OTHER_TIMES = ("ts_times(one) <> ts_times(other)", "'The time series have different timestamps'")
_NS = "(epoch_ns(s[i].time) - epoch_ns(s[i - 1].time))"
_RISE = f'struct_pack("time" := s[i].time, "value" := (s[i].value - s[i - 1].value) * step / {_NS})'
_TRAPEZOID = f"(s[i].value + s[i - 1].value) / 2 * {_NS} / step"


def _over_steps(body: str) -> str:
    """Return a list of what a body makes of each point ``s[i]`` and the one before it."""
    steps = f"list_transform(range(2, len(s) + 1), lambda i: {body})"
    return f"list_transform([points], lambda s: {steps})[1]"


# Python's functions stand in the templates above, not in here: DuckDB may look for them
# when a macro is made.
_MACROS = {
    "ts_series(points)": checked(_NULL_VALUE, result="points"),
    "ts_ns(moments)": "list_transform(moments, lambda m: epoch_ns(m))",
    "ts_times(points)": "list_transform(points, lambda p: epoch_ns(p.time))",
    "ts_values(points)": "list_transform(points, lambda p: p.value)",
    "ts_wanted(moments)": "list_sort(list_filter(moments, lambda m: m IS NOT NULL))",
    "ts_moment(moment)": unless_null("moment", result="[epoch_ns(moment)]"),
    "ts_points(moments, heights)": unless_null(
        "heights",
        result="list_transform(list_zip(moments, heights),"
        ' lambda z: struct_pack("time" := z[1], "value" := z[2]))',
    ),
    "ts_pick(points, places)": "list_transform([points], lambda s:"
    " list_transform(places, lambda i: s[i].value))[1]",
    "ts_pick_or(points, places, fill)": "list_transform([struct_pack(s := points, f := fill)],"
    " lambda q: list_transform(places, lambda i: CASE WHEN i > 0 THEN q.s[i].value ELSE q.f END)"
    ")[1]",
    "ts_correlated(one, other, result)": checked(
        _OTHER_TIMES,
        # DuckDB takes a NaN from Python for a null.
        result=unless_null("one", "other", result="coalesce(result, CAST('NaN' AS DOUBLE))"),
    ),
    "ts_derivative(points, step)": checked(
        _NO_STEP,
        result=unless_null("points", "step", result=_over_steps(_RISE)),
    ),
    "ts_integral(points, step)": checked(
        _NO_STEP,
        result=unless_null(
            "points",
            "step",
            result=f"coalesce(list_sum({_over_steps(_TRAPEZOID)}), 0.0e0)",
        ),
    ),
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())

_CURVE = ("BIGINT[]", "DOUBLE[]", "BIGINT[]")
SCALARS = (
    Scalar("ts_linear", linear, _CURVE, "DOUBLE[]"),
    Scalar("ts_spline", natural_spline, _CURVE, "DOUBLE[]"),
    Scalar("ts_before", indices_before, ("BIGINT[]", "BIGINT[]"), "BIGINT[]"),
    Scalar("ts_at", indices_at, ("BIGINT[]", "BIGINT[]"), "BIGINT[]"),
    Scalar("ts_pearson", pearson, ("DOUBLE[]", "DOUBLE[]"), "DOUBLE"),
    Scalar("ts_spearman", spearman, ("DOUBLE[]", "DOUBLE[]"), "DOUBLE"),
)
