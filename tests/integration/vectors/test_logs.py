"""The documented entries of the log group ``AWSIotLogsV2``, read with CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from awscrt import mqtt, mqtt5
from awsiot import mqtt_connection_builder

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient
from tests.integration.mqtt_probe import ANSWER_S, Mqtt5Probe
from tests.integration.things import (
    DeviceFolder,
    create_role,
    create_rule,
    create_table,
    wait_until,
)
from tests.integration.vectors.examples import Example, each, examples, shows

Unique = Callable[[str], str]
DENIED = (
    "is not authorized to perform: dynamodb:PutItem on resource: ",
    "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: AccessDeniedException; Request ID: ",
)


class Log:
    """Reads the entries of one client id or rule."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def entry(self, event: str, **fields: str) -> dict[str, Any]:
        """Return the first entry of an event type with these fields, once there is one."""

        def look() -> dict[str, Any] | None:
            wanted = {"eventType": event, **fields}
            return next((e for e in self._entries() if wanted.items() <= e.items()), None)

        found: dict[str, Any] = wait_until(look, f"an entry {event} with {fields}")
        return found

    def _entries(self) -> Iterator[dict[str, Any]]:
        groups = self._client.describe_log_groups(logGroupNamePrefix="AWSIotLogsV2")["logGroups"]
        if not groups:
            return
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName="AWSIotLogsV2"
        )
        for page in pages:
            for event in page["events"]:
                entry = json.loads(event["message"])
                yield {k: v if isinstance(v, dict) else str(v) for k, v in entry.items()}


@pytest.fixture
def log(aws_client: AwsClient, unique: Unique) -> Iterator[Log]:
    """The log, switched on for everything."""
    iot = aws_client("iot")
    role = create_role(aws_client("iam"), unique("logger"), {"logs:*": "*"})
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DEBUG", disableAllLogs=False)
    yield Log(aws_client("logs"))
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DISABLED", disableAllLogs=True)


def check(entry: dict[str, Any], expect: dict[str, Any]) -> None:
    assert expect["constant_fields"].items() <= entry.items()
    assert set(expect["fields"]) <= set(entry)


@pytest.fixture
def client(aws_session: Session, device: DeviceFolder, unique: Unique) -> Iterator[Mqtt5Probe]:
    """A client that is connected."""
    with Mqtt5Probe(aws_session, device, client_id=unique("client")) as probe:
        probe.connack()
        yield probe


def events(*names: str) -> list[Example]:
    return [e for e in examples("logs", "event") if e.given["event"] in names]


@each(events("rule matched topic", "action starts", "action done"))
def test_a_rule_that_ran_is_logged(
    example: Example,
    log: Log,
    client: Mqtt5Probe,
    aws_client: AwsClient,
    unique: Unique,
    republisher: str,
) -> None:
    rule, topic = unique("rule"), unique("topic")
    action = {"republish": {"roleArn": republisher, "topic": f"{topic}/out"}}
    create_rule(aws_client("iot"), rule, f"SELECT * FROM '{topic}'", [action])
    client.publish(topic, "{}")
    kind = example.expect["constant_fields"]["eventType"]
    entry = log.entry(kind, ruleName=rule, topicName=topic, clientId=client.client_id)
    check(entry, example.expect)
    if "resources" in example.expect["fields"]:
        assert entry["resources"] == {"RepublishTopic": f"{topic}/out"}
    assert entry["principalId"] == client.device.certificate_id


@shows("v296")
def test_a_denied_action_is_logged_with_the_words_of_its_service(
    example: Example, log: Log, client: Mqtt5Probe, aws_client: AwsClient, unique: Unique
) -> None:
    rule, topic, table = unique("rule"), unique("topic"), unique("table")
    create_table(aws_client("dynamodb"), table)
    role = create_role(aws_client("iam"), unique("role"), {"dynamodb:GetItem": "*"})
    fields = {"hashKeyField": "id", "hashKeyValue": "${id}", "hashKeyType": "STRING"}
    action = {"dynamoDB": {"tableName": table, "roleArn": role, **fields}}
    create_rule(aws_client("iot"), rule, f"SELECT * FROM '{topic}'", [action])
    client.publish(topic, '{"id": "a"}')
    entry = log.entry("RuleExecution", ruleName=rule)
    check(entry, example.expect)
    assert all(text in entry["details"] for text in DENIED)
    named = ("ItemHashKeyField", "Table", "Operation", "ItemHashKeyValue", "IsPayloadJSON")
    assert set(named) <= set(entry["resources"])


@shows("v299")
def test_a_call_of_an_external_function_is_logged(
    example: Example,
    log: Log,
    client: Mqtt5Probe,
    aws_client: AwsClient,
    unique: Unique,
    republisher: str,
) -> None:
    rule, topic, table = unique("rule"), unique("topic"), unique("table")
    create_table(aws_client("dynamodb"), table)
    reader = create_role(aws_client("iam"), unique("reader"), {"dynamodb:GetItem": "*"})
    sql = f"SELECT get_dynamodb('{table}', 'id', id, '{reader}') AS item FROM '{topic}'"
    action = {"republish": {"roleArn": republisher, "topic": f"{topic}/out"}}
    create_rule(aws_client("iot"), rule, sql, [action])
    client.publish(topic, '{"id": "a"}')
    check(log.entry("FunctionExecution", ruleName=rule), example.expect)


@each(
    events(
        "client connected",
        "client subscribed",
        "message came in",
        "message went out",
        "client unsubscribed",
        "client disconnected",
    )
)
def test_what_a_client_does_is_logged(
    example: Example, log: Log, aws_session: Session, device: DeviceFolder, unique: Unique
) -> None:
    topic = unique("topic")
    with Mqtt5Probe(aws_session, device, client_id=unique("client")) as client:
        client.connack()
        client.subscribe(topic)
        client.publish(topic, "{}")
        client.wait_for_messages(1)
        packet = mqtt5.UnsubscribePacket([topic])
        client.client.unsubscribe(packet).result(ANSWER_S)
        client.client.stop(mqtt5.DisconnectPacket())
    kind = example.expect["constant_fields"]["eventType"]
    entry = log.entry(kind, clientId=client.client_id)
    check(entry, example.expect)
    assert entry.get("topicName", topic) == topic
    assert entry["principalId"] == device.certificate_id


@each(events("client taken over"))
def test_a_client_that_is_taken_over_is_logged(
    example: Example, log: Log, client: Mqtt5Probe, aws_session: Session
) -> None:
    with Mqtt5Probe(aws_session, client.device, client_id=client.client_id) as second:
        second.connack()
        entry = log.entry("Disconnect", clientId=client.client_id, reason="DUPLICATE_CLIENT_ID")
    check(entry, example.expect)


@each(events("retained message came in"))
def test_a_retained_message_is_logged_as_one(
    example: Example, log: Log, client: Mqtt5Probe, unique: Unique
) -> None:
    topic = unique("topic")
    packet = mqtt5.PublishPacket(
        topic=topic, payload="{}", qos=mqtt5.QoS.AT_LEAST_ONCE, retain=True
    )
    client.client.publish(packet).result(ANSWER_S)
    check(log.entry("Publish-In", topicName=topic), example.expect)


@each(events("rule not found"))
def test_a_rule_that_is_missing_is_logged(
    example: Example, log: Log, client: Mqtt5Probe, unique: Unique
) -> None:
    rule = unique("nowhere")
    client.publish(f"$aws/rules/{rule}/a", "{}")
    entry = log.entry("RuleNotFound", ruleName=rule, clientId=client.client_id)
    check(entry, example.expect)
    assert entry["details"] == f"Rule {rule} not found"


@shows("v306")
def test_a_message_that_waits_for_its_client_is_logged(
    example: Example,
    log: Log,
    aws_session: Session,
    aws_client: AwsClient,
    device: DeviceFolder,
    unique: Unique,
) -> None:
    topic, client_id = unique("topic"), unique("client")
    connection = mqtt_connection_builder.mtls_from_path(
        endpoint=aws_session.mqtt_host,
        port=aws_session.mqtt_port,
        cert_filepath=str(device.certificate),
        pri_key_filepath=str(device.private_key),
        ca_filepath=aws_session.ca_file,
        client_id=client_id,
        clean_session=False,
    )
    connection.connect().result(ANSWER_S)
    connection.subscribe(topic, mqtt.QoS.AT_LEAST_ONCE)[0].result(ANSWER_S)
    connection.disconnect().result(ANSWER_S)
    aws_client("iot-data").publish(topic=topic, qos=1, payload="{}")
    check(log.entry("Queued", clientId=client_id, topicName=topic), example.expect)
