"""``lab.trace``: why a rule did not fire, as a table; and what the log alone can tell of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab_utils import Lab
from lab_utils.errors import LogError, MqttError
from lab_utils.local_aws import control
from lab_utils.trace import COLUMNS, trace_from_log
from tests.integration.mqtt_probe import Mqtt5Probe
from tests.integration.things import (
    DeviceFolder,
    create_device,
    create_role,
    create_rule,
    create_table,
    put_item_action,
)

MakeDevice = Callable[..., DeviceFolder]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(target="local", workspace=tmp_path_factory.mktemp("traced"), report=lambda _: None)
    table = create_table(lab.client("dynamodb"), "Temperature")
    iam, iot = lab.client("iam"), lab.client("iot")
    role = create_role(iam, "strong", {"dynamodb:PutItem": table})
    weak = create_role(iam, "weak", {})
    hot = "SELECT id, t FROM 'sensor/+' WHERE t >= 40 AND zone = 1"
    create_rule(iot, "hot", hot, [put_item_action(role, "Temperature")])
    create_rule(iot, "denied", "SELECT * FROM 'sensor/#'", [put_item_action(weak, "Temperature")])
    create_rule(iot, "deep", "SELECT * FROM 'sensor/+/+'", [put_item_action(role, "Temperature")])
    yield lab
    control.stop(lab.settings)


def test_a_trace_is_a_table_of_every_rule(lab: Lab) -> None:
    table = lab.trace("sensor/a", {"id": "a", "t": 45.5, "zone": 1})
    assert list(table.columns) == list(COLUMNS)
    assert table.index.name == "rule"
    assert set(table.index) == {"hot", "denied", "deep"}
    assert {str(dtype) for dtype in table.dtypes} == {"string"}
    assert table.loc["hot", "FROM"] == "'sensor/+' matches"
    assert table.loc["hot", "WHERE"] == "t = 45.5, zone = 1 -> true"
    assert table.loc["hot", "message"] == '{"id":"a","t":45.5}'
    assert str(table.loc["hot", "role"]).startswith("allowed: dynamodb:PutItem on arn:")
    assert table.loc["hot", "actions"] == "dynamoDBv2: ok"
    assert str(table.loc["denied", "role"]).startswith("denied: dynamodb:PutItem")
    assert "is not authorized to perform" in str(table.loc["denied", "actions"])
    assert "takes 3 levels" in str(table.loc["deep", "FROM"])
    assert table.loc["deep", "actions"] == ""


def test_a_condition_that_is_not_true_shows_what_it_saw(lab: Lab) -> None:
    table = lab.trace("sensor/a", {"id": "a", "t": 21.5})
    assert table.loc["hot", "WHERE"] == "t = 21.5, zone = Undefined -> not true"
    assert table.loc["hot", "actions"] == ""


def test_a_message_that_cannot_be_sent_is_refused_before_anything_happens(lab: Lab) -> None:
    with pytest.raises(MqttError, match="sensor/\\+"):
        lab.trace("sensor/+", {})
    with pytest.raises(MqttError, match="131073 bytes"):
        lab.trace("sensor/a", b"x" * 131_073)


def test_the_log_alone_tells_less_and_says_so(lab: Lab, tmp_path: Path) -> None:
    iot, logs = lab.client("iot"), lab.client("logs")
    ask: dict[str, Any] = {"topic": "sensor/b", "client_id": "logged", "timeout_s": 10.0}
    with pytest.raises(LogError, match="The log level of AWS IoT is not set"):
        trace_from_log(iot, logs, since=datetime.now(UTC), **ask)
    role = create_role(lab.client("iam"), "logger", {"logs:*": "*"})
    iot.set_v2_logging_options(roleArn=role, defaultLogLevel="DEBUG", disableAllLogs=False)
    since = datetime.now(UTC)
    session = control.find(lab.settings)
    assert session is not None
    device = make_device(lab, tmp_path)
    with Mqtt5Probe(session, device, client_id="logged") as probe:
        probe.connack()
        probe.publish("sensor/b", json.dumps({"id": "b", "t": 45.5, "zone": 1}))
    table = trace_from_log(iot, logs, since=since, **ask)
    assert set(table.index) == {"hot", "denied", "deep"}
    assert table.loc["hot", "FROM"] == "'sensor/+' matches"
    assert (table.loc["hot", "WHERE"], table.loc["hot", "role"]) == ("true", "allowed")
    assert table.loc["hot", "message"] == "unknown: AWS does not log it"
    assert table.loc["hot", "actions"] == "DynamoDBv2Action: ok"
    assert table.loc["denied", "role"] == "denied"
    assert table.loc["deep", "FROM"] == "'sensor/+/+': the log has no RuleMatch"


def make_device(lab: Lab, tmp_path: Path) -> DeviceFolder:
    return create_device(lab.client("iot"), tmp_path / "device", "policy")
