"""Republish, Lambda, SNS, SQS, Kinesis, S3 and CloudWatch Logs actions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from lab_utils.local_aws.rules.actions import ACTIONS
from lab_utils.local_aws.rules.actions.base import InvalidActionError
from lab_utils.local_aws.rules.services import Headers
from tests.unit.local_aws.rules.doubles import (
    FUNCTION,
    NOW_MS,
    PLACE,
    PUT,
    REPUBLISH,
    ROLE,
    Services,
    message_on,
    refusal,
    rule_of,
    run_one,
)

SQL = "SELECT * FROM 'sensor/+'"
TOPIC_ARN = PLACE.arn("sns", "alarms")
QUEUE = "http://127.0.0.1:4566/123456789012/queue"
EACH: list[tuple[dict[str, Any], tuple[str, str]]] = [
    (REPUBLISH, ("iot:Publish", PLACE.arn("iot", "topic/errors"))),
    ({"sns": {"roleArn": ROLE, "targetArn": TOPIC_ARN}}, ("sns:Publish", TOPIC_ARN)),
    (
        {"sqs": {"roleArn": ROLE, "queueUrl": QUEUE}},
        ("sqs:SendMessage", PLACE.arn("sqs", "queue")),
    ),
    (
        {"kinesis": {"roleArn": ROLE, "streamName": "s"}},
        ("kinesis:PutRecord", PLACE.arn("kinesis", "stream/s")),
    ),
    (
        {"s3": {"roleArn": ROLE, "bucketName": "b", "key": "${topic()}.json"}},
        ("s3:PutObject", "arn:aws:s3:::b/sensor/a.json"),
    ),
    (
        {"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "g"}},
        ("logs:PutLogEvents", PLACE.arn("logs", "log-group:g:log-stream:rule")),
    ),
    (PUT, ("dynamodb:PutItem", PLACE.arn("dynamodb", "table/Temperature"))),
]


def act(action: dict[str, Any], payload: object = None, **more: Any) -> Services:
    services = Services()
    content = {"t": 45} if payload is None else payload
    run_one(services, SQL, message_on("sensor/a", content), action, errorAction=PUT, **more)
    return services


@pytest.mark.parametrize(("action", "permission"), EACH)
def test_an_action_is_done_only_with_its_permission(
    action: dict[str, Any], permission: tuple[str, str]
) -> None:
    services = Services(denied={permission[0]})
    run_one(services, SQL, message_on("sensor/a", {"t": 45}), action)
    assert services.asked == [permission]
    assert not any((services.requests, services.republished, services.items))
    services = Services()
    run_one(services, SQL, message_on("sensor/a", {"t": 45}), action)
    assert any((services.requests, services.republished, services.items))


@pytest.mark.parametrize("kind", ["kafka", "firehose", "iotAnalytics", "http", "location", "x"])
def test_an_action_that_is_not_supported_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(InvalidActionError, match=f"'{kind}' is not supported") as refused:
        rule_of(Services(), SQL, {kind: {"roleArn": ROLE}})
    assert "dynamoDBv2" in str(refused.value)
    assert "timestream" in str(refused.value)


@pytest.mark.parametrize("action", [{}, {**PUT, **REPUBLISH}, {"republish": []}])
def test_an_action_names_exactly_one(action: dict[str, Any]) -> None:
    with pytest.raises(InvalidActionError):
        rule_of(Services(), SQL, action)


@pytest.mark.parametrize("kind", sorted(set(ACTIONS) - {"lambda"}))
def test_a_role_cannot_be_named_by_a_template(kind: str) -> None:
    role = "arn:aws:iam::123456789012:role/${topic(2)}"
    with pytest.raises(InvalidActionError, match="roleArn"):
        rule_of(Services(), SQL, {kind: {"roleArn": role}})


@pytest.mark.parametrize(
    ("sql", "payload", "expected"),
    [
        (SQL, b'{ "t" : 45.50 }', b'{"t":45.50}'),
        (SQL, b"\xff\x00hot", b"\xff\x00hot"),
        ("SELECT VALUE t FROM 'sensor/+'", b'{"t": 45}', b"45"),
        ("SELECT VALUE missing FROM 'sensor/+'", b'{"t": 45}', b""),
        ("SELECT t AS u, topic() AS topic FROM '#'", b'{"t":1}', b'{"u":1,"topic":"sensor/a"}'),
    ],
)
def test_the_result_travels_on_as_json(sql: str, payload: bytes, expected: bytes) -> None:
    services = Services()
    run_one(services, sql, message_on("sensor/a", payload), REPUBLISH)
    assert services.republished == [("errors", expected, 1, Headers())]


def test_a_republished_message_has_the_headers_that_templates_make() -> None:
    headers = {
        "payloadFormatIndicator": "UTF8_DATA",
        "contentType": "application/${kind}",
        "responseTopic": "${topic()}/answer",
        "correlationData": "1",
        "messageExpiry": "60",
        "userProperties": [{"key": "room", "value": "${topic(2)}"}],
    }
    action = {"republish": {"roleArn": ROLE, "topic": "${topic()}/copy", "headers": headers}}
    services = act(action, {"kind": "json"})
    ((topic, _, qos, given),) = services.republished
    assert (topic, qos) == ("sensor/a/copy", 0)
    assert given == Headers(
        payload_format="UTF8_DATA",
        content_type="application/json",
        response_topic="sensor/a/answer",
        correlation_data="1",
        message_expiry="60",
        user_properties=(("room", "a"),),
    )


def test_a_dollar_escapes_that_of_a_reserved_topic() -> None:
    topic = "$$aws/things/${topic(2)}/shadow/update"
    services = act({"republish": {"roleArn": ROLE, "topic": topic}})
    assert services.republished[0][0] == "$aws/things/a/shadow/update"


@pytest.mark.parametrize("topic", ["${missing}", "a/${t}+", "#${t}"])
def test_a_topic_that_cannot_be_published_to_is_a_failure(topic: str) -> None:
    services = act({"republish": {"roleArn": ROLE, "topic": topic}})
    assert services.republished == []
    assert len(services.items) == 1


def test_a_qos_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidActionError, match="'2' at"):
        rule_of(Services(), SQL, {"republish": {"roleArn": ROLE, "topic": "t", "qos": 2}})


def test_a_function_is_invoked_if_its_policy_lets_the_rule_in() -> None:
    services = act({"lambda": {"functionArn": FUNCTION}})
    (request,) = services.requests
    assert request.path.endswith("/invocations")
    assert request.headers["x-amz-invocation-type"] == "Event"
    assert json.loads(request.body) == {"t": 45}
    assert services.asked == []


def test_a_function_whose_policy_does_not_is_not_invoked() -> None:
    services = Services(invokers={PLACE.arn("iot", "rule/another")})
    action = {"lambda": {"functionArn": FUNCTION}}
    message = message_on("sensor/a", {"t": 45})
    run_one(services, SQL, message, action, errorAction=REPUBLISH)
    assert services.requests == []
    text = services.republished[0][1].decode()
    assert "User: iot.amazonaws.com is not authorized to perform: lambda:InvokeFunction on" in text
    assert '"failedAction":"LambdaAction"' in text


def test_a_notification_may_be_made_for_each_platform() -> None:
    action = {"sns": {"roleArn": ROLE, "targetArn": TOPIC_ARN, "messageFormat": "JSON"}}
    form = parse_qs(act(action, {"default": "hot"}).requests[0].body.decode())
    assert form["Message"] == ['{"default":"hot"}']
    assert (form["TopicArn"], form["MessageStructure"]) == ([TOPIC_ARN], ["json"])
    raw = {"sns": {"roleArn": ROLE, "targetArn": TOPIC_ARN}}
    assert b"MessageStructure" not in act(raw).requests[0].body


def test_a_queue_gets_text_or_base64() -> None:
    plain = act({"sqs": {"roleArn": ROLE, "queueUrl": QUEUE}}).requests[0]
    assert json.loads(plain.body) == {"QueueUrl": QUEUE, "MessageBody": '{"t":45}'}
    coded = act({"sqs": {"roleArn": ROLE, "queueUrl": QUEUE, "useBase64": True}}, b"\xff")
    assert json.loads(coded.requests[0].body)["MessageBody"] == "/w=="
    refused = act({"sqs": {"roleArn": ROLE, "queueUrl": QUEUE}}, b"\xff")
    assert refused.requests == []
    assert len(refused.items) == 1


def test_a_stream_gets_the_result_under_its_key() -> None:
    action = {"kinesis": {"roleArn": ROLE, "streamName": "s", "partitionKey": "${topic(2)}"}}
    sent = json.loads(act(action, b"hot").requests[0].body)
    assert sent == {"StreamName": "s", "PartitionKey": "a", "Data": "aG90"}


def test_an_object_is_written_with_its_access_list() -> None:
    key = "${topic()}/${timestamp()}"
    action = {"s3": {"roleArn": ROLE, "bucketName": "b", "key": key, "cannedAcl": "public-read"}}
    (request,) = act(action).requests
    assert (request.method, request.path) == ("PUT", "/b/sensor/a/1579637878451")
    assert request.headers == {"x-amz-acl": "public-read"}


def test_a_log_group_gets_one_event_or_those_of_an_array() -> None:
    group = {"roleArn": ROLE, "logGroupName": "g"}
    events = json.loads(act({"cloudwatchLogs": group}).requests[-1].body)["logEvents"]
    assert events == [{"timestamp": NOW_MS, "message": '{"t":45}'}]
    several = [{"timestamp": 2, "message": "b"}, {"timestamp": 1, "message": "a"}]
    batch = act({"cloudwatchLogs": {**group, "batchMode": True}}, several)
    assert json.loads(batch.requests[-1].body)["logEvents"] == several[::-1]
    wrong = act({"cloudwatchLogs": {**group, "batchMode": True}}, {"t": 45})
    assert wrong.requests == []
    assert len(wrong.items) == 1


@pytest.mark.parametrize(("action", "_permission"), [EACH[1], EACH[2], EACH[3], EACH[5]])
def test_a_refusal_of_a_service_is_a_failure(
    action: dict[str, Any], _permission: tuple[str, str]
) -> None:
    answer = refusal("NotFoundException", "There is none.", 404)
    services = Services(answers={"sns": answer, "AmazonSQS.SendMessage": answer})
    services.answers["Kinesis_20131202.PutRecord"] = answer
    services.answers["Logs_20140328.PutLogEvents"] = answer
    message = message_on("sensor/a", {"t": 45})
    run_one(services, SQL, message, action, errorAction=REPUBLISH)
    assert "There is none. (Service: " in services.republished[0][1].decode()
    assert "Status Code: 404; Error Code: NotFoundException" in services.republished[0][1].decode()
