"""The lab command as a user runs it: exit status, one JSON object, messages with a way out."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.environment import without_proxy
from lab_utils.settings import CHECKOUT

STATUS_KEYS = [
    "target",
    "running",
    "endpoint_url",
    "mqtt",
    "ca_file",
    "region",
    "account",
    "speed",
    "workspace",
    "pid",
    "lab_time",
]


class Command:
    """The lab command in one workspace, with an environment of its own."""

    def __init__(self, workspace: Path, **variables: str) -> None:
        self.workspace = workspace
        machine = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {**machine, "LAB_WORKSPACE": str(workspace), **variables}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lab_utils.cli", *arguments],
            env=self.environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "zwei Zonen, à côté")
    command.workspace.mkdir()
    yield command
    command("stop")


def exported(text: str) -> dict[str, str]:
    words = [shlex.split(line)[1] for line in text.splitlines() if line.startswith("export ")]
    return dict(word.split("=", 1) for word in words)


def test_status_has_the_same_keys_whether_it_runs_or_not(lab: Command) -> None:
    idle, before = lab.json("status"), datetime.now(UTC).replace(microsecond=0)
    started = lab.json("start", "--speed", "30")
    running = lab.json("status")
    assert list(idle) == list(running) == STATUS_KEYS
    assert (idle["running"], idle["pid"]) == (False, None)
    assert idle["lab_time"] is None
    assert datetime.fromisoformat(running.pop("lab_time")) >= before
    assert running == started
    assert (running["running"], running["speed"], running["account"]) == (True, 30, "123456789012")
    assert running["workspace"] == str(lab.workspace)
    assert Path(running["ca_file"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert set(running["mqtt"]) == {"host", "port"}


def test_a_speed_that_the_environment_asks_for_in_vain_is_told_of(lab: Command) -> None:
    assert lab("start", "--speed", "30").stderr == ""
    lab.environment["LAB_SPEED"] = "60"
    again = lab("start")
    assert again.returncode == 0
    assert "LAB_SPEED asks for the speed 60, but it runs already with the speed 30" in again.stderr


def test_start_prints_an_environment_in_which_any_client_finds_it(lab: Command) -> None:
    environment = exported(lab("start").stdout)
    sts = boto3.client(
        "sts",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=without_proxy(),
    )
    assert sts.get_caller_identity()["Account"] == "123456789012"
    assert "127.0.0.1" in environment["NO_PROXY"]


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a POSIX shell")
def test_a_reader_that_has_seen_enough_is_no_error_to_report(lab: Command) -> None:
    command = shlex.join([sys.executable, "-m", "lab_utils.cli", "start"])
    done = subprocess.run(
        ["sh", "-c", f"{command} | true"],
        env=lab.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""


def test_start_again_finds_the_one_that_runs(lab: Command) -> None:
    assert lab.json("start")["pid"] == lab.json("start")["pid"]


def test_another_speed_is_refused_with_the_way_out(lab: Command) -> None:
    lab("start", "--speed", "60")
    refused = lab("start", "--speed", "1")
    assert refused.returncode == 1
    assert "lab stop" in refused.stderr


def test_stop_says_whether_there_was_one(lab: Command) -> None:
    lab("start")
    assert lab.json("stop") == {"stopped": True}
    assert lab.json("stop") == {"stopped": False}


def test_reset_forgets_what_was_stored(lab: Command) -> None:
    def iot() -> Any:
        environment = exported(lab("start").stdout)
        return boto3.client(
            "iot",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=without_proxy(),
        )

    iot().create_thing(thingName="kept")
    lab("stop")
    assert [one["thingName"] for one in iot().list_things()["things"]] == ["kept"]
    lab("reset")
    assert iot().list_things()["things"] == []


def test_checks_of_an_empty_workspace_earn_nothing_and_say_what_to_do(lab: Command) -> None:
    (lab.workspace / "terraform").mkdir()
    finished = lab("check", "--json")
    report = json.loads(finished.stdout)
    assert finished.returncode == 1
    assert (report["earned"], report["points"]) == (0, sum(one.points for one in ALL_CHECKS))
    keys = ["id", "part", "points", "earned", "status", "seen", "wanted", "hint"]
    for result in report["checks"]:
        assert list(result) == keys
        assert all(result[name] for name in ("seen", "wanted", "hint")), result


def test_an_unknown_part_is_refused_with_the_known_ones(lab: Command) -> None:
    (lab.workspace / "terraform").mkdir()
    refused = lab("check", "9", "--json")
    assert refused.returncode == 1
    assert "1, 2" in json.loads(refused.stdout)["error"]["next_step"]


def test_terraform_runs_on_the_embedded_aws(lab: Command) -> None:
    folder = lab.workspace / "terraform"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "aws_iot_thing" "house" { name = "house" }\n')
    assert lab("terraform", "init", "-no-color").returncode == 0
    applied = lab("terraform", "apply", "-auto-approve", "-no-color")
    assert "1 added" in applied.stdout, applied.stdout + applied.stderr
    assert lab("terraform", "validate").returncode == 0


def test_terraform_without_a_folder_of_its_own_says_which_one_is_missing(lab: Command) -> None:
    refused = lab("terraform", "plan")
    assert refused.returncode == 1
    assert "There is no folder" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        ({"LAB_TARGET": "azure"}, ["status"], "local, aws"),
        ({"LAB_SPEED": "1000"}, ["start"], "from 1 to 120"),
        ({"LAB_TARGET": "aws"}, ["start"], "AWS_REGION"),
        ({"LAB_TARGET": "aws"}, ["reset"], "LAB_TARGET=local"),
        ({}, ["run", "99"], "choose from"),
        ({}, ["run", "01", "-p", "minutes"], "NAME=VALUE"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_the_way_out(
    tmp_path: Path, variables: dict[str, str], arguments: list[str], words: str
) -> None:
    refused = Command(tmp_path, **variables)(*arguments)
    assert refused.returncode == 1
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


def test_aws_without_credentials_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none")
    variables = {
        "LAB_TARGET": "aws",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_CONFIG_FILE": nowhere,
    }
    refused = Command(tmp_path, **variables)("start")
    assert refused.returncode == 1
    assert "Unable to locate credentials" in refused.stderr
    assert "aws configure" in refused.stderr
    assert list(tmp_path.iterdir()) == []
