"""Parts 1 and 2 of the practical, as a student writes them beside the files that are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.waiting import wait_for
from tests.integration.provider.practical import (
    PART_1,
    ROLE,
    RULE,
    TABLE,
    copy_given_files,
    inventory,
)
from tests.integration.provider.workspace import TerraformWorkspace

FILES = ("test.cert.pem", "test.private.key", "test.public.key")


def test_parts_1_and_2_are_applied_work_change_nothing_and_leave_nothing(
    terraform_workspace: Callable[..., TerraformWorkspace],
    aws_client: Callable[..., Any],
    aws_session: Session,
) -> None:
    before = inventory(aws_client)
    workspace = terraform_workspace("")
    copy_given_files(workspace.folder)
    workspace.write(PART_1, "iot.tf")
    workspace.init()
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.outputs()["iot_endpoint"] == aws_session.mqtt_host
    _assert_device_files(workspace.folder / "files")
    workspace.write(PART_1 + RULE, "iot.tf")
    workspace.write(TABLE, "dynamo.tf")
    workspace.write(ROLE, "iam.tf")
    workspace.apply()
    assert workspace.plan() == {}
    _assert_hot_readings_are_stored(workspace.folder / "files", aws_session, aws_client)
    workspace.destroy()
    assert workspace.addresses() == []
    assert inventory(aws_client) == before
    assert [name for name in FILES if (workspace.folder / "files" / name).exists()] == []


def _assert_device_files(folder: Path) -> None:
    for name in FILES:
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name
    assert (folder / FILES[0]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY-----" in (folder / FILES[1]).read_text()
    assert "PUBLIC KEY-----" in (folder / FILES[2]).read_text()


def _assert_hot_readings_are_stored(
    folder: Path, session: Session, aws_client: Callable[..., Any]
) -> None:
    files = DeviceFiles(folder / FILES[0], folder / FILES[1], Path(session.ca_file))
    with Device(session.mqtt_host, session.mqtt_port, files, "practical_sensor") as device:
        for name, temperature in (("mild", 20), ("hot", 45)):
            reading = {"id": name, "temperature": temperature, "sensor_id": 1, "zone_id": 1}
            device.publish("sensor/temperature/temp_1", json.dumps(reading))

    def stored() -> list[str] | None:
        items = aws_client("dynamodb").scan(TableName="Temperature")["Items"]
        return [item["id"]["S"] for item in items] or None

    assert wait_for(stored, timeout_s=10) == ["hot"]
