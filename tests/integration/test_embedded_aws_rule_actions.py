"""Rule actions against the services themselves, as clients see them."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab_utils.local_aws.session_file import Session
from tests.integration.mqtt_probe import Mqtt5Probe
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
HANDLER = """
import time

def handler(event, context):
    time.sleep(event.get("sleep_s", 0))
    if event.get("fail"):
        raise ValueError("no kitchen")
    return {"room": "kitchen", "got": event}
"""


class Bench:
    """Clients, a topic, a role that may do anything, and a listener on ``errors``."""

    def __init__(self, aws_client: Any, unique: Unique, session: Session) -> None:
        self.client, self.unique, self.session = aws_client, unique, session
        self.iot, self.data = aws_client("iot"), aws_client("iot-data")
        self.rule, self.topic, self.errors = unique("rule"), unique("topic"), unique("errors")
        everything = {f"{service}:*": "*" for service in ("dynamodb", "timestream", "iot", "sqs")}
        more = {f"{service}:*": "*" for service in ("sns", "s3", "kinesis", "logs")}
        self.role = create_role(aws_client("iam"), unique("role"), {**everything, **more})

    @property
    def error_action(self) -> dict[str, Any]:
        return {"republish": {"roleArn": self.role, "topic": self.errors, "qos": 1}}

    def make_rule(self, *actions: dict[str, Any], sql: str = "") -> None:
        statement = sql or f"SELECT * FROM '{self.topic}/#'"
        create_rule(self.iot, self.rule, statement, list(actions), self.error_action)

    def publish(self, payload: object, topic: str = "") -> None:
        content = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        self.data.publish(topic=topic or f"{self.topic}/a", qos=1, payload=content)


@pytest.fixture
def bench(aws_client: Any, unique: Unique, aws_session: Session) -> Bench:
    return Bench(aws_client, unique, aws_session)


@pytest.fixture
def listener(bench: Bench, make_device: MakeDevice) -> Iterator[Mqtt5Probe]:
    """A device that hears the error action, and what it subscribes to besides."""
    with Mqtt5Probe(bench.session, make_device()) as probe:
        probe.connack()
        probe.subscribe(bench.errors)
        yield probe


def failures(listener: Mqtt5Probe) -> list[dict[str, Any]]:
    ((_, payload),) = listener.wait_for_messages(1)
    found: list[dict[str, Any]] = json.loads(payload)["failures"]
    return found


def test_the_older_dynamodb_action_writes_one_attribute_under_two_keys(bench: Bench) -> None:
    dynamodb, table = bench.client("dynamodb"), bench.unique("table")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[
            {"AttributeName": "sensor", "KeyType": "HASH"},
            {"AttributeName": "ts", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "sensor", "AttributeType": "S"},
            {"AttributeName": "ts", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    action = {
        "roleArn": bench.role,
        "tableName": table,
        "hashKeyField": "sensor",
        "hashKeyValue": "${topic(2)}",
        "rangeKeyField": "ts",
        "rangeKeyValue": "${ts}",
        "rangeKeyType": "NUMBER",
        "payloadField": "data",
        "operation": "${operation}",
    }
    bench.make_rule({"dynamoDB": action}, sql=f"SELECT t FROM '{bench.topic}/+'")
    bench.publish({"ts": 1, "t": 45.5, "operation": "INSERT"})
    bench.publish({"ts": 2, "t": 46, "operation": "INSERT"})
    bench.publish({"ts": 2, "t": 47, "operation": "UPDATE"})

    def items() -> list[Any]:
        return sorted(
            (i["ts"]["N"], i["data"]["M"]) for i in dynamodb.scan(TableName=table)["Items"]
        )

    wanted = [("1", {"t": {"N": "45.5"}}), ("2", {"t": {"N": "47"}})]
    wait_until(lambda: items() == wanted, "two items")
    bench.publish({"ts": 1, "operation": "DELETE"})
    wait_until(lambda: items() == wanted[1:], "one item")


def test_a_queue_a_topic_a_stream_an_object_and_a_log_group_get_the_result(bench: Bench) -> None:
    sqs, sns, s3 = bench.client("sqs"), bench.client("sns"), bench.client("s3")
    queue = sqs.create_queue(QueueName=bench.unique("queue"))["QueueUrl"]
    fan_out = sqs.create_queue(QueueName=bench.unique("fan"))["QueueUrl"]
    fan_arn = sqs.get_queue_attributes(QueueUrl=fan_out, AttributeNames=["QueueArn"])
    topic = sns.create_topic(Name=bench.unique("topic"))["TopicArn"]
    arn = fan_arn["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, "Principal": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=fan_out, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    bucket = bench.unique("bucket").replace("_", "-")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": bench.session.region}
    )
    kinesis, stream = bench.client("kinesis"), bench.unique("stream")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream)
    logs, group = bench.client("logs"), bench.unique("group")
    logs.create_log_group(logGroupName=group)
    bench.make_rule(
        {"sqs": {"roleArn": bench.role, "queueUrl": queue, "useBase64": True}},
        {"sns": {"roleArn": bench.role, "targetArn": topic}},
        {"s3": {"roleArn": bench.role, "bucketName": bucket, "key": "${topic()}/é ${t}.json"}},
        {"kinesis": {"roleArn": bench.role, "streamName": stream, "partitionKey": "${topic()}"}},
        {"cloudwatchLogs": {"roleArn": bench.role, "logGroupName": group}},
    )
    bench.publish({"t": 45})

    def received(url: str) -> Any:
        return sqs.receive_message(QueueUrl=url).get("Messages")

    assert wait_until(lambda: received(queue), "a message")[0]["Body"] == "eyJ0Ijo0NX0="
    notification = wait_until(lambda: received(fan_out), "a notification")[0]["Body"]
    assert json.loads(notification)["Message"] == '{"t":45}'
    wait_until(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"], "an object")
    found = s3.get_object(Bucket=bucket, Key=f"{bench.topic}/a/é 45.json")
    assert found["Body"].read() == b'{"t":45}'
    events = wait_until(
        lambda: logs.filter_log_events(logGroupName=group)["events"], "an event of the log"
    )
    assert [event["message"] for event in events] == ['{"t":45}']
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=start)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b'{"t":45}', f"{bench.topic}/a")


def test_services_that_have_no_such_resource_are_failures_of_one_message(
    bench: Bench, listener: Mqtt5Probe
) -> None:
    account = f"arn:aws:sns:{bench.session.region}:123456789012"
    bench.make_rule(
        {"sqs": {"roleArn": bench.role, "queueUrl": f"{bench.session.endpoint_url}/1/nothing"}},
        {"sns": {"roleArn": bench.role, "targetArn": f"{account}:nothing"}},
        {"s3": {"roleArn": bench.role, "bucketName": "nothing-here", "key": "k"}},
        {"kinesis": {"roleArn": bench.role, "streamName": "nothing"}},
        {"cloudwatchLogs": {"roleArn": bench.role, "logGroupName": "nothing"}},
        put_item_action(bench.role, "nothing"),
        {"timestream": timestream(bench.role, "nothing", "nothing")},
    )
    bench.publish({"t": 45})
    found = failures(listener)
    assert sorted(failure["failedAction"] for failure in found) == [
        "CloudwatchLogsAction",
        "DynamoDBv2Action",
        "KinesisAction",
        "S3Action",
        "SnsAction",
        "SqsAction",
        "TimestreamAction",
    ]
    messages = {failure["failedAction"]: failure["errorMessage"] for failure in found}
    assert "Error Code: NoSuchBucket" in messages["S3Action"]
    assert "Action: s3, Bucket: nothing-here, Key: k" in messages["S3Action"]
    assert "Error Code: ResourceNotFoundException" in messages["TimestreamAction"]
    assert all(f"Message arrived on: {bench.topic}/a" in text for text in messages.values())


def timestream(role: str, database: str, table: str, **more: Any) -> dict[str, Any]:
    dimensions = [{"name": "sensor_id", "value": "${sensor_id}"}]
    names = {"databaseName": database, "tableName": table, "dimensions": dimensions}
    return {"roleArn": role, **names, **more}


@pytest.fixture
def store(bench: Bench) -> Iterator[tuple[str, str]]:
    """A Timestream database and a table."""
    write, database = bench.client("timestream-write"), bench.unique("db")
    write.create_database(DatabaseName=database)
    write.create_table(DatabaseName=database, TableName="temperature")
    yield database, "temperature"
    write.delete_table(DatabaseName=database, TableName="temperature")
    write.delete_database(DatabaseName=database)


def rows(bench: Bench, store: tuple[str, str]) -> list[list[Any]]:
    """Return the rows of a table with each column's value, NULL as None."""
    query = bench.client("timestream-query")
    sql = 'SELECT sensor_id, measure_name, * FROM "{}"."{}" ORDER BY measure_name, time'
    found: list[list[Any]] = []
    pages = query.get_paginator("query").paginate(QueryString=sql.format(*store))
    for page in pages:
        names = [column["Name"] for column in page["ColumnInfo"]]
        for row in page["Rows"]:
            values = [datum.get("ScalarValue") for datum in row["Data"]]
            kept = dict(zip(names, values, strict=True))
            types = [n for n, v in kept.items() if n.startswith("measure_value") and v is not None]
            found.append([kept["measure_name"], types[0].partition("::")[2], kept[types[0]]])
    return found


def has_rows(bench: Bench, store: tuple[str, str], count: int) -> list[list[Any]]:
    found: list[list[Any]] = wait_until(
        lambda: (lambda r: r if len(r) >= count else None)(rows(bench, store)), f"{count} rows"
    )
    return found


def test_each_attribute_is_a_row_and_whole_numbers_are_bigints(
    bench: Bench, store: tuple[str, str]
) -> None:
    bench.make_rule({"timestream": timestream(bench.role, *store)})
    bench.publish('{"sensor_id": 1, "temperature": 21.5, "ok": true, "o": {"b": 1, "a": [2.0]}}')
    assert has_rows(bench, store, 4) == [
        ["o", "varchar", '{"b":1,"a":[2]}'],
        ["ok", "boolean", "true"],
        ["sensor_id", "bigint", "1"],
        ["temperature", "double", "21.5"],
    ]


def test_a_whole_number_is_refused_where_decimals_were_and_the_error_action_hears_of_it(
    bench: Bench, store: tuple[str, str], listener: Mqtt5Probe
) -> None:
    sql = f"SELECT temperature FROM '{bench.topic}/#'"
    bench.make_rule({"timestream": timestream(bench.role, *store)}, sql=sql)
    bench.publish('{"sensor_id": 1, "temperature": 21.5}')
    has_rows(bench, store, 1)
    bench.publish('{"sensor_id": 1, "temperature": 21.0}')
    (failure,) = failures(listener)
    assert (failure["failedAction"], failure["failedResource"]) == ("TimestreamAction", store[1])
    assert "Error Code: RejectedRecordsException" in failure["errorMessage"]
    assert rows(bench, store) == [["temperature", "double", "21.5"]]


def test_the_older_sql_version_keeps_whole_decimals_as_doubles(
    bench: Bench, store: tuple[str, str]
) -> None:
    payload = {
        "sql": f"SELECT temperature FROM '{bench.topic}/#'",
        "actions": [{"timestream": timestream(bench.role, *store)}],
    }
    bench.iot.create_topic_rule(ruleName=bench.rule, topicRulePayload=payload)
    assert bench.iot.get_topic_rule(ruleName=bench.rule)["rule"]["awsIotSqlVersion"] == "2015-10-08"
    bench.publish('{"sensor_id": 1, "temperature": 21.5}')
    bench.publish('{"sensor_id": 1, "temperature": 21.0}')
    found = has_rows(bench, store, 2)
    assert found == [["temperature", "double", "21.5"], ["temperature", "double", "21.0"]]


def test_more_than_a_hundred_values_are_not_written(
    bench: Bench, store: tuple[str, str], listener: Mqtt5Probe
) -> None:
    bench.make_rule({"timestream": timestream(bench.role, *store)})
    bench.publish({f"m{number}": number for number in range(101)})
    (failure,) = failures(listener)
    assert "has 101 values; at most 100" in failure["errorMessage"]
    bench.publish({f"m{number}": number for number in range(100)})
    assert len(has_rows(bench, store, 100)) == 100


def make_function(bench: Bench, source_arn: str) -> str:
    functions, name = bench.client("lambda"), bench.unique("function")
    trust = {"Service": "lambda.amazonaws.com"}
    may_log = {"logs:*": "*"}
    role = create_role(bench.client("iam"), bench.unique("lambda"), may_log, trust)
    made = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="m.handler",
        Code={"ZipFile": zipped("m.py", HANDLER)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    # The first call starts a worker, which takes longer than rule SQL waits.
    functions.invoke(FunctionName=name, Payload=b"{}")
    functions.add_permission(
        FunctionName=name,
        StatementId="iot",
        Action="lambda:InvokeFunction",
        Principal="iot.amazonaws.com",
        SourceArn=source_arn,
    )
    return str(made["FunctionArn"])


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def rule_arn(bench: Bench, rule: str) -> str:
    return f"arn:aws:iot:{bench.session.region}:123456789012:rule/{rule}"


def test_a_function_gets_the_result_if_its_policy_lets_the_rule_in(
    bench: Bench, listener: Mqtt5Probe
) -> None:
    function = make_function(bench, rule_arn(bench, bench.rule))
    bench.make_rule({"lambda": {"functionArn": function}})
    bench.publish({"t": 45})
    logs, group = bench.client("logs"), f"/aws/lambda/{function.rpartition(':')[2]}"
    wait_until(
        lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], "a log", 20.0
    )
    bench.rule = bench.unique("other")
    bench.make_rule({"lambda": {"functionArn": function}})
    bench.publish({"t": 46})
    (failure,) = failures(listener)
    assert failure["failedAction"] == "LambdaAction"
    assert f"lambda:InvokeFunction on resource: {function}" in failure["errorMessage"]


def test_sql_can_ask_a_function_a_table_and_a_shadow(bench: Bench, listener: Mqtt5Probe) -> None:
    function = make_function(bench, rule_arn(bench, bench.rule))
    table = bench.unique("table")
    create_table(bench.client("dynamodb"), table)
    bench.client("dynamodb").put_item(
        TableName=table, Item={"id": {"S": "a"}, "zone": {"N": "2"}, "names": {"SS": ["x"]}}
    )
    bench.iot.create_thing(thingName=bench.rule)
    shadow = {"state": {"reported": {"level": 7}}}
    bench.data.update_thing_shadow(thingName=bench.rule, payload=json.dumps(shadow))
    answers = bench.unique("answers")
    listener.subscribe(answers)
    sql = (
        f"SELECT aws_lambda('{function}', {{'id': id}}).room AS room, "
        f"get_dynamodb('{table}', 'id', id, '{bench.role}').zone AS zone, "
        f"get_thing_shadow('{bench.rule}', '{bench.role}').state.reported.level AS level "
        f"FROM '{bench.topic}/+'"
    )
    bench.make_rule({"republish": {"roleArn": bench.role, "topic": answers}}, sql=sql)
    bench.publish({"id": "a"})
    wait_until(lambda: listener.messages, "an answer", 20.0)
    ((_, payload),) = listener.messages
    assert json.loads(payload) == {"room": "kitchen", "zone": 2, "level": 7}


@pytest.mark.parametrize("event", [{"fail": True}, {"sleep_s": 5}])
def test_a_function_that_fails_or_is_late_ends_the_rule_but_not_the_next(
    bench: Bench, listener: Mqtt5Probe, event: dict[str, Any]
) -> None:
    function = make_function(bench, rule_arn(bench, bench.rule))
    answers = bench.unique("answers")
    listener.subscribe(answers)
    republish = {"republish": {"roleArn": bench.role, "topic": answers}}
    sql = f"SELECT aws_lambda('{function}', *) AS x FROM '{bench.topic}/+'"
    bench.make_rule(republish, sql=sql)
    bench.publish({})
    wait_until(lambda: len(listener.messages) == 1, "an answer of the warm function", 20.0)
    started = time.monotonic()
    bench.publish(event)
    assert time.monotonic() - started < 1.5
    bench.rule = bench.unique("other")
    bench.make_rule(republish, sql=f"SELECT 'other' AS x FROM '{bench.topic}/+'")
    bench.publish(event)
    wait_until(lambda: len(listener.messages) == 2, "the other rule's answer")
    assert json.loads(listener.messages[1][1]) == {"x": "other"}


def test_messages_of_two_devices_at_once_all_arrive_with_their_own_values(
    bench: Bench, store: tuple[str, str], make_device: MakeDevice
) -> None:
    dimensions = [{"name": "sensor_id", "value": "${clientid()}-${number}"}]
    action = {**timestream(bench.role, *store), "dimensions": dimensions}
    bench.make_rule({"timestream": action}, sql=f"SELECT number FROM '{bench.topic}/#'")

    def send(name: str) -> None:
        with Mqtt5Probe(bench.session, devices[name], client_id=name) as probe:
            probe.connack()
            for number in range(25):
                assert probe.publish(f"{bench.topic}/{name}", json.dumps({"number": number})) == 0

    devices = {bench.unique("one"): make_device(), bench.unique("two"): make_device()}
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(send, devices))
    has_rows(bench, store, 50)
    sql = f'SELECT sensor_id, measure_value::bigint FROM "{store[0]}"."{store[1]}"'
    query = bench.client("timestream-query").query(QueryString=sql)
    found = {tuple(d["ScalarValue"] for d in row["Data"]) for row in query["Rows"]}
    assert found == {(f"{name}-{n}", str(n)) for name in devices for n in range(25)}
