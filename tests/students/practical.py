"""A right submission in the practical's own form, from which the others are made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.unit.pipeline.repositories import DEPLOY, PACKAGE, PRACTICAL

Files = dict[str, str]

PROVIDER = """\
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}
"""
OUTPUT = """\
resource "local_file" "cert_pem" {
  content  = aws_iot_certificate.cert.certificate_pem
  filename = "${path.module}/../files/certificate.pem"
}

resource "local_file" "private_key" {
  content  = aws_iot_certificate.cert.private_key
  filename = "${path.module}/../files/private.key"
}

output "iot_endpoint" {
  value = data.aws_iot_endpoint.iot_endpoint.endpoint_address
}
"""
POLICY_JSON = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"],
      "Resource": "*"
    }
  ]
}
"""
IOT = """\
resource "aws_iot_certificate" "cert" {
  active = true
}

resource "aws_iot_policy" "pubsub" {
  name   = "PubSubToAnyTopic"
  policy = file("files/iot_policy.json")
}

resource "aws_iot_policy_attachment" "att" {
  policy = aws_iot_policy.pubsub.name
  target = aws_iot_certificate.cert.arn
}

resource "aws_iot_thing" "sensor" {
  name = "temp_sensor"
}

resource "aws_iot_thing_principal_attachment" "att" {
  principal = aws_iot_certificate.cert.arn
  thing     = aws_iot_thing.sensor.name
}

data "aws_iot_endpoint" "iot_endpoint" {
  endpoint_type = "iot:Data-ATS"
}

"""
HOT_RULE = """\
resource "aws_iot_topic_rule" "temperature_rule" {
  name        = "temperature_rule"
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
DIMENSIONS = """\
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
"""
READINGS_RULE = f"""\
resource "aws_iot_topic_rule" "timestream_rule" {{
  name        = "timestream_rule"
  enabled     = true
  sql         = "SELECT * FROM 'sensor/temperature/+'"
  sql_version = "2016-03-23"

  timestream {{
    role_arn      = aws_iam_role.iot_role.arn
    database_name = aws_timestreamwrite_database.iot.database_name
    table_name    = aws_timestreamwrite_table.temperaturesensor.table_name

{DIMENSIONS}  }}
}}
"""
DYNAMO = """\
resource "aws_dynamodb_table" "temperature" {
  name           = "Temperature"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "id"

  attribute {
    name = "id"
    type = "S"
  }
}
"""
TIMESTREAM = """\
resource "aws_timestreamwrite_database" "iot" {
  database_name = "iot"
}

resource "aws_timestreamwrite_table" "temperaturesensor" {
  database_name = aws_timestreamwrite_database.iot.database_name
  table_name    = "temperaturesensor"
}
"""


def role(name: str, service: str) -> str:
    """Return a role that a service may assume, its trust as a text."""
    return f"""\
resource "aws_iam_role" "{name}" {{
  name = "{name}"

  assume_role_policy = <<EOF
{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Principal": {{"Service": "{service}"}},
      "Action": "sts:AssumeRole"
    }}
  ]
}}
EOF
}}

"""


def role_policy(label: str, name: str, role_label: str, *statements: tuple[str, str]) -> str:
    """Return a policy of a role, with a statement for each action and resource (HCL)."""
    written = "".join(
        f'      {{ Effect = "Allow", Action = "{action}", Resource = {resource} }},\n'
        for action, resource in statements
    )
    return f"""\
resource "aws_iam_role_policy" "{label}" {{
  name = "{name}"
  role = aws_iam_role.{role_label}.id

  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
{written}    ]
  }})
}}

"""


TABLE_ARN = "aws_dynamodb_table.temperature.arn"
READINGS_ARN = "aws_timestreamwrite_table.temperaturesensor.arn"
IOT_ROLE = role("iot_role", "iot.amazonaws.com")
DYNAMO_POLICY = role_policy("dynamo", "iot_dynamodb", "iot_role", ("dynamodb:PutItem", TABLE_ARN))
WRITE_POLICY = role_policy(
    "timestream",
    "iot_timestream",
    "iot_role",
    ("timestream:WriteRecords", READINGS_ARN),
    ("timestream:DescribeEndpoints", '"*"'),
)
LAMBDA_ROLE = role("lambda_role", "lambda.amazonaws.com")
SELECT_POLICY = role_policy(
    "lambda_timestream",
    "lambda_timestream",
    "lambda_role",
    ("timestream:Select", READINGS_ARN),
    ("timestream:DescribeEndpoints", '"*"'),
)
PUBLISH_POLICY = role_policy("lambda_iot", "lambda_iot", "lambda_role", ("iot:Publish", '"*"'))
LAMBDA = """\
resource "aws_lambda_function" "ac_control_lambda" {
  filename      = "files/empty_package.zip"
  function_name = "ac_control_lambda"
  role          = aws_iam_role.lambda_role.arn
  handler       = "ac_control_lambda.lambda_handler"
  runtime       = "python3.7"
}

"""
SCHEDULE = """\
resource "aws_cloudwatch_event_rule" "every_one_minute" {
  name                = "every-one-minute"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "lambda" {
  rule      = aws_cloudwatch_event_rule.every_one_minute.name
  target_id = "lambda"
  arn       = aws_lambda_function.ac_control_lambda.arn
}

resource "aws_lambda_permission" "cloudwatch" {
  statement_id  = "AllowExecutionFromCloudWatch"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ac_control_lambda.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_one_minute.arn
}
"""
SOURCE = '''\
import json

import boto3

QUERY = """
SELECT zone_id, AVG(CAST(temperature AS DOUBLE)) AS mean_temperature
FROM "iot"."temperaturesensor"
WHERE time between ago(1m) and now() AND CAST(temperature AS DOUBLE) < 40
GROUP BY zone_id
"""


def decide(mean):
    if mean > 35:
        return True
    if mean < 20:
        return False
    return None


def lambda_handler(event, context):
    answer = boto3.client("timestream-query").query(QueryString=QUERY)
    for row in answer["Rows"]:
        zone, mean = (value["ScalarValue"] for value in row["Data"])
        enabled = decide(float(mean))
        if enabled is not None:
            send(zone, enabled)
    return "ok"


def send(zone, enabled):
    boto3.client("iot-data").publish(
        topic=f"AC/AC-{zone}", qos=1, payload=json.dumps({"state": {"enabled": enabled}})
    )
'''
TESTS = """\
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from ac_control_lambda import decide


def test_it_switches_beyond_the_thresholds():
    assert [decide(mean) for mean in (35.1, 35, 20, 19.9)] == [True, None, None, False]
"""
MAIN: Files = {
    "terraform/provider.tf": PROVIDER,
    "terraform/output.tf": OUTPUT,
    "terraform/files/iot_policy.json": POLICY_JSON,
    "terraform/iot.tf": IOT + HOT_RULE + READINGS_RULE,
    "terraform/dynamo.tf": DYNAMO,
    "terraform/timestream.tf": TIMESTREAM,
    "terraform/iam.tf": IOT_ROLE
    + DYNAMO_POLICY
    + WRITE_POLICY
    + LAMBDA_ROLE
    + SELECT_POLICY
    + PUBLISH_POLICY,
    "terraform/lambda.tf": LAMBDA + SCHEDULE,
    "ac_control_lambda/requirements.txt": "boto3\n",
    "ac_control_lambda/src/ac_control_lambda.py": SOURCE,
    "ac_control_lambda/tests/test_ac_control_lambda.py": TESTS,
    "bin/package_lambda.sh": PACKAGE,
    "bin/deploy_lambda.sh": DEPLOY,
    ".gitlab-ci.yml": PRACTICAL,
}
"""The practical done as it says, word by word: no bonus part, and no user for the pipeline."""
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def changed(file: str, old: str, new: str, files: Mapping[str, str] = MAIN) -> Files:
    """Return a submission in which a text of a file is another."""
    assert old in files[file], (file, old)
    return {**files, file: files[file].replace(old, new)}


def write(folder: Path, files: Mapping[str, str] = MAIN) -> Path:
    """Write a submission's files, and return its folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        path.chmod(0o755 if name.endswith(".sh") else 0o644)
    empty = folder / "terraform" / "files" / "empty_package.zip"
    empty.parent.mkdir(parents=True, exist_ok=True)
    empty.write_bytes(EMPTY_ZIP)
    return folder
