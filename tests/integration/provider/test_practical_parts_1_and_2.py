"""Parts 1 and 2 of the practical, as a student writes them beside the files that are given."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.settings import CHECKOUT
from lab_utils.waiting import wait_for
from tests.integration.provider.workspace import TerraformWorkspace

GIVEN = CHECKOUT / "terraform"
PART_1 = """
    resource "aws_iot_certificate" "cert" {
      active = true
    }

    resource "aws_iot_policy" "sensors" {
      name   = "practical_sensors"
      policy = file("files/iot_policy.json")
    }

    resource "aws_iot_policy_attachment" "sensors" {
      policy = aws_iot_policy.sensors.name
      target = aws_iot_certificate.cert.arn
    }

    resource "aws_iot_thing" "sensor" {
      name = "practical_sensor"
    }

    resource "aws_iot_thing_principal_attachment" "sensor" {
      thing     = aws_iot_thing.sensor.name
      principal = aws_iot_certificate.cert.arn
    }

    data "aws_iot_endpoint" "iot_endpoint" {
      endpoint_type = "iot:Data-ATS"
    }
"""
RULE = """
    resource "aws_iot_topic_rule" "hot" {
      name        = "practical_hot"
      enabled     = true
      sql         = "SELECT *  FROM 'sensor/temperature/+' where temperature >= 40"
      sql_version = "2016-03-23"

      dynamodbv2 {
        role_arn = aws_iam_role.iot_role.arn
        put_item {
          table_name = aws_dynamodb_table.temperature.name
        }
      }
    }
"""
TABLE = """
    resource "aws_dynamodb_table" "temperature" {
      name         = "Temperature"
      billing_mode = "PAY_PER_REQUEST"
      hash_key     = "id"

      attribute {
        name = "id"
        type = "S"
      }
    }
"""
ROLE = """
    resource "aws_iam_role" "iot_role" {
      name = "iot_role"
      assume_role_policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = { Service = "iot.amazonaws.com" }
          Action    = "sts:AssumeRole"
        }]
      })
    }

    resource "aws_iam_role_policy" "put_readings" {
      name = "put_readings"
      role = aws_iam_role.iot_role.id
      policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "dynamodb:PutItem"
          Resource = aws_dynamodb_table.temperature.arn
        }]
      })
    }
"""
FILES = ("test.cert.pem", "test.private.key", "test.public.key")


def test_parts_1_and_2_are_applied_work_change_nothing_and_leave_nothing(
    terraform_workspace: Callable[..., TerraformWorkspace],
    aws_client: Callable[..., Any],
    aws_session: Session,
) -> None:
    before = _inventory(aws_client)
    workspace = terraform_workspace("")
    for name in ("provider.tf", "output.tf"):
        shutil.copy(GIVEN / name, workspace.folder)
    shutil.copytree(GIVEN / "files", workspace.folder / "files", dirs_exist_ok=True)
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
    assert _inventory(aws_client) == before
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


def _inventory(aws_client: Callable[..., Any]) -> dict[str, list[str]]:
    """Return what the account holds of each kind."""
    iot, iam = aws_client("iot"), aws_client("iam")
    return {
        "certificates": sorted(
            one["certificateId"]
            for page in iot.get_paginator("list_certificates").paginate()
            for one in page["certificates"]
        ),
        "policies": sorted(one["policyName"] for one in iot.list_policies()["policies"]),
        "things": sorted(one["thingName"] for one in iot.list_things()["things"]),
        "rules": sorted(one["ruleName"] for one in iot.list_topic_rules()["rules"]),
        "tables": sorted(aws_client("dynamodb").list_tables()["TableNames"]),
        "roles": sorted(one["RoleName"] for one in iam.list_roles()["Roles"]),
    }
