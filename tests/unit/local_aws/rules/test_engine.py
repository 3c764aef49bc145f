"""The engine: which rules run, and that none stops another."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from lab_utils.local_aws.rules.definition import BrokenRule, RuleBook
from lab_utils.local_aws.rules.services import Answer
from tests.unit.local_aws.rules.doubles import (
    FUNCTION,
    PLACE,
    PUT,
    REPUBLISH,
    ROLE,
    Services,
    declared,
    message_on,
    refusal,
    run,
    run_one,
)

SQL = "SELECT * FROM 'sensor/+'"
HOT = "SELECT * FROM 'sensor/+' WHERE temperature >= 40"


def ids(services: Services) -> list[str]:
    return [item["id"]["S"] for _, item in services.items]


@pytest.mark.parametrize(
    ("temperature", "is_stored"),
    [(45, True), (40, True), (39.9, False), ("45", True), ("x", False)],
)
def test_a_rule_runs_only_where_its_condition_is_true(temperature: Any, is_stored: bool) -> None:
    services = Services()
    run_one(services, HOT, message_on("sensor/a", {"id": "a", "temperature": temperature}), PUT)
    assert (ids(services) == ["a"]) is is_stored


def test_only_rules_of_the_topic_that_are_switched_on_run() -> None:
    services = Services()
    rules = {
        "one": declared("SELECT 'one' AS id FROM 'sensor/a'", PUT),
        "off": declared("SELECT 'off' AS id FROM 'sensor/a'", PUT, ruleDisabled=True),
        "two": declared("SELECT 'two' AS id FROM '#'", PUT),
        "other": declared("SELECT 'other' AS id FROM 'sensor/b'", PUT),
    }
    run(services, rules, message_on("sensor/a"))
    assert ids(services) == ["one", "two"]


def test_a_failing_action_stops_neither_the_next_nor_another_rule() -> None:
    services = Services(denied={"iot:Publish"})
    rules = {
        "first": declared("SELECT 'a' AS id FROM 'sensor/+'", REPUBLISH, PUT),
        "second": declared("SELECT 'b' AS id FROM 'sensor/+'", PUT),
    }
    run(services, rules, message_on("sensor/a"))
    assert ids(services) == ["a", "b"]


def test_a_service_that_breaks_down_stops_nothing_and_is_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Services):
        def put_item(self, *_: object) -> Answer:
            raise ZeroDivisionError("nobody expected this")

    services = Broken()
    run_one(services, SQL, message_on("sensor/a", {"id": "a"}), PUT, errorAction=REPUBLISH)
    assert "ZeroDivisionError: nobody expected this" in services.republished[0][1].decode()
    assert "nobody expected this" in caplog.text


def test_the_error_action_gets_one_message_with_all_failures() -> None:
    services = Services(denied={"dynamodb:PutItem"}, invokers=set())
    payload = b'{\n  "message": "Hello vrom AWS IoT console"\n}'
    function = {"lambda": {"functionArn": FUNCTION}}
    message = message_on("testme/action", payload)
    sql = "SELECT * FROM 'testme/action'"
    run_one(services, sql, message, PUT, function, errorAction=REPUBLISH)
    ((topic, content, qos, _),) = services.republished
    report = json.loads(content)
    assert (topic, qos) == ("errors", 1)
    assert list(report) == [
        "ruleName",
        "topic",
        "cloudwatchTraceId",
        "clientId",
        "base64OriginalPayload",
        "failures",
    ]
    assert (report["ruleName"], report["topic"]) == ("rule", "testme/action")
    assert (report["cloudwatchTraceId"], report["clientId"]) == ("trace", "temp_1")
    assert base64.b64decode(report["base64OriginalPayload"]) == payload
    assert [set(f) for f in report["failures"]] == [
        {"failedAction", "failedResource", "errorMessage"}
    ] * 2
    assert [(f["failedAction"], f["failedResource"]) for f in report["failures"]] == [
        ("DynamoDBv2Action", "Temperature"),
        ("LambdaAction", FUNCTION),
    ]
    assert "is not authorized to perform: dynamodb:PutItem" in report["failures"][0]["errorMessage"]


def test_the_templates_of_the_error_action_see_the_message() -> None:
    services = Services(denied={"dynamodb:PutItem"})
    topic = "${replace(topic(), '/', '-') + '-' + timestamp() + '-' + newuuid()}"
    action = {"republish": {"roleArn": ROLE, "topic": topic}}
    run_one(services, SQL, message_on("sensor/a", {"id": "a"}), PUT, errorAction=action)
    assert services.republished[0][0].startswith("sensor-a-1579637878451-")


def test_an_error_action_that_fails_is_recorded_and_runs_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    services = Services(denied={"dynamodb:PutItem"})
    run_one(services, SQL, message_on("sensor/a", {"id": "a"}), PUT, errorAction=PUT)
    assert services.items == []
    assert caplog.text.count("Rule rule, DynamoDBv2Action: User:") == 2


def test_a_failing_action_without_an_error_action_is_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    services = Services(trusted=False)
    run_one(services, SQL, message_on("sensor/a", {"id": "a"}), PUT)
    assert f"sts:AssumeRole on resource: {ROLE}" in caplog.text


def test_a_stored_rule_that_cannot_be_read_is_recorded_and_harms_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    services = Services()
    rules = {
        "broken": declared("SELEC * FROM 'sensor/+'", PUT),
        "old": declared(SQL, {"kafka": {}}),
        "sound": declared(SQL, PUT),
    }
    run(services, rules, message_on("sensor/a", {"id": "a"}))
    assert ids(services) == ["a"]
    assert "Rule broken cannot be run" in caplog.text
    assert "Rule old cannot be run: The action 'kafka' is not supported" in caplog.text


def test_a_rule_is_read_once_and_again_only_when_it_was_replaced() -> None:
    key = (PLACE.account, PLACE.region, "rule")
    stored = {key: declared(SQL, PUT), (PLACE.account, "us-east-1", "far"): declared(SQL, PUT)}
    book = RuleBook(lambda: stored, Services())
    (first,) = book.rules(PLACE)
    assert book.rules(PLACE) == [first]
    assert book.find(PLACE, "rule") is first
    stored[key] = declared(HOT, PUT)
    assert book.find(PLACE, "rule") is not first
    stored[key] = declared("nonsense", PUT)
    assert isinstance(book.find(PLACE, "rule"), BrokenRule)
    assert book.find(PLACE, "far") is None


DEEP = b'{"id": "a", "d": ' + b"[" * 1000 + b"]" * 1000 + b"}"
LARGE = b'{"id": "a", "d": ["' + b"x" * 131_000 + b'"]}'


@pytest.mark.parametrize("payload", [DEEP, LARGE, b"[" * 131_072, b'{"a":' * 20_000])
def test_a_payload_of_any_shape_harms_nobody(payload: bytes) -> None:
    services = Services()
    rules = {
        "first": declared(SQL, PUT, REPUBLISH),
        "second": declared("SELECT topic(2) AS id FROM 'sensor/+'", PUT),
    }
    run(services, rules, message_on("sensor/a", payload))
    assert ids(services)[-1] == "a"


def external(sql: str, services: Services, payload: object = None) -> Any:
    content = {"id": "a"} if payload is None else payload
    message = message_on("sensor/a", content)
    run_one(services, sql, message, REPUBLISH, errorAction=PUT)
    return [json.loads(content) for _, content, _, _ in services.republished]


def test_a_function_can_be_asked_within_the_sql() -> None:
    services = Services(answers={"lambda": Answer(200, b'{"name": "kitchen", "x": 1.5}')})
    sql = f"SELECT id, aws_lambda('{FUNCTION}', {{'id': id}}).name AS room FROM 'sensor/+'"
    assert external(sql, services) == [{"id": "a", "room": "kitchen"}]
    assert json.loads(services.requests[0].body) == {"id": "a"}
    assert services.requests[0].headers["x-amz-invocation-type"] == "RequestResponse"


@pytest.mark.parametrize(
    "services",
    [
        Services(invokers=set()),
        Services(answers={"lambda": refusal("TooManyRequestsException", "Later.", 429)}),
        Services(answers={"lambda": Answer(200, b"{}", {"X-Amz-Function-Error": "Unhandled"})}),
        Services(answers={"lambda": Answer(200, b"no json")}),
    ],
)
def test_an_external_function_that_fails_ends_the_rule(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    sql = f"SELECT aws_lambda('{FUNCTION}', {{}}) AS room FROM 'sensor/+'"
    assert external(sql, services) == []
    assert services.items == []
    assert "Rule rule: its SQL could not be evaluated: aws_lambda: " in caplog.text


def test_a_function_that_takes_too_long_ends_the_rule(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lab_utils.local_aws.rules.externals.LAMBDA_LIMIT_S", 0.05)
    services = Services(delay_s=0.5)
    sql = f"SELECT aws_lambda('{FUNCTION}', {{}}) AS room FROM 'sensor/+'"
    assert external(sql, services) == []
    assert "No answer came within 50 milliseconds" in caplog.text


def test_an_item_of_a_table_can_be_read_within_the_sql() -> None:
    item = {"Item": {"id": {"S": "a"}, "zone": {"N": "2"}}}
    services = Services(answers={"DynamoDB_20120810.GetItem": Answer.json(200, item)})
    sql = f"SELECT get_dynamodb('rooms', 'id', id, '{ROLE}').zone AS zone FROM 'sensor/+'"
    assert external(sql, services) == [{"zone": 2}]
    assert json.loads(services.requests[0].body) == {
        "TableName": "rooms",
        "Key": {"id": {"S": "a"}},
    }
    assert ("dynamodb:GetItem", PLACE.arn("dynamodb", "table/rooms")) in services.asked


def test_a_role_that_may_not_read_the_table_ends_the_rule() -> None:
    services = Services(denied={"dynamodb:GetItem"})
    sql = f"SELECT get_dynamodb('rooms', 'id', id, '{ROLE}').zone AS zone FROM 'sensor/+'"
    assert external(sql, services) == []
    assert services.requests == []


def test_the_shadow_of_a_thing_can_be_read_within_the_sql() -> None:
    services = Services()
    sql = f"SELECT get_thing_shadow('kitchen', '{ROLE}').state.reported AS r FROM 'sensor/+'"
    assert external(sql, services) == [{"r": {"thing": "kitchen", "shadow": ""}}]
    assert ("iot:GetThingShadow", PLACE.arn("iot", "thing/kitchen")) in services.asked


def test_two_messages_at_once_do_not_mix() -> None:
    services = Services()
    rules = {"rule": declared(SQL, PUT)}
    messages: Sequence[str] = [f"m{n}" for n in range(20)]
    for name in messages:
        run(services, rules, message_on("sensor/a", {"id": name}))
    assert ids(services) == list(messages)
