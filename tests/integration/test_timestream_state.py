"""Timestream's records over kills, restarts, damage and resets of the embedded AWS."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import psutil

from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.conftest import client_of
from tests.integration.things import wait_until

NAMES = {"DatabaseName": "house", "TableName": "readings"}
STORE = "timestream.duckdb"


def create_table(session: Session) -> Any:
    client = client_of(session, "timestream-write")
    client.create_database(DatabaseName="house", Tags=[{"Key": "a", "Value": "1"}])
    client.create_table(**NAMES)
    return client


def write(client: Any, begin: int, count: int = 100) -> None:
    now = time.time_ns()
    records = [
        {
            "Dimensions": [{"Name": "n", "Value": str(begin + n)}],
            "MeasureName": "m",
            "MeasureValue": str(n),
            "Time": str(now),
            "TimeUnit": "NANOSECONDS",
        }
        for n in range(count)
    ]
    client.write_records(**NAMES, Records=records)


def count(session: Session) -> int:
    query = client_of(session, "timestream-query")
    pages = query.get_paginator("query").paginate(QueryString="SELECT count(*) FROM house.readings")
    [row] = [row for page in pages for row in page["Rows"]]
    return int(row["Data"][0]["ScalarValue"])


def kill(session: Session) -> None:
    process = psutil.Process(session.pid)
    os.kill(session.pid, signal.SIGKILL)
    process.wait(10)


def test_what_was_acknowledged_survives_a_kill(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    client = create_table(session)
    for call in range(20):
        write(client, call * 100)
    kill(session)
    session = control.start(lab_workspace)
    assert count(session) == 2000
    client = client_of(session, "timestream-write")
    arn = client.describe_database(DatabaseName="house")["Database"]["Arn"]
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    write(client, 10_000)
    assert count(session) == 2100


def create_rule(session: Session) -> None:
    """Create a rule that writes readings to the table."""
    iam, iot = client_of(session, "iam"), client_of(session, "iot")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust_policy = policy({**trust, "Principal": {"Service": "iot.amazonaws.com"}})
    role = iam.create_role(RoleName="rule", AssumeRolePolicyDocument=trust_policy)["Role"]
    allowed = {"Effect": "Allow", "Action": "timestream:*", "Resource": "*"}
    iam.put_role_policy(RoleName="rule", PolicyName="write", PolicyDocument=policy(allowed))
    action = {
        "roleArn": role["Arn"],
        "databaseName": "house",
        "tableName": "readings",
        "dimensions": [{"name": "n", "value": "${n}"}],
    }
    payload = {"sql": "SELECT temperature FROM 'readings'", "actions": [{"timestream": action}]}
    iot.create_topic_rule(ruleName="readings", topicRulePayload=payload)


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_what_a_rule_wrote_two_seconds_ago_survives_a_kill(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    create_table(session)
    create_rule(session)
    publisher = client_of(session, "iot-data")
    for n in range(50):
        message = json.dumps({"n": n, "temperature": 20.5})
        publisher.publish(topic="readings", qos=1, payload=message)
    promised = time.monotonic() + 2
    wait_until(lambda: time.monotonic() > promised, "the two seconds that are promised")
    kill(session)
    assert count(control.start(lab_workspace)) == 50


def test_a_stop_and_a_start_keep_everything_and_a_reset_nothing(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    write(create_table(session), 0)
    control.stop(lab_workspace)
    session = control.start(lab_workspace)
    assert count(session) == 100
    session = control.reset(lab_workspace)
    assert client_of(session, "timestream-write").list_databases()["Databases"] == []
    create_table(session)
    assert count(session) == 0


def test_a_damaged_file_is_set_aside_and_reported(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    write(create_table(session), 0)
    control.stop(lab_workspace)
    [store] = lab_workspace.workspace.glob(f".lab/state/{STORE}")
    store.write_bytes(b"not what was written" * 1000)
    session = control.start(lab_workspace)
    damage = wait_until(lambda: health(lab_workspace)["damaged"], "a report of the damage")
    assert STORE in damage[0]
    write(create_table(session), 0)
    assert count(session) == 100


def health(settings: Settings) -> dict[str, Any]:
    state: dict[str, Any] = control.inspect(settings).health["state"]
    return state


def test_the_labs_time_goes_on_where_it_was(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace, speed=120)
    client = create_table(session)
    query = client_of(session, "timestream-query")

    def now() -> str:
        pages = query.get_paginator("query").paginate(QueryString="SELECT now()")
        [row] = [row for page in pages for row in page["Rows"]]
        return str(row["Data"][0]["ScalarValue"])

    created = client.describe_table(**NAMES)["Table"]["CreationTime"]
    before = now()
    control.stop(lab_workspace)
    session = control.start(lab_workspace, speed=1)
    query = client_of(session, "timestream-query")
    assert now() >= before
    described = client_of(session, "timestream-write").describe_table(**NAMES)["Table"]
    assert described["CreationTime"] == created
