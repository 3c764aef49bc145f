from __future__ import annotations

import pytest

from lab_utils.local_aws.rules.sql.context import V1, V2
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.statement import parse_statement
from lab_utils.local_aws.rules.sql.template import parse_template
from tests.unit.local_aws.rules.sql.asking import json_of, value_of

REFUSED = [
    ("", 1, 1, "Expected SELECT at the beginning"),
    ("SELEC * FROM 't'", 1, 1, "not 'SELEC'"),
    ("SELECT * FROM topic", 1, 15, "single quotes"),
    ('SELECT * FROM "topic"', 1, 15, "single quotes"),
    ("SELECT * FROM", 1, 14, "single quotes"),
    ("SELECT * FROM 'a/#/b'", 1, 15, "# stands at the end"),
    ("SELECT * FROM 'a/b+'", 1, 15, "unlike 'b+'"),
    ("SELECT * FROM 'a#'", 1, 15, "unlike 'a#'"),
    ("SELECT * FROM ''", 1, 15, "empty"),
    (f"SELECT * FROM '{'x' * 257}'", 1, 15, "256 bytes"),
    ("SELECT\n  temperature,\n  FROM 't'", 3, 3, "not 'FROM'"),
    ("SELECT a,\n b c FROM 't'", 2, 4, "not 'c'"),
    ("SELECT * FROM 't' WHERE", 1, 24, "not the end"),
    ("SELECT * FROM 't' WHERE a >", 1, 28, "not the end"),
    ("SELECT * FROM 't' WHERE a > 5 garbage", 1, 31, "not 'garbage'"),
    ("SELECT * FROM 't' -- why", 1, 19, "no comments"),
    ("SELECT /* why */ * FROM 't'", 1, 8, "no comments"),
    ("SELECT * FROM 't'; DROP TABLE t", 1, 18, "without a semicolon"),
    ("SELECT * FROM 't' GROUP BY a", 1, 19, "no GROUP"),
    ("SELECT * FROM 't' ORDER BY a", 1, 19, "no ORDER"),
    ("SELECT 'a AS r FROM t", 1, 8, "no closing '"),
    ("SELECT \"a AS r FROM 't'", 1, 8, 'no closing "'),
    ("SELECT 'a AS r FROM 't'", 1, 22, "in quotes"),
    ("SELECT (1 AS r FROM 't'", 1, 11, "Expected )"),
    ("SELECT [1, 2 AS r FROM 't'", 1, 14, "or ]"),
    ("SELECT {'a' 1} AS r FROM 't'", 1, 13, "Expected :"),
    ("SELECT {a: 1} AS r FROM 't'", 1, 9, "key in quotes"),
    ("SELECT CASE x END AS r FROM 't'", 1, 15, "at least one WHEN"),
    ("SELECT CASE WHEN x THEN 1 END AS r FROM 't'", 1, 13, "the value to compare"),
    ("SELECT CASE x WHEN 1 THEN 2 AS r FROM 't'", 1, 29, "Expected END"),
    ("SELECT cast(a AS Uuid) FROM 't'", 1, 18, "no type 'Uuid'"),
    ("SELECT cast(a, Int) FROM 't'", 1, 14, "Expected AS"),
    ("SELECT nope(1) FROM 't'", 1, 8, "no function nope()"),
    ("SELECT lenght(a) FROM 't'", 1, 8, "Did you mean length()?"),
    ("SELECT count(*) FROM 't'", 1, 8, "no function count()"),
    ("SELECT get_secret('a', 'b', 'c', 'd') AS r FROM 't'", 1, 8, "not support the function"),
    ("SELECT get_registry_data('a', 'b', 'c') FROM 't'", 1, 8, "get_registry_data()"),
    ("SELECT machinelearning_predict('a', 'b', c) FROM 't'", 1, 8, "machinelearning_predict()"),
    ("SELECT decode(*, 'proto', 'a', 'b', 'c', 'd') FROM 't'", 1, 8, "'proto'"),
    ("SELECT get_or_default(a, aws_lambda('x', *)) FROM 't'", 1, 8, "another service"),
    ("SELECT * FROM 't' WHERE a LIKE 'b%'", 1, 27, "no LIKE"),
    ("SELECT * FROM 't' WHERE a IS NULL", 1, 27, "isNull()"),
    ("SELECT * FROM 't' WHERE a BETWEEN 1 AND 2", 1, 27, "no BETWEEN"),
    ("SELECT * FROM 't' WHERE a NOT IN (1)", 1, 27, "NOT stands before"),
    ("SELECT * FROM 't' WHERE a != 1", 1, 27, "<>"),
    ("SELECT * FROM 't' WHERE a == 1", 1, 28, "not '='"),
    ("SELECT a.b. FROM 't'", 1, 13, "name after the point"),
    ("SELECT 2nd FROM 't'", 1, 8, "names begin with a letter"),
    ("SELECT mydata.0 FROM 't'", 1, 15, "name after the point"),
    ("SELECT a ^ b FROM 't'", 1, 10, "no meaning"),
    ("SELECT @a AS a FROM 't'", 1, 8, "No SET gives @a"),
    ("SET @b = @a, @a = 1 SELECT @b AS b FROM 't'", 1, 10, "No SET gives @a"),
    ("SET a = 1 SELECT 1 FROM 't'", 1, 5, "Expected a variable"),
    ("SET @a = 1, @a = 2 SELECT @a FROM 't'", 1, 13, "set once"),
    ("SET @a = 1 SET @b = 2 SELECT @a FROM 't'", 1, 12, "SET stands once"),
    ("SELECT VALUE a, b FROM 't'", 1, 15, "one expression"),
    ("SELECT VALUE a AS b FROM 't'", 1, 16, "one expression"),
    ("SELECT 1e1000 AS r FROM 't'", 1, 8, "9.99E999"),
    ("SELECT exists(a) FROM 't'", 1, 15, "EXISTS takes a SELECT"),
    ("SELECT (SELECT a) AS r FROM 't'", 1, 17, "array or object"),
    ("SELECT '\ud800' AS r FROM 't'", 1, 1, "surrogate"),
    (f"SELECT {'(' * 51}1{')' * 51} AS r FROM 't'", 1, 58, "deeper than 50"),
    (f"SELECT {'1+' * 140_000}1 AS r FROM 't'", 1, 1, "at most 262144"),
]


@pytest.mark.parametrize(("sql", "line", "column", "reason"), REFUSED)
def test_what_is_wrong_is_named_with_its_place(
    sql: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(SqlParseError) as caught:
        parse_statement(sql, V2)
    assert reason in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).endswith(f"(line {line}, column {column})")


NEWER = [
    "SELECT [1] AS r FROM 't'",
    "SELECT {'a': 1} AS r FROM 't'",
    "SELECT (SELECT a FROM b) AS r FROM 't'",
    "SELECT * FROM 't' WHERE EXISTS (SELECT a FROM b)",
    "SELECT encode(*, 'base64') AS r FROM 't'",
    "SELECT decode(a, 'base64') AS r FROM 't'",
    "SELECT cast(a AS Decimal) AS r FROM 't'",
    "SELECT cast(a AS Boolean) AS r FROM 't'",
    "SELECT parse_time('yyyy', 0) AS r FROM 't'",
    "SELECT time_to_epoch('2020', 'yyyy') AS r FROM 't'",
    "SELECT length(a) AS r FROM 't'",
    "SELECT numbytes(a) AS r FROM 't'",
    "SELECT indexof(a, 'b') AS r FROM 't'",
    "SELECT isUndefined(a) AS r FROM 't'",
    "SELECT transform('enrichArray', a, b) AS r FROM 't'",
    "SELECT get_or_default(a, 1) AS r FROM 't'",
    "SELECT get_dynamodb('a', 'b', c, 'd') AS r FROM 't'",
    "SELECT get_thing_shadow('a', 'b') AS r FROM 't'",
    "SELECT sourceip() AS r FROM 't'",
]


@pytest.mark.parametrize("sql", NEWER)
def test_what_came_with_2016_is_refused_in_a_rule_of_2015(sql: str) -> None:
    parse_statement(sql, V2)
    parse_statement(sql, "beta")
    with pytest.raises(SqlParseError, match="needs SQL version 2016-03-23"):
        parse_statement(sql, V1)


def test_a_version_that_there_is_not_is_refused() -> None:
    with pytest.raises(SqlParseError, match="no SQL version '2020-01-01'"):
        parse_statement("SELECT * FROM 't'", "2020-01-01")


def test_keywords_and_functions_have_any_letter_case() -> None:
    assert json_of("select Value UPPER(a) from 't' wHeRe Not FALSE", {"a": "x"}) == '"X"'


def test_texts_stand_in_either_quotes_and_hold_them_doubled() -> None:
    assert value_of('\'it\'\'s\' + " " + """so"""') == 'it\'s "so"'
    assert value_of(r"'\d\n'") == r"\d\n"


def test_space_and_lines_stand_anywhere() -> None:
    sql = "\tSELECT\n a\n.b\n AS\n c . d FROM\r\n't'\nWHERE\n a.b=1\n"
    assert json_of(sql, {"a": {"b": 1}}) == '{"c":{"d":1}}'


def test_value_is_a_name_too() -> None:
    assert json_of("SELECT value FROM 't'", {"value": 5}) == '{"value":5}'
    assert json_of("SELECT value, value.a AS b FROM 't'", {"value": {"a": 1}}) == (
        '{"value":{"a":1},"b":1}'
    )
    assert json_of("SELECT value * 2 AS twice FROM 't'", {"value": 5}) == '{"twice":10}'
    assert json_of("SELECT VALUE value FROM 't'", {"value": 5}) == "5"
    assert json_of("SELECT VALUE * FROM 't'", {"value": 5}) == '{"value":5}'


def test_names_hold_letters_of_any_language_digits_and_underscores() -> None:
    assert json_of("SELECT größe_2 FROM 't'", {"größe_2": 1}) == '{"größe_2":1}'


def test_a_statement_without_from_is_for_basic_ingest() -> None:
    assert parse_statement("SELECT *", V2).topic_filter is None
    assert json_of("SELECT value", {"value": 5}) == '{"value":5}'


def test_a_statement_knows_whether_it_asks_other_services() -> None:
    assert not parse_statement("SELECT upper(a) AS a FROM 't'", V2).needs_thread
    asking = [
        "SELECT aws_lambda('arn', *) AS a FROM 't'",
        "SELECT * FROM 't' WHERE get_thing_shadow('a', 'b').c = 1",
        "SET @a = get_dynamodb('a', 'b', c, 'd') SELECT @a AS a FROM 't'",
        "SELECT (SELECT VALUE aws_lambda('arn', a) FROM b) AS c FROM 't'",
        "SELECT {'a': [get_or_default(aws_lambda('arn', *))]} AS c FROM 't'",
    ]
    for sql in asking:
        assert parse_statement(sql, V2).needs_thread, sql
    assert parse_template("${aws_lambda('arn', *)}", V2).needs_thread


@pytest.mark.parametrize(
    ("template", "line", "column", "reason"),
    [
        ("${", 1, 3, "not the end"),
        ("${}", 1, 3, "not '}'"),
        ("a/${b c}", 1, 7, "to close the template"),
        ("a/${b", 1, 6, "to close the template"),
        ("a\n${'b}", 2, 3, "no closing '"),
        ("${nope()}", 1, 3, "no function nope()"),
        ("${SELECT a FROM b}", 1, 3, "not 'SELECT'"),
        ("${{'a':1}", 1, 10, "to close the template"),
    ],
)
def test_a_template_that_is_none_is_refused(
    template: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(SqlParseError) as caught:
        parse_template(template, V2)
    assert reason in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
