"""String functions; positions count characters (code points) from 1.

Source: Timestream developer guide, "String functions". ``translate`` and two-argument ``trim``
are Presto's, the page does not list them.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce, common_type
from lab_utils.local_aws.timestream.query.functions.base import (
    Call,
    Entry,
    Signature,
    call_scalar,
)
from lab_utils.local_aws.timestream.query.functions.failures import checked, named, unless_null
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    INTEGER,
    VARCHAR,
    ArrayType,
    Type,
    array,
    variable,
)

# Far beyond Timestream's varchar of 2 KB; what is longer only fills the memory.
_LONGEST = 2_000_000
_LONGEST_OF_MANY = 10_000
_MOST_POSITIONS = 10_000
_WHITESPACE = r"' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"
_T = variable("T")


def _concat(call: Call) -> Typed:
    """Join varchars, or arrays; null if one of them is null."""
    values = call.values()
    if len(values) < 2:
        raise call.error("There must be two or more concatenation arguments")
    kind: Type | None = values[0].type
    for value in values[1:]:
        kind = common_type(kind, value.type) if kind else None
    if kind is None or not (isinstance(kind, ArrayType) or can_coerce(kind, VARCHAR)):
        raise call.wrong_arguments("concat(varchar, varchar, ...), concat(array(E), array(E), ...)")
    kind = kind if isinstance(kind, ArrayType) else VARCHAR
    parts = [coerce(value, kind).sql for value in values]
    if kind == VARCHAR:
        return Typed(f"ts_concat([{', '.join(parts)}])", kind)
    return Typed(f"({' || '.join(parts)})", kind)


def _trim(name: str) -> list[Signature]:
    return [
        Signature((VARCHAR,), VARCHAR, f"{name}({{0}}, {_WHITESPACE})"),
        Signature((VARCHAR, VARCHAR), VARCHAR, f"{name}({{0}}, {{1}})"),
    ]


def _pad(call: Call) -> Typed:
    """Pad to at most a size that depends on how many texts it will be done to."""
    values = call.values()
    is_constant = all(value.literal is not None for value in values) and not call.is_in_lambda
    longest = _LONGEST if is_constant else _LONGEST_OF_MANY
    if len(values) == 3 and isinstance(size := values[1].literal, int) and size > longest:
        raise call.error(f"Padding size must be between 0 and {longest}")
    sql = f"ts_{call.name}({{0}}, {{1}}, {{2}}, {longest})"
    return call_scalar([Signature((VARCHAR, BIGINT, VARCHAR), VARCHAR, sql)], call)


def _find(name: str) -> list[Signature]:
    return [
        Signature((VARCHAR, VARCHAR), BIGINT, f"ts_{name}({{0}}, {{1}}, 1)"),
        Signature((VARCHAR, VARCHAR, BIGINT), BIGINT, f"ts_{name}({{0}}, {{1}}, {{2}})"),
    ]


_SUBSTRING = [
    Signature((VARCHAR, BIGINT), VARCHAR, f"ts_substr({{0}}, {{1}}, {_LONGEST})"),
    Signature((VARCHAR, BIGINT, BIGINT), VARCHAR, "ts_substr({0}, {1}, {2})"),
]

FUNCTIONS: dict[str, Entry] = {
    "chr": [Signature((BIGINT,), VARCHAR, "ts_chr({0})")],
    "codepoint": [Signature((VARCHAR,), INTEGER, "ts_codepoint({0})")],
    "concat": _concat,
    "hamming_distance": [Signature((VARCHAR, VARCHAR), BIGINT, "ts_hamming({0}, {1})")],
    "length": [Signature((VARCHAR,), BIGINT, "length({0})")],
    "levenshtein_distance": [Signature((VARCHAR, VARCHAR), BIGINT, "ts_levenshtein({0}, {1})")],
    "lower": [Signature((VARCHAR,), VARCHAR, "lower({0})")],
    "upper": [Signature((VARCHAR,), VARCHAR, "upper({0})")],
    "lpad": _pad,
    "rpad": _pad,
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "trim": _trim("trim"),
    "replace": [
        Signature((VARCHAR, VARCHAR), VARCHAR, "replace({0}, {1}, '')"),
        Signature((VARCHAR, VARCHAR, VARCHAR), VARCHAR, "ts_replace({0}, {1}, {2})"),
    ],
    "reverse": [
        Signature((VARCHAR,), VARCHAR, "reverse({0})"),
        Signature((array(_T),), array(_T), "list_reverse({0})"),
    ],
    "split": [
        Signature((VARCHAR, VARCHAR), array(VARCHAR), "ts_split({0}, {1})"),
        Signature((VARCHAR, VARCHAR, BIGINT), array(VARCHAR), "ts_split_some({0}, {1}, {2})"),
    ],
    "split_part": [Signature((VARCHAR, VARCHAR, BIGINT), VARCHAR, "ts_part({0}, {1}, {2})")],
    "strpos": _find("strpos"),
    "strrpos": _find("strrpos"),
    "substr": _SUBSTRING,
    "substring": _SUBSTRING,
    "translate": [Signature((VARCHAR,) * 3, VARCHAR, "translate({0}, {1}, {2})")],
}

_WRONG_SIZE = (
    "size < 0 OR size > longest",
    "'Padding size must be between 0 and ' || longest",
)
_NO_PADDING = ("padding = ''", "'Padding string must not be empty'")
_NO_DELIMITER = ("delimiter = ''", "'The delimiter may not be the empty string'")
# Looking at every position takes the square of their number.
_TOO_MANY_POSITIONS = (
    f"length(text) > {_MOST_POSITIONS}",
    f"'An instance is only looked for in texts of up to {_MOST_POSITIONS} characters'",
)
_NO_INSTANCE = ("instance <= 0", "'''instance'' must be a positive number.'")
# DuckDB clips a start before the first character, and takes 0 for 1.
_SUBSTR = unless_null(
    "first",
    "size",
    result="CASE WHEN first = 0 OR first < -length(text) OR size <= 0 THEN ''"
    f" ELSE substr(text, ts_clamp(first, -{_LONGEST}, {_LONGEST}), ts_clamp(size, 0, {_LONGEST}))"
    " END",
)


def _padding(name: str) -> str:
    result = f"{name}(text, CAST(ts_clamp(size, 0, longest) AS INTEGER), padding)"
    return checked(_WRONG_SIZE, _NO_PADDING, result=unless_null("size", result=result))


_MACROS = {
    "ts_chr(code)": checked(
        (
            "code < 0 OR code > 1114111 OR code BETWEEN 55296 AND 57343",
            "'Not a valid Unicode code point: ' || code",
        ),
        result="chr(CAST(code AS INTEGER))",
    ),
    "ts_codepoint(text)": checked(
        ("length(text) <> 1", "'codepoint takes a single character: ' || text"),
        result="unicode(text)",
    ),
    "ts_hamming(one, other)": checked(
        (
            "length(one) <> length(other)",
            "'The input strings to hamming_distance function must have the same length'",
        ),
        result=unless_null(
            "one",
            "other",
            result="len(list_filter(list_zip(string_split(one, ''), string_split(other, '')),"
            " lambda pair: pair[1] <> pair[2]))",
        ),
    ),
    "ts_levenshtein(one, other)": checked(
        (
            "length(one) * length(other) > 1000000",
            "'The combined inputs for Levenshtein distance are too large'",
        ),
        result="levenshtein(one, other)",
    ),
    "ts_lpad(text, size, padding, longest)": _padding("lpad"),
    "ts_rpad(text, size, padding, longest)": _padding("rpad"),
    "ts_concat(texts)": "list_transform([texts], lambda l: CASE WHEN list_count(l) = len(l)"
    " AND NOT ts_is_too_long(list_sum(list_transform(l, lambda t: strlen(t))))"
    " THEN array_to_string(l, '') END)[1]",
    # An empty search text stands between all characters.
    "ts_places(text, search)": "(strlen(text) // ts_clamp(strlen(search), 1, 1000000))",
    "ts_put(text, search, swap)": "CASE WHEN search = '' THEN swap"
    " || array_to_string(list_transform(string_split(text, ''), lambda c: c || swap), '')"
    " ELSE replace(text, search, swap) END",
    "ts_replace_of(text, search, swap)": "CASE WHEN NOT"
    " ts_is_too_long(ts_places(text, search) * strlen(swap)) THEN"
    " ts_put(text, search, ts_short(swap, ts_places(text, search))) END",
    "ts_replace(text, search, swap)": named("ts_replace_of", "text", "search", "swap"),
    "ts_fields(text, delimiter)": unless_null(
        "text", "delimiter", result="string_split(text, delimiter)"
    ),
    "ts_split(text, delimiter)": checked(_NO_DELIMITER, result="ts_fields(text, delimiter)"),
    "ts_split_some(text, delimiter, most)": checked(
        _NO_DELIMITER,
        ("most <= 0", "'Limit must be positive'"),
        result="list_transform([ts_fields(text, delimiter)], lambda parts:"
        " CASE WHEN len(parts) <= most THEN parts WHEN len(parts) > most"
        " THEN list_append(parts[:most - 1], substr(text, CAST(1 + (most - 1) * length(delimiter)"
        " + coalesce(list_sum(list_transform(parts[:most - 1], lambda part: length(part))), 0)"
        " AS BIGINT))) END)[1]",
    ),
    # The check is inside the index: DuckDB drops it where both branches come out as null.
    "ts_part(text, delimiter, number)": "ts_fields(text, delimiter)[CASE WHEN number <= 0"
    " THEN CAST(ts_fail('Index must be greater than zero') AS BIGINT) ELSE number END]",
    # Every position, those of overlapping hits too.
    "ts_positions(text, search)": "list_filter(range(1, length(text) - length(search) + 2),"
    " lambda i: substr(text, i, length(search)) = search)",
    "ts_instance(text, search, instance)": checked(
        _TOO_MANY_POSITIONS,
        result="coalesce(ts_positions(substr(text, 1, 10000), search)[instance], 0)",
    ),
    "ts_strpos(text, search, instance)": checked(
        _NO_INSTANCE,
        result="CASE WHEN instance = 1 THEN strpos(text, search)"
        " WHEN length(text) + length(search) + instance IS NOT NULL"
        " THEN ts_instance(text, search, instance) END",
    ),
    "ts_strrpos(text, search, instance)": checked(
        _NO_INSTANCE,
        result="CASE WHEN length(text) + length(search) + instance IS NOT NULL"
        " THEN ts_instance(text, search, -instance) END",
    ),
    "ts_substr(text, first, size)": _SUBSTR,
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())
