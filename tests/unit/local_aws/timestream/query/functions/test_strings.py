from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, value


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("chr(8364)", "varchar", "€"),
        ("codepoint('€')", "integer", "8364"),
        ("concat('a', 'b', 'c')", "varchar", "abc"),
        ("hamming_distance('héé', 'hée')", "bigint", "1"),
        ("length('é😀')", "bigint", "2"),
        ("levenshtein_distance('kitten', 'sitting')", "bigint", "3"),
        ("levenshtein_distance('é', 'e')", "bigint", "1"),
        ("lower('ÀB')", "varchar", "àb"),
        ("upper('àb')", "varchar", "ÀB"),
        ("lpad('abc', 6, 'xy')", "varchar", "xyxabc"),
        ("lpad('abcdef', 3, 'x')", "varchar", "abc"),
        ("rpad('abc', 6, 'xy')", "varchar", "abcxyx"),
        ("rpad('abcdef', 0, 'x')", "varchar", ""),
        ("ltrim('  a ')", "varchar", "a "),
        ("rtrim('  a ')", "varchar", "  a"),
        ("trim(chr(9) || ' a ' || chr(10))", "varchar", "a"),
        ("trim(BOTH 'x' FROM 'xax')", "varchar", "a"),
        ("replace('abcabc', 'b')", "varchar", "acac"),
        ("replace('abcabc', 'b', 'xy')", "varchar", "axycaxyc"),
        ("replace('ab', '', '-')", "varchar", "-a-b-"),
        ("Reverse('abc')", "varchar", "cba"),
        ("split('a,b,,c', ',')", "array(varchar)", ["a", "b", "", "c"]),
        ("split('a,b,c', ',', 2)", "array(varchar)", ["a", "b,c"]),
        ("split('a,b', ',', 5)", "array(varchar)", ["a", "b"]),
        ("split_part('a;b', ';', 2)", "varchar", "b"),
        ("split_part('a;b', ';', 5)", "varchar", None),
        ("translate('abc', 'ab', 'x')", "varchar", "xc"),
    ],
)
def test_strings(query: str, kind: str, expected: Any) -> None:
    assert answer(query) == (kind, expected)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("strpos('abcabc', 'c')", "3"),
        ("strpos('abcd', 'x')", "0"),
        ("strpos('abc', '')", "1"),
        ("strpos('abcabc', 'b', 2)", "5"),
        ("strpos('aaaa', 'aa', 3)", "3"),
        ("strpos('abc', 'b', 2)", "0"),
        ("strrpos('abcabc', 'b')", "5"),
        ("strrpos('abcabc', 'b', 2)", "2"),
        ("strrpos('abcabc', 'x')", "0"),
        ("position('c' IN 'abc')", "3"),
        ("strpos('éa', 'a')", "2"),
    ],
)
def test_positions_count_characters_from_1(query: str, place: str) -> None:
    assert answer(query) == ("bigint", place)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("'hello', 2", "ello"),
        ("'hello', 2, 2", "el"),
        ("'hello', -3", "llo"),
        ("'hello', -3, 2", "ll"),
        ("'hello', 0", ""),
        ("'hello', 9", ""),
        ("'hello', -9", ""),
        ("'hello', 2, -1", ""),
    ],
)
def test_substr_counts_from_the_end_below_0(arguments: str, text: str) -> None:
    assert value(f"substr({arguments})") == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("chr(-1)", "Not a valid Unicode code point: -1"),
        ("codepoint('ab')", "codepoint takes a single character: ab"),
        ("hamming_distance('a', 'ab')", "must have the same length"),
        ("lpad('a', -1, 'x')", "Padding size must be between 0 and 2000000"),
        ("rpad('a', 1000000000, 'x')", "Padding size must be between 0 and 2000000"),
        ("lpad('a', 5, '')", "Padding string must not be empty"),
        ("split('a', '')", "The delimiter may not be the empty string"),
        ("split('a', ',', 0)", "Limit must be positive"),
        ("split_part('a', ',', 0)", "Index must be greater than zero"),
        ("strpos(rpad('a', 20000, 'b'), 'b', 2)", "texts of up to 10000 characters"),
        ("strpos('a', 'a', 0)", "'instance' must be a positive number."),
        ("levenshtein_distance(rpad('a', 2000, 'b'), rpad('b', 2000, 'c'))", "are too large"),
        ("concat('a')", "There must be two or more concatenation arguments"),
    ],
)
def test_what_makes_no_sense_is_refused(query: str, text: str) -> None:
    assert text in refusal(query)


@pytest.mark.parametrize("query", ["lower(1)", "length()", "lpad('a', 'b', 'c')", "concat('a', 1)"])
def test_wrong_arguments_name_the_function_and_its_place(query: str) -> None:
    name = query.split("(")[0]
    text = refusal(query)
    assert "line 1:8: Unexpected parameters (" in text
    assert f") for function {name}. Expected: {name}(" in text


@pytest.mark.parametrize(
    "query",
    [
        "concat('a', NULL)",
        "lpad(NULL, 2, 'x')",
        "replace('a', NULL)",
        "split(NULL, ',')",
        "strpos('a', NULL, 2)",
        "strrpos(NULL, 'a')",
        "substr('a', NULL)",
        "trim(NULL)",
        "reverse(CAST(NULL AS varchar))",
        "chr(NULL)",
    ],
)
def test_a_null_gives_a_null(query: str) -> None:
    assert value(query) is None
