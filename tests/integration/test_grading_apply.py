"""Students' configurations, right and broken ones, applied by the real Terraform.

All share one embedded AWS, and each leaves it as empty as it was.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab_utils.environment import clean_environment
from lab_utils.grading.configuration import Applied, apply_configuration, destroy_configuration
from lab_utils.grading.packaging import deploy, package
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import as_it_is
from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt_errors import certificate_id
from lab_utils.settings import CHECKOUT, read_settings
from tests.integration.provider.practical import DATABASE, PART_1, ROLE, RULE, TABLE
from tests.unit.pipeline.repositories import DEPLOY, OF_THE_PRACTICAL, PACKAGE

GIVEN = CHECKOUT / "terraform"
LONG_S = 240.0
LAMBDA = """
    resource "aws_iam_role" "lambda_role" {
      name = "lambda_role"
      assume_role_policy = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = { Service = "lambda.amazonaws.com" }
          Action    = "sts:AssumeRole"
        }]
      })
    }

    resource "aws_lambda_function" "ac" {
      filename      = "files/empty_package.zip"
      function_name = "ac_control_lambda"
      role          = aws_iam_role.lambda_role.arn
      handler       = "ac_control_lambda.lambda_handler"
      runtime       = "python3.13"
    }
"""
FILES: dict[str, str] = {
    "provider.tf": (GIVEN / "provider.tf").read_text(encoding="utf-8"),
    "output.tf": (GIVEN / "output.tf").read_text(encoding="utf-8"),
    "files/iot_policy.json": (GIVEN / "files" / "iot_policy.json").read_text(encoding="utf-8"),
    "iot.tf": textwrap.dedent(PART_1 + RULE),
    "iam.tf": textwrap.dedent(ROLE),
    "dynamo.tf": textwrap.dedent(TABLE),
}
DATABASE_FILE = {"timestream.tf": textwrap.dedent(DATABASE)}


@dataclass
class Student:
    """A submission, and how it is applied."""

    place: Workplace
    session: Session
    private: Path
    applied: Applied | None = None

    def apply(self, program_s: float = LONG_S) -> Applied:
        self.applied = apply_configuration(
            self.place,
            timeout_s=LONG_S,
            program_s=program_s,
            ca=Path(self.session.ca_file),
            made=self.private,
        )
        return self.applied


def put(workspace: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def submit(aws_session: Session, tmp_path: Path) -> Iterator[Callable[..., Student]]:
    """Makes a submission of the practical's parts 1 and 2, with what is other in it."""
    students: list[Student] = []

    def make(changed: Mapping[str, str], *, all_of_it: bool = False) -> Student:
        workspace = tmp_path / "submission"
        terraform = {} if all_of_it else {f"terraform/{name}": FILES[name] for name in FILES}
        put(workspace, {**terraform, **changed})
        settings = read_settings(workspace=workspace, environ={})
        environment = clean_environment(settings, aws_session.environment())
        place = Workplace(workspace, as_it_is, environment, lambda _line: None)
        students.append(Student(place, aws_session, tmp_path / "private"))
        return students[-1]

    yield make
    for student in students:
        if student.applied and student.applied.folder:
            destroyed = destroy_configuration(student.place, student.applied.folder)
            assert destroyed.is_done, destroyed.said


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {f"terraform/{name}": FILES[name].replace(old, new)}


def aside(applied: Applied) -> list[str]:
    return [f"{one.file}:{one.line} {one.block}" for one in applied.set_aside]


def made(applied: Applied) -> set[str]:
    return {f"{one['type']}.{one['name']}" for one in applied.state["resources"]}


def test_a_right_one_is_applied_as_it_is(submit: Callable[..., Student]) -> None:
    student = submit({})
    applied = student.apply()
    assert applied.is_done, applied.said
    assert (applied.set_aside, applied.remarks) == ((), ())
    assert applied.outputs["iot_endpoint"]
    assert applied.device_files
    written = student.place.workspace / "terraform" / "files" / "test.cert.pem"
    assert applied.device_files.certificate.read_bytes() == written.read_bytes()
    assert not list(student.place.workspace.glob(".grading-*"))


BROKEN = {
    "quote": (
        changed("dynamo.tf", '"Temperature"', '"Temperature'),
        'terraform/dynamo.tf:2 resource "aws_dynamodb_table" "temperature"',
        "Invalid multi-line string",
    ),
    "brace": (
        changed("dynamo.tf", '    type = "S"\n  }', '    type = "S"\n'),
        'terraform/dynamo.tf:2 resource "aws_dynamodb_table" "temperature"',
        "Unclosed configuration block",
    ),
    "argument": (
        changed("iot.tf", "sql_version", "sql_versoin"),
        'terraform/iot.tf:29 resource "aws_iot_topic_rule" "hot"',
        'An argument named "sql_versoin" is not expected here',
    ),
    "duplicate": (
        {"terraform/more.tf": FILES["dynamo.tf"]},
        'terraform/more.tf:2 resource "aws_dynamodb_table" "temperature"',
        "was already declared at dynamo.tf:2",
    ),
    "type": (
        {"terraform/more.tf": 'resource "aws_sns_topic" "alarm" {\n  name = "alarm"\n}\n'},
        'terraform/more.tf:1 resource "aws_sns_topic" "alarm"',
        'does not support resource type "aws_sns_topic"',
    ),
    "provider": (
        {"terraform/more.tf": 'data "external" "secret" {\n  program = ["cat", "/secret"]\n}\n'},
        'terraform/more.tf:1 data "external" "secret"',
        "There is no provider hashicorp/external",
    ),
    "name": (
        changed("iot.tf", '"practical_hot"', '"practical-hot"'),
        'terraform/iot.tf:29 resource "aws_iot_topic_rule" "hot"',
        "Name must match the pattern",
    ),
    "sql": (
        changed("iot.tf", "where temperature >=", "where temperature =>"),
        'terraform/iot.tf:29 resource "aws_iot_topic_rule" "hot"',
        "SqlParseException",
    ),
    "file": (
        changed("iot.tf", "files/iot_policy.json", "iot_policy.json"),
        'terraform/iot.tf:6 resource "aws_iot_policy" "sensors"',
        "no file exists at",
    ),
    "conflict": (
        {"terraform/iam.tf": f"<<<<<<< HEAD\n{FILES['iam.tf']}"},
        "terraform/iam.tf:1 <<<<<<< HEAD",
        "Argument or block definition required",
    ),
    "cycle": (
        {
            "terraform/more.tf": 'resource "terraform_data" "a" {\n'
            '  input = terraform_data.b.output\n}\nresource "terraform_data" "b" {\n'
            "  input = terraform_data.a.output\n}\n"
        },
        'terraform/more.tf:1 resource "terraform_data" "a"',
        "Cycle: terraform_data.",
    ),
    "module": (
        {
            "terraform/more.tf": 'module "lambda" {\n'
            '  source = "terraform-aws-modules/lambda/aws"\n}\n'
        },
        'terraform/more.tf:1 module "lambda"',
        "Error accessing remote module registry",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_costs_itself_and_the_rest_is_applied(
    submit: Callable[..., Student], name: str
) -> None:
    files, block, words = BROKEN[name]
    applied = submit(files).apply()
    assert aside(applied)[0] == block
    assert words in applied.set_aside[0].why
    fallen = [one for one in applied.set_aside[1:] if "was set aside" in one.why]
    assert len(fallen) == len(applied.set_aside) - 1
    assert {"aws_iot_certificate.cert", "aws_iam_role.iot_role"} <= made(applied)
    assert applied.device_files
    assert applied.is_done is (name != "sql"), applied.said


def test_several_mistakes_of_all_kinds_leave_what_is_right(submit: Callable[..., Student]) -> None:
    files = {
        **changed("iam.tf", '"iot_role" {', '"iot_role" {\n  colour = "red"'),
        **changed("output.tf", "iot_endpoint.endpoint_address", "endpoint.endpoint_address"),
        **{f"terraform/{name}": text for name, text in DATABASE_FILE.items()},
        "terraform/more.tf": 'locals {\n  a = 1\n  b = aws_iot_thing.gone.arn\n}\noutput "b" {\n'
        '  value = local.b\n}\noutput "a" {\n  value = local.a\n}\n}\n',
    }
    applied = submit(files).apply()
    assert applied.is_done, applied.said
    assert set(aside(applied)) == {
        "terraform/more.tf:11 }",
        'terraform/iam.tf:2 resource "aws_iam_role" "iot_role"',
        'terraform/iam.tf:15 resource "aws_iam_role_policy" "put_readings"',
        'terraform/iot.tf:29 resource "aws_iot_topic_rule" "hot"',
        'terraform/output.tf:3 output "iot_endpoint"',
        "terraform/more.tf:3 locals / b",
        'terraform/more.tf:5 output "b"',
    }
    assert applied.outputs == {"a": 1}
    assert "aws_timestreamwrite_table.readings" in made(applied)


HABITS = """\
terraform {
  required_version = "~> 0.12"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "3.27.0"
    }
  }
  backend "s3" {
    bucket = "our-states"
    key    = "practical"
  }
}

variable "region" {
  type = string
}

provider "aws" {
  version    = "~> 3.0"
  region     = var.region
  profile    = "school"
  access_key = "AKIAIOSFODNN7EXAMPLE"
  secret_key = "secret"
}
"""


def test_habits_that_have_no_place_in_a_sandbox_are_adapted(submit: Callable[..., Student]) -> None:
    files = {
        "terraform/provider.tf": HABITS,
        "terraform/terraform.tfvars": 'region = "eu-west-1" # Ireland\n',
        "terraform/.terraform.lock.hcl": "<<<<<<< HEAD\n",
        **changed("iam.tf", "role = aws_iam_role.iot_role.id", 'role = "iot_role"'),
        **changed(
            "iot.tf", "aws_iam_role.iot_role.arn", '"arn:aws:iam::111122223333:role/iot_role"'
        ),
    }
    applied = submit(files).apply()
    assert applied.is_done, (applied.said, applied.set_aside)
    assert applied.set_aside == ()
    told = "\n".join(applied.remarks)
    words = ("required_version", 'backend "s3"', "profile", "access_key", "111122223333")
    assert [word in told for word in words] == [True, True, True, True, False]
    assert "AKIA" not in told


def test_modules_and_sensitive_outputs_are_no_obstacle(submit: Callable[..., Student]) -> None:
    part_1 = textwrap.dedent(PART_1).replace('"files/', '"${path.module}/files/')
    outputs = 'output "all" {\n  value     = aws_iot_certificate.cert\n  sensitive = true\n}\n'
    files = {
        "infra/main.tf": f'{FILES["provider.tf"]}module "iot" {{\n  source = "../modules/iot"\n}}\n'
        'output "device" {\n  value     = module.iot.all\n  sensitive = true\n}\n',
        "modules/iot/iot.tf": part_1 + outputs + 'resource "aws_iot_thing" "bad" {\n  x = 1\n}\n',
        "modules/iot/files/iot_policy.json": FILES["files/iot_policy.json"],
    }
    applied = submit(files, all_of_it=True).apply()
    assert applied.is_done, applied.said
    assert [one.partition(" ")[2] for one in aside(applied)] == ['resource "aws_iot_thing" "bad"']
    assert applied.device_files
    told = applied.outputs["device"]["certificate_pem"].encode()
    assert certificate_id(applied.device_files.certificate.read_bytes()) == certificate_id(told)


WAITS = """\
resource "aws_iot_thing" "first" {
  name = "first"
}

resource "null_resource" "waits" {
  depends_on = [aws_iot_thing.first]
  provisioner "local-exec" {
    command = "echo ran >> ran.txt; sleep 600"
  }
}
"""


def test_a_program_that_does_not_end_is_set_aside(submit: Callable[..., Student]) -> None:
    files = {"terraform/provider.tf": FILES["provider.tf"], "terraform/more.tf": WAITS}
    student = submit(files, all_of_it=True)
    applied = student.apply(program_s=3.0)
    assert aside(applied) == [
        'terraform/more.tf:7 resource "null_resource" "waits" / provisioner "local-exec"'
    ]
    assert applied.is_done, applied.said
    assert made(applied) == {"aws_iot_thing.first", "null_resource.waits"}
    assert (student.place.workspace / "terraform" / "ran.txt").read_text() == "ran\n"


def test_a_submission_without_terraform_is_told_so(submit: Callable[..., Student]) -> None:
    applied = submit({"README.md": ""}, all_of_it=True).apply()
    assert not applied.is_done
    assert applied.said == ("The submission has no Terraform file.",)


@pytest.fixture
def submit_lambda(submit: Callable[..., Student]) -> Callable[..., Student]:
    """Makes a submission whose function gets its code by the practical's own scripts."""

    def make(changed: Mapping[str, str]) -> Student:
        terraform = {"terraform/lambda.tf": FILES["provider.tf"] + textwrap.dedent(LAMBDA)}
        student = submit({**OF_THE_PRACTICAL, **terraform, **changed}, all_of_it=True)
        target = student.place.workspace / "terraform" / "files"
        target.mkdir()
        empty = (GIVEN / "files" / "empty_package.zip").read_bytes()
        (target / "empty_package.zip").write_bytes(empty)
        return student

    return make


def invoke(aws_client: Callable[..., Any]) -> Any:
    answer = aws_client("lambda").invoke(FunctionName="ac_control_lambda", Payload=b"{}")
    return json.loads(answer["Payload"].read())


def test_the_practicals_scripts_pack_and_deploy(
    submit_lambda: Callable[..., Student], aws_client: Callable[..., Any]
) -> None:
    windows = {
        "bin/package_lambda.sh": PACKAGE.replace("\n", "\r\n"),
        "ac_control_lambda/requirements.txt": "urllib3\nboto3==1.0.1\n",
        "ac_control_lambda/src/ac_control_lambda.py": "def lambda_handler(event, context):\n"
        "    return 'deployed'\n",
    }
    student = submit_lambda(windows)
    packaged = package(student.place, timeout_s=LONG_S)
    assert packaged.said == ["bin/package_lambda.sh made payload.zip."]
    assert ["line ends" in packaged.remarks[0], "boto3==1.0.1" in packaged.remarks[-1]] == [
        True
    ] * 2
    applied = student.apply()
    deployed = deploy(student.place, client=aws_client, state=applied.state, timeout_s=LONG_S)
    assert deployed.has_changed, deployed.said
    assert invoke(aws_client) == "deployed"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("--region eu-west-1", "--region us-east-1", "deploys to us-east-1; the function is in"),
        ("ac_control_lambda", "my_lambda", "deploys to the function my_lambda; Terraform made"),
    ],
    ids=["region", "name"],
)
def test_a_deploy_to_elsewhere_changes_nothing_and_is_told(
    submit_lambda: Callable[..., Student],
    aws_client: Callable[..., Any],
    old: str,
    new: str,
    words: str,
) -> None:
    student = submit_lambda({"bin/deploy_lambda.sh": DEPLOY.replace(old, new)})
    (student.place.workspace / "payload.zip").write_bytes(b"no zip")
    applied = student.apply()
    deployed = deploy(student.place, client=aws_client, state=applied.state, timeout_s=LONG_S)
    assert not deployed.has_changed
    assert words in deployed.said[0]
    assert "errorType" in invoke(aws_client)
