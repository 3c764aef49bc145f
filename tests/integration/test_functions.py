"""The practical's function from package to log: Terraform, the scripts, the Lab and the CLI."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab_utils import Lab
from lab_utils.cli import main
from lab_utils.embedded import local_control
from lab_utils.errors import FunctionError, FunctionFailedError, LogError
from lab_utils.settings import CHECKOUT
from lab_utils.workspace import seed_workspace

NAME = "ac_control_lambda"
ROLE = """
resource "aws_iam_role" "{role}" {{
  name = "{role}"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = {{ Service = "lambda.amazonaws.com" }}
    }}]
  }})
}}
resource "aws_iam_role_policy" "{role}" {{
  role   = aws_iam_role.{role}.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Action = {actions}, Effect = "Allow", Resource = "*" }}]
  }})
}}
resource "aws_lambda_function" "{name}" {{
  filename      = "files/empty_package.zip"
  function_name = "{name}"
  handler       = "ac_control_lambda.lambda_handler"
  runtime       = "python3.13"
  role          = aws_iam_role.{role}.arn
  timeout       = 30
}}
"""
TIMESTREAM = """
resource "aws_timestreamwrite_database" "iot" {
  database_name = "iot"
}
resource "aws_timestreamwrite_table" "temperaturesensor" {
  database_name = aws_timestreamwrite_database.iot.database_name
  table_name    = "temperaturesensor"
}
"""
ACTIONS = ("timestream:Select", "timestream:DescribeEndpoints", "iot:Publish")
HCL = (
    TIMESTREAM
    + ROLE.format(role="lambda_role", name=NAME, actions=json.dumps([*ACTIONS, "logs:*"]))
    + ROLE.format(role="silent_role", name="silent", actions=json.dumps(ACTIONS))
)


class Lines(list[str]):
    """What the lab reports."""


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Iterator[Lab]:
    """A lab whose two functions are declared, and still have Terraform's placeholder."""
    folder = tmp_path_factory.mktemp("functions") / "atelier d'été"
    seed_workspace(CHECKOUT, folder)
    (folder / "terraform" / "output.tf").unlink()
    (folder / "terraform" / "lambda.tf").write_text(HCL, encoding="utf-8")
    lab = Lab(target="local", workspace=folder, report=lines.append)
    lab.apply()
    yield lab
    local_control().stop(lab.settings)


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> Lab:
    """The lab, with the function's code deployed."""
    lab.package_lambda()
    lab.deploy_lambda()
    return lab


def script(
    lab: Lab, name: str, *arguments: str, cwd: Path = Path("/"), **environment: str | None
) -> subprocess.CompletedProcess[str]:
    """Run a script of the workspace as a terminal does; ``None`` takes a variable away."""
    own = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environment}
    values = {**lab.environment(), **own}
    return subprocess.run(
        [str(lab.settings.workspace / "ci" / name), *arguments],
        env={key: value for key, value in values.items() if value is not None},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def write_readings(lab: Lab, readings: list[tuple[str, str]]) -> None:
    """Write zones and temperatures as the practical's rule does, at the lab's present."""
    client, now_ms = lab.client("timestream-write"), int(lab.now().timestamp() * 1000)
    records = [
        {
            "Time": str(now_ms),
            "MeasureName": "id",
            "MeasureValue": "8a6e",
            "MeasureValueType": "VARCHAR",
            "Dimensions": [
                {"Name": "zone_id", "Value": zone},
                {"Name": "temperature", "Value": temperature},
                {"Name": "sensor_id", "Value": str(number)},
            ],
        }
        for number, (zone, temperature) in enumerate(readings)
    ]
    for start in range(0, len(records), 100):
        batch = records[start : start + 100]
        client.write_records(DatabaseName="iot", TableName="temperaturesensor", Records=batch)


def code_sha256(lab: Lab) -> str:
    told: dict[str, Any] = lab.client("lambda").get_function_configuration(FunctionName=NAME)
    return str(told["CodeSha256"])


def test_a_workspace_gets_the_given_folders_with_scripts_that_can_be_run(lab: Lab) -> None:
    folder = lab.settings.workspace
    for name in ("package_lambda.sh", "deploy_lambda.sh"):
        assert os.access(folder / "ci" / name, os.X_OK)
    assert (folder / "lambda" / NAME / "src" / f"{NAME}.py").is_file()


def test_the_placeholder_answers_as_aws_does_and_says_what_to_do(lab: Lab) -> None:
    with pytest.raises(FunctionFailedError) as caught:
        lab.invoke("silent")
    assert caught.value.error_type == "Runtime.ImportModuleError"
    words = f"Unable to import module '{NAME}': No module named '{NAME}'"
    assert caught.value.error_message == words
    assert "lab.deploy_lambda()" in caught.value.next_step


def test_a_function_whose_role_may_not_log_has_no_log_and_that_is_explained(lab: Lab) -> None:
    with pytest.raises(FunctionFailedError):
        lab.invoke("silent")
    with pytest.raises(LogError, match="its role silent_role may not write a log"):
        lab.logs("silent")


def test_the_script_and_the_lab_make_the_same_package(lab: Lab, lines: Lines) -> None:
    path = lab.package_lambda()
    assert path == lab.settings.workspace / "build" / f"{NAME}.zip"
    content = path.read_bytes()
    path.unlink()
    done = script(lab, "package_lambda.sh")
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == content
    assert lines[-2] == "$ ci/package_lambda.sh lambda/ac_control_lambda"
    told = done.stdout.split(": ", 1)[1].strip()
    assert lines[-1] == f"build/{NAME}.zip: {told}"


def test_a_deploy_stays_whatever_terraform_applies_later(deployed: Lab, lines: Lines) -> None:
    zipped = (deployed.settings.workspace / "build" / f"{NAME}.zip").read_bytes()
    expected = base64.b64encode(hashlib.sha256(zipped).digest()).decode()
    assert code_sha256(deployed) == expected
    lines.clear()
    deployed.plan()
    assert any("No changes" in line for line in lines), lines
    deployed.apply()
    assert code_sha256(deployed) == expected
    file = deployed.settings.terraform_dir / "lambda.tf"
    file.write_text(HCL.replace("= 30", "= 20"), encoding="utf-8")
    deployed.apply()
    assert code_sha256(deployed) == expected
    client = deployed.client("lambda")
    assert client.get_function_configuration(FunctionName=NAME)["Timeout"] == 20


def test_the_function_reads_what_was_measured_and_logs_what_it_decides(deployed: Lab) -> None:
    assert deployed.invoke(NAME) == {}
    told = deployed.logs(NAME, pattern='"nothing was ever written"', at_least=1)
    assert "Column 'sensor_id' does not exist" in told.message.iloc[-1]
    write_readings(deployed, [("1", "36.5"), ("1", "37"), ("2", "18.5"), ("2", "41"), ("7", "30")])
    since = deployed.now()
    assert deployed.invoke(NAME, {"source": "a test"}) == {
        "1": {"mean_c": 36.75, "readings": 2, "enabled": True},
        "2": {"mean_c": 18.5, "readings": 1, "enabled": False},
        "7": {"mean_c": 30.0, "readings": 1, "enabled": None},
    }
    log = deployed.logs(NAME, since=since, until=lambda frame: "REPORT" in set(frame.level))
    assert log.level.tolist() == ["START", "INFO", "INFO", "INFO", "END", "REPORT"]
    assert log.message[1] == "zone 1: mean 36.75 C of 2 readings: AC on"
    assert log.request_id.nunique() == log.stream.nunique() == 1
    assert (log.time >= since - timedelta(seconds=1)).all()


def test_a_thousand_and_more_readings_are_read_from_all_pages(deployed: Lab) -> None:
    write_readings(deployed, [("9", f"{20 + number % 10}") for number in range(1200)])
    assert deployed.invoke(NAME)["9"] == {"mean_c": 24.5, "readings": 1200, "enabled": None}


def test_an_error_of_the_function_comes_with_trace_log_and_advice(deployed: Lab) -> None:
    role = {"RoleName": "lambda_role", "PolicyName": "deny"}
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "timestream:Select", "Resource": "*"}],
    }
    iam = deployed.client("iam")
    iam.put_role_policy(**role, PolicyDocument=json.dumps(document))
    try:
        with pytest.raises(FunctionFailedError) as caught:
            deployed.invoke(NAME)
    finally:
        iam.delete_role_policy(**role)
    error = caught.value
    assert error.error_type == "AccessDeniedException" or "AccessDenied" in error.error_message
    assert "timestream:Select" in error.error_message
    assert any("last_readings" in frame for frame in error.stack_trace)
    assert "[ERROR]" in error.log
    assert "terraform/iam.tf" in error.next_step


def test_following_prints_an_invocation_as_it_comes(deployed: Lab, lines: Lines) -> None:
    since = deployed.now()
    deployed.invoke(NAME)
    lines.clear()
    ended = deployed.logs(
        NAME, follow=True, since=since, until=lambda f: "REPORT" in set(f.level), timeout_s=20
    )
    assert ended.level.iloc[-1] == "REPORT"
    assert len(lines) == len(ended)
    assert lines[0][9:].startswith("START RequestId: ")


def test_what_is_not_there_is_named(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(FunctionError, match=f"account and region: .*{NAME}"):
        lab.invoke("no_such_function")
    with pytest.raises(LogError, match="There is no function no_such_function"):
        lab.logs("no_such_function")
    with pytest.raises(FunctionError, match=r"lab\.package_lambda\(\)"):
        lab.deploy_lambda("no_such_function")
    with pytest.raises(FunctionError, match="cannot be written as JSON"):
        lab.invoke(NAME, {"when": timedelta(1)})
    with pytest.raises(FunctionError, match="there is no folder"):
        lab.package_lambda("lambda/nothing")
    (tmp_path / "text.zip").write_text("no zip", encoding="utf-8")
    with pytest.raises(FunctionError, match="Could not unzip"):
        lab.deploy_lambda(package=tmp_path / "text.zip")


def test_the_deploy_script_deploys_and_waits(deployed: Lab) -> None:
    before = code_sha256(deployed)
    source = deployed.settings.workspace / "lambda" / NAME / "src" / "decision.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(f"{text}\nCHANGED = True\n", encoding="utf-8")
    try:
        assert script(deployed, "package_lambda.sh").returncode == 0
        done = script(deployed, "deploy_lambda.sh")
    finally:
        source.write_text(text, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    after = code_sha256(deployed)
    assert after != before
    assert done.stdout == f"{NAME}: deployed, CodeSha256 {after}\n"


def test_a_user_who_may_do_nothing_but_deploy_can_deploy(deployed: Lab) -> None:
    iam, name = deployed.client("iam"), f"deployer-{time.monotonic_ns()}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    secret = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "lambda:UpdateFunctionCode",
                "Resource": f"arn:aws:lambda:*:*:function:{NAME}",
            }
        ],
    }
    iam.put_user_policy(UserName=name, PolicyName="it", PolicyDocument=json.dumps(document))
    done = script(deployed, "deploy_lambda.sh", **secret)
    assert done.returncode == 0, done.stderr
    assert f"{NAME}: handed over, CodeSha256 {code_sha256(deployed)}" in done.stdout


def test_functions_from_a_shell(deployed: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    def command(*arguments: str) -> tuple[int, str, str]:
        status = main(["--workspace", str(deployed.settings.workspace), *arguments])
        return status, *capsys.readouterr()

    status, packed, _ = command("package")
    assert status == 0
    assert f"build/{NAME}.zip: 2 files" in packed
    assert json.loads(command("deploy", "--json")[1]) == {"deployed": NAME}
    assert json.loads(command("invoke", NAME, "--json")[1]).keys() == {"result"}
    entries = json.loads(command("logs", NAME, "--json")[1])["entries"]
    assert entries[-1]["level"] == "REPORT"
    _, text, _ = command("logs", NAME, "--pattern", "REPORT")
    assert text.splitlines()[-1].endswith(entries[-1]["message"])
    status, answer, error = command("invoke", NAME, "--event", "{zone}")
    assert (status, answer) == (1, "")
    assert "is no JSON" in error
