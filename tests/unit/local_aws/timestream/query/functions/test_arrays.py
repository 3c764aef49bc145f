from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, value


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("array_distinct(ARRAY[3,1,NULL,3,NULL])", ["3", "1", None]),
        ("array_distinct(ARRAY['b','a','b'])", ["b", "a"]),
        ("array_intersect(ARRAY[2,1,NULL,2], ARRAY[NULL,2])", ["2", None]),
        ("array_except(ARRAY[2,1,NULL,2], ARRAY[1])", ["2", None]),
        ("array_union(ARRAY[2,1], ARRAY[1.5])", ["2.0", "1.0", "1.5"]),
        ("array_remove(ARRAY[1,NULL,1,2], 1)", [None, "2"]),
        ("array_sort(ARRAY[3,NULL,1])", ["1", "3", None]),
        ("array_sort(ARRAY['b','B','a'])", ["B", "a", "b"]),
        ("concat(ARRAY[1], ARRAY[2.5])", ["1.0", "2.5"]),
        ("concat(ARRAY[1], NULL)", None),
        ("flatten(ARRAY[ARRAY[1], ARRAY[2,3]])", ["1", "2", "3"]),
        ("ngrams(ARRAY['a','b','c'], 2)", [["a", "b"], ["b", "c"]]),
        ("ngrams(ARRAY['a','b'], 3)", [["a", "b"]]),
        ("combinations(ARRAY[1,2,3], 2)", [["1", "2"], ["1", "3"], ["2", "3"]]),
        ("repeat('x', 2)", ["x", "x"]),
        ("repeat(NULL, 2)", [None, None]),
        ("repeat('x', 0)", []),
        ("reverse(ARRAY['a',NULL])", [None, "a"]),
        ("sequence(3, 1)", ["3", "2", "1"]),
        ("sequence(1, 1)", ["1"]),
        ("sequence(1, 8, 3)", ["1", "4", "7"]),
        (
            "sequence(DATE '2024-02-28', DATE '2024-03-01')",
            ["2024-02-28", "2024-02-29", "2024-03-01"],
        ),
        (
            "sequence(DATE '2024-01-31', DATE '2024-03-31', 1month)",
            ["2024-01-31", "2024-02-29", "2024-03-31"],
        ),
        ("slice(ARRAY[1,2,3], -2, 2)", ["2", "3"]),
        ("slice(ARRAY[1,2,3], 3, 5)", ["3"]),
        ("slice(ARRAY[1,2,3], 4, 1)", []),
        ("slice(ARRAY[1,2,3], -4, 2)", []),
        ("zip(ARRAY[1], ARRAY['a','b'], ARRAY[true])", [("1", "a", "true"), (None, "b", None)]),
    ],
)
def test_arrays(query: str, expected: Any) -> None:
    assert value(query) == expected


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("array_join(ARRAY[1.5, NULL, 100000000.0], ',')", "varchar", "1.5,1.0E8"),
        ("array_join(ARRAY[true, NULL], ',', 'none')", "varchar", "true,none"),
        ("array_join(ARRAY[1h], ',')", "varchar", "0 01:00:00.000000000"),
        ("array_join(ARRAY['a','b'], t.c) FROM (VALUES '-') AS t(c)", "varchar", "a-b"),
        ("array_max(ARRAY[1, NULL])", "integer", None),
        ("array_min(ARRAY['b', 'a'])", "varchar", "a"),
        ("array_max(ARRAY[1.5, 2])", "double", "2.0"),
        ("array_position(ARRAY[1, 2], 7)", "bigint", "0"),
        ("arrays_overlap(ARRAY[1, NULL], ARRAY[2])", "boolean", None),
        ("arrays_overlap(ARRAY[1], ARRAY[2])", "boolean", "false"),
        ("cardinality(ARRAY[])", "bigint", "0"),
        ("contains(ARRAY[1, NULL], 2)", "boolean", None),
        ("contains(ARRAY[1, 2], 2)", "boolean", "true"),
        ("contains(ARRAY[1, 2], 3)", "boolean", "false"),
        ("element_at(ARRAY[6, 8], -1)", "integer", "8"),
        ("element_at(ARRAY[6, 8], 3)", "integer", None),
    ],
)
def test_what_arrays_contain(query: str, kind: str, expected: str | None) -> None:
    assert answer(query) == (kind, expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("transform(ARRAY[1,2], x -> x * 1.5)", ["1.5", "3.0"]),
        ("transform(ARRAY['a',NULL], x -> upper(x))", ["A", None]),
        ("transform(ARRAY[ARRAY[1,2]], x -> transform(x, y -> y + cardinality(x)))", [["3", "4"]]),
        ("filter(ARRAY[1,NULL,3], x -> x > 1)", ["3"]),
        ("reduce(ARRAY[5,20,50], 0, (s, x) -> s + x, s -> s)", "75"),
        ("reduce(ARRAY[5,20], '', (s, x) -> s || CAST(x AS varchar), s -> length(s))", "3"),
        ("reduce(ARRAY[1,2], 0, (s, x) -> s + x * 1.5, s -> s)", "4.5"),
        ("reduce(ARRAY[1,NULL], 0, (s, x) -> s + coalesce(x, 10), s -> s)", "11"),
        ("reduce(CAST(ARRAY[] AS array(integer)), 7, (s, x) -> s + x, s -> -s)", "-7"),
        ("any_match(ARRAY[1,NULL], x -> x > 1)", None),
        ("any_match(ARRAY[2,NULL], x -> x > 1)", "true"),
        ("all_match(ARRAY[2,NULL], x -> x > 1)", None),
        ("all_match(ARRAY[2,1], x -> x > 1)", "false"),
        ("none_match(ARRAY[], x -> x > 1)", "true"),
        ("none_match(ARRAY[2], x -> x > 1)", "false"),
        ("zip_with(ARRAY[1,2], ARRAY[3,4], (x, y) -> x * y)", ["3", "8"]),
        ("zip_with(ARRAY[1,2], ARRAY['a'], (x, y) -> coalesce(y, 'none'))", ["a", "none"]),
        (
            "array_sort(ARRAY[3,2,5,1,2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))",
            ["5", "3", "2", "2", "1"],
        ),
        (
            "array_sort(ARRAY['bc','a','ab'], (x, y) -> length(x) - length(y))",
            ["a", "bc", "ab"],
        ),
    ],
)
def test_lambdas(query: str, expected: Any) -> None:
    assert value(query) == expected


def test_a_row_may_be_the_state_of_reduce() -> None:
    kind = "ROW(total DOUBLE, count INTEGER)"
    query = (
        f"reduce(ARRAY[5, 20, 50], CAST(ROW(0.0, 0) AS {kind}),"
        f" (s, x) -> CAST(ROW(x + s.total, s.count + 1) AS {kind}),"
        " s -> IF(s.count = 0, NULL, s.total / s.count))"
    )
    assert answer(query) == ("double", "25.0")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("sequence(0, 1000000000)", "must not have more than 10000 entries"),
        ("sequence(0, 9223372036854775807)", "must not have more than 10000 entries"),
        ("sequence(1, 5, 0)", "step must not be zero"),
        ("sequence(1, 5, -1)", "sequence stop value should be greater than or equal to start"),
        ("sequence(now(), ago(1d), 1h)", "sequence stop value should be greater than or equal"),
        ("repeat('x', 1000000000)", "must be less than or equal to 10000"),
        ("repeat('x', -1)", "must be greater than or equal to 0"),
        ("element_at(ARRAY[1], 0)", "SQL array indices start at 1"),
        ("slice(ARRAY[1], 0, 1)", "SQL array indices start at 1"),
        ("slice(ARRAY[1], 1, -1)", "length must be greater than or equal to 0"),
        ("ngrams(ARRAY[1], 0)", "N must be positive"),
        ("combinations(ARRAY[1], 6)", "combination size must be between 0 and 5"),
        ("combinations(sequence(1, 30), 5)", "at most 20 elements"),
    ],
)
def test_what_would_fill_the_memory_or_makes_no_sense_is_refused(query: str, text: str) -> None:
    assert text in refusal(query)


@pytest.mark.parametrize(
    "query",
    [
        "cardinality(5)",
        "transform(ARRAY[1], 5)",
        "transform(x -> x, ARRAY[1])",
        "filter(ARRAY[1])",
        "reduce(ARRAY[1], 0, (s, x) -> s)",
        "zip(ARRAY[1])",
        "array_join(5, ',')",
        "array_sort(ARRAY[1], 5)",
    ],
)
def test_wrong_arguments_name_the_function_and_its_place(query: str) -> None:
    assert f" for function {query.split('(')[0]}. Expected: " in refusal(query)


def test_a_function_that_returns_the_wrong_type_is_refused() -> None:
    assert "returns boolean, not integer" in refusal("filter(ARRAY[1], x -> x)")
    assert "begins with integer" in refusal("reduce(ARRAY[1], 0, (s, x) -> 'a', s -> s)")


def test_bounds_may_come_from_aggregates_and_subqueries() -> None:
    rows = "FROM (VALUES 1, 2, 3) AS t(c)"
    assert value(f"sequence(min(t.c), max(t.c)) {rows}") == ["1", "2", "3"]
    assert value("sequence((SELECT 1), (SELECT 3), (SELECT 2))") == ["1", "3"]
    assert value(f"array_remove(array_agg(t.c), max(t.c)) {rows}") == ["1", "2"]
    assert value(f"transform(array_agg(t.c), x -> x - min(t.c)) {rows}") == ["0", "1", "2"]
