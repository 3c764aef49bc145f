"""Array functions without lambdas; positions count from 1.

Source: Timestream developer guide, "Array functions". ``contains``, ``flatten``, ``ngrams`` and
``combinations`` are Presto's, the page does not list them.
"""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Signature
from lab_utils.local_aws.timestream.query.functions.failures import (
    checked,
    named,
    once,
    unless_null,
)
from lab_utils.local_aws.timestream.query.rendering import text_of
from lab_utils.local_aws.timestream.query.types import (
    BIGINT,
    BOOLEAN,
    VARCHAR,
    ArrayType,
    array,
    row,
    variable,
)

_T = variable("T")
_LIST = array(_T)


def _array_join(call: Call) -> Typed:
    """Join the elements' texts; nulls are left out, or replaced."""
    values = call.values()
    forms = "array_join(array(T), varchar), array_join(array(T), varchar, varchar)"
    if len(values) not in (2, 3) or not isinstance(values[0].type, ArrayType):
        raise call.wrong_arguments(forms)
    if not all(can_coerce(value.type, VARCHAR) for value in values[1:]):
        raise call.wrong_arguments(forms)
    element = values[0].type.element
    if hasattr(element, "element") or hasattr(element, "fields"):
        raise call.wrong_arguments(forms)
    delimiter, *replacement = (coerce(value, VARCHAR).sql for value in values[1:])
    # DuckDB's own takes no delimiter from a column.
    join = "array_to_string" if isinstance(values[1].literal, str) else "ts_join"
    text = text_of(Typed("ts_e", element))
    if replacement:
        text = f"coalesce({text}, {replacement[0]})"
    texts = f"list_transform({values[0].sql}, lambda ts_e: {text})"
    return Typed(f"{join}(ts_fits({texts}, {delimiter}), {delimiter})", VARCHAR)


def _zip(call: Call) -> Typed:
    """Return rows of the elements at the same place; what is missing is null."""
    values = call.values()
    kinds = [v.type.element for v in values if isinstance(v.type, ArrayType)]
    if len(kinds) < 2 or len(kinds) != len(values):
        raise call.wrong_arguments("zip(array(T1), array(T2), ...)")
    fields = ", ".join(f"f{number} := ts_z.f{number}[ts_i]" for number in range(len(values)))
    lists = ", ".join(f"f{number} := {value.sql}" for number, value in enumerate(values))
    lengths = ", ".join(f"len(ts_z.f{number})" for number in range(len(values)))
    is_missing = " OR ".join(f"ts_z.f{number} IS NULL" for number in range(len(values)))
    sql = (
        f"list_transform([struct_pack({lists})], lambda ts_z: CASE WHEN {is_missing} THEN NULL"
        f" ELSE list_transform(range(1, greatest({lengths}) + 1),"
        f" lambda ts_i: struct_pack({fields})) END)[1]"
    )
    return Typed(sql, array(row(*((None, kind) for kind in kinds))))


def _same(sql: str, count: int = 1) -> list[Signature]:
    return [Signature((_LIST,) * count, _LIST, sql)]


FUNCTIONS: dict[str, Entry] = {
    "array_distinct": _same("ts_distinct({0})"),
    "array_intersect": _same("ts_intersect({0}, {1})", 2),
    "array_union": _same("ts_distinct({0} || {1})", 2),
    "array_except": _same("ts_except({0}, {1})", 2),
    "array_join": _array_join,
    "array_max": [Signature((_LIST,), _T, "ts_highest({0})")],
    "array_min": [Signature((_LIST,), _T, "ts_lowest({0})")],
    "array_position": [Signature((_LIST, _T), BIGINT, "ts_place({0}, {1})")],
    "array_remove": [Signature((_LIST, _T), _LIST, "ts_remove({0}, {1})")],
    "arrays_overlap": [Signature((_LIST, _LIST), BOOLEAN, "ts_overlap({0}, {1})")],
    "cardinality": [Signature((_LIST,), BIGINT, "len({0})")],
    "contains": [Signature((_LIST, _T), BOOLEAN, "ts_contains({0}, {1})")],
    "element_at": [Signature((_LIST, BIGINT), _T, "ts_element({0}, {1})")],
    "flatten": [Signature((array(_LIST),), _LIST, "flatten({0})")],
    "ngrams": [Signature((_LIST, BIGINT), array(_LIST), "ts_ngrams({0}, {1})")],
    "combinations": [Signature((_LIST, BIGINT), array(_LIST), "ts_combinations({0}, {1})")],
    "shuffle": _same("ts_shuffle({0})"),
    "slice": [Signature((_LIST, BIGINT, BIGINT), _LIST, "ts_slice({0}, {1}, {2})")],
    "zip": _zip,
}

_NO_INDEX = "'SQL array indices start at 1'"


_MACROS = {
    "ts_has(items, item)": "list_position(items, item) IS NOT NULL",
    "ts_distinct(items)": once(
        "items", "l", "list_filter(l, lambda e, i: list_position(l, e) = i)"
    ),
    "ts_intersect_of(mine, others)": "CASE WHEN others IS NOT NULL THEN"
    " list_filter(ts_distinct(mine), lambda e: ts_has(others, e)) END",
    "ts_except_of(mine, others)": "CASE WHEN others IS NOT NULL THEN"
    " list_filter(ts_distinct(mine), lambda e: NOT ts_has(others, e)) END",
    "ts_highest(items)": "CASE WHEN list_count(items) = len(items) THEN list_max(items) END",
    "ts_lowest(items)": "CASE WHEN list_count(items) = len(items) THEN list_min(items) END",
    "ts_fits(texts, delimiter)": "CASE WHEN NOT ts_is_too_long("
    "list_sum(list_transform(texts, lambda t: strlen(t))) + len(texts) * strlen(delimiter))"
    " OR len(texts) = 0 THEN texts END",
    "ts_join(texts, delimiter)": unless_null(
        "delimiter",
        result="list_transform([list_filter(texts, lambda e: e IS NOT NULL)], lambda l:"
        " CASE WHEN len(l) = 0 THEN '' ELSE list_reduce(l, lambda a, b: a || delimiter || b) END"
        ")[1]",
    ),
    "ts_place(items, item)": "CASE WHEN items IS NOT NULL AND item IS NOT NULL"
    " THEN CAST(coalesce(list_position(items, item), 0) AS BIGINT) END",
    "ts_remove_of(items, item)": "CASE WHEN item IS NOT NULL"
    " THEN list_filter(items, lambda e: e IS DISTINCT FROM item) END",
    "ts_overlap_of(mine, others)": "CASE WHEN mine IS NULL OR others IS NULL THEN NULL"
    " WHEN len(list_filter(mine, lambda e: e IS NOT NULL AND ts_has(others, e))) > 0 THEN true"
    " WHEN list_count(mine) < len(mine) OR list_count(others) < len(others) THEN NULL"
    " ELSE false END",
    "ts_contains(items, item)": "CASE WHEN items IS NULL OR item IS NULL THEN NULL"
    " WHEN ts_has(items, item) THEN true WHEN list_count(items) < len(items) THEN NULL"
    " ELSE false END",
    "ts_element(items, place)": "items[CASE WHEN place = 0"
    f" THEN CAST(ts_fail({_NO_INDEX}) AS BIGINT) ELSE place END]",
    "ts_intersect(mine, others)": named("ts_intersect_of", "mine", "others"),
    "ts_except(mine, others)": named("ts_except_of", "mine", "others"),
    "ts_overlap(mine, others)": named("ts_overlap_of", "mine", "others"),
    "ts_remove(items, item)": named("ts_remove_of", "items", "item"),
    "ts_ngrams(items, size)": checked(
        ("size <= 0", "'N must be positive'"),
        result=once(
            "items",
            "l",
            "CASE WHEN len(l) <= size THEN [l] ELSE list_transform("
            "range(1, len(l) - ts_clamp(size, 1, len(l)) + 2), lambda i: l[i:i + size - 1]) END",
        ),
    ),
    "ts_combinations(items, size)": checked(
        ("size < 0 OR size > 5", "'combination size must be between 0 and 5'"),
        ("len(items) > 20", "'combinations are computed of at most 20 elements'"),
        result=unless_null(
            "size",
            result="list_filter(list_reduce(list_transform(items[1:20], lambda e: [[e]]),"
            " lambda made, e: made || list_transform(list_filter(made, lambda c: len(c) < size),"
            " lambda c: c || e[1]), [items[1:0]]), lambda c: len(c) = size)",
        ),
    ),
    "ts_shuffle(items)": "list_transform(list_sort(list_transform(items,"
    " lambda e: struct_pack(r := random(), e := e))), lambda p: p.e)",
    "ts_slice(items, start, size)": checked(
        ("start = 0", _NO_INDEX),
        ("size < 0", "'length must be greater than or equal to 0'"),
        result="CASE WHEN start < -len(items) THEN items[1:0] WHEN start > 0"
        " THEN items[start:start + size - 1]"
        " ELSE items[len(items) + start + 1:len(items) + start + size] END",
    ),
}
MACROS = tuple(f"CREATE OR REPLACE MACRO {head} AS {body}" for head, body in _MACROS.items())
