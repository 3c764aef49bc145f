from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lab_utils.local_aws.rules.sql.context import V1, V2
from lab_utils.local_aws.rules.sql.errors import EvaluationError, ExternalFunctionError
from lab_utils.local_aws.rules.sql.statement import parse_statement
from lab_utils.local_aws.rules.sql.template import parse_template
from lab_utils.local_aws.rules.sql.values import UNDEFINED
from tests.unit.local_aws.rules.sql.asking import Services, json_of, message, text_of, value_of

READING = {"temperature": 41.5, "zone": {"id": 3, "name": "attic"}, "list": [3, 1, 2]}


def test_a_star_passes_the_message_on_with_its_keys_in_order() -> None:
    text = '{"b":1,"a":{"d":[1,{"c":null}],"é":"€"},"t":20.16}'
    assert json_of("SELECT * FROM 't'", text) == text


def test_columns_after_a_star_come_last_and_replace_what_has_their_name() -> None:
    sql = "SELECT *, 1 AS one, 'x' AS temperature FROM 't'"
    assert json_of(sql, {"temperature": 5, "b": 2}) == '{"temperature":"x","b":2,"one":1}'


def test_a_star_may_have_a_name() -> None:
    assert json_of("SELECT * AS message FROM 't'", {"a": 1}) == '{"message":{"a":1}}'


def test_a_column_without_a_name_has_that_of_its_attribute_or_function_or_its_text() -> None:
    sql = "SELECT zone.id, get(zone, 'name').x, topic(1), temperature * 2 FROM 't'"
    assert json_of(sql, READING) == '{"id":3,"topic":"house","temperature * 2":83}'


def test_names_with_points_make_objects_that_other_columns_add_to() -> None:
    sql = "SELECT 1 AS a.b, 2 AS a.c.d, 3 AS e, 4 AS e.f FROM 't'"
    assert json_of(sql) == '{"a":{"b":1,"c":{"d":2}},"e":{"f":4}}'


def test_the_payload_is_not_changed_by_what_a_column_puts_into_it() -> None:
    statement, ctx = parse_statement("SELECT *, 1 AS zone.new FROM 't'", V2), message(READING)
    statement.select(ctx)
    assert "new" not in ctx.decoded.whole()["zone"]


@pytest.mark.parametrize(
    "where",
    [
        "false",
        "missing",
        "missing > 1",
        "1",
        "'yes'",
        "NULL",
        "missing = missing",
        "zone",
        "'x' > 1",
    ],
)
def test_only_true_runs_the_actions(where: str) -> None:
    assert json_of(f"SELECT * FROM 't' WHERE {where}", READING) is None


def test_a_text_is_no_condition() -> None:
    assert json_of("SELECT * FROM 't' WHERE 'true'", READING) is None
    assert json_of("SELECT 1 AS a FROM 't' WHERE 'true' AND true", READING) == '{"a":1}'


def test_where_does_not_see_the_names_of_select() -> None:
    assert json_of("SELECT temperature AS t FROM 't' WHERE t > 5", READING) is None


def test_a_condition_can_be_observed() -> None:
    sql = (
        "SELECT * FROM 't' WHERE temperature >= 40 AND missing.deep = 1 AND upper(zone.name) = 'A'"
        " AND EXISTS (SELECT * FROM list AS n WHERE n = 1) AND newuuid() <> rand()"
    )
    assert parse_statement(sql, V2).observe(message(READING)) == [
        ("temperature", Decimal("41.5")),
        ("missing.deep", UNDEFINED),
        ("upper(zone.name)", "ATTIC"),
        ("zone.name", "attic"),
        ("list", [3, 1, 2]),
    ]


def test_a_variable_is_observed_and_no_other_service_is_asked_again() -> None:
    sql = "SET @x = temperature SELECT * FROM 't' WHERE @x > 1 AND upper(aws_lambda('arn', *)) = 1"
    services = Services()
    statement, ctx = parse_statement(sql, V2), message(READING, externals=services)
    statement.where(ctx)
    assert statement.observe(ctx) == [("@x", Decimal("41.5"))]
    assert len(services.asked) == 1


def test_nothing_is_observed_without_a_condition() -> None:
    assert parse_statement("SELECT temperature FROM 't'", V2).observe(message(READING)) == []


def test_variables_see_those_before_them_and_are_seen_everywhere() -> None:
    sql = (
        "SET @min = 40, @zone = zone, @both = [@min, @zone.id] "
        "SELECT @both, @zone.name AS name, (SELECT VALUE n + @min FROM [zone] AS z) AS no, "
        "(SELECT VALUE @min + x FROM list AS x) AS sums FROM 't' WHERE temperature > @min"
    )
    assert json_of(sql, READING) == '{"both":[40,3],"name":"attic","no":[],"sums":[43,41,42]}'


def test_templates_see_the_variables_that_a_statement_has_set() -> None:
    statement = parse_statement("SET @c = zone SELECT @c.id AS id FROM 't'", V2)
    ctx = message(READING)
    template = parse_template("zones/${@c.name}/${@nope}", V2)
    assert template.render(ctx) == "zones//"
    assert statement.where(ctx)
    statement.select(ctx)
    assert template.render(ctx) == "zones/attic/"
    assert template.render(ctx.for_rule(V2)) == "zones//"


def test_variables_hold_128_kib_and_no_bytes() -> None:
    double = "SET @a = a, @b = a SELECT @a AS a FROM 't'"
    assert json_of(double, {"a": "x" * 60_000}) is not None
    with pytest.raises(EvaluationError, match="128 KiB"):
        json_of(double, {"a": "x" * 70_000})
    with pytest.raises(EvaluationError, match="not JSON"):
        json_of("SET @a = * SELECT 1 AS a FROM 't'", b"\xff")


def test_a_nested_select_makes_an_array_of_an_array_and_an_object_of_an_object() -> None:
    payload = {"e": [{"n": "a", "v": 1}, {"n": "b"}, 5], "o": {"n": 1, "m": 2}, "s": "text"}
    sql = (
        "SELECT (SELECT VALUE v FROM e) AS a, (SELECT n FROM e WHERE v = 1) AS b, "
        "(SELECT n FROM e) AS c, (SELECT * FROM e) AS d, (SELECT n AS x FROM o) AS f, "
        "(SELECT VALUE n FROM o) AS g, (SELECT VALUE n FROM o WHERE m = 3) AS h, "
        "(SELECT * FROM s) AS i, (SELECT * FROM missing) AS j FROM 't'"
    )
    assert json_of(sql, payload) == (
        '{"a":[1],"b":[{"n":"a"}],"c":[{"n":"a"},{"n":"b"},{}],'
        '"d":[{"n":"a","v":1},{"n":"b"},5],"f":{"x":1},"g":1}'
    )


def test_names_in_a_nested_select_are_those_of_the_element_only() -> None:
    payload = {"x": 1, "e": [{"y": 2}]}
    assert json_of("SELECT (SELECT x, y FROM e) AS r FROM 't'", payload) == '{"r":[{"y":2}]}'


def test_elements_have_the_names_that_from_gives_them_in_inner_selects_too() -> None:
    payload = {"rooms": [{"id": 1, "r": [5, 6]}, {"id": 2, "r": [7]}]}
    sql = (
        "SELECT (SELECT VALUE (SELECT VALUE room.id * 100 + n FROM room.r AS n) "
        "FROM rooms AS room) AS r FROM 't'"
    )
    assert json_of(sql, payload) == '{"r":[[105,106],[207]]}'


def test_exists_asks_whether_anything_is_selected() -> None:
    payload = {"a": [1, 2], "none": [], "o": {"x": 1}}
    for source, expected in (("a", True), ("none", False), ("o", True), ("missing", False)):
        assert value_of(f"EXISTS (SELECT * FROM {source})", payload) is expected
    assert value_of("NOT EXISTS (SELECT * FROM a AS n WHERE n > 2)", payload) is True


def test_value_puts_out_what_it_is() -> None:
    for expression, text in (
        ("temperature", "41.5"),
        ("list", "[3,1,2]"),
        ("zone.name", '"attic"'),
        ("NULL", "null"),
        ("missing", ""),
        ("true", "true"),
        ("CASE zone.id WHEN 3 THEN {'a': 1} END", '{"a":1}'),
    ):
        assert json_of(f"SELECT VALUE {expression} FROM 't'", READING) == text


def test_version_2015_puts_out_no_array_by_itself() -> None:
    assert json_of("SELECT VALUE list FROM 't'", READING, version=V1) == ""
    assert json_of("SELECT VALUE zone FROM 't'", READING, version=V1) == '{"id":3,"name":"attic"}'
    assert json_of("SELECT list FROM 't'", READING, version=V1) == '{"list":[3,1,2]}'


def test_whole_decimals_are_ints_in_2016_and_stay_decimals_in_2015() -> None:
    text = '{"a":21.0,"b":21.5,"c":2.50,"d":1e3}'
    sql = "SELECT *, a + b AS s, a * 2 AS p, 2.5 * 2 AS q, a / 2 AS h FROM 't'"
    assert json_of(sql, text) == (
        '{"a":21,"b":21.5,"c":2.50,"d":1000,"s":42.5,"p":42,"q":5,"h":10}'
    )
    assert json_of(sql, text, version=V1) == (
        '{"a":21.0,"b":21.5,"c":2.50,"d":1000,"s":42.5,"p":42.0,"q":5.0,"h":10.5}'
    )
    assert json_of("SELECT cast(a AS Double) AS r FROM 't'", text) == '{"r":21}'
    assert json_of("SELECT cast(a AS Double) AS r FROM 't'", text, version=V1) == '{"r":21.0}'


def test_what_is_no_json_passes_as_bytes_and_has_no_attributes() -> None:
    raw = b"\x00\xfftemperature"
    statement = parse_statement("SELECT * FROM 't'", V2)
    assert statement.select(message(raw)) == raw
    assert json_of("SELECT a, encode(*, 'base64') AS b FROM 't'", raw) == (
        '{"b":"AP90ZW1wZXJhdHVyZQ=="}'
    )
    assert json_of("SELECT * FROM 't' WHERE a = 1", raw) is None
    assert json_of("SELECT *, topic(1) AS house FROM 't'", b"") == '{"house":"house"}'


def test_templates_mix_text_and_values() -> None:
    template = "${topic(2)}/$x/${zone.name}-${list}-${temperature}-${zone.id = 3}-${NULL}-${nope}}"
    assert text_of(template, READING) == "2/$x/attic-[3,1,2]-41.5-true-null-}"


def test_a_template_of_one_expression_has_its_value() -> None:
    ctx = message(READING)
    assert parse_template("${list}", V2).evaluate(ctx) == [3, 1, 2]
    assert parse_template("${nope}", V2).evaluate(ctx) is UNDEFINED
    assert parse_template("a${zone.id}", V2).evaluate(ctx) == "a3"
    assert parse_template("plain", V2).evaluate(ctx) == "plain"
    assert parse_template("plain", V2).is_literal
    assert not parse_template("${1}", V2).is_literal


def test_templates_hold_braces_and_quotes_in_their_expressions() -> None:
    assert text_of("a${ get({'k}': \"}\"}, 'k}') }b") == "a}b"


def test_a_message_is_decoded_once_for_all_rules_of_a_version() -> None:
    ctx = message(READING)
    first, second = ctx.for_rule(V2), ctx.for_rule("beta", topic="2/temperature")
    star = parse_statement("SELECT * FROM 't'", V2)
    assert star.select(first) is star.select(second)
    assert (first.topic, second.topic) == ("house/2/temperature", "2/temperature")
    old = parse_statement("SELECT * FROM 't'", V1)
    assert old.select(first.for_rule(V1)) is not star.select(first)


def test_other_services_are_asked_with_what_stands_in_the_call() -> None:
    services = Services()
    sql = (
        "SELECT aws_lambda('arn:f', {'t': temperature}).asked AS a, "
        "get_thing_shadow('sensor', 'role').asked AS b, "
        "get_thing_shadow('sensor', 'config', 'role').asked AS c, "
        "get_dynamodb('Rooms', 'id', zone.id, 'name', zone.name, 'role').asked AS d FROM 't'"
    )
    assert json_of(sql, READING, externals=services) == (
        '{"a":["lambda","arn:f","{\\"t\\":41.5}"],"b":["sensor",null,"role"],'
        '"c":["sensor","config","role"],"d":["Rooms","id",3,"name","attic","role"]}'
    )


def test_a_failing_service_fails_the_statement_unless_there_is_a_default() -> None:
    broken = Services(ExternalFunctionError("the table is away"))
    sql = "SELECT get_dynamodb('Rooms', 'id', zone.id, 'role') AS r FROM 't'"
    with pytest.raises(ExternalFunctionError, match="the table is away"):
        json_of(sql, READING, externals=broken)
    wrapped = "SELECT get_or_default(get_dynamodb('Rooms', 'id', zone.id, 'role'){}) AS r FROM 't'"
    assert json_of(wrapped.format(", 'none'"), READING, externals=broken) == '{"r":"none"}'
    assert json_of(wrapped.format(""), READING, externals=broken) == "{}"


def test_a_second_read_of_a_table_ends_the_statement_even_with_a_default() -> None:
    call = "get_or_default(get_dynamodb('Rooms', 'id', 1, 'role'))"
    with pytest.raises(EvaluationError, match="once"):
        json_of(f"SELECT {call} AS a, {call} AS b FROM 't'", READING, externals=Services())


def test_undefined_arguments_ask_no_service() -> None:
    services = Services()
    for call in (
        "aws_lambda('arn', missing)",
        "aws_lambda(5, *)",
        "get_thing_shadow(missing, 'role')",
        "get_dynamodb('Rooms', 'id', missing, 'role')",
        "get_dynamodb('Rooms', 'id', 1, 'name', 'role')",
    ):
        assert value_of(call, READING, externals=services) is UNDEFINED
    assert services.asked == []


def test_functions_tell_of_the_message() -> None:
    about: dict[str, Any] = {
        "principal": "a" * 64,
        "account": "000000000000",
        "trace_id": "t-1",
        "now_ms": 5,
        "source_ip": "127.0.0.1",
    }
    expression = (
        "[clientid(), principal(), accountid(), traceid(), timestamp(), sourceip(), "
        "sql_version(), topic(3), topic('1')]"
    )
    assert value_of(expression, **about) == [
        "sensor-7", "a" * 64, "000000000000", "t-1", 5, "127.0.0.1", V2, "temperature", "house"
    ]  # fmt: skip
    for outside in ("topic(0)", "topic(4)", "topic(-1)", "topic(NULL)", "topic(missing)"):
        assert value_of(outside) is UNDEFINED
    assert value_of("[clientid(), traceid(), principal()]", client_id=None) == ["n/a"]


def test_mqtt_5_properties_are_told() -> None:
    pairs: list[tuple[str, str]] = [
        ("some key", "some value"),
        ("other key", "other"),
        ("some key", "again"),
    ]
    about: dict[str, Any] = {"properties": {"content_type": "text/plain", "user_properties": pairs}}
    assert value_of("get_mqtt_property('content_type')", **about) == "text/plain"
    assert value_of("get_mqtt_property('format_indicator')", **about) == "UNSPECIFIED_BYTES"
    assert value_of("get_mqtt_property('user_properties')", **about) is UNDEFINED
    assert value_of("get_user_properties('some key')", **about) == ["some value", "again"]
    assert value_of("get_user_properties('none')", **about) is UNDEFINED
    assert value_of("get_user_properties(NULL)", **about) is UNDEFINED
    assert value_of("get_user_properties()", **about) == [{key: value} for key, value in pairs]


def test_ids_and_random_numbers_differ_each_time() -> None:
    assert value_of("newuuid() <> newuuid()") is True
    assert value_of("rand() <> rand()") is True
