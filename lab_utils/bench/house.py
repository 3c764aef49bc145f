"""The messages that the house sends, and the tables and rules of the practical that take them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.bench.raw_mqtt import MqttAddress, publish_packet
from lab_utils.house.topics import sensor_name, sensor_topic
from lab_utils.thresholds import INVALID_FROM_C

DYNAMODB_TABLE, DATABASE, TABLE = "Temperature", "iot", "temperaturesensor"
RECORDS_PER_MESSAGE = 4
"""The attributes of a reading: id, temperature, sensor_id, zone_id."""
HOT_SHARE = 20
"""One reading in so many is an artefact of 40 degrees and more."""

Client = Callable[[str], Any]
_ROLE = "bench_rules"
_ALLOWED = ["dynamodb:PutItem", "timestream:WriteRecords", "timestream:DescribeEndpoints"]
_ALL_SQL = f"SELECT * FROM '{sensor_topic('+')}'"
_HOT_SQL = f"{_ALL_SQL} WHERE temperature >= {INVALID_FROM_C:g}"


def reading_packets(first: int, count: int) -> list[bytes]:
    """Return the packets of readings, each a temperature of its own.

    A Timestream record that has dimensions, measure and time of another is refused, and the
    temperature is a dimension. None is a whole number, which would be a measure of another type.

    Args:
        first: The number of the first; numbers that were never used before.
        count: How many.
    """
    return [_reading_packet(number) for number in range(first, first + count)]


def hot_count(first: int, count: int) -> int:
    """Return how many of those readings are hot."""
    return sum(number % HOT_SHARE == 0 for number in range(first, first + count))


def _reading_packet(number: int) -> bytes:
    sensor = number % 4 + 1
    reading = {
        "id": f"reading-{number:010d}",
        "temperature": (45 if number % HOT_SHARE == 0 else 20) + (2 * number + 1) % 10**7 / 10**7,
        "sensor_id": sensor,
        "zone_id": (sensor + 1) // 2,
    }
    return publish_packet(number, sensor_topic(sensor_name(sensor)), json.dumps(reading).encode())


def make_device(client: Client, folder: Path, mqtt_port: int, authority: Path) -> MqttAddress:
    """Return where a new device connects: its certificate may do everything."""
    certificate, private_key = folder / "device.pem", folder / "device.key"
    make_device_files(client, certificate, private_key)
    return MqttAddress(mqtt_port, certificate, private_key, authority)


def make_device_files(client: Client, certificate: Path, private_key: Path) -> None:
    """Make a certificate that may do everything, and write it and its key into these files."""
    iot = client("iot")
    made = iot.create_keys_and_certificate(setAsActive=True)
    statement = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    iot.create_policy(policyName="bench", policyDocument=_policy(statement))
    iot.attach_policy(policyName="bench", target=made["certificateArn"])
    certificate.write_text(made["certificatePem"], encoding="utf-8")
    private_key.write_text(made["keyPair"]["PrivateKey"], encoding="utf-8")


def make_role(client: Client) -> None:
    """Make the role of the rules."""
    iam, trusted = client("iam"), {"Service": "iot.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy(trust))
    allowed = {"Effect": "Allow", "Action": _ALLOWED, "Resource": "*"}
    iam.put_role_policy(RoleName=_ROLE, PolicyName="write", PolicyDocument=_policy(allowed))


def make_hot_rule(client: Client) -> None:
    """Make the DynamoDB table, and the rule that puts the hot readings there."""
    client("dynamodb").create_table(
        TableName=DYNAMODB_TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    action = {"roleArn": _role_arn(client), "putItem": {"tableName": DYNAMODB_TABLE}}
    _make_rule(client, "hot", _HOT_SQL, {"dynamoDBv2": action})


def make_timestream_rule(client: Client) -> None:
    """Make the Timestream table, and the rule that writes every reading there."""
    make_timestream_table(client)
    action = {
        "roleArn": _role_arn(client),
        "databaseName": DATABASE,
        "tableName": TABLE,
        "dimensions": [
            {"name": name, "value": f"${{{name}}}"}
            for name in ("sensor_id", "temperature", "zone_id")
        ],
        "timestamp": {"value": "${timestamp()}", "unit": "MILLISECONDS"},
    }
    _make_rule(client, "all", _ALL_SQL, {"timestream": action})


def make_timestream_table(client: Client) -> None:
    """Make the Timestream database and table."""
    timestream = client("timestream-write")
    timestream.create_database(DatabaseName=DATABASE)
    timestream.create_table(DatabaseName=DATABASE, TableName=TABLE)


def count_items(client: Client) -> int:
    """Return how many items the DynamoDB table has."""
    pages = client("dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=DYNAMODB_TABLE, Select="COUNT")
    return sum(page["Count"] for page in found)


def count_records(client: Client) -> int:
    """Return how many records the Timestream table has."""
    sql = f'SELECT COUNT(*) FROM "{DATABASE}"."{TABLE}"'
    answer = client("timestream-query").query(QueryString=sql)
    return int(answer["Rows"][0]["Data"][0]["ScalarValue"])


def _make_rule(client: Client, name: str, sql: str, action: dict[str, Any]) -> None:
    payload = {"sql": sql, "awsIotSqlVersion": "2016-03-23", "actions": [action]}
    client("iot").create_topic_rule(ruleName=name, topicRulePayload=payload)


def _role_arn(client: Client) -> str:
    return str(client("iam").get_role(RoleName=_ROLE)["Role"]["Arn"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
