"""No expression makes a text that fills the memory of the process."""

from __future__ import annotations

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import refusal, value

LONG = "rpad('a', 10000, 'a')"


@pytest.mark.parametrize(
    "query",
    [
        f"length(replace({LONG}, 'a', {LONG}))",
        f"length(replace({LONG}, '', {LONG}))",
        f"length(regexp_replace({LONG}, 'a', {LONG}))",
        f"length(regexp_replace({LONG}, '(a+)', '{'$1' * 1000}'))",
        f"length(regexp_replace({LONG}, '(a)', x -> {LONG}))",
        f"length(array_join(sequence(1, 10000), {LONG}))",
        f"length(array_join(transform(sequence(1, 1100), x -> {LONG}), ''))",
        f"cardinality(repeat({LONG}, 5000))",
        "cardinality(repeat(sequence(1, 10000), 200))",
        f"length(concat({', '.join([f'array_join(repeat({LONG}, 500), {chr(39) * 2})'] * 3)}))",
    ],
)
def test_what_would_be_too_long_is_refused(query: str) -> None:
    assert refusal(query) == "A value would be larger than 10000000 bytes"


def test_a_long_padding_is_one_of_a_constant() -> None:
    assert value("length(rpad('a', 1048577, 'b'))") == "1048577"
    text = "Padding size must be between 0 and 10000"
    assert text in refusal("transform(ARRAY[1], x -> rpad('a', 10001, 'b'))")
    assert text in refusal("length(rpad(t.c, 10001, 'b')) FROM (VALUES 'a') AS t(c)")


def test_long_texts_are_made_up_to_that() -> None:
    assert value(f"length(replace({LONG}, 'a', rpad('b', 900, 'b')))") == "9000000"
    assert value(f"length(regexp_replace({LONG}, 'a', 'bcd'))") == "30000"
    assert value(f"length(array_join(repeat({LONG}, 900), ','))") == "9000899"
    assert value(f"length(concat({LONG}, {LONG}))") == "20000"


def test_replacements_may_be_nested() -> None:
    query = "'a1'"
    for digit in range(12):
        query = f"replace({query}, '{digit}', '{digit + 1}')"
    assert value(query) == "a12"


def test_arrays_in_lambdas_are_shorter() -> None:
    text = "must not have more than 1000 entries"
    assert text in refusal("transform(sequence(1, 10000), x -> sequence(1, 10000))")
    assert value("cardinality(sequence(1, 10000))") == "10000"
    assert value("transform(ARRAY[2], x -> repeat(x, 2))") == [["2", "2"]]
