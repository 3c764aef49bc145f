"""Rules as the API takes them, Basic Ingest, the log of AWS IoT and the trace."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from lab_utils.errors import TargetError
from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.conftest import client_of
from tests.integration.mqtt_probe import Mqtt3Probe, Mqtt5Probe
from tests.integration.things import (
    DeviceFolder,
    create_role,
    create_rule,
    create_table,
    put_item_action,
    wait_until,
)

MakeDevice = Callable[..., DeviceFolder]
Unique = Callable[[str], str]


@pytest.fixture
def role(aws_client: Any, unique: Unique) -> str:
    return create_role(aws_client("iam"), unique("role"), {"iot:*": "*", "dynamodb:*": "*"})


def republish(role: str, topic: str) -> dict[str, Any]:
    return {"republish": {"roleArn": role, "topic": topic, "qos": 1}}


def payload_of(role: str, **members: Any) -> dict[str, Any]:
    return {"sql": "SELECT * FROM 'a/+'", "actions": [republish(role, "b")], **members}


def test_a_rule_is_what_was_given(aws_client: Any, unique: Unique, role: str) -> None:
    iot, name = aws_client("iot"), unique("rule")
    given = {
        "sql": "SELECT *, get(a, 'b-c') AS x FROM 'a/+' WHERE temperature >= 40",
        "description": "Übung",
        "actions": [republish(role, "${topic()}/copy"), put_item_action(role, "T")],
        "errorAction": republish(role, "errors"),
        "awsIotSqlVersion": "2016-03-23",
        "ruleDisabled": True,
    }
    iot.create_topic_rule(ruleName=name, topicRulePayload=given)
    found = iot.get_topic_rule(ruleName=name)
    assert {key: found["rule"][key] for key in given} == given
    assert found["ruleArn"].endswith(f":rule/{name}")
    (listed,) = [r for r in iot.list_topic_rules()["rules"] if r["ruleName"] == name]
    assert (listed["topicPattern"], listed["ruleDisabled"]) == ("a/+", True)


def test_a_rule_without_a_version_is_of_the_oldest(
    aws_client: Any, unique: Unique, role: str
) -> None:
    iot, name = aws_client("iot"), unique("rule")
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload_of(role))
    assert iot.get_topic_rule(ruleName=name)["rule"]["awsIotSqlVersion"] == "2015-10-08"


@pytest.mark.parametrize(
    ("name", "members", "code", "words"),
    [
        ("my-rule", {}, "InvalidRequestException", "ruleName"),
        ("my rule", {}, "InvalidRequestException", "ruleName"),
        ("a" * 129, {}, "InvalidRequestException", "128"),
        ("rule", {"sql": "SELECT * FORM 'a'"}, "SqlParseException", "line 1, column 10"),
        ("rule", {"sql": "SELECT * FROM 'a' WHERE"}, "SqlParseException", "line 1, column 24"),
        ("rule", {"sql": "SELECT nothing() FROM 'a'"}, "SqlParseException", "nothing"),
        ("rule", {"awsIotSqlVersion": "2020-01-01"}, "InvalidRequestException", "2020-01-01"),
        ("rule", {"actions": "eleven"}, "InvalidRequestException", "less than or equal to 10"),
        ("rule", {"actions": "kafka"}, "InvalidRequestException", "'kafka' is not supported"),
        ("rule", {"errorAction": "kafka"}, "InvalidRequestException", "'kafka' is not supported"),
        ("rule", {"actions": "template"}, "SqlParseException", "line 1"),
        ("rule", {"actions": "loop"}, "InvalidRequestException", "topic space"),
    ],
)
def test_a_rule_that_aws_does_not_take_is_refused(
    aws_client: Any, role: str, name: str, members: dict[str, Any], code: str, words: str
) -> None:
    kafka = {"kafka": {"destinationArn": "arn:a", "topic": "t", "clientProperties": {}}}
    special: dict[Any, Any] = {
        "eleven": [republish(role, "b")] * 11,
        "kafka": [kafka],
        "template": [republish(role, "${topic(")],
        "loop": [republish(role, "a/b")],
    }
    given = {key: special.get(value, value) for key, value in members.items()}
    if given.get("errorAction"):
        given["errorAction"] = kafka
    iot = aws_client("iot")
    with pytest.raises(iot.exceptions.ClientError, match=words) as refused:
        iot.create_topic_rule(ruleName=name, topicRulePayload=payload_of(role, **given))
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, 400)


def test_ten_actions_and_a_name_of_128_characters_are_taken(
    aws_client: Any, unique: Unique, role: str
) -> None:
    name = unique("rule").ljust(128, "x")
    payload = payload_of(role, actions=[republish(role, f"b/{n}") for n in range(10)])
    aws_client("iot").create_topic_rule(ruleName=name, topicRulePayload=payload)


def test_a_rule_is_created_once_and_replaced_only_by_one_that_aws_takes(
    aws_client: Any, unique: Unique, role: str
) -> None:
    iot, name = aws_client("iot"), unique("rule")
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload_of(role))
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_topic_rule(ruleName=name, topicRulePayload=payload_of(role))
    with pytest.raises(iot.exceptions.SqlParseException):
        iot.replace_topic_rule(ruleName=name, topicRulePayload=payload_of(role, sql="SELEC"))
    assert iot.get_topic_rule(ruleName=name)["rule"]["sql"] == "SELECT * FROM 'a/+'"
    with pytest.raises(iot.exceptions.UnauthorizedException):
        iot.replace_topic_rule(ruleName=unique("none"), topicRulePayload=payload_of(role))


def test_a_rule_works_as_it_stands_at_the_moment(
    aws_client: Any, aws_session: Session, make_device: MakeDevice, unique: Unique, role: str
) -> None:
    iot, name, topic, out = aws_client("iot"), unique("rule"), unique("topic"), unique("out")
    payload = {"sql": f"SELECT 1 AS n FROM '{topic}'", "actions": [republish(role, out)]}
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload)
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        device.subscribe(out)
        device.publish(topic, "{}")
        replaced = {**payload, "sql": f"SELECT 2 AS n FROM '{topic}'"}
        iot.replace_topic_rule(ruleName=name, topicRulePayload=replaced)
        device.publish(topic, "{}")
        iot.disable_topic_rule(ruleName=name)
        device.publish(topic, "{}")
        iot.enable_topic_rule(ruleName=name)
        device.publish(topic, "{}")
        iot.delete_topic_rule(ruleName=name)
        device.publish(topic, "{}")
        device.publish(out, "end")
        messages = device.wait_for_messages(4)
    assert [content for _, content in messages] == [b'{"n":1}', b'{"n":2}', b'{"n":2}', b"end"]


def test_rules_that_republish_to_each_other_come_to_an_end(
    aws_client: Any, unique: Unique, role: str, aws_settings: Settings
) -> None:
    first, second, stem = unique("first"), unique("second"), unique("topic")
    for name, source, target in ((first, "a", "b"), (second, "b", "a")):
        sql = f"SELECT * FROM '{stem}/{source}'"
        create_rule(aws_client("iot"), name, sql, [republish(role, f"{stem}/{target}")])
    aws_client("iot-data").publish(topic=f"{stem}/a", qos=1, payload="{}")
    log = (aws_settings.state_dir / "aws.log").read_text(encoding="utf-8")
    assert "has been republished 8 times by rules that take each other's messages" in log


def test_mqtt_5_properties_travel_through_a_rule(
    aws_client: Any, aws_session: Session, make_device: MakeDevice, unique: Unique, role: str
) -> None:
    topic, out = unique("topic"), unique("out")
    headers = {
        "contentType": "application/json",
        "userProperties": [{"key": "room", "value": "${get_user_properties('room')}"}],
    }
    action = {"republish": {"roleArn": role, "topic": out, "qos": 1, "headers": headers}}
    sql = f"SELECT get_user_properties('room') AS room FROM '{topic}'"
    create_rule(aws_client("iot"), unique("rule"), sql, [action])
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        device.subscribe(out)
        aws_client("iot-data").publish(
            topic=topic, qos=1, payload="{}", userProperties=[{"room": "kitchen"}]
        )
        ((_, content),) = device.wait_for_messages(1)
    assert "kitchen" in content.decode()


@pytest.fixture
def entries(aws_client: Any, unique: Unique) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Switches the log on at DEBUG; returns the entries that hold a text."""
    iot, logs = aws_client("iot"), aws_client("logs")
    role = create_role(
        aws_client("iam"), unique("logger"), {"logs:*": "arn:aws:logs:*:*:log-group:AWSIotLogsV2:*"}
    )
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DEBUG", disableAllLogs=False)

    def find(text: str, count: int, kind: str = "") -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            if not logs.describe_log_groups(logGroupNamePrefix="AWSIotLogsV2")["logGroups"]:
                return None
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName="AWSIotLogsV2", filterPattern=f'"{text}"'
            )
            every = [json.loads(event["message"]) for page in pages for event in page["events"]]
            found = [entry for entry in every if kind in ("", entry["eventType"])]
            return found if len(found) >= count else None

        found: list[dict[str, Any]] = wait_until(look, f"{count} entries with {text}")
        return found

    yield find
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DISABLED", disableAllLogs=True)


def test_basic_ingest_reaches_its_rule_and_nobody_else(
    aws_client: Any,
    aws_session: Session,
    make_device: MakeDevice,
    unique: Unique,
    role: str,
    entries: Any,
) -> None:
    name, out = unique("rule"), unique("out")
    sql = "SELECT *, topic() AS topic, topic(2) AS second FROM 'elsewhere'"
    create_rule(aws_client("iot"), name, sql, [republish(role, out)])
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        device.subscribe(out)
        device.subscribe("sensor/a")
        device.subscribe("#")
        assert device.publish(f"$aws/rules/{name}/sensor/a", '{"t": 1}') == 0
        assert device.publish(f"$aws/rules/{name}_gone/sensor/a", '{"t": 2}') == 0
        aws_client("iot").disable_topic_rule(ruleName=name)
        assert device.publish(f"$aws/rules/{name}/sensor/b", '{"t": 3}') == 0
        device.publish(out, "end")
        messages = [m for m in device.wait_for_messages(4) if m[0] == out]
    assert json.loads(messages[0][1]) == {"t": 1, "topic": "sensor/a", "second": "a"}
    assert {content for _, content in messages[1:]} <= {messages[0][1], b"end"}
    missing = entries(name, 2, "RuleNotFound")
    details = {entry["topicName"]: entry["details"] for entry in missing}
    assert details == {
        f"$aws/rules/{name}_gone/sensor/a": f"Rule {name}_gone not found",
        f"$aws/rules/{name}/sensor/b": f"Rule {name} not found",
    }
    assert all(entry["reason"] == "RuleNotFound" for entry in missing)


def test_the_life_of_a_client_is_in_the_log(
    aws_session: Session, make_device: MakeDevice, unique: Unique, entries: Any
) -> None:
    client_id, topic = unique("client"), unique("topic")
    client = {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}
    allowed = {"Effect": "Allow", "Action": "iot:*", "Resource": f"arn:aws:iot:*:*:*/{topic}"}
    device = make_device([client, allowed])
    with Mqtt5Probe(aws_session, device, client_id=client_id) as probe:
        probe.connack()
        assert probe.subscribe(topic) == 1
        assert probe.subscribe(f"{topic}/denied") == 135
        assert probe.publish(topic, "{}") == 0
        assert probe.publish(f"{topic}/denied", "{}") == 135
        probe.wait_for_messages(1)
    found = entries(client_id, 7)
    assert [(e["eventType"], e["status"]) for e in found] == [
        ("Connect", "Success"),
        ("Subscribe", "Success"),
        ("Subscribe", "Failure"),
        ("Publish-Out", "Success"),
        ("Publish-In", "Success"),
        ("Publish-In", "Failure"),
        ("Disconnect", "Success"),
    ]
    first = found[0]
    assert (first["protocol"], first["clientId"]) == ("MQTT", client_id)
    assert (first["principalId"], first["sourceIp"]) == (device.certificate_id, "127.0.0.1")
    assert first["sourcePort"] > 0
    assert found[1]["topicName"] == found[3]["topicName"] == topic
    assert found[2]["reason"] == found[5]["reason"] == "AUTHORIZATION_FAILURE"
    assert found[-1]["disconnectReason"] == "CONNECTION_LOST"


def test_levels_are_set_for_one_client_alone(
    aws_client: Any,
    aws_session: Session,
    make_device: MakeDevice,
    unique: Unique,
    role: str,
    entries: Any,
) -> None:
    iot, rule, topic = aws_client("iot"), unique("rule"), unique("topic")
    create_rule(iot, rule, f"SELECT * FROM '{topic}'", [republish(role, f"{topic}/out")])
    iot.set_v2_logging_options(defaultLogLevel="ERROR")
    watched, quiet = unique("watched"), unique("quiet")
    target = {"targetType": "CLIENT_ID", "targetName": watched}
    iot.set_v2_logging_level(logTarget=target, logLevel="DEBUG")
    levels = iot.list_v2_logging_levels(targetType="CLIENT_ID")["logTargetConfigurations"]
    assert {"logTarget": target, "logLevel": "DEBUG"} in levels
    for client_id in (quiet, watched):
        probe = Mqtt3Probe(aws_session, make_device(), client_id)
        probe.connect()
        probe.publish(topic, "{}")
        probe.disconnect()
    kinds = [e["eventType"] for e in entries(watched, 6)]
    assert kinds == [
        "Connect",
        "Publish-In",
        "RuleMatch",
        "StartingRuleExecution",
        "RuleExecution",
        "Disconnect",
    ]
    assert {entry["clientId"] for entry in entries(rule, 3)} == {watched}
    iot.delete_v2_logging_level(targetType="CLIENT_ID", targetName=watched)
    assert target not in [
        level["logTarget"] for level in iot.list_v2_logging_levels()["logTargetConfigurations"]
    ]


def test_a_trace_says_of_every_rule_why_it_fired_or_not(
    aws_client: Any, aws_session: Session, unique: Unique, role: str
) -> None:
    iot, topic, table = aws_client("iot"), unique("sensor"), unique("table")
    dynamodb = aws_client("dynamodb")
    create_table(dynamodb, table)
    weak = create_role(aws_client("iam"), unique("weak"), {})
    names = {key: unique(key) for key in ("hot", "cold", "deep", "denied")}
    put = put_item_action(role, table)
    create_rule(iot, names["hot"], f"SELECT id, t FROM '{topic}/+' WHERE t >= 40", [put])
    create_rule(iot, names["cold"], f"SELECT * FROM '{topic}/+' WHERE t < 20", [put])
    create_rule(iot, names["deep"], f"SELECT * FROM '{topic}/+/+'", [put])
    weak_put = put_item_action(weak, table)
    create_rule(iot, names["denied"], f"SELECT * FROM '{topic}/#'", [weak_put])
    payload = json.dumps({"id": "a", "t": 45.5, "zone": 1}).encode()
    rows = {row["rule"]: row for row in control.trace(aws_session, f"{topic}/a", payload, "me")}
    hot, cold, deep, denied = (rows[names[key]] for key in ("hot", "cold", "deep", "denied"))
    assert (hot["condition"], hot["message"]) == ("t = 45.5 -> true", '{"id":"a","t":45.5}')
    assert hot["actions"] == ["dynamoDBv2: ok"]
    assert hot["roles"][0].startswith("allowed: dynamodb:PutItem on arn:aws:dynamodb:")
    assert (cold["condition"], cold["actions"]) == ("t = 45.5 -> not true", [])
    assert deep["topic"].startswith("no match: ")
    assert denied["roles"][0].startswith("denied: dynamodb:PutItem on ")
    assert "is not authorized to perform: dynamodb:PutItem" in denied["actions"][0]
    assert len(dynamodb.scan(TableName=table)["Items"]) == 1


def test_a_message_that_cannot_be_published_cannot_be_traced(aws_session: Session) -> None:
    for topic, payload in (("a/+", b"{}"), ("a", b"x" * (128 * 1024 + 1))):
        with pytest.raises(TargetError, match="No such message can be published"):
            control.trace(aws_session, topic, payload, "me")


def test_a_rules_records_survive_a_kill_two_seconds_after_the_acknowledgement(
    lab_workspace: Settings,
) -> None:
    session = control.start(lab_workspace)
    write = client_of(session, "timestream-write")
    write.create_database(DatabaseName="iot")
    write.create_table(DatabaseName="iot", TableName="temperature")
    iam, iot = client_of(session, "iam"), client_of(session, "iot")
    role = create_role(iam, "iot_role", {"timestream:*": "*"})
    action = {
        "roleArn": role,
        "databaseName": "iot",
        "tableName": "temperature",
        "dimensions": [{"name": "number", "value": "${number}"}],
    }
    create_rule(iot, "all", "SELECT number FROM 'sensor/+'", [{"timestream": action}])
    data = client_of(session, "iot-data")
    for number in range(20):
        data.publish(topic="sensor/a", qos=1, payload=json.dumps({"number": number}))
    time.sleep(2.0)
    process = psutil.Process(session.pid)
    process.kill()
    process.wait(10)
    query = client_of(control.start(lab_workspace), "timestream-query")
    sql = 'SELECT count(*) FROM "iot"."temperature"'
    assert query.query(QueryString=sql)["Rows"][0]["Data"][0]["ScalarValue"] == "20"
