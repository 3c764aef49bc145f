"""Rules of the pages on operators, data types and functions, case by case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lab_utils.local_aws.rules.sql.context import V1
from lab_utils.local_aws.rules.sql.values import UNDEFINED
from tests.unit.local_aws.rules.sql.asking import value_of

PAYLOAD = {
    "i": 7,
    "d": 2.5,
    "s": "text",
    "n": "12",
    "t": True,
    "a": [1, 2],
    "o": {"k": 1},
    "z": None,
}
KINDS = ("i", "d", "s", "n", "t", "a", "o", "z", "missing")

CASES: list[tuple[str, Any]] = [
    # equality: no conversion, numbers by their value
    ("1 = 1.0", True),
    ("1 = '1'", False),
    ("1 <> '1'", True),
    ("true = 1", False),
    ("[true] = [1]", False),
    ("[1, 2.0] = [1.0, 2]", True),
    ("{'a': [1]} = {'a': [1.0]}", True),
    ("{'a': 1} = {'a': 1, 'b': 2}", False),
    ("{'a': 1} <> {'a': 2}", True),
    ("NULL = NULL", True),
    ("NULL <> NULL", False),
    ("NULL = 0", False),
    ("z = NULL", True),
    ("missing = NULL", UNDEFINED),
    ("missing <> missing", UNDEFINED),
    # comparison: as numbers only
    ("'10' > '9'", True),
    ("'1e1' >= 10", True),
    ("'a' > 'A'", UNDEFINED),
    ("' 1' > 0", UNDEFINED),
    ("'+1' > 0", UNDEFINED),
    ("'1.' > 0", UNDEFINED),
    ("'.5' > 0", UNDEFINED),
    ("'٣' > 0", UNDEFINED),
    ("true > false", UNDEFINED),
    ("0.1 + 0.2 = 0.3", True),
    # logic: both sides count, texts are Booleans
    ("false AND missing", UNDEFINED),
    ("true OR missing", UNDEFINED),
    ("'TRUE' AND 'tRuE'", True),
    ("'true ' AND true", UNDEFINED),
    ("NULL OR true", UNDEFINED),
    ("NOT 'False'", True),
    ("NOT NOT true", True),
    ("NOT NULL", UNDEFINED),
    # ranks
    ("1 + 2 * 3 - 4 / 2", 5),
    ("10 - 3 - 2", 5),
    ("100 / 10 / 2", 5),
    ("2 * 3 % 4", 2),
    ("- 2 * 3", -6),
    ("-i + 1", -6),
    ("3 - -2", 5),
    ("NOT 1 = 2", True),
    ("false = NOT true", True),
    ("cast(1e999 AS Double)", UNDEFINED),
    ("NOT true OR true", True),
    ("true OR false AND false", True),
    ("1 + 1 = 2 AND 2 > 1", True),
    ("1 < 2 = true", True),
    ("2 IN [1 + 1]", True),
    # arithmetic
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / 2.0", 3),
    ("7 / 2.5", Decimal("2.8")),
    ("'7' / 2", Decimal("3.5")),
    ("'7' - '2'", 5),
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("7.5 % 2", Decimal("1.5")),
    ("1 / 3.5", Decimal("0.2857142857142857142857142857142857")),
    ("1 / 0", UNDEFINED),
    ("1 % 0", UNDEFINED),
    ("1.5 / 0", UNDEFINED),
    ("i + t", UNDEFINED),
    ("i + z", UNDEFINED),
    ("a + a", UNDEFINED),
    ("a - 1", UNDEFINED),
    ("-s", UNDEFINED),
    ("-n", -12),
    ("-d", Decimal("-2.5")),
    ("99999999999999999999999999999999 + 1", 10**32),
    # plus with a text joins
    ("'5' + 5", "55"),
    ("s + d", "text2.5"),
    ("s + t", "texttrue"),
    ("s + a + o", 'text[1,2]{"k":1}'),
    ("s + z", UNDEFINED),
    ("s + missing", UNDEFINED),
    ("1 + 2 + 'a' + 1 + 2", "3a12"),
    # IN
    ("2 IN a", True),
    ("'2' IN a", False),
    ("[1] IN [[1], 2]", True),
    ("{'k': 1} IN [o]", True),
    ("s IN ('text', 'other')", True),
    ("s IN ('other')", False),
    ("s IN ()", False),
    ("1 IN (SELECT VALUE x FROM a AS x)", True),
    ("missing IN a", UNDEFINED),
    ("1 IN missing", UNDEFINED),
    ("1 IN s", UNDEFINED),
    ("NOT 5 IN a", True),
    # CASE
    ("CASE i WHEN 7.0 THEN 'seven' ELSE 'other' END", "seven"),
    ("CASE i WHEN '7' THEN 'seven' END", UNDEFINED),
    ("CASE missing WHEN 1 THEN 2 ELSE 3 END", UNDEFINED),
    ("CASE i WHEN missing THEN 1 ELSE 2 END", 2),
    ("CASE z WHEN NULL THEN 'null' END", "null"),
    ("CASE i > 5 WHEN true THEN 'high' ELSE 'low' END", "high"),
    ("CASE i WHEN 7 THEN CASE d WHEN 2.5 THEN 'both' END END", "both"),
    # literals
    ("[1, missing, NULL]", [1, None]),
    ("{'a': missing, 'b': NULL, \"c\": [d]}", {"b": None, "c": [Decimal("2.5")]}),
    ("{}", {}),
    ("[]", []),
    ("1.5E2", 150),
    ("-1e-2", Decimal("-0.01")),
    # attributes
    ("o.k", 1),
    ("o.k.k", UNDEFINED),
    ("a.k", UNDEFINED),
    ("s.length", UNDEFINED),
    ("get(o, 'k')", 1),
    ("get(o, 1)", UNDEFINED),
    ("get(a, '1')", 2),
    ("get(a, 0.6)", 2),
    ("get(a, '0.6')", 1),
    ("get(a, true)", UNDEFINED),
    ("get(a, NULL)", UNDEFINED),
    ("get(s, 3)", "t"),
    ("get(*, 'i')", 7),
    ("get([{'x': {'y': 5}}], 0).x.y", 5),
    # a wrong number of arguments
    ("abs()", UNDEFINED),
    ("topic(1, 2)", UNDEFINED),
    ("isNull()", UNDEFINED),
    # cast
    ("cast(2.9 AS Integer)", 2),
    ("cast(-2.1 AS Int)", -3),
    ("cast('-2.1' AS Int)", -3),
    ("cast(true AS Int)", 1),
    ("cast(false AS Decimal)", 0),
    ("cast('1.50' AS Decimal)", Decimal("1.50")),
    ("cast(0.12345678901234567890 AS Double)", Decimal("0.12345678901234568")),
    ("cast(NULL AS Int)", UNDEFINED),
    ("cast(a AS String)", "[1,2]"),
    ("cast(o AS Boolean)", UNDEFINED),
    ("cast(0.0 AS Bool)", False),
    ("cast(0.1 AS Bool)", True),
    ("cast(' true' AS Bool)", UNDEFINED),
    ("cast(10.0 AS String)", "10"),
    # numbers
    ("abs(-2.50)", Decimal("2.50")),
    ("round(0.5)", 1),
    ("round(-0.5)", -1),
    ("round('2.5')", 3),
    ("ceil(-0.5)", 0),
    ("sign('-0.0')", 0),
    ("trunc(2.999, 1)", Decimal("2.9")),
    ("trunc(-2.999, 1)", Decimal("-2.9")),
    ("trunc(2.10, 5)", Decimal("2.1")),
    ("trunc(2.5, 'x')", UNDEFINED),
    ("trunc(120, 1)", 120),
    ("power(2, 0.5)", Decimal("1.4142135623730951")),
    ("power(-8, 0.5)", UNDEFINED),
    ("power(10, 400)", UNDEFINED),
    ("sqrt(2)", Decimal("1.4142135623730951")),
    ("sqrt(-1)", UNDEFINED),
    ("ln(0)", UNDEFINED),
    ("log(-1)", UNDEFINED),
    ("acos(2)", UNDEFINED),
    ("bitand('6.9', 3)", 2),
    ("bitor(-1.5, 0)", -2),
    ("bitxor(5, 1)", 4),
    ("bitnot(0)", -1),
    ("nanvl(z, 1)", 1),
    ("nanvl(missing, s)", "text"),
    ("nanvl(false, 1)", False),
    # texts
    ("length(a)", 5),
    ("length('😀')", 1),
    ("numbytes('😀')", 4),
    ("upper('straße')", "STRASSE"),
    ("trim(' \t x \t')", "x"),
    ("ltrim('\n x')", "\n x"),
    ("lpad(s, '1.9')", " text"),
    ("rpad(s, -1)", "text"),
    ("lpad(s, NULL)", UNDEFINED),
    ("substring(s, 1, NULL)", UNDEFINED),
    ("substring(s, '1.9', 3)", "ex"),
    ("substring(s, 3, 3)", ""),
    ("substring(s, 1e500)", ""),
    ("indexof(s, 'xt')", 2),
    ("indexof(s, 'nope')", -1),
    ("replace(s, 't', '$1')", "$1ex$1"),
    ("replace(s, '', 'x')", "text"),
    ("concat(1, 2)", UNDEFINED),
    ("concat('a', NULL)", UNDEFINED),
    ("concat(a, 3, NULL)", [1, 2, 3, None]),
    ("concat(z)", None),
    ("chr(127)", "\x7f"),
    ("chr(128)", UNDEFINED),
    ("startswith(12, 1)", True),
    # regular expressions, as Java reads them
    ("regexp_matches(s, '^te.t$')", True),
    ("regexp_matches(n, '[0-9&&[^2]]')", True),
    ("regexp_matches('ab', '(?=b)b')", True),
    ("regexp_matches(s, '(')", UNDEFINED),
    ("regexp_replace('a1b22', '[0-9]+', '<$0>')", "a<1>b<22>"),
    ("regexp_replace('john doe', '(\\w+) (\\w+)', '$2, $1')", "doe, john"),
    ("regexp_replace('ab', '(?<x>a)', '${x}${x}')", "aab"),
    ("regexp_replace('ab', 'b', '\\$1')", "a$1"),
    ("regexp_replace('ab', '(b)', '$12')", "ab2"),
    ("regexp_replace('ab', 'b', '$1')", UNDEFINED),
    ("regexp_replace('ab', 'b', '$')", UNDEFINED),
    ("regexp_replace('ab', 'b', '\\')", UNDEFINED),
    ("regexp_replace('ab', '(b)|c', '$1')", "ab"),
    ("regexp_replace('ac', '(b)|c', '[$1]')", "a[]"),
    ("regexp_replace('aaa', 'a*?', '-')", "-a-a-a-"),
    ("regexp_substr(s, 'x.*')", "xt"),
    ("regexp_substr(s, 'q')", UNDEFINED),
    # encodings
    ("encode(a, 'base64')", "WzEsMl0="),
    ("encode(s, 'hex')", UNDEFINED),
    ("decode('eyJhIjogMS41MH0=', 'base64').a", Decimal("1.50")),
    ("decode('MTIuMA==', 'base64')", 12),
    ("decode('/w==', 'base64')", None),
    ("decode(missing, 'base64')", UNDEFINED),
    ("decode(s, 'hex')", UNDEFINED),
    ("md5(5)", "e4da3b7fbbce2345d7772b0674a318d5"),
    ("md2('')", "8350e5a3e24c153df2275c9f80692773"),
    ("md2('abcdefghijklmnopqrstuvwxyz')", "4e8ddff3650292ab5a4108c3aa47940b"),
    ("sha256(z)", UNDEFINED),
    # structure
    ("transform('enrichArray', o, [{'k': 2, 'm': 3}])", [{"k": 1, "m": 3}]),
    ("transform('enrichArray', a, a)", UNDEFINED),
    ("isUndefined(missing.a)", True),
    ("isNull(z)", True),
    ("get_or_default(z, z)", None),
    ("get_or_default(t, 1)", True),
    ("get_or_default(1 / 0, 'none')", "none"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_an_expression_has_its_value(expression: str, expected: Any) -> None:
    found = value_of(expression, PAYLOAD)
    assert found == expected
    assert type(found) is type(expected)


NUMERIC = [
    "abs({})", "ceil({})", "floor({})", "round({})", "sign({})", "trunc({}, 1)", "sqrt({})",
    "exp({})", "ln({})", "log({})", "sin({})", "cos({})", "tan({})", "asin({})", "acos({})",
    "atan({})", "sinh({})", "cosh({})", "tanh({})", "power({}, 1)", "power(1, {})",
    "atan2({}, 1)", "mod({}, 2)", "remainder(7, {})", "bitand({}, 1)", "bitor(1, {})",
    "bitxor({}, 1)", "bitnot({})", "chr({})", "{} - 1", "1 * {}", "{} / 1", "{} % 1", "{} > 1",
]  # fmt: skip


@pytest.mark.parametrize("expression", NUMERIC)
@pytest.mark.parametrize("kind", ["t", "a", "o", "z", "missing", "s"])
def test_what_is_no_number_makes_numbers_undefined(expression: str, kind: str) -> None:
    assert value_of(expression.format(kind), PAYLOAD) is UNDEFINED


TEXTUAL = [
    "upper({})", "lower({})", "trim({})", "ltrim({})", "rtrim({})", "length({})", "numbytes({})",
    "lpad({}, 1)", "rpad({}, 1)", "substring({}, 0)", "startswith({}, 'a')", "endswith('a', {})",
    "indexof({}, 'a')", "replace('a', {}, 'b')", "regexp_matches({}, 'a')",
    "regexp_matches('a', {})", "regexp_replace('a', 'a', {})", "regexp_substr({}, 'a')",
    "md5({})", "sha1({})", "encode({}, 'base64')",
]  # fmt: skip


@pytest.mark.parametrize("expression", TEXTUAL)
def test_null_and_undefined_make_texts_undefined_and_other_kinds_are_written(
    expression: str,
) -> None:
    for kind in ("z", "missing"):
        assert value_of(expression.format(kind), PAYLOAD) is UNDEFINED
    for kind in ("i", "d", "s", "t"):
        assert value_of(expression.format(kind), PAYLOAD) is not UNDEFINED or "substr" in expression


def test_two_values_compare_the_same_from_both_sides() -> None:
    for left in KINDS:
        for right in KINDS:
            for one, other in (("=", "="), ("<>", "<>"), ("<", ">"), ("<=", ">=")):
                assert value_of(f"{left} {one} {right}", PAYLOAD) == (
                    value_of(f"{right} {other} {left}", PAYLOAD)
                )
            equal, different = (value_of(f"{left} {op} {right}", PAYLOAD) for op in ("=", "<>"))
            assert equal is not different or equal is UNDEFINED


def test_logic_is_undefined_unless_both_sides_are_booleans() -> None:
    booleans = {"true": True, "'False'": False, "t": True}
    for left in (*booleans, *KINDS):
        for right in (*booleans, *KINDS):
            both = left in booleans and right in booleans
            conjunction = value_of(f"{left} AND {right}", PAYLOAD)
            disjunction = value_of(f"{left} OR {right}", PAYLOAD)
            if both:
                assert conjunction is (booleans[left] and booleans[right])
                assert disjunction is (booleans[left] or booleans[right])
            else:
                assert conjunction is UNDEFINED
                assert disjunction is UNDEFINED


def test_version_2015_keeps_decimals_through_functions() -> None:
    for expression, expected in (
        ("sqrt(9)", "3.0"),
        ("abs(-2.0)", "2.0"),
        ("1.0", "1.0"),
        ("5.0 - 2", "3.0"),
        ("cast(1 AS Double)", "1.0"),
        ("power(2, 5)", "32.0"),
        ("floor(2.0)", "2"),
    ):
        assert str(value_of(expression, PAYLOAD, version=V1)) == expected


def test_division_and_remainder_fit_together() -> None:
    for left in range(-12, 13):
        for right in (-5, -2, -1, 1, 3, 7):
            sql = f"({left} / {right}) * {right} + {left} % {right}"
            assert value_of(sql) == left


def test_integer_arithmetic_is_that_of_integers() -> None:
    for left in (-(10**20), -7, 0, 3, 10**15 + 1):
        for right in (-9, 1, 2, 10**12):
            assert value_of(f"{left} + {right}") == left + right
            assert value_of(f"({left}) - ({right})") == left - right
            assert value_of(f"{left} * {right}") == left * right
