from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, rows, value


def at(second: int) -> str:
    return f"2023-01-01 00:00:{second:02}.000000000"


def series(*points: tuple[int, str]) -> str:
    """Return a WITH clause that names a series ``s`` of seconds and SQL values."""
    listed = ", ".join(f"(timestamp '{at(second)}', {sql})" for second, sql in points)
    return (
        f"WITH t AS (SELECT create_time_series(p.c1, p.c2) AS s FROM (VALUES {listed})"
        " AS p(c1, c2)) "
    )


def of(expression: str, *points: tuple[int, str]) -> Any:
    return value(f"{series(*points)} SELECT {expression} FROM t")


def sequence(first: int, last: int, step: int) -> str:
    return f"sequence(timestamp '{at(first)}', timestamp '{at(last)}', {step}s)"


RISING = ((0, "1.0"), (30, "4.0"), (10, "2.0"))
LETTER = "'a'"
UNEVEN = ((0, "0.0"), (10, "10.0"), (20, "0.0"))


def test_points_are_put_in_the_order_of_time() -> None:
    assert answer(f"{series(*RISING)} SELECT s FROM t") == (
        "timeseries(double)",
        [(at(0), "1.0"), (at(10), "2.0"), (at(30), "4.0")],
    )


@pytest.mark.parametrize(
    ("sql", "kind", "text"),
    [("7", "integer", "7"), ("true", "boolean", "true"), ("'on'", "varchar", "on")],
)
def test_a_series_has_values_of_any_type(sql: str, kind: str, text: str) -> None:
    assert answer(f"{series((0, sql))} SELECT s FROM t") == (f"timeseries({kind})", [(at(0), text)])


def test_a_series_takes_no_null_values_but_a_filter() -> None:
    pair = ((0, "1.0"), (1, "NULL"))
    assert "takes no null values" in refusal(f"{series(*pair)} SELECT s FROM t")
    query = (
        "create_time_series(p.c1, p.c2) FILTER (WHERE p.c2 IS NOT NULL) FROM"
        f" (VALUES (timestamp '{at(0)}', 1), (timestamp '{at(1)}', NULL)) AS p(c1, c2)"
    )
    assert value(query) == [(at(0), "1")]


def test_interpolate_linear_goes_straight_and_not_beyond_the_ends() -> None:
    assert of(f"interpolate_linear(s, {sequence(5, 35, 10)})", *RISING) == [
        (at(5), "1.5"),
        (at(15), "2.5"),
        (at(25), "3.5"),
        (at(35), None),
    ]
    assert of(f"interpolate_linear(s, timestamp '{at(20)}')", *RISING) == "3.0"
    assert of(f"interpolate_linear(s, timestamp '{at(31)}')", *RISING) is None


def test_whole_numbers_are_interpolated_as_doubles() -> None:
    query = (
        f"{series((0, '1'), (10, '2'))} SELECT interpolate_linear(s, {sequence(0, 10, 5)}) FROM t"
    )
    assert answer(query) == (
        "timeseries(double)",
        [(at(0), "1.0"), (at(5), "1.5"), (at(10), "2.0")],
    )


def test_interpolate_spline_cubic_is_the_natural_spline() -> None:
    # The natural spline through (0,0), (10,10), (20,0): 1.5 x - x^3 / 200 up to the middle.
    assert of(f"interpolate_spline_cubic(s, {sequence(0, 25, 5)})", *UNEVEN) == [
        (at(0), "0.0"),
        (at(5), "6.875"),
        (at(10), "10.0"),
        (at(15), "6.875"),
        (at(20), "0.0"),
        (at(25), None),
    ]
    assert of(f"interpolate_spline_cubic(s, timestamp '{at(5)}')", *UNEVEN) == "6.875"
    assert of(f"interpolate_spline_cubic(s, timestamp '{at(5)}')", *UNEVEN[:2]) == "5.0"


def test_interpolate_locf_carries_the_last_value_of_any_type() -> None:
    states = ((10, "'off'"), (20, "'on'"))
    assert of(f"interpolate_locf(s, {sequence(5, 25, 5)})", *states) == [
        (at(5), None),
        (at(10), "off"),
        (at(15), "off"),
        (at(20), "on"),
        (at(25), "on"),
    ]
    assert of(f"interpolate_locf(s, timestamp '{at(59)}')", *states) == "on"
    query = f"{series((0, '1'))} SELECT interpolate_locf(s, timestamp '{at(5)}') FROM t"
    assert answer(query) == ("double", "1.0")


def test_interpolate_fill_puts_a_constant_where_no_point_is() -> None:
    assert of(f"interpolate_fill(s, {sequence(0, 20, 10)}, 7.5)", *RISING) == [
        (at(0), "1.0"),
        (at(10), "2.0"),
        (at(20), "7.5"),
    ]
    assert of(f"interpolate_fill(s, timestamp '{at(15)}', 0)", *RISING) == "0.0"
    assert of(f"interpolate_fill(s, timestamp '{at(10)}', 0)", *RISING) == "2.0"


def test_derivatives_are_per_interval_and_begin_at_the_second_point() -> None:
    assert of("derivative_linear(s, 1m)", *UNEVEN) == [(at(10), "60.0"), (at(20), "-60.0")]
    assert of("non_negative_derivative_linear(s, 1m)", *UNEVEN) == [(at(10), "60.0")]
    assert of("derivative_linear(s, 1s)", *UNEVEN[:1]) == []


def test_the_integral_is_per_second_unless_it_says_else() -> None:
    assert of("integral_trapezoidal(s)", *UNEVEN) == "100.0"
    assert of("integral_trapezoidal(s, 10s)", *UNEVEN) == "10.0"
    assert of("integral_trapezoidal(s)", (0, "2"), (30, "4")) == "90.0"
    assert of("integral_trapezoidal(s)", *UNEVEN[:1]) == "0.0"


def test_intervals_of_nothing_are_refused() -> None:
    for function in ("derivative_linear(s, 0s)", "integral_trapezoidal(s, 0s)"):
        query = f"{series(*UNEVEN)} SELECT {function} FROM t"
        assert refusal(query) == "the interval must be positive"


def correlation(name: str, first: list[float], second: list[float], shift: int = 0) -> str:
    one = ", ".join(f"(timestamp '{at(i)}', {x})" for i, x in enumerate(first))
    other = ", ".join(f"(timestamp '{at(i + shift)}', {x})" for i, x in enumerate(second))
    make = "SELECT create_time_series(p.t, p.x) AS s FROM (VALUES {}) AS p(t, x)"
    return (
        f"WITH a AS ({make.format(one)}), b AS ({make.format(other)})"
        f" SELECT correlate_{name}(a.s, b.s) FROM a, b"
    )


def test_correlations_of_pearson_and_spearman() -> None:
    rising, falling = [1.0, 2.0, 3.0, 4.0], [8.0, 6.0, 4.0, 2.0]
    assert answer(correlation("pearson", rising, rising)) == ("double", "1.0")
    assert value(correlation("pearson", rising, falling)) == "-1.0"
    assert value(correlation("spearman", rising, [1.0, 8.0, 27.0, 64.0])) == "1.0"
    assert value(correlation("spearman", rising, [1.0, 1.0, 2.0, 2.0])) == "0.8944271909999159"
    assert value(correlation("pearson", rising, [1.0, 1.0, 1.0, 1.0])) == "NaN"


def test_correlated_series_need_the_same_times() -> None:
    text = "The time series have different timestamps"
    assert refusal(correlation("pearson", [1.0, 2.0], [1.0, 2.0], shift=1)) == text
    assert refusal(correlation("spearman", [1.0, 2.0], [1.0])) == text


def test_filter_and_reduce_see_time_and_value() -> None:
    assert of("filter(s, x -> x.value > 1.5)", *RISING) == [(at(10), "2.0"), (at(30), "4.0")]
    assert of(f"filter(s, x -> x.time < timestamp '{at(5)}')", *RISING) == [(at(0), "1.0")]
    assert of("reduce(s, DOUBLE '0.0', (s, x) -> x.value * x.value + s, s -> s)", *RISING) == "21.0"


def test_the_documented_fraction_above_a_threshold() -> None:
    state = "ROW(count_high BIGINT, count_total BIGINT)"
    query = (
        f"ROUND(REDUCE(s, CAST(ROW(0, 0) AS {state}), (s, x) -> CAST(ROW(s.count_high +"
        f" IF(x.value > 1.5, 1, 0), s.count_total + 1) AS {state}), s -> IF(s.count_total = 0,"
        " NULL, CAST(s.count_high AS DOUBLE) / s.count_total)), 4)"
    )
    assert of(query, *RISING) == "0.6667"


def test_a_series_is_unnested_per_group() -> None:
    found = rows(
        "WITH t AS (SELECT p.k, interpolate_linear(create_time_series(p.t, p.x),"
        " sequence(min(p.t), max(p.t), 5s)) AS s FROM (VALUES"
        f" ('a', timestamp '{at(0)}', 0.0), ('a', timestamp '{at(10)}', 10.0),"
        f" ('b', timestamp '{at(3)}', 3.0)) AS p(k, t, x) GROUP BY p.k)"
        " SELECT k, time, value FROM t CROSS JOIN UNNEST(s) ORDER BY 1, 2"
    )
    assert [[cell for _, cell in row] for row in found] == [
        ["a", at(0), "0.0"],
        ["a", at(5), "5.0"],
        ["a", at(10), "10.0"],
        ["b", at(3), "3.0"],
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "interpolate_linear(s, NULL)",
        "interpolate_locf(s, CAST(NULL AS timestamp))",
        "derivative_linear(s, NULL)",
        "integral_trapezoidal(s, NULL)",
        "correlate_pearson(s, NULL)",
        "interpolate_fill(s, CAST(NULL AS timestamp), 1.0)",
    ],
)
def test_a_null_gives_a_null(expression: str) -> None:
    assert of(expression, *RISING) is None


def test_a_missing_series_gives_a_null() -> None:
    missing = "FROM (SELECT s FROM t WHERE false) AS u RIGHT JOIN t ON u.s = t.s"
    for expression in (
        f"interpolate_linear(u.s, {sequence(0, 10, 5)})",
        f"interpolate_locf(u.s, timestamp '{at(5)}')",
        f"interpolate_fill(u.s, timestamp '{at(5)}', 1.0)",
        "derivative_linear(u.s, 1s)",
        "integral_trapezoidal(u.s)",
        "correlate_spearman(u.s, t.s)",
        "filter(u.s, x -> x.value > 1)",
    ):
        assert value(f"{series(*RISING)} SELECT {expression} {missing}") is None


def test_wrong_arguments_name_the_function() -> None:
    texts = f"{series((0, LETTER))} SELECT "
    for call in ("interpolate_linear(s, now())", "derivative_linear(s, 1s)", "interpolate_fill(s)"):
        name = call.split("(")[0]
        assert f" for function {name}. Expected: {name}(" in refusal(f"{texts}{call} FROM t")
