"""Topic rules: what arrives, under which role, and what is said when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import (
    DeviceFolder,
    create_role,
    create_rule,
    create_table,
    put_item_action,
    put_role_policy,
    wait_until,
)

MakeDevice = Callable[..., DeviceFolder]
Unique = Callable[[str], str]
LARGEST_PAYLOAD = 128 * 1024


class House:
    """A table, a role that may write to it, a rule and a device."""

    def __init__(self, aws_client: Any, unique: Unique) -> None:
        self.iot, self.dynamodb, self.iam = (
            aws_client(service) for service in ("iot", "dynamodb", "iam")
        )
        self.table, self.role, self.rule = unique("table"), unique("role"), unique("rule")
        self.stem = unique("sensor")
        self.table_arn = create_table(self.dynamodb, self.table)

    def build(
        self,
        actions: dict[str, str] | None = None,
        principal: dict[str, str] | None = None,
        error_action: dict[str, Any] | None = None,
    ) -> None:
        allowed = {"dynamodb:PutItem": self.table_arn} if actions is None else actions
        trusted = principal or {"Service": "iot.amazonaws.com"}
        self.role_arn = create_role(self.iam, self.role, allowed, trusted)
        sql = f"SELECT * FROM '{self.stem}/+' WHERE temperature >= 40"
        create_rule(
            self.iot, self.rule, sql, [put_item_action(self.role_arn, self.table)], error_action
        )

    @property
    def topic(self) -> str:
        return f"{self.stem}/temp_1"

    def items(self) -> dict[str, Any]:
        found = self.dynamodb.scan(TableName=self.table)["Items"]
        return {item["id"]["S"]: item for item in found}


@pytest.fixture
def house(aws_client: Any, unique: Unique) -> House:
    return House(aws_client, unique)


def reading(reading_id: str, temperature: float) -> str:
    return json.dumps({"id": reading_id, "temperature": temperature, "zone_id": 1})


def log_text(settings: Settings) -> str:
    return (settings.state_dir / "aws.log").read_text(encoding="utf-8")


def test_a_rule_stores_what_its_condition_lets_through(
    house: House, aws_session: Session, make_device: MakeDevice
) -> None:
    house.build()
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        for reading_id, temperature in (("a", 45), ("b", 40), ("c", 39.9), ("d", 40.5)):
            assert device.publish(house.topic, reading(reading_id, temperature)) == 0
    items = wait_until(lambda: len(house.items()) >= 3 and house.items(), "three items")
    assert set(items) == {"a", "b", "d"}
    assert items["a"] == {"id": {"S": "a"}, "temperature": {"N": "45"}, "zone_id": {"N": "1"}}
    assert items["d"]["temperature"] == {"N": "40.5"}


def test_a_role_that_may_not_put_items_fails_the_action_in_the_words_of_aws(
    house: House, aws_settings: Settings, aws_client: Any
) -> None:
    house.build({"dynamodb:GetItem": house.table_arn})
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("a", 45))
    assert house.items() == {}
    denied = (
        f"assumed-role/{house.role}/",
        f"is not authorized to perform: dynamodb:PutItem on resource: {house.table_arn} "
        "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: AccessDeniedException; "
        "Request ID: ",
    )
    assert all(text in log_text(aws_settings) for text in denied)
    put_role_policy(house.iam, house.role, {"dynamodb:*": f"{house.table_arn}*"})
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("b", 45))
    assert set(house.items()) == {"b"}


def test_an_attached_policy_counts_as_an_inline_one_does(house: House, aws_client: Any) -> None:
    house.build({})
    allowed = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": house.table_arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    policy = house.iam.create_policy(PolicyName=f"{house.role}_p", PolicyDocument=document)
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("a", 45))
    house.iam.attach_role_policy(RoleName=house.role, PolicyArn=policy["Policy"]["Arn"])
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("b", 45))
    assert set(house.items()) == {"b"}


def test_a_role_that_does_not_trust_aws_iot_is_of_no_use(
    house: House, aws_client: Any, aws_settings: Settings
) -> None:
    house.build(principal={"Service": "lambda.amazonaws.com"})
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("a", 45))
    assert house.items() == {}
    assert f"sts:AssumeRole on resource: {house.role_arn}" in log_text(aws_settings)


def test_a_failed_action_runs_the_error_action_with_its_reason(
    house: House, aws_session: Session, aws_client: Any, make_device: MakeDevice, unique: Unique
) -> None:
    errors = unique("errors")
    publisher = create_role(
        house.iam, unique("republisher"), {"iot:Publish": f"arn:aws:iot:*:*:topic/{errors}"}
    )
    republish = {"republish": {"roleArn": publisher, "topic": errors, "qos": 1}}
    house.build({}, error_action=republish)
    with Mqtt5Probe(aws_session, make_device()) as listener:
        listener.connack()
        listener.subscribe(errors)
        aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("a", 45))
        ((_, payload),) = listener.wait_for_messages(1)
    report = json.loads(payload)
    assert report["ruleName"] == house.rule
    assert report["topic"] == house.topic
    (failure,) = report["failures"]
    assert failure["failedAction"] == "DynamoDBv2Action"
    assert failure["failedResource"] == house.table
    denied = "The error received was User: arn:aws:sts::123456789012:assumed-role/"
    assert denied in failure["errorMessage"]


def test_an_action_that_is_not_run_here_is_refused_by_its_name(
    aws_client: Any, unique: Unique
) -> None:
    role = create_role(aws_client("iam"), unique("role"))
    action = {"firehose": {"roleArn": role, "deliveryStreamName": "stream"}}
    iot = aws_client("iot")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="'firehose' is not supported"):
        create_rule(iot, unique("rule"), "SELECT * FROM 'topic'", [action])


def test_a_missing_table_is_reported_in_the_words_of_dynamodb(
    house: House, aws_client: Any, aws_settings: Settings
) -> None:
    house.build()
    house.dynamodb.delete_table(TableName=house.table)
    aws_client("iot-data").publish(topic=house.topic, qos=1, payload=reading("a", 45))
    wanted = (
        f"Rule {house.rule}, DynamoDBv2Action: Requested resource not found "
        "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException;"
    )
    assert wanted in log_text(aws_settings)


@pytest.fixture
def iot_logging(aws_client: Any, unique: Unique) -> Any:
    """Switches the log of AWS IoT on for a test, and off again."""
    iot, logs = aws_client("iot"), aws_client("logs")
    role = create_role(
        aws_client("iam"), unique("logger"), {"logs:*": "arn:aws:logs:*:123456789012:*"}
    )
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="ERROR", disableAllLogs=False)

    def entries(rule: str) -> list[dict[str, Any]]:
        groups = logs.describe_log_groups(logGroupNamePrefix="AWSIotLogsV2")["logGroups"]
        if not groups:
            return []
        events = logs.filter_log_events(logGroupName="AWSIotLogsV2")["events"]
        found = [json.loads(event["message"]) for event in events]
        return [entry for entry in found if entry.get("ruleName") == rule]

    yield entries
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DISABLED", disableAllLogs=True)


def test_a_failed_action_is_an_entry_in_the_log_group_of_aws_iot(
    house: House,
    aws_session: Session,
    make_device: MakeDevice,
    iot_logging: Callable[[str], list[dict[str, Any]]],
) -> None:
    house.build({})
    with Mqtt5Probe(aws_session, make_device(), client_id="temp_1") as device:
        device.connack()
        device.publish(house.topic, reading("a", 45))
        (entry,) = wait_until(lambda: iot_logging(house.rule), "an entry")
    assert entry["eventType"] == "RuleExecution"
    assert (entry["logLevel"], entry["status"]) == ("ERROR", "Failure")
    assert (entry["clientId"], entry["topicName"]) == ("temp_1", house.topic)
    assert entry["principalId"] == device.device.certificate_id
    assert "is not authorized to perform: dynamodb:PutItem" in entry["details"]


def test_logging_options_are_what_was_set(aws_client: Any, unique: Unique) -> None:
    iot = aws_client("iot")
    role = create_role(aws_client("iam"), unique("logger"), {})
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="WARN")
    iot.set_v2_logging_options(disableAllLogs=True)
    options = iot.get_v2_logging_options()
    del options["ResponseMetadata"]
    assert options == {"roleArn": role, "defaultLogLevel": "WARN", "disableAllLogs": True}
    with pytest.raises(iot.exceptions.InvalidRequestException, match="defaultLogLevel"):
        iot.set_v2_logging_options(roleArn=role, defaultLogLevel="LOUD")


@pytest.mark.parametrize("payload", [b"", b"hot", b"\xff\xfe", b"[1, 2]", b"null", b"[" * 100_000])
def test_a_payload_that_is_no_json_object_harms_nobody(
    house: House, aws_session: Session, make_device: MakeDevice, payload: bytes
) -> None:
    house.build()
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        device.subscribe(house.topic)
        assert device.publish(house.topic, payload) == 0
        assert device.publish(house.topic, reading("after", 45)) == 0
        device.wait_for_messages(2)
        assert device.messages[0] == (house.topic, payload)
    assert set(house.items()) == {"after"}


def test_a_rule_whose_whole_result_is_no_object_fails_loudly(
    house: House, aws_client: Any, aws_settings: Settings
) -> None:
    house.build()
    topic = f"{house.stem}_raw"
    action = put_item_action(house.role_arn, house.table)
    create_rule(house.iot, f"{house.rule}_raw", f"SELECT * FROM '{topic}'", [action])
    aws_client("iot-data").publish(topic=topic, qos=1, payload="hot")
    assert "The rule's result is no JSON object" in log_text(aws_settings)


def test_the_largest_payload_is_128_kib(
    aws_session: Session, make_device: MakeDevice, unique: Unique, aws_client: Any
) -> None:
    topic = unique("topic")
    with Mqtt5Probe(aws_session, make_device()) as device:
        device.connack()
        device.subscribe(topic)
        assert device.publish(topic, b"x" * LARGEST_PAYLOAD) == 0
        assert len(device.wait_for_messages(1)[0][1]) == LARGEST_PAYLOAD
        with pytest.raises(Exception, match="AWS_ERROR_MQTT"):
            device.publish(topic, b"x" * (LARGEST_PAYLOAD + 1))
        too_large = [packet for packet in device.disconnects if packet is not None]
        assert [int(packet.reason_code) for packet in too_large] == [149]
    data = aws_client("iot-data")
    with pytest.raises(data.exceptions.ClientError) as refused:
        data.publish(topic=topic, qos=1, payload=b"x" * (LARGEST_PAYLOAD + 1))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    data.publish(topic=topic, qos=1, payload=b"x" * LARGEST_PAYLOAD)


def test_a_topic_with_a_wildcard_cannot_be_published_to(aws_client: Any) -> None:
    data = aws_client("iot-data")
    for topic in ("sensor/+", "sensor/#"):
        with pytest.raises(data.exceptions.InvalidRequestException):
            data.publish(topic=topic, qos=1, payload="{}")


def test_the_log_of_the_server_is_in_the_workspace(aws_settings: Settings) -> None:
    assert Path(aws_settings.state_dir / "aws.log").stat().st_size > 0
