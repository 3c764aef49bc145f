"""Mathematical functions; doubles follow Java: no errors, but NaN and Infinity.

Source: Timestream developer guide, "Mathematical functions". ``log``, ``width_bucket`` and
``random(m, n)`` are Presto's, the page does not list them.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.base import Entry, Signature
from lab_utils.local_aws.timestream.query.functions.failures import checked, named, unless_null
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    NUMBERS,
    VARCHAR,
    array,
)

_WHOLE = (INTEGER, BIGINT)


def _double(sql: str, count: int = 1) -> list[Signature]:
    return [Signature((DOUBLE,) * count, DOUBLE, sql)]


def _constant(sql: str) -> list[Signature]:
    return [Signature((), DOUBLE, sql)]


def _is(sql: str) -> list[Signature]:
    return [Signature((DOUBLE,), BOOLEAN, sql)]


def _to_whole(name: str) -> list[Signature]:
    """Return rounding that leaves whole numbers alone."""
    same = [Signature((kind,), kind, "{0}") for kind in _WHOLE]
    return [*same, *_double(f"{name}({{0}})")]


_CEILING = _to_whole("ceil")
_POWER = _double("pow({0}, {1})", 2)
_RANDOM = [
    Signature((), DOUBLE, "random()"),
    *(Signature((kind,), kind, f"ts_random({{0}})::{kind.duckdb}") for kind in _WHOLE),
    *(
        Signature((kind, kind), kind, f"({{0}} + ts_random({{1}} - {{0}}))::{kind.duckdb}")
        for kind in _WHOLE
    ),
]

FUNCTIONS: dict[str, Entry] = {
    "abs": [Signature((kind,), kind, "abs({0})") for kind in NUMBERS],
    "cbrt": _double("ts_cube_root({0})"),
    "ceil": _CEILING,
    "ceiling": _CEILING,
    "floor": _to_whole("floor"),
    "round": [
        *_to_whole("round"),
        *(Signature((kind, BIGINT), kind, "round({0}, CAST({1} AS INTEGER))") for kind in _WHOLE),
        Signature((DOUBLE, BIGINT), DOUBLE, "ts_round({0}, {1})"),
    ],
    "truncate": _double("trunc({0})"),
    "sign": [
        *(
            Signature((kind,), kind, f"CAST(sign({{0}}) AS {kind.duckdb})")
            for kind in (INTEGER, BIGINT)
        ),
        *_double("CASE WHEN isnan({0}) THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"),
    ],
    "mod": [
        *(Signature((kind, kind), kind, "({0} % {1})") for kind in _WHOLE),
        *_double("({0} % {1})", 2),
    ],
    "degrees": _double("degrees({0})"),
    "radians": _double("radians({0})"),
    "e": _constant("2.718281828459045e0"),
    "pi": _constant("pi()"),
    "infinity": _constant("CAST('Infinity' AS DOUBLE)"),
    "nan": _constant("CAST('NaN' AS DOUBLE)"),
    "is_finite": _is("isfinite({0})"),
    "is_infinite": _is("isinf({0})"),
    "is_nan": _is("isnan({0})"),
    "exp": _double("exp({0})"),
    "ln": _double("ln({0})"),
    "log2": _double("log2({0})"),
    "log10": _double("log10({0})"),
    "log": _double("(ln({1}) / ln({0}))", 2),
    "pow": _POWER,
    "power": _POWER,
    "sqrt": _double("sqrt({0})"),
    "rand": _RANDOM,
    "random": _RANDOM,
    "acos": _double("acos({0})"),
    "asin": _double("asin({0})"),
    "atan": _double("atan({0})"),
    "atan2": _double("atan2({0}, {1})", 2),
    "cos": _double("cos({0})"),
    "cosh": _double("cosh({0})"),
    "sin": _double("sin({0})"),
    "tan": _double("tan({0})"),
    "tanh": _double("tanh({0})"),
    "from_base": [Signature((VARCHAR, BIGINT), BIGINT, "ts_from_base({0}, {1})")],
    "to_base": [Signature((BIGINT, BIGINT), VARCHAR, "ts_to_base({0}, {1})")],
    "width_bucket": [
        Signature((DOUBLE, array(DOUBLE)), BIGINT, "ts_bin_of({0}, {1})"),
        Signature((DOUBLE, DOUBLE, DOUBLE, BIGINT), BIGINT, "ts_bucket({0}, {1}, {2}, {3})"),
    ],
}

_NO_RADIX = ("radix NOT BETWEEN 2 AND 36", "'Radix must be between 2 and 36'")
_NO_NUMBER = (
    "NOT regexp_full_match(text, '[-+]?[0-9A-Za-z]{1,100}') OR list_max(ts_digits(text)) >= radix",
    "'Not a valid base-' || radix || ' number: ' || text",
)
_DIGITS = (
    "list_transform(string_split(lower(ltrim(text, '+-')), ''), lambda c:"
    " strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1)"
)
_MACROS = {
    # DuckDB's cbrt is off by a last digit (27 gives 3.0000000000000004): one step of Newton's.
    "ts_cube_root(x)": "list_transform([cbrt(x)], lambda r: CASE WHEN r = 0 OR NOT isfinite(r)"
    " THEN r ELSE r - (r * r * r - x) / (3 * r * r) END)[1]",
    # Presto's arithmetic, whose last digits are others than those of DuckDB's round.
    "ts_round(x, digits)": unless_null(
        "digits",
        result="CASE WHEN isfinite(x * pow(10, digits))"
        " THEN round(x * pow(10, digits)) / pow(10, digits) ELSE x END",
    ),
    "ts_random(upper)": checked(
        ("upper <= 0", "'bound must be positive'"), result="floor(random() * upper)"
    ),
    "ts_digits(text)": _DIGITS,
    "ts_from_base_of(text, radix)": checked(
        _NO_RADIX,
        _NO_NUMBER,
        result="CASE WHEN text LIKE '-%' THEN -1 ELSE 1 END * list_reduce(ts_digits(text),"
        " lambda total, digit: total * radix + digit, CAST(0 AS BIGINT))",
    ),
    "ts_from_base(text, radix)": named("ts_from_base_of", "text", "radix"),
    "ts_to_base(number, radix)": checked(
        _NO_RADIX,
        result="CASE WHEN number < 0 THEN '-' ELSE '' END"
        " || lower(to_base(abs(number), CAST(radix AS INTEGER)))",
    ),
    "ts_bin_of(x, bins)": "len(list_filter(bins, lambda b: b <= x))",
    "ts_bucket(x, first, last, count)": checked(
        ("count <= 0", "'bucketCount must be greater than 0'"),
        ("first = last", "'bounds cannot equal each other'"),
        result="CAST(ts_clamp(floor((x - first) / (last - first) * count) + 1,"
        " 0, count + 1) AS BIGINT)",
    ),
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())
