"""The practical's configuration as a student writes it, beside the files that are given."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.settings import CHECKOUT

_GIVEN = CHECKOUT / "terraform"
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
DATABASE = """
    resource "aws_timestreamwrite_database" "readings" {
      database_name = "iot"
    }

    resource "aws_timestreamwrite_table" "readings" {
      database_name = aws_timestreamwrite_database.readings.database_name
      table_name    = "temperaturesensor"
    }
"""
TIMESTREAM_RULE = """
    resource "aws_iot_topic_rule" "all" {
      name        = "practical_all"
      enabled     = true
      sql         = "SELECT * FROM 'sensor/temperature/+'"
      sql_version = "2016-03-23"

      timestream {
        role_arn      = aws_iam_role.iot_role.arn
        database_name = aws_timestreamwrite_table.readings.database_name
        table_name    = aws_timestreamwrite_table.readings.table_name

        dimension {
          name  = "sensor_id"
          value = "$${sensor_id}"
        }

        dimension {
          name  = "temperature"
          value = "$${temperature}"
        }

        dimension {
          name  = "zone_id"
          value = "$${zone_id}"
        }

        timestamp {
          unit  = "MILLISECONDS"
          value = "$${timestamp()}"
        }
      }
    }
"""
WRITE_RECORDS = """
    resource "aws_iam_role_policy" "write_readings" {
      name = "write_readings"
      role = aws_iam_role.iot_role.id
      policy = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            Effect   = "Allow"
            Action   = "timestream:WriteRecords"
            Resource = aws_timestreamwrite_table.readings.arn
          },
          {
            Effect   = "Allow"
            Action   = "timestream:DescribeEndpoints"
            Resource = "*"
          },
        ]
      })
    }
"""


def copy_given_files(folder: Path) -> None:
    """Put what the practical gives into Terraform's folder."""
    for name in ("provider.tf", "output.tf"):
        shutil.copy(_GIVEN / name, folder)
    shutil.copytree(_GIVEN / "files", folder / "files", dirs_exist_ok=True)


def inventory(aws_client: Callable[..., Any]) -> dict[str, list[str]]:
    """Return what the account holds of each kind."""
    iot, iam = aws_client("iot"), aws_client("iam")
    databases = aws_client("timestream-write").list_databases()["Databases"]
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
        "databases": sorted(one["DatabaseName"] for one in databases),
        "roles": sorted(one["RoleName"] for one in iam.list_roles()["Roles"]),
    }
