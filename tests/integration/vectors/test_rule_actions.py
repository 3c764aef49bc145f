"""The documented examples of rules, their actions and their error action."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import DeviceFolder, create_role, wait_until
from tests.integration.vectors.bench import V2, RuleBench, Trial
from tests.integration.vectors.compare import decoded, plain
from tests.integration.vectors.examples import Example, each, examples, named, shows
from tests.integration.vectors.timestream import Timestream, answer, now_ms

Unique = Callable[[str], str]
WRITES = {"timestream:DescribeEndpoints": "*", "timestream:WriteRecords": "*"}
TYPES = {"BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR"}


class Rules:
    """Makes rules and publishes to them."""

    def __init__(self, aws_client: AwsClient, unique: Unique, timestream: Timestream) -> None:
        self.iot, self.iot_data = aws_client("iot"), aws_client("iot-data")
        self.iam, self.unique, self.timestream = aws_client("iam"), unique, timestream

    def create(
        self, sql: str, *actions: dict[str, Any], version: str = V2, name: str = "", **more: Any
    ) -> str:
        rule = name or self.unique("rule")
        payload = {"sql": sql, "awsIotSqlVersion": version, "actions": list(actions), **more}
        self.iot.create_topic_rule(ruleName=rule, topicRulePayload=payload)
        return rule

    def publish(self, topic: str, payload: str) -> None:
        self.iot_data.publish(topic=topic, qos=1, payload=payload)

    def timestream_action(self, table: str, **fields: Any) -> dict[str, Any]:
        action = {
            "roleArn": fields.pop("role", None)
            or create_role(self.iam, self.unique("writer"), WRITES),
            "databaseName": self.timestream.database,
            "tableName": table,
            "dimensions": [{"name": "device", "value": "d1"}],
        }
        return {"timestream": {**action, **fields}}

    def stored(self, table: str, count: int = 1) -> list[dict[str, Any]]:
        """Return a table's rows as objects without their Nulls, once there are enough."""
        sql = f"SELECT * FROM {self.timestream.place(table)}"

        def look() -> list[dict[str, Any]] | None:
            columns, rows = self.timestream.rows(sql)
            names = [column["Name"] for column in columns]
            found = [{n: plain(d) for n, d in zip(names, row["Data"], strict=True)} for row in rows]
            return found if len(found) >= count else None

        rows = wait_until(look, f"{count} rows in {table}")
        return [{n: v for n, v in row.items() if v is not None} for row in rows]


@pytest.fixture
def rules(aws_client: AwsClient, unique: Unique, timestream: Timestream) -> Rules:
    return Rules(aws_client, unique, timestream)


def measure(row: dict[str, Any]) -> dict[str, str]:
    ((column, value),) = [(n, v) for n, v in row.items() if n.startswith("measure_value::")]
    kind = column.removeprefix("measure_value::").upper()
    assert kind in TYPES
    return {"measure_name": row["measure_name"], "type": kind, "value": value}


@each(examples("timestream_action", "sql"))
def test_each_attribute_becomes_a_record_of_its_type(example: Example, rules: Rules) -> None:
    given, topic = example.given, rules.unique("t")
    table = rules.timestream.table()
    sql = given["sql"].replace("FROM 't'", f"FROM '{topic}'")
    assert topic in sql
    dimensions = given.get("dimensions", [{"name": "device", "value": "d1"}])
    action = rules.timestream_action(table, dimensions=dimensions)
    rules.create(sql, action, version=given.get("awsIotSqlVersion", V2))
    rules.publish(topic, given["payload_text"])
    documented = sorted(example.expect["records"], key=lambda r: r["measure_name"])
    found = sorted(rules.stored(table, len(documented)), key=lambda r: r["measure_name"])
    assert len(found) == len(documented)
    for row, expected in zip(found, documented, strict=True):
        columns = expected.get("dimensions", {}).items()
        assert set(columns) <= set(row.items())
        record = {name: value for name, value in expected.items() if name != "dimensions"}
        assert set(record.items()) <= set(measure(row).items())


@each(examples("timestream_action", "dimension_name"))
def test_a_dimension_of_an_action_has_a_name_of_the_documented_form(
    example: Example, rules: Rules
) -> None:
    dimension = {"name": example.given["dimension_name"], "value": "1"}
    action = rules.timestream_action(rules.timestream.table(), dimensions=[dimension])
    sql = f"SELECT * FROM '{rules.unique('t')}'"
    code = answer(lambda: rules.create(sql, action))
    assert code == ("" if example.expect["valid"] else "InvalidRequestException")


@shows("v279")
def test_without_a_timestamp_a_record_has_the_time_of_its_processing(
    example: Example, rules: Rules
) -> None:
    assert example.given["timestamp"] is None
    topic, table, before = rules.unique("t"), rules.timestream.table(), now_ms()
    rules.create(f"SELECT * FROM '{topic}'", rules.timestream_action(table))
    rules.publish(topic, '{"a": 1}')
    rules.stored(table)
    sql = f"SELECT to_nanoseconds(time) FROM {rules.timestream.place(table)}"
    ((row,),) = [rules.timestream.rows(sql)[1]]
    time_ns = int(plain(row["Data"][0]))
    assert time_ns % 1_000_000 == 0
    assert before <= time_ns // 1_000_000 <= now_ms()


@each([e for e in examples("timestream_action", "timestamp") if e.given["timestamp"]])
def test_a_timestamp_is_taken_in_its_unit(example: Example, rules: Rules) -> None:
    per_unit = example.expect["nanoseconds_per_unit"]
    topic, table = rules.unique("t"), rules.timestream.table()
    at = time.time_ns() // per_unit
    action = rules.timestream_action(table, timestamp=example.given["timestamp"])
    rules.create(f"SELECT a FROM '{topic}'", action)
    rules.publish(topic, json.dumps({"a": 1, "ts": at}))
    rules.stored(table)
    sql = f"SELECT to_nanoseconds(time) FROM {rules.timestream.place(table)}"
    assert plain(rules.timestream.rows(sql)[1][0]["Data"][0]) == str(at * per_unit)


@shows("v285")
def test_an_action_needs_all_its_permissions(example: Example, rules: Rules) -> None:
    needed, topic = example.expect["iam_actions"], rules.unique("t")
    tables = {missing: rules.timestream.table() for missing in [*needed, ""]}
    for missing, table in tables.items():
        allowed = {action: "*" for action in needed if action != missing}
        role = create_role(rules.iam, rules.unique("writer"), allowed)
        rules.create(f"SELECT * FROM '{topic}'", rules.timestream_action(table, role=role))
    rules.publish(topic, '{"a": 1}')
    rules.stored(tables.pop(""))
    for table in tables.values():
        assert rules.timestream.rows(f"SELECT * FROM {rules.timestream.place(table)}")[1] == []


@pytest.fixture
def make_table(aws_client: AwsClient, unique: Unique) -> Callable[..., str]:
    def make(partition: str, sort: str = "", name: str = "") -> str:
        keys = [(partition, "HASH", "S")] + ([(sort, "RANGE", "N")] if sort else [])
        table = name or unique("table")
        aws_client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": k, "KeyType": t} for k, t, _ in keys],
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": t} for k, _, t in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        return table

    return make


def put_item(role: str, table: str) -> dict[str, Any]:
    return {"dynamoDBv2": {"roleArn": role, "putItem": {"tableName": table}}}


@each(examples("dynamodbv2", "table_key"))
def test_an_item_is_the_result_of_the_statement(
    example: Example, rules: Rules, aws_client: AwsClient, make_table: Callable[..., str]
) -> None:
    given, topic = example.given, rules.unique("t")
    table = make_table(given["table_key"]["partition"], given["table_key"].get("sort", ""))
    role = create_role(rules.iam, rules.unique("writer"), {"dynamodb:PutItem": "*"})
    rules.create(given["sql"].replace("'t'", f"'{topic}'"), put_item(role, table))
    rules.publish(topic, json.dumps(given["payload"]))
    client = aws_client("dynamodb")
    found = wait_until(lambda: client.scan(TableName=table)["Items"], "an item")
    assert example.expect["put"]
    assert [sorted(item) for item in found] == [sorted(example.expect["attributes"])]


@shows("v290")
def test_an_item_needs_the_permission_to_be_put(
    example: Example, rules: Rules, aws_client: AwsClient, make_table: Callable[..., str]
) -> None:
    topic, client = rules.unique("t"), aws_client("dynamodb")
    allowed, denied = make_table("id"), make_table("id")
    (needed,) = example.expect["iam_actions"]
    roles = {allowed: {needed: "*"}, denied: {"dynamodb:GetItem": "*"}}
    for table, actions in roles.items():
        role = create_role(rules.iam, rules.unique("writer"), actions)
        rules.create(f"SELECT * FROM '{topic}'", put_item(role, table))
    rules.publish(topic, '{"id": "a"}')
    wait_until(lambda: client.scan(TableName=allowed)["Items"], "an item")
    assert client.scan(TableName=denied)["Items"] == []


@shows("v291")
def test_a_table_may_be_named_by_a_template(
    example: Example, rules: Rules, aws_client: AwsClient, make_table: Callable[..., str]
) -> None:
    topic, client = rules.unique("t"), aws_client("dynamodb")
    table = make_table("id", name=topic)
    role = create_role(rules.iam, rules.unique("writer"), {"dynamodb:PutItem": "*"})
    rules.create(f"SELECT * FROM '{topic}'", put_item(role, example.given["tableName"]))
    rules.publish(topic, '{"id": "a"}')
    wait_until(lambda: client.scan(TableName=table)["Items"], "an item")


@shows("v292")
def test_an_action_names_its_role(
    example: Example, unchecked_client: AwsClient, unique: Unique
) -> None:
    iot = unchecked_client("iot")
    payload = {"sql": "SELECT * FROM 't'", "actions": [example.given["action"]]}
    with pytest.raises(ClientError) as failure:
        iot.create_topic_rule(ruleName=unique("rule"), topicRulePayload=payload)
    error = failure.value.response["Error"]
    assert error["Code"] == "InvalidRequestException"
    assert all(name in error["Message"] for name in example.expect["missing"])


@shows("v309", "v310")
def test_failed_actions_are_reported_in_one_message(
    example: Example,
    rules: Rules,
    aws_session: Session,
    device: DeviceFolder,
    republisher: str,
) -> None:
    assert example.name in {"v309", "v310"}, "one story shows both"
    expect, (topic, errors) = named("v309").expect, (rules.unique("t"), rules.unique("errors"))
    payload = named("v310").expect["decoded"]
    powerless = create_role(rules.iam, rules.unique("powerless"))
    failing = [put_item(powerless, f"missing{n}") for n in range(expect["failures"])]
    republish = {"republish": {"roleArn": republisher, "topic": errors, "qos": 1}}
    rule = rules.create(f"SELECT * FROM '{topic}'", *failing, errorAction=republish)
    with Mqtt5Probe(aws_session, device, client_id=rules.unique("client")) as probe:
        probe.connack()
        probe.subscribe(errors)
        probe.publish(topic, payload)
        probe.wait_for_messages(1)
        rules.create(f"SELECT 1 AS one FROM '{topic}/end'", republish)
        probe.publish(f"{topic}/end", "{}")
        probe.wait_for_messages(expect["messages"] + 1)
    assert len(probe.messages) == expect["messages"] + 1
    report = json.loads(probe.messages[0][1])
    assert list(report) == expect["keys"]
    assert [list(failure) for failure in report["failures"]] == (
        [expect["failure_keys"]] * expect["failures"]
    )
    assert (report["ruleName"], report["topic"]) == (rule, topic)
    assert report["clientId"] == probe.client_id
    assert report["base64OriginalPayload"] == named("v310").given["base64OriginalPayload"]
    assert base64.b64decode(report["base64OriginalPayload"]).decode() == payload


def rule_is_accepted(rules: Rules, name: str, version: str, actions: int) -> bool:
    role = create_role(rules.iam, rules.unique("role"))
    republish = {"republish": {"roleArn": role, "topic": "out"}}
    chosen = [republish] * actions
    code = answer(
        lambda: rules.create("SELECT * FROM 'never'", *chosen, version=version, name=name)
    )
    assert code in {"", "InvalidRequestException", "ValidationException"}
    if not code:
        rules.iot.delete_topic_rule(ruleName=name)
    return not code


@each([*examples("iot_api", "rule_name"), *examples("iot_api", "actions")])
def test_a_rule_is_of_the_documented_form(
    example: Example, unchecked_client: AwsClient, rules: Rules
) -> None:
    rules.iot = unchecked_client("iot")
    name = example.given.get("rule_name", rules.unique("rule"))
    accepted = rule_is_accepted(rules, name, V2, example.given.get("actions", 1))
    assert accepted is example.expect["valid"]


@each(examples("iot_api", "awsIotSqlVersion"))
def test_a_rule_has_a_documented_version(example: Example, rules: Rules) -> None:
    version = example.given["awsIotSqlVersion"]
    assert rule_is_accepted(rules, rules.unique("rule"), version, 1) is example.expect["valid"]


@each(examples("mqtt", "filter", "topic"))
def test_a_rule_takes_the_topics_of_its_filter(example: Example, bench: RuleBench) -> None:
    given, is_match = example.given, example.expect["match"]
    sql = f"SELECT 1 AS one FROM '{given['filter']}'"
    trial = Trial(example.name, sql, given["topic"], b"{}", is_silent=not is_match)
    outcome = bench.run([trial])[example.name]
    assert outcome.refused is None
    assert [decoded(payload) for _, payload in outcome.messages] == [{"one": 1}] * is_match


@shows("v338")
def test_basic_ingest_counts_the_slashes_behind_the_rule(
    example: Example, bench: RuleBench
) -> None:
    topic = example.given["topic"]
    trial = Trial(example.name, "SELECT topic() AS r FROM 'a/#'", topic, b"{}", rule="r")
    outcome = bench.run([trial])[example.name]
    assert example.expect["accepted"]
    assert [decoded(payload) for _, payload in outcome.messages] == [{"r": "a/b/c/d/e/f/g/h"}]
