from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, rows, value

NUMBERS = (
    "FROM (VALUES (1, 2.0, 'a'), (3, NULL, 'b'), (NULL, 4.0, 'c'), (3, 5.0, NULL)) AS t(n, d, s)"
)
NOTHING = f"{NUMBERS} WHERE false"


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("count(*)", "bigint", "4"),
        ("count(t.n)", "bigint", "3"),
        ("count(DISTINCT t.n)", "bigint", "2"),
        ("count_if(t.n > 1)", "bigint", "2"),
        ("sum(t.n)", "bigint", "7"),
        ("sum(DISTINCT t.n)", "bigint", "4"),
        ("sum(t.d)", "double", "11.0"),
        ("sum(t.d) FILTER (WHERE t.n = 3)", "double", "5.0"),
        ("avg(t.n)", "double", "2.3333333333333335"),
        ("min(t.s)", "varchar", "a"),
        ("max(t.d)", "double", "5.0"),
        ("max(t.n, 5)", "array(integer)", ["3", "3", "1"]),
        ("array_agg(t.n)", "array(integer)", ["1", "3", None, "3"]),
        ("array_agg(t.s ORDER BY t.d DESC)", "array(varchar)", [None, "c", "a", "b"]),
        ("array_agg(DISTINCT t.n)", "array(integer)", None),
        ("arbitrary(t.d) FILTER (WHERE t.n = 3)", "double", "5.0"),
        ("max_by(t.s, t.d)", "varchar", None),
        ("min_by(t.s, t.d)", "varchar", "a"),
        ("max_by(t.s, t.d, 2)", "array(varchar)", [None, "c"]),
        ("approx_distinct(t.n)", "bigint", "2"),
        ("bool_or(t.n > 2)", "boolean", "true"),
        ("bitwise_or_agg(t.n)", "bigint", "3"),
        ("approx_percentile(t.d, 0.5)", "double", "4.0"),
        ("approx_percentile(t.d, t.n, 0.5)", "double", "5.0"),
        ("corr(t.n, t.d)", "double", "1.0"),
        ("geometric_mean(t.d)", "double", "3.4199518933533932"),
    ],
)
def test_nulls_do_not_count(query: str, kind: str, expected: Any) -> None:
    found = answer(f"{query} {NUMBERS}")
    if expected is None and kind.startswith("array"):
        assert sorted(map(str, found[1])) == ["1", "3", "None"]
    else:
        assert found == (kind, expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("count(*)", "0"),
        ("count_if(true)", "0"),
        ("approx_distinct(t.n)", "0"),
        ("sum(t.n)", None),
        ("avg(t.n)", None),
        ("max(t.n)", None),
        ("max(t.n, 2)", None),
        ("max_by(t.s, t.n)", None),
        ("array_agg(t.n)", None),
        ("bool_and(t.n > 1)", None),
        ("corr(t.n, t.d)", None),
        ("skewness(t.d)", None),
        ("stddev(t.d)", None),
        ("approx_percentile(t.d, 0.5)", None),
        ("approx_percentile(t.d, t.n, ARRAY[0.5])", None),
        ("geometric_mean(t.d)", None),
        ("create_time_series(now(), t.d)", None),
    ],
)
def test_of_nothing_only_counts_are_known(query: str, expected: str | None) -> None:
    assert value(f"{query} {NOTHING}") == expected


def test_intervals_have_sums_and_means() -> None:
    rows_ = "FROM (VALUES 1h, 3h) AS t(c)"
    assert answer(f"sum(t.c) {rows_}") == ("interval day to second", "0 04:00:00.000000000")
    assert value(f"avg(t.c) {rows_}") == "0 02:00:00.000000000"


def test_a_weight_repeats_a_value() -> None:
    weighted = "FROM (VALUES (10, 1), (20, 1), (30, 8)) AS t(x, w)"
    assert value(f"approx_percentile(t.x, t.w, ARRAY[0.1, 0.2, 0.3]) {weighted}") == [
        "10",
        "20",
        "30",
    ]
    assert refusal(f"approx_percentile(t.x, t.w - 1, 0.5) {weighted}") == (
        "Percentile weight must be at least 1"
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("approx_distinct(t.n, 0.5)", "Standard error must be in [0.0040625, 0.26000]: 0.5"),
        ("approx_distinct(t.n, 0.001)", "Standard error must be in [0.0040625, 0.26000]: 0.001"),
        ("approx_distinct(t.n, t.d)", "standard error of approx_distinct must be a constant"),
        ("approx_percentile(t.n, 1.5)", "Percentile must be between 0 and 1"),
        ("approx_percentile(t.n, -0.5)", "Percentile must be between 0 and 1"),
        ("approx_percentile(t.n, ARRAY[0.1, 2])", "Percentile must be between 0 and 1"),
        ("approx_percentile(t.n, t.d)", "Percentiles must be constants"),
        ("approx_percentile(t.n, 0, 0.5)", "Percentile weight must be at least 1"),
        ("approx_percentile(t.n, 1, 0.5, 1.5)", "Percentile accuracy must be strictly between"),
        ("approx_percentile(t.s, 0.5)", "for function approx_percentile"),
        ("max(t.n, 0)", "n must be between 1 and 10000"),
        ("min_by(t.s, t.n, 20000)", "n must be between 1 and 10000"),
        ("sum(t.s)", "Unexpected parameters (varchar) for function sum. Expected: sum(bigint)"),
        ("count(t.n, t.d)", "Unexpected parameters (integer, double) for function count."),
        ("avg()", "Unexpected parameters () for function avg."),
        ("create_time_series(t.d, t.n)", "for function create_time_series"),
    ],
)
def test_wrong_arguments_are_refused_with_their_place(query: str, text: str) -> None:
    message = refusal(f"{query} {NUMBERS}")
    assert "line 1:8: " in message
    assert text in message


def test_groups_and_windows_have_aggregates_of_their_own() -> None:
    numbers = "FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) AS t(k, n)"
    grouped = rows(
        f"SELECT t.k, max(t.n, 2), skewness(t.n), corr(t.n, t.n) {numbers} GROUP BY t.k ORDER BY 1"
    )
    assert [[cell for _, cell in row[:2]] for row in grouped] == [["a", ["2", "1"]], ["b", ["5"]]]
    running = rows(
        "SELECT sum(t.n) OVER (PARTITION BY t.k ORDER BY t.n),"
        " max_by(t.k, t.n) OVER (ORDER BY t.n),"
        f" approx_percentile(t.n, 0.5) OVER (PARTITION BY t.k) {numbers} ORDER BY t.n"
    )
    assert [[cell for _, cell in row] for row in running] == [
        ["1", "a", "1"],
        ["3", "a", "1"],
        ["5", "b", "5"],
    ]
