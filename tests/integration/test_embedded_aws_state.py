"""What survives: a kill, a clean stop, a damaged file, a full disk."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.conftest import client_of
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import (
    create_device,
    create_role,
    create_rule,
    create_table,
    put_item_action,
    wait_until,
)

PROMISED_S = 2.0
"""Items that are older than this survive a kill."""
End = Callable[[Settings, Session], None]


def kill(_settings: Settings, session: Session) -> None:
    process = psutil.Process(session.pid)
    process.kill()
    process.wait(10)


def stop(settings: Settings, _session: Session) -> None:
    assert control.stop(settings)


def handler_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {'seen': event}\n")
    return buffer.getvalue()


def build_everything(session: Session, folder: Path) -> Any:
    iot, iam = client_of(session, "iot"), client_of(session, "iam")
    device = create_device(iot, folder, "policy")
    iot.create_thing(thingName="temp_1")
    iot.attach_thing_principal(thingName="temp_1", principal=device.arn)
    table_arn = create_table(client_of(session, "dynamodb"), "temperature")
    role = create_role(iam, "iot_role", {"dynamodb:PutItem": table_arn})
    create_rule(iot, "hot", "SELECT * FROM 'sensor/+'", [put_item_action(role, "temperature")])
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="ERROR")
    lambda_role = create_role(iam, "lambda_role", None, {"Service": "lambda.amazonaws.com"})
    client_of(session, "lambda").create_function(
        FunctionName="control",
        Runtime="python3.12",
        Role=lambda_role,
        Handler="app.handler",
        Code={"ZipFile": handler_zip()},
    )
    events = client_of(session, "events")
    events.put_rule(Name="every_minute", ScheduleExpression="rate(1 minute)", State="DISABLED")
    client_of(session, "logs").create_log_group(logGroupName="/lab/group")
    s3 = client_of(session, "s3")
    location = {"LocationConstraint": session.region}
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=location)
    s3.put_object(Bucket="bucket", Key="key", Body=b"content")
    return device


def assert_everything_is_there(session: Session, device: Any) -> None:
    iot = client_of(session, "iot")
    principals = iot.list_thing_principals(thingName="temp_1")["principals"]
    assert principals == [device.arn]
    assert iot.get_topic_rule(ruleName="hot")["rule"]["sql"] == "SELECT * FROM 'sensor/+'"
    assert iot.get_v2_logging_options()["defaultLogLevel"] == "ERROR"
    iam = client_of(session, "iam")
    assert iam.list_role_policies(RoleName="iot_role")["PolicyNames"] == ["actions"]
    invoked = client_of(session, "lambda").invoke(FunctionName="control", Payload=b"7")
    assert json.loads(invoked["Payload"].read()) == {"seen": 7}
    rules = client_of(session, "events").list_rules()["Rules"]
    assert [rule["Name"] for rule in rules] == ["every_minute"]
    groups = client_of(session, "logs").describe_log_groups(logGroupNamePrefix="/lab")
    assert [group["logGroupName"] for group in groups["logGroups"]] == ["/lab/group"]
    stored = client_of(session, "s3").get_object(Bucket="bucket", Key="key")
    assert stored["Body"].read() == b"content"


@pytest.mark.parametrize("end", [kill, stop])
def test_resources_and_items_survive(lab_workspace: Settings, tmp_path: Path, end: End) -> None:
    session = control.start(lab_workspace)
    device = build_everything(session, tmp_path / "device")
    with Mqtt5Probe(session, device) as probe:
        probe.connack()
        for number in range(50):
            probe.publish("sensor/temp_1", json.dumps({"id": str(number), "temperature": 45}))
    client_of(session, "iot-data").publish(topic="state", qos=1, retain=True, payload="on")
    dynamodb = client_of(session, "dynamodb")
    dynamodb.delete_item(TableName="temperature", Key={"id": {"S": "7"}})
    dynamodb.update_item(
        TableName="temperature",
        Key={"id": {"S": "8"}},
        UpdateExpression="SET temperature = :t",
        ExpressionAttributeValues={":t": {"N": "-1"}},
    )
    certificate_authority = Path(session.ca_file).read_bytes()
    time.sleep(PROMISED_S)  # the promise itself: what is older than this is safe
    end(lab_workspace, session)

    session = control.start(lab_workspace)
    assert Path(session.ca_file).read_bytes() == certificate_authority
    assert_everything_is_there(session, device)
    dynamodb = client_of(session, "dynamodb")
    items = {i["id"]["S"]: i for i in dynamodb.scan(TableName="temperature")["Items"]}
    assert set(items) == {str(number) for number in range(50)} - {"7"}
    assert items["8"]["temperature"] == {"N": "-1"}
    assert items["9"]["temperature"] == {"N": "45"}
    with Mqtt5Probe(session, device) as probe:
        probe.connack()
        probe.subscribe("state")
        assert probe.wait_for_messages(1) == [("state", b"on")]
        probe.publish("sensor/temp_1", json.dumps({"id": "after", "temperature": 45}))
    stored = dynamodb.get_item(TableName="temperature", Key={"id": {"S": "after"}})
    assert stored["Item"]["temperature"] == {"N": "45"}


def test_a_resource_survives_a_kill_right_after_its_answer(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    create_table(client_of(session, "dynamodb"), "made_last")
    create_role(client_of(session, "iam"), "role_made_last")
    client_of(session, "iot").create_thing(thingName="thing_made_last")
    kill(lab_workspace, session)
    session = control.start(lab_workspace)
    assert client_of(session, "dynamodb").list_tables()["TableNames"] == ["made_last"]
    assert client_of(session, "iam").get_role(RoleName="role_made_last")
    assert client_of(session, "iot").describe_thing(thingName="thing_made_last")


def test_a_table_made_anew_does_not_get_the_old_ones_items_back(lab_workspace: Settings) -> None:
    session = control.start(lab_workspace)
    dynamodb = client_of(session, "dynamodb")
    create_table(dynamodb, "temperature")
    dynamodb.put_item(TableName="temperature", Item={"id": {"S": "old"}})
    journal = lab_workspace.state_dir / "state" / "dynamodb-items.sqlite3-wal"
    wait_until(lambda: b"old" in journal.read_bytes(), "the item on disk")
    dynamodb.delete_table(TableName="temperature")
    create_table(dynamodb, "temperature")
    kill(lab_workspace, session)
    session = control.start(lab_workspace)
    assert client_of(session, "dynamodb").scan(TableName="temperature")["Items"] == []


@pytest.mark.parametrize("harm", ["cut", "scribble", "empty"])
@pytest.mark.parametrize("name", ["iam.state", "dynamodb-items.sqlite3"])
def test_a_damaged_file_is_named_and_set_aside_and_the_rest_is_there(
    lab_workspace: Settings, name: str, harm: str
) -> None:
    session = control.start(lab_workspace)
    create_role(client_of(session, "iam"), "role")
    dynamodb = client_of(session, "dynamodb")
    create_table(dynamodb, "temperature")
    for number in range(200):
        item = {"id": {"S": str(number)}, "text": {"S": "x" * 200}}
        dynamodb.put_item(TableName="temperature", Item=item)
    control.stop(lab_workspace)
    path = lab_workspace.state_dir / "state" / name
    content = path.read_bytes()
    harmed = {
        "cut": content[: len(content) // 2],
        "scribble": content[:200] + bytes(len(content) - 200),
        "empty": b"",
    }[harm]
    path.write_bytes(harmed)

    session = control.start(lab_workspace)
    assert client_of(session, "dynamodb").list_tables()["TableNames"] == ["temperature"]
    log = (lab_workspace.state_dir / "aws.log").read_text()
    assert "Traceback" not in log
    if name == "iam.state":
        assert len(client_of(session, "dynamodb").scan(TableName="temperature")["Items"]) == 200
    else:
        assert client_of(session, "iam").get_role(RoleName="role")
    if harm == "empty" and name.endswith("sqlite3"):
        return  # for SQLite an empty file is a new one, which is no damage
    found = control.inspect(lab_workspace)
    assert f"{name} was damaged" in found.remark
    assert list(path.parent.glob(f"{name}.damaged-*"))
    assert f"{name} was damaged" in log


@pytest.mark.skipif(sys.platform != "linux", reason="another process is limited on Linux only")
def test_a_full_disk_is_reported_and_the_service_goes_on_until_there_is_room(
    lab_workspace: Settings,
) -> None:
    session = control.start(lab_workspace)
    dynamodb = client_of(session, "dynamodb")
    create_table(dynamodb, "temperature")
    process = psutil.Process(session.pid)
    no_limit = process.rlimit(psutil.RLIMIT_FSIZE)
    # From here on every write to a file fails, as on a disk without room.
    process.rlimit(psutil.RLIMIT_FSIZE, (0, no_limit[1]))
    create_role(client_of(session, "iam"), "role")
    dynamodb.put_item(TableName="temperature", Item={"id": {"S": "a"}})
    found = wait_until(
        lambda: (f := control.inspect(lab_workspace)).remark and "items" in f.remark and f,
        "a report that the state is not being saved",
    )
    assert found.session is not None
    assert "iam" in found.remark
    assert "not being saved" in found.remark
    assert dynamodb.scan(TableName="temperature")["Count"] == 1

    process.rlimit(psutil.RLIMIT_FSIZE, no_limit)
    wait_until(lambda: not control.inspect(lab_workspace).remark, "saving to resume")
    kill(lab_workspace, session)
    session = control.start(lab_workspace)
    assert client_of(session, "iam").get_role(RoleName="role")
    assert client_of(session, "dynamodb").scan(TableName="temperature")["Count"] == 1
