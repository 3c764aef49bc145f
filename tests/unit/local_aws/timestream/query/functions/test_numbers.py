from __future__ import annotations

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, value


@pytest.mark.parametrize(
    ("query", "kind", "text"),
    [
        ("abs(-5)", "integer", "5"),
        ("abs(-2.5)", "double", "2.5"),
        ("cbrt(27)", "double", "3.0"),
        ("cbrt(-8)", "double", "-2.0"),
        ("cbrt(0)", "double", "0.0"),
        ("ceil(2.1)", "double", "3.0"),
        ("ceiling(-2.1)", "double", "-2.0"),
        ("ceil(5)", "integer", "5"),
        ("floor(-2.5)", "double", "-3.0"),
        ("degrees(pi())", "double", "180.0"),
        ("radians(180)", "double", "3.141592653589793"),
        ("e()", "double", "2.718281828459045"),
        ("exp(1)", "double", "2.718281828459045"),
        ("ln(e())", "double", "1.0"),
        ("log2(8)", "double", "3.0"),
        ("log10(1000)", "double", "3.0"),
        ("log(2, 8)", "double", "3.0"),
        ("mod(7, 3)", "integer", "1"),
        ("mod(-7, 3)", "integer", "-1"),
        ("mod(-5.5, 2)", "double", "-1.5"),
        ("pow(2, 3)", "double", "8.0"),
        ("power(2, 0.5)", "double", "1.4142135623730951"),
        ("sqrt(2)", "double", "1.4142135623730951"),
        ("sign(-5)", "integer", "-1"),
        ("sign(0)", "integer", "0"),
        ("sign(-2.5)", "double", "-1.0"),
        ("sign(nan())", "double", "NaN"),
        ("sign(-infinity())", "double", "-1.0"),
        ("truncate(-2.7)", "double", "-2.0"),
        ("acos(1)", "double", "0.0"),
        ("asin(1)", "double", "1.5707963267948966"),
        ("atan(1)", "double", "0.7853981633974483"),
        ("atan2(1, 1)", "double", "0.7853981633974483"),
        ("cos(0)", "double", "1.0"),
        ("cosh(0)", "double", "1.0"),
        ("sin(0)", "double", "0.0"),
        ("tan(0)", "double", "0.0"),
        ("tanh(0)", "double", "0.0"),
        ("infinity()", "double", "Infinity"),
        ("nan()", "double", "NaN"),
        ("is_finite(1)", "boolean", "true"),
        ("is_infinite(-infinity())", "boolean", "true"),
        ("is_nan(nan())", "boolean", "true"),
        ("from_base('ff', 16)", "bigint", "255"),
        ("from_base('-Zz', 36)", "bigint", "-1295"),
        ("to_base(255, 16)", "varchar", "ff"),
        ("to_base(-5, 2)", "varchar", "-101"),
        ("width_bucket(3, 1, 5, 4)", "bigint", "3"),
        ("width_bucket(9, 1, 5, 4)", "bigint", "5"),
        ("width_bucket(3, ARRAY[1.0, 2.0, 4.0])", "bigint", "2"),
    ],
)
def test_numbers(query: str, kind: str, text: str) -> None:
    assert answer(query) == (kind, text)


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ("2.5", "double", "3.0"),
        ("-2.5", "double", "-3.0"),
        ("0.49999999999999994", "double", "0.0"),
        ("5", "integer", "5"),
        ("1.2345, 3", "double", "1.235"),
        ("2.675, 2", "double", "2.68"),
        ("1234.5, -2", "double", "1200.0"),
        ("1250, -2", "integer", "1300"),
        ("infinity(), 2", "double", "Infinity"),
        ("1e300, 20", "double", "1.0E300"),
    ],
)
def test_round_rounds_halves_away_from_zero(arguments: str, kind: str, text: str) -> None:
    assert answer(f"round({arguments})") == (kind, text)


@pytest.mark.parametrize("query", ["ln(-1)", "sqrt(-1)", "acos(2)", "log10(-1)", "mod(1.5, 0)"])
def test_doubles_know_no_errors_but_nan(query: str) -> None:
    assert value(query) == "NaN"


def test_the_logarithm_of_0_and_the_power_of_0_are_infinite() -> None:
    assert value("ln(0)") == "-Infinity"
    assert value("pow(0, -1)") == "Infinity"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("mod(7, 0)", "Division by zero"),
        ("from_base('zz', 16)", "Not a valid base-16 number: zz"),
        ("from_base(rpad('1', 1000000, '1'), 16)", "Not a valid base-16 number: 1111"),
        ("from_base('', 16)", "Not a valid base-16 number: "),
        ("from_base('1', 37)", "Radix must be between 2 and 36"),
        ("to_base(1, 1)", "Radix must be between 2 and 36"),
        ("random(0)", "bound must be positive"),
        ("width_bucket(1, 2, 2, 3)", "bounds cannot equal each other"),
        ("abs('a')", "Unexpected parameters (varchar) for function abs."),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, text: str) -> None:
    assert text in refusal(query)


def test_random_numbers_stay_below_their_bound() -> None:
    assert value("rand() < 1 AND random() >= 0") == "true"
    numbers = "FROM UNNEST(sequence(1, 100)) AS t(n)"
    assert answer(f"max(random(3)) {numbers}") == ("integer", "2")
    assert value(f"min(random(5, 7)) >= 5 AND max(random(5, 7)) < 7 {numbers}") == "true"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("bit_count(-7, 64)", "62"),
        ("bit_count(-7, 8)", "6"),
        ("bitwise_left_shift(1, 63)", "-9223372036854775808"),
        ("bitwise_left_shift(-1, 1)", "-2"),
        ("bitwise_left_shift(1, 64)", "0"),
        ("bitwise_right_shift(-8, 2)", "4611686018427387902"),
        ("bitwise_right_shift_arithmetic(-8, 2)", "-2"),
    ],
)
def test_bits_are_those_of_64_bit_numbers(query: str, text: str) -> None:
    assert answer(query) == ("bigint", text)


def test_bits_are_checked() -> None:
    assert (
        refusal("bit_count(1, 65)")
        == "Bits specified in bit_count must be between 2 and 64, got 65"
    )
    assert refusal("bitwise_left_shift(1, -1)") == "Specified shift must be positive"


def test_the_greatest_and_the_least_know_all_types_that_have_an_order() -> None:
    assert answer("greatest(1, 2.5, 2)") == ("double", "2.5")
    assert answer("least('b', 'a')") == ("varchar", "a")
    assert value("greatest(DATE '2020-01-01', DATE '2021-01-01')") == "2021-01-01"
    assert value("least(1d, 2h)") == "0 02:00:00.000000000"
    assert value("greatest(1, NULL)") is None
