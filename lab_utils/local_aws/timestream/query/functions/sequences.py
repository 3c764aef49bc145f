"""Arrays that are made: ``sequence`` and ``repeat``.

A lambda runs for each element of an array, so that in one the arrays are kept shorter.

Source: Timestream developer guide, "Array functions".
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.functions.base import (
    Call,
    Entry,
    Signature,
    call_scalar,
)
from lab_utils.local_aws.timestream.query.functions.failures import (
    LONGEST_TEXT,
    TOO_LONG,
    checked,
    named,
)
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    DATE,
    DAY_TO_SECOND,
    TIMESTAMP,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
    array,
    variable,
)

_T = variable("T")
_MOST_ENTRIES = 10_000
_MOST_ENTRIES_OF_MANY = 1_000  # our choice
_NS_PER_DAY = 86_400_000_000_000


def _sequence(call: Call) -> Typed:
    """Count over numbers, timestamps or dates; both ends are included."""
    most = _most(call)
    forms = [
        Signature(
            (BIGINT, BIGINT),
            array(BIGINT),
            f"ts_sequence({{0}}, {{1}}, ts_direction({{0}}, {{1}}), {most})",
        ),
        Signature((BIGINT,) * 3, array(BIGINT), f"ts_sequence({{0}}, {{1}}, {{2}}, {most})"),
        *_moments(TIMESTAMP, f"ts_{{}}({{{{0}}}}, {{{{1}}}}, {{}}, {most})"),
        *_moments(
            DATE,
            "ts_dates(ts_{}(CAST({{0}} AS TIMESTAMP_NS), CAST({{1}} AS TIMESTAMP_NS), {},"
            f" {most}))",
        ),
    ]
    return call_scalar(forms, call)


def _moments(kind: Type, sql: str) -> list[Signature]:
    day = sql.format("moments", f"ts_direction({{0}}, {{1}}) * {_NS_PER_DAY}")
    return [
        Signature((kind, kind), array(kind), day),
        Signature((kind, kind, DAY_TO_SECOND), array(kind), sql.format("moments", "{2}")),
        Signature((kind, kind, YEAR_TO_MONTH), array(kind), sql.format("months", "{2}")),
    ]


def _repeat(call: Call) -> Typed:
    """Repeat an element, as far as all of it has a bounded size."""
    sql = f"ts_repeat({{0}}, {{1}}, {{size}}, {_most(call)})"
    sizes: list[tuple[Type, str]] = [
        (VARCHAR, "strlen({0})"),
        (array(_T), "8 * len({0})"),
        (_T, "0"),
    ]
    forms = [
        Signature((kind, BIGINT), array(kind), sql.replace("{size}", size)) for kind, size in sizes
    ]
    return call_scalar(forms, call)


def _most(call: Call) -> int:
    return _MOST_ENTRIES_OF_MANY if call.is_in_lambda else _MOST_ENTRIES


FUNCTIONS: dict[str, Entry] = {"repeat": _repeat, "sequence": _sequence}

_NO_STEP = ("step = 0", "'step must not be zero'")
_WRONG_STEP = (
    "(stop > start AND step < 0) OR (stop < start AND step > 0)",
    "'sequence stop value should be greater than or equal to start value if step is greater"
    " than zero otherwise stop should be less than or equal to start'",
)
_TOO_MANY_STEPS = (
    "ts_steps(start, stop, step) > most",
    "'result of sequence function must not have more than ' || most || ' entries'",
)
_TOO_MANY_TIMES = (
    "count > most",
    "'count argument of repeat function must be less than or equal to ' || most",
)
_NEGATIVE = (
    "count < 0",
    "'count argument of repeat function must be greater than or equal to 0'",
)
_MACROS = {
    "ts_repeat(item, count, bytes, most)": checked(
        _NEGATIVE,
        _TOO_MANY_TIMES,
        (f"count * bytes > {LONGEST_TEXT}", TOO_LONG),
        result="list_transform([item], lambda e: list_resize([e],"
        f" ts_clamp(count, 0, ts_clamp({LONGEST_TEXT} // (bytes + 1), 0, most)), e))[1]",
    ),
    "ts_direction(start, stop)": "CASE WHEN start > stop THEN -1 ELSE 1 END",
    "ts_steps(start, stop, step)": "CAST((CAST(stop AS HUGEINT) - start)"
    " // CASE WHEN step = 0 THEN 1 ELSE step END AS HUGEINT) + 1",
    # DuckDB may compute what a check guards, so that the count is bounded in itself.
    "ts_sequence_of(start, stop, step, most)": checked(
        _NO_STEP,
        _WRONG_STEP,
        _TOO_MANY_STEPS,
        result="list_transform("
        "range(0, CAST(ts_clamp(ts_steps(start, stop, step), 0, most) AS BIGINT)),"
        " lambda i: CAST(start + i * step AS BIGINT))",
    ),
    "ts_sequence(start, stop, step, most)": named(
        "ts_sequence_of", "start", "stop", "step", "most"
    ),
    "ts_moments(start, stop, step, most)": "list_transform("
    "ts_sequence(epoch_ns(start), epoch_ns(stop), step, most), lambda ns: make_timestamp_ns(ns))",
    "ts_months_of(start, stop, step, most)": "list_filter(list_transform(ts_sequence("
    "0, datesub('month', CAST(start AS TIMESTAMP), CAST(stop AS TIMESTAMP)), step, most),"
    " lambda n: start + to_months(CAST(n AS INTEGER))), lambda m: step < 0 OR m <= stop)",
    "ts_months(start, stop, step, most)": named("ts_months_of", "start", "stop", "step", "most"),
    "ts_dates(moments)": "list_transform(moments, lambda m: CAST(m AS DATE))",
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())
