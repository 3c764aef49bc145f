"""What a stranger's payload or a careless rule may bring: each ends, and soon."""

from __future__ import annotations

import json
from time import monotonic

import pytest

from lab_utils.local_aws.rules.sql.context import V1, V2
from lab_utils.local_aws.rules.sql.errors import EvaluationError, SqlParseError
from lab_utils.local_aws.rules.sql.statement import parse_statement
from lab_utils.local_aws.rules.sql.values import UNDEFINED
from tests.unit.local_aws.rules.sql.asking import json_of, message, text_of, value_of

LONG = "x" * 130_000


@pytest.mark.parametrize(
    "nested",
    [
        "(" * 3000 + "1" + ")" * 3000,
        "[" * 3000 + "1" + "]" * 3000,
        "{'a':" * 3000 + "1" + "}" * 3000,
        "abs(" * 3000 + "1" + ")" * 3000,
        "NOT " * 3000 + "true",
        "- " * 3000 + "1",
        "CASE 1 WHEN 1 THEN " * 3000 + "1" + " END" * 3000,
        "CASE 1 WHEN 2 THEN 3 ELSE " * 3000 + "1" + " END" * 3000,
        "(SELECT * FROM " * 3000 + "a" + ")" * 3000,
        "EXISTS(SELECT * FROM a WHERE " * 3000 + "a" + ")" * 3000,
        "1 IN (" * 3000 + "1" + ")" * 3000,
        "cast(" * 3000 + "1" + " AS Int)" * 3000,
    ],
    ids=lambda text: text[:12],
)
def test_what_nests_too_deep_is_refused(nested: str) -> None:
    with pytest.raises(SqlParseError, match="deeper than 50"):
        parse_statement(f"SELECT {nested} AS r FROM 't'", V2)


def test_a_long_row_of_operators_is_no_nesting() -> None:
    assert value_of("1" + " + 1" * 5_000) == 5_001
    assert value_of("1" + " * 2 - 1 + 1 / 1" * 1_000 + " = 0") is False
    assert value_of("true" + " AND true" * 5_000) is True
    assert value_of("a" + ".a" * 50_000) is UNDEFINED


def test_a_thousand_columns_are_selected() -> None:
    payload = {f"a{number}": number for number in range(1000)}
    columns = ", ".join(f"a{number} AS b{number}" for number in range(1000))
    found = json.loads(json_of(f"SELECT {columns} FROM 't'", payload) or "")
    assert found == {f"b{number}": number for number in range(1000)}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"[" * 60_000 + b"]" * 60_000,
        b"[" * 128_000,
        b'"' + b'\\"' * 60_000 + b"[" * 200,
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":"\xff\xfe"}',
        '{"a":1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"9" * 100_000 + b"}",
        b'{"a":1e999999999}',
        b'{"a":"\x01"}',
        b'{"a":1} x',
        b"",
        b"\x00\x01",
    ],
    ids=lambda raw: repr(raw[:14]),
)
def test_what_cannot_be_read_as_json_has_no_attributes_and_passes_unchanged(raw: bytes) -> None:
    for version in (V1, V2):
        assert parse_statement("SELECT * FROM 't'", version).select(message(raw)) == raw
        assert json_of("SELECT a, a + 1 AS b FROM 't'", raw, version=version) == "{}"
        assert json_of("SELECT * FROM 't' WHERE a = 1", raw, version=version) is None


def test_json_may_nest_a_hundred_levels() -> None:
    text = '{"a":' * 99 + "[]" + "}" * 99
    assert json_of("SELECT * FROM 't'", text) == text
    assert json_of("SELECT a FROM 't'", '{"a":' * 100 + "[]" + "}" * 100) == "{}"
    flat = json.dumps({"a": "[{" * 1000, "b": [[]] * 1000})
    assert json_of("SELECT a FROM 't'", flat) == json.dumps({"a": "[{" * 1000}).replace(" ", "")


def test_the_last_of_two_equal_keys_counts() -> None:
    assert json_of("SELECT a FROM 't'", '{"a":1,"a":2}') == '{"a":2}'


def test_half_a_surrogate_pair_is_replaced() -> None:
    text = '{"a":"\\ud800","\\udfff":1,"b":["\\ud83d\\ude00"]}'
    assert json_of("SELECT *, numbytes(a) AS n FROM 't'", text) == (
        '{"a":"�","�":1,"b":["😀"],"n":3}'
    )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ('{"a":20.16}', "20.16"),
        ('{"a":0.1}', "0.1"),
        ('{"a":1.10}', "1.10"),
        ('{"a":-0.0}', "0"),
        ('{"a":1E5}', "100000"),
        ('{"a":1.50e2}', "150"),
        ('{"a":1e-7}', "0.0000001"),
        ('{"a":0e999999999}', "0"),
        ('{"a":1e-999999999}', "0"),
        ('{"a":1e300}', "1E+300"),
        ('{"a":123456789012345678901234567890.123}', "123456789012345678901234567890.123"),
        ('{"a":1.' + "1" * 40 + "}", "1." + "1" * 33),
        ('{"a":' + "9" * 400 + "}", "9" * 400),
    ],
)
def test_numbers_are_written_digit_by_digit(payload: str, expected: str) -> None:
    assert json_of("SELECT a FROM 't'", payload) == f'{{"a":{expected}}}'


@pytest.mark.parametrize(
    "expression",
    [
        "power(10, 999999999)",
        "exp(10000)",
        "9e999 * 9e999",
        "9e999 + 9e999",
        "cosh(1e9)",
        "chr(1e999)",
        "get([1], 1e999)",
        "topic(1e999)",
        "cast('1e5000' AS Decimal)",
        f"abs('{'9' * 1900}')",
        "sin(9e999)",
    ],
)
def test_what_is_too_large_is_undefined(expression: str) -> None:
    assert value_of(expression) is UNDEFINED


def test_paddings_have_at_most_a_thousand_blanks() -> None:
    assert value_of("lpad('a', 1000000000)") == " " * 1000 + "a"
    assert value_of("rpad('a', 1e999)") == "a" + " " * 1000


HOSTILE = [
    "a" + " + a" * 60,
    "concat(" + ", ".join("a" * 60) + ")",
    "length([" + ", ".join("*" * 50_000) + "])",
    "replace(a, 'x', '" + "y" * 1000 + "')",
    "regexp_replace(a, 'x', '" + "y" * 1000 + "')",
    "regexp_replace(a, '(x+)', '" + "$1" * 1000 + "')",
    "regexp_matches(a + '!', '(x+)+$')",
    "regexp_replace(a + '!', '(x|xx)+$', '')",
    "regexp_substr(a + '!', '^(([a-z])+.)+[A-Z]([a-z])+$')",
    "regexp_matches(a, '((x{1,1000}){1,1000}){1,1000}y')",
    f"regexp_matches(a, '{'x' * 1000}')",
    "[" + ", ".join(["decode(encode(*, 'base64'), 'base64')"] * 5000) + "]",
    "transform('enrichArray', *, [" + ", ".join(["*"] * 10) + "])",
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: text[:30])
def test_what_would_explode_is_stopped(expression: str) -> None:
    with pytest.raises(EvaluationError):
        value_of(expression, {"a": LONG})


def test_selects_inside_of_selects_are_stopped_in_time() -> None:
    payload = {"o": {"a": list(range(20_000))}}
    sql = "SELECT VALUE (SELECT VALUE 1 FROM o.a) FROM o.a"
    start = monotonic()
    with pytest.raises(EvaluationError, match=r"over 2\.0 s"):
        value_of(f"(SELECT VALUE ({sql}) FROM [o] AS o)", payload)
    assert monotonic() - start < 30


def test_comparing_large_values_again_and_again_is_stopped() -> None:
    copy = "SET @b = decode(encode(*, 'base64'), 'base64') "
    columns = ", ".join(f"* = @b AS c{number}" for number in range(5000))
    with pytest.raises(EvaluationError):
        json_of(f"{copy}SELECT {columns} FROM 't'", {"a": list(range(20_000))})
    many = ", ".join(["x"] * 200)
    with pytest.raises(EvaluationError, match="parts"):
        value_of(f"[{many}] = [{many.replace('x', 'y')}]", {"x": [1] * 9000, "y": [1] * 9000})


def test_a_default_does_not_hide_a_stopped_statement() -> None:
    with pytest.raises(EvaluationError):
        value_of("get_or_default(regexp_matches(a + '!', '(x+)+$'), 1)", {"a": LONG})


def test_an_output_that_would_explode_is_stopped() -> None:
    with pytest.raises(EvaluationError, match="524288"):
        json_of("SELECT " + ", ".join(f"* AS c{n}" for n in range(20)) + " FROM 't'", {"a": LONG})
    with pytest.raises(EvaluationError, match="524288"):
        text_of("${a}" * 20, {"a": LONG})


def test_variables_inside_of_variables_do_not_nest_without_end() -> None:
    deeper = ", ".join(f"@v{n} = {'[' * 45}@v{n - 1}{']' * 45}" for n in range(1, 10))
    sql = f"SET @v0 = *, {deeper} SELECT @v9 AS a, length(@v9) AS b FROM 't'"
    with pytest.raises(EvaluationError, match="deeper than 160"):
        json_of(sql, '{"a":' * 99 + "[]" + "}" * 99)
    once = f"SELECT VALUE {'[' * 49}*{']' * 49} FROM 't'"
    payload = "[" * 100 + "]" * 100
    assert json_of(once, payload) == "[" * 149 + "]" * 149


def refusal(sql: str) -> tuple[int, int] | None:
    """Return where a statement is refused; None if it is read."""
    try:
        parse_statement(sql, V2)
    except SqlParseError as error:
        return error.line, error.column
    return None


def test_every_prefix_of_a_statement_is_read_or_refused() -> None:
    sql = (
        "SET @a = 1.5e1 SELECT *, {'k': [get(a, 0).b, -1]} AS x.y, cast(a AS Int) AS i, "
        "(SELECT VALUE n FROM e AS n WHERE n <> \"q\") AS s FROM 'a/+/#' "
        "WHERE CASE @a WHEN 15 THEN NOT a IN (1, 2) ELSE EXISTS (SELECT * FROM e) END"
    )
    parse_statement(sql, V2)
    for end in range(len(sql)):
        place = refusal(sql[:end])
        assert place is None or (place[0] == 1 and 1 <= place[1] <= end + 1)


def test_every_statement_with_one_character_changed_is_read_or_refused() -> None:
    sql = "SELECT a.b AS c, upper('x') FROM 't/+' WHERE a >= 1 AND b IN [1, {'k': 2}]"
    for place in range(len(sql)):
        for character in "'\"(){}[],.@$#+*-%=<>;:\\ \n0aé😀\0":
            changed = sql[:place] + character + sql[place + 1 :]
            if refusal(changed):
                continue
            statement = parse_statement(changed, V2)
            statement.where(message({"a": 1}))
            statement.observe(message({"a": 1}))
            statement.select(message({"a": 1}))
