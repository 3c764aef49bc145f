"""Parts 1 and 2 from a shell: lab start, Terraform, mosquitto, the AWS CLI."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_utils.settings import CHECKOUT
from lab_utils.waiting import wait_for
from lab_utils.workspace import seed_workspace
from tests.integration.test_lab_session import write_solutions

MESSAGE = {"id": "from-a-shell", "temperature": 45, "sensor_id": 1, "zone_id": 1}


class Shell:
    """A shell with the environment that ``lab start`` prints, in a workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.terraform_dir = workspace / "terraform"
        machine = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {**machine, "LAB_WORKSPACE": str(workspace)}
        text = self.lab("start")
        exports = [line for line in text.splitlines() if line.startswith("export ")]
        self.environment |= dict(shlex.split(line)[1].split("=", 1) for line in exports)

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.terraform_dir,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def lab(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "lab_utils.cli", *arguments)

    def aws(self, *arguments: str) -> object:
        program = str(Path(sys.executable).with_name("aws"))
        return json.loads(self.run(program, *arguments, "--output", "json") or "null")

    def item(self, key: str) -> object | None:
        found = self.aws(
            *("dynamodb", "get-item", "--table-name", "Temperature", "--consistent-read"),
            *("--key", json.dumps({"id": {"S": key}})),
        )
        assert found is None or isinstance(found, dict)
        return found["Item"] if found else None


@pytest.fixture(scope="module", params=["terraform", "lab terraform"])
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    if request.param == "terraform" and shutil.which("terraform") is None:
        pytest.skip("there is no terraform on PATH")
    workspace = tmp_path_factory.mktemp("shell") / "two zones"
    seed_workspace(CHECKOUT, workspace)
    write_solutions(workspace / "terraform", 2)
    shell = Shell(workspace)
    terraform = shell.lab if request.param == "lab terraform" else shell.run
    terraform("terraform", "init", "-no-color")
    assert "15 added" in terraform("terraform", "apply", "-auto-approve", "-no-color")
    terraform("terraform", "plan", "-detailed-exitcode", "-no-color")
    yield shell
    assert "15 destroyed" in terraform("terraform", "destroy", "-auto-approve", "-no-color")
    shell.lab("stop")


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="needs mosquitto_pub on PATH")
@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
def test_mosquitto_publishes_with_the_three_files_and_the_item_is_there(
    shell: Shell, version: str
) -> None:
    mqtt = json.loads(shell.lab("status", "--json"))["mqtt"]
    message = MESSAGE | {"id": f"mosquitto-{version}"}
    shell.run(
        *("mosquitto_pub", "-h", mqtt["host"], "-p", str(mqtt["port"]), "-V", version),
        *("--cafile", "files/root-CA.crt", "--cert", "files/test.cert.pem"),
        *("--key", "files/test.private.key", "-i", "a-device", "-q", "1"),
        *("-t", "sensor/temperature/temp_1", "-m", json.dumps(message)),
    )
    item = wait_for(lambda: shell.item(f"mosquitto-{version}"), timeout_s=10)
    assert item == {
        "id": {"S": f"mosquitto-{version}"},
        "temperature": {"N": "45"},
        "sensor_id": {"N": "1"},
        "zone_id": {"N": "1"},
    }


def test_the_aws_cli_publishes_and_reads(shell: Shell) -> None:
    shell.run(
        *(str(Path(sys.executable).with_name("aws")), "iot-data", "publish"),
        *("--topic", "sensor/temperature/temp_2", "--payload", json.dumps(MESSAGE)),
    )
    assert wait_for(lambda: shell.item("from-a-shell"), timeout_s=10)
    things = shell.aws("iot", "list-things")
    assert isinstance(things, dict)
    assert [one["thingName"] for one in things["things"]] == ["house"]
