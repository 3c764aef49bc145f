"""Solutions of the practical by people who never met, and one of them in disguise."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TypeGuard, TypeVar

from tests.students.practical import MAIN

K = TypeVar("K", ast.Name, ast.Attribute)
Files = Mapping[str, str]

_TRUST = """\
{
  "Version": "2012-10-17",
  "Statement": [{"Action": "sts:AssumeRole", "Principal": {"Service": "%s"},
                 "Effect": "Allow", "Sid": ""}]
}
"""
BEN_TF = """\
variable "region" {
  type    = string
  default = "eu-west-1"
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { owner = "ben", course = "iot" }
  }
}

locals {
  topic = "sensor/temperature/+"
  rules = "2016-03-23"
}

resource "aws_iot_certificate" "cert" {
  active = true
}

resource "aws_iot_policy" "everything" {
  name = "everything"
  policy = file("${path.root}/files/iot_policy.json")
}

resource "aws_iot_policy_attachment" "everything_to_cert" {
  target = aws_iot_certificate.cert.arn
  policy = aws_iot_policy.everything.name
}

resource "aws_iot_thing_type" "sensor" {
  name = "sensor"
}

resource "aws_iot_thing" "house" {
  for_each        = toset(["temp_1", "temp_2", "temp_3", "temp_4"])
  name            = each.key
  thing_type_name = aws_iot_thing_type.sensor.name
}

resource "aws_iot_thing_principal_attachment" "house" {
  for_each  = aws_iot_thing.house
  thing     = each.value.name
  principal = aws_iot_certificate.cert.arn
}

data "aws_iot_endpoint" "iot_endpoint" {
  endpoint_type = "iot:Data-ATS"
}

resource "aws_dynamodb_table" "invalid" {
  name         = "Temperature"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = false
  }
}

resource "aws_timestreamwrite_database" "db" {
  database_name = "iot"
}

resource "aws_timestreamwrite_table" "table" {
  database_name = aws_timestreamwrite_database.db.id
  table_name    = "temperaturesensor"
  retention_properties {
    memory_store_retention_period_in_hours  = 24
    magnetic_store_retention_period_in_days = 7
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["iot", "lambda"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "store" {
  statement {
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.invalid.arn]
  }
  statement {
    actions   = ["timestream:WriteRecords"]
    resources = [aws_timestreamwrite_table.table.arn]
  }
  statement {
    actions   = ["timestream:DescribeEndpoints"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "control" {
  statement {
    actions   = ["timestream:Select", "timestream:DescribeEndpoints", "iot:Publish"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "iot" {
  name               = "iot_role"
  assume_role_policy = data.aws_iam_policy_document.trust["iot"].json
}

resource "aws_iam_role" "lambda" {
  name               = "lambda_role"
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}

resource "aws_iam_role_policy" "store" {
  role   = aws_iam_role.iot.name
  policy = data.aws_iam_policy_document.store.json
}

resource "aws_iam_role_policy" "control" {
  role   = aws_iam_role.lambda.name
  policy = data.aws_iam_policy_document.control.json
}

resource "aws_iot_topic_rule" "hot" {
  name        = "hot"
  description = "Artefacts"
  enabled     = true
  sql         = "SELECT * FROM '${local.topic}' WHERE temperature >= 40"
  sql_version = local.rules
  dynamodbv2 {
    put_item {
      table_name = aws_dynamodb_table.invalid.id
    }
    role_arn = aws_iam_role.iot.arn
  }
}

resource "aws_iot_topic_rule" "all" {
  name        = "all"
  description = "Readings"
  enabled     = true
  sql         = "SELECT * FROM '${local.topic}'"
  sql_version = local.rules
  timestream {
    database_name = aws_timestreamwrite_database.db.id
    table_name    = aws_timestreamwrite_table.table.table_name
    role_arn      = aws_iam_role.iot.arn
    dynamic "dimension" {
      for_each = ["sensor_id", "temperature", "zone_id"]
      content {
        name  = dimension.value
        value = "$${${dimension.value}}"
      }
    }
    timestamp {
      unit  = "MILLISECONDS"
      value = "$${timestamp()}"
    }
  }
}

resource "aws_lambda_function" "control" {
  function_name = "ac_control_lambda"
  handler       = "ac_control_lambda.lambda_handler"
  runtime       = "python3.12"
  memory_size   = 256
  timeout       = 20
  filename      = "files/empty_package.zip"
  role          = aws_iam_role.lambda.arn
  environment {
    variables = { TABLE = aws_timestreamwrite_table.table.table_name }
  }
  lifecycle {
    ignore_changes = [filename]
  }
}

resource "aws_cloudwatch_event_rule" "tick" {
  name_prefix         = "tick"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "tick" {
  arn       = aws_lambda_function.control.arn
  rule      = aws_cloudwatch_event_rule.tick.id
  target_id = "lambda"
}

resource "aws_lambda_permission" "tick" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.control.arn
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.tick.arn
}
"""
BEN_PY = '''\
"""Ben's lambda."""
import json
import os
from collections import defaultdict

import boto3

LIMITS = {"on": 35, "off": 20}
client = boto3.client("iot-data")


def rows():
    query = boto3.client("timestream-query")
    table = os.environ["TABLE"]
    token = {}
    while True:
        page = query.query(
            QueryString=f'select zone_id, temperature from "iot"."{table}" where time > ago(1m)',
            **token,
        )
        for row in page["Rows"]:
            yield [cell.get("ScalarValue") for cell in row["Data"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}


def lambda_handler(event, context):
    zones = defaultdict(list)
    for zone, temperature in rows():
        value = float(temperature)
        if value < 40:
            zones[zone].append(value)
    changed = {}
    for zone, values in zones.items():
        mean = sum(values) / len(values)
        if mean > LIMITS["on"] or mean < LIMITS["off"]:
            changed[zone] = mean > LIMITS["on"]
    for zone, on in changed.items():
        body = {"state": {"enabled": on}}
        client.publish(topic="AC/AC-" + zone, qos=0, payload=json.dumps(body))
    return changed
'''
BEN_YML = """\
default:
  image: python:3.12
  before_script:
    - python -m pip install pytest boto3 awscli

stages: [test, package, deploy]

unit tests:
  stage: test
  script:
    - cd ac_control_lambda
    - python -m pytest tests -vv --junitxml=../report.xml
  artifacts:
    reports:
      junit: report.xml

zip it:
  stage: package
  script: [./bin/package_lambda.sh]
  artifacts:
    expire_in: 1 week
    paths: [payload.zip]

ship it:
  stage: deploy
  needs: [zip it]
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
  script:
    - ./bin/deploy_lambda.sh
"""
BEN: Files = {
    "terraform/main.tf": BEN_TF,
    "ac_control_lambda/src/ac_control_lambda.py": BEN_PY,
    ".gitlab-ci.yml": BEN_YML,
}


def _eve_role(label: str, service: str) -> str:
    return f"""\
resource "aws_iam_role" "{label}" {{
  name                  = "{label}"
  force_detach_policies = true
  assume_role_policy    = <<POLICY
{_TRUST % service}POLICY
}}

"""


def _eve_policy(label: str, role: str, body: str) -> str:
    return f"""\
resource "aws_iam_policy" "{label}" {{
  name   = "{label}"
  policy = <<POLICY
{body}POLICY
}}

resource "aws_iam_role_policy_attachment" "{label}" {{
  role       = aws_iam_role.{role}.name
  policy_arn = aws_iam_policy.{label}.arn
}}

"""


EVE: Files = {
    "terraform/iot.tf": """\
resource "aws_iot_certificate" "cert" {
  active = true
}

resource "aws_iot_policy" "device" {
  name   = "device"
  policy = file("files/iot_policy.json")
}

resource "aws_iot_policy_attachment" "device" {
  policy = aws_iot_policy.device.name
  target = aws_iot_certificate.cert.arn
}

resource "aws_iot_thing" "thing" {
  name = "my_thing"
  attributes = {
    First = "examplevalue"
  }
}

resource "aws_iot_thing_principal_attachment" "thing" {
  principal = aws_iot_certificate.cert.arn
  thing     = aws_iot_thing.thing.name
}

data "aws_iot_endpoint" "iot_endpoint" {
  endpoint_type = "iot:Data-ATS"
}

resource "aws_iot_topic_rule" "invalid" {
  name        = "InvalidData"
  description = "hot ones"
  enabled     = true
  sql         = "SELECT * FROM 'sensor/temperature/+' where temperature >= 40"
  sql_version = "2016-03-23"
  dynamodbv2 {
    put_item {
      table_name = "Temperature"
    }
    role_arn = aws_iam_role.iot_role.arn
  }
  error_action {
    cloudwatch_logs {
      log_group_name = aws_cloudwatch_log_group.errors.name
      role_arn       = aws_iam_role.iot_role.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "errors" {
  name              = "iot-errors"
  retention_in_days = 3
}

resource "aws_iot_topic_rule" "valid" {
  name        = "ValidData"
  description = "all"
  enabled     = true
  sql         = "SELECT * FROM 'sensor/temperature/+' WHERE temperature < 40"
  sql_version = "2016-03-23"
  timestream {
    database_name = "iot"
    table_name    = "temperaturesensor"
    role_arn      = aws_iam_role.iot_role.arn
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
  depends_on = [aws_timestreamwrite_table.ts]
}
""",
    "terraform/stores.tf": """\
resource "aws_dynamodb_table" "temperature_table" {
  name           = "Temperature"
  billing_mode   = "PROVISIONED"
  read_capacity  = 20
  write_capacity = 20
  hash_key       = "id"
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "TimeToExist"
    enabled        = false
  }
  tags = {
    Name        = "dynamodb-table-1"
    Environment = "production"
  }
}

resource "aws_timestreamwrite_database" "ts" {
  database_name = "iot"
  tags = {
    Name = "value"
  }
}

resource "aws_timestreamwrite_table" "ts" {
  database_name = aws_timestreamwrite_database.ts.database_name
  table_name    = "temperaturesensor"
  tags = {
    Name = "value"
  }
}
""",
    "terraform/iam.tf": _eve_role("iot_role", "iot.amazonaws.com")
    + _eve_role("lambda_role", "lambda.amazonaws.com")
    + _eve_policy(
        "iot_policy",
        "iot_role",
        """\
{"Version": "2012-10-17", "Statement": [
  {"Sid": "a", "Effect": "Allow", "Action": ["dynamodb:*", "timestream:*"], "Resource": "*"}]}
""",
    )
    + _eve_policy(
        "lambda_policy",
        "lambda_role",
        """\
{"Version": "2012-10-17", "Statement": [
  {"Sid": "a", "Effect": "Allow", "Action": ["iot:Publish", "timestream:*"], "Resource": ["*"]}]}
""",
    ),
    "terraform/lambda.tf": """\
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "../ac_control_lambda/src"
  output_path = "files/code.zip"
}

resource "aws_lambda_function" "ac" {
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  function_name    = "ac_control_lambda"
  role             = aws_iam_role.lambda_role.arn
  handler          = "ac_control_lambda.lambda_handler"
  runtime          = "python3.11"
  architectures    = ["arm64"]
}

resource "aws_cloudwatch_event_rule" "minute" {
  name                = "minute"
  description         = "Fires every minute"
  schedule_expression = "cron(* * * * ? *)"
}

resource "aws_cloudwatch_event_target" "minute" {
  rule = aws_cloudwatch_event_rule.minute.name
  arn  = aws_lambda_function.ac.arn
}

resource "aws_lambda_permission" "minute" {
  statement_id_prefix = "Allow"
  action              = "lambda:InvokeFunction"
  function_name       = aws_lambda_function.ac.function_name
  principal           = "events.amazonaws.com"
  source_arn          = aws_cloudwatch_event_rule.minute.arn
}
""",
    "ac_control_lambda/src/ac_control_lambda.py": '''\
import boto3, json, logging

log = logging.getLogger()

class Zone:
    def __init__(self, number):
        self.number = number
        self.temperatures = []

    def add(self, t):
        if t >= 40:
            log.warning("artefact %s", t)
            return
        self.temperatures.append(t)

    @property
    def mean(self):
        if not self.temperatures:
            return None
        return sum(self.temperatures) / len(self.temperatures)

    def wanted(self):
        m = self.mean
        return None if m is None or 20 <= m <= 35 else m > 35

def lambda_handler(event, context):
    ts = boto3.client('timestream-query')
    zones = {1: Zone(1), 2: Zone(2)}
    for page in ts.get_paginator('query').paginate(QueryString="""
        SELECT temperature, zone_id FROM iot.temperaturesensor
        WHERE time BETWEEN ago(1m) AND now() AND measure_name = 'id'"""):
        for r in page['Rows']:
            t, z = r['Data']
            zones[int(z['ScalarValue'])].add(float(t['ScalarValue']))
    for z in zones.values():
        w = z.wanted()
        if w is None:
            continue
        boto3.client('iot-data').publish(topic='AC/AC-%d' % z.number,
            payload=json.dumps(dict(state=dict(enabled=w))))
''',
    ".gitlab-ci.yml": """\
image: python:3.11-slim

variables:
  PIP_DISABLE_PIP_VERSION_CHECK: "1"

before_script:
  - apt-get update && apt-get install -y zip
  - pip install pytest

stages:
  - test
  - package
  - deploy

test_job:
  stage: test
  script:
    - pytest ac_control_lambda/tests -vv

package_job:
  stage: package
  script:
    - chmod +x bin/package_lambda.sh
    - ./bin/package_lambda.sh
  artifacts:
    name: lambda
    paths:
      - payload.zip
    when: on_success

deploy_job:
  stage: deploy
  only:
    - master
  script:
    - pip install awscli
    - bash bin/deploy_lambda.sh
""",
}
CLASS: Mapping[str, Files] = {"ada": MAIN, "ben": BEN, "eve": EVE}
"""Three independent solutions."""
_BLOCK = re.compile(r"^(?=resource |data |output |variable |locals |provider |terraform )", re.M)
_FUNCTION = re.compile(r"^(?=def |class |@)", re.M)
_DEFINED = (ast.FunctionDef, ast.ClassDef)
_LABEL = re.compile(r'^(resource|data) ("[\w]+") "(\w+)"', re.M)


def as_bytes(files: Files) -> dict[str, bytes]:
    """Return a submission's files as they are read."""
    return {name: text.encode() for name, text in files.items()}


class _Renamer(ast.NodeTransformer):
    """Gives what a Python text itself defines other names, but the handler."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        classes = [one for one in nodes if isinstance(one, ast.ClassDef)]
        methods = [one for kind in classes for one in kind.body if isinstance(one, ast.FunctionDef)]
        self._members = {one.name for one in methods if not one.name.startswith("__")}
        self._members |= {one.attr for one in nodes if is_stored(one, ast.Attribute)}
        self._bound = {one.name for one in nodes if isinstance(one, _DEFINED)} - {"lambda_handler"}
        self._bound -= {one.name for one in methods} - self._members
        self._bound |= {one.id for one in nodes if is_stored(one, ast.Name)}
        self._bound |= {one.arg for one in nodes if isinstance(one, ast.arg)}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("id", "name", "arg", "attr"):
            names = self._members if field == "attr" else self._bound
            if getattr(node, field, None) in names and not isinstance(node, ast.keyword):
                setattr(node, field, f"thing_{getattr(node, field)[::-1]}")
        return super().generic_visit(node)


def is_stored(node: ast.AST, kind: type[K]) -> TypeGuard[K]:
    return isinstance(node, kind) and isinstance(getattr(node, "ctx", None), ast.Store)


def renamed(files: Files) -> Files:
    """Return a submission whose resources, texts, functions and variables have other names."""
    labels = {name for text in files.values() for _, _, name in _LABEL.findall(text)}
    changed = {}
    for file, text in files.items():
        if file.endswith(".tf"):
            text = _LABEL.sub(r'\1 \2 "\3_x"', text)
            text = re.sub(
                r"(?<=\.)(\w+)(?=[.\[])", lambda m: f"{m[1]}{'_x' * (m[1] in labels)}", text
            )
            text = re.sub(r'(\bname\s*= )"(\w+)"', r'\1"my-\2"', text)
        elif file.endswith(".py"):
            tree = ast.parse(text)
            text = ast.unparse(_Renamer(tree).visit(tree))
        changed[file] = text
    return changed


def reordered(files: Files) -> Files:
    """Return a submission with blocks and functions in another order, and files split."""
    changed: dict[str, str] = {}
    for file, text in files.items():
        if file.endswith(".tf"):
            for number, block in enumerate(reversed(_BLOCK.split(text))):
                name = f"terraform/part_{len(file) % 3}_{number % 2}.tf"
                changed[name] = changed.get(name, "") + block
        elif file.endswith(".py"):
            head, *functions = _FUNCTION.split(text)
            changed[file] = head + "\n".join(reversed(functions))
        else:
            changed[file] = text
    return changed


def commented(files: Files) -> Files:
    """Return a submission with comments between its lines, other indentation, Windows line ends."""
    changed = {}
    for file, text in files.items():
        if file.endswith((".tf", ".yml")):
            lines = [f"{line}  # number {number}" for number, line in enumerate(text.splitlines())]
            text = "\n\n".join(lines) if "<<" not in text and '"""' not in text else text
        changed[file] = text.replace("  name ", "\tname     ").replace("\n", "\r\n")
    return changed


def padded(files: Files) -> Files:
    """Return a submission with a line more wherever one does no harm."""
    changed = {}
    for file, text in files.items():
        if file.endswith(".tf"):
            text = re.sub(r"^(resource .*{)$", r'\1\n  tags = { made_by = "me" }', text, flags=re.M)
        elif file.endswith(".py"):
            text = re.sub(r"^( {4}\w+ = .*[^{(\[])$", r"\1\n    print('here')", text, flags=re.M)
        changed[file] = text
    return changed
