from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, value


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("regexp_extract('abc', 'x')", None),
        ("regexp_extract('abc', '(z)?c', 1)", None),
        (r"regexp_extract('t=21.5', '=(\d+)\.(\d)', 2)", "5"),
        ("regexp_extract_all('abc', 'x')", []),
        ("regexp_like('abc', '^b')", "false"),
        ("regexp_like('abc', '(?<letter>b)')", "true"),
        ("regexp_replace('abc', '(b)(c)', '[$2$1]')", "a[cb]"),
        (r"regexp_replace('abc', 'b', '\$1')", "a$1c"),
        (r"regexp_replace('abc', 'b', 'x\\y')", r"ax\yc"),
        ("regexp_replace('abc', '(?<it>b)', '<${it}>')", "a<b>c"),
        ("regexp_replace('abc', '(b)', t.c) FROM (VALUES '<$1>') AS t(c)", "a<b>c"),
        (r"regexp_replace('a1b22', '(\d+)', x -> '<' || x[1] || '>')", "a<1>b<22>"),
        (r"regexp_replace('a1b22', '([a-z])(\d+)', x -> x[2] || x[1])", "1a22b"),
        ("regexp_replace('abc', 'x', x -> 'never')", "abc"),
        ("regexp_split('a,b,', ',')", ["a", "b", ""]),
        (r"regexp_split('a1b22c', '\d+')", ["a", "b", "c"]),
        ("regexp_replace(NULL, 'a')", None),
        ("regexp_like(NULL, 'a')", None),
    ],
)
def test_regular_expressions(query: str, expected: Any) -> None:
    assert value(query) == expected


def test_a_group_that_the_pattern_lacks_is_refused() -> None:
    assert "Cannot access group 3" in refusal("regexp_extract('a', '(a)', 3)")
    assert "No group with name {x}" in refusal("regexp_replace('a', '(a)', '${x}')")


def test_what_re2_lacks_is_refused() -> None:
    assert "invalid perl operator" in refusal("regexp_like('ab', 'a(?=b)')")


def test_a_function_in_place_of_a_replacement_must_return_text() -> None:
    assert answer("regexp_replace('a', '(a)', x -> upper(x[1]))") == ("varchar", "A")
    assert "for function regexp_replace" in refusal("regexp_replace('a', '(a)', x -> 1)")
