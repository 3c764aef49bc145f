"""ci/deploy_lambda.sh with an AWS CLI that answers as the real one does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab_utils.settings import CHECKOUT

SCRIPTS = sorted((CHECKOUT / "ci").glob("*.sh"))
DENIED = (
    "Waiter FunctionUpdated failed: An error occurred (AccessDeniedException): User: "
    "arn:aws:iam::123456789012:user/ci is not authorized to perform: "
    "lambda:GetFunctionConfiguration"
)


class Machine:
    """A folder with the script, a package, and an ``aws`` that only answers."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "my project"
        self.bin = folder / "bin"
        (self.root / "ci").mkdir(parents=True)
        (self.root / "build").mkdir()
        self.bin.mkdir()
        shutil.copy(CHECKOUT / "ci" / "deploy_lambda.sh", self.root / "ci")
        (self.root / "build" / "ac_control_lambda.zip").write_bytes(b"PK")
        self.answer("update-function-code", "qUiQTy8=")
        self.answer("wait", "")

    def answer(self, command: str, text: str, status: int = 0) -> None:
        """Let ``aws lambda COMMAND`` print a text, on stderr if it fails."""
        (self.bin / command).write_text(text, encoding="utf-8")
        (self.bin / f"{command}.status").write_text(str(status), encoding="utf-8")
        aws = self.bin / "aws"
        aws.write_text(
            '#!/bin/sh\nhere="$(dirname "$0")"\necho "$@" >> "$here/asked"\n'
            'read -r status < "$here/$2.status" || :\n'
            'if [ "$status" = 0 ]; then cat "$here/$2"; else cat "$here/$2" >&2; fi\n'
            'exit "$status"\n',
            encoding="utf-8",
        )
        aws.chmod(0o755)

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(self.root / "ci" / "deploy_lambda.sh"), *arguments],
            env={"PATH": f"{self.bin}:/usr/bin:/bin"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_package_goes_to_lambda_and_the_script_waits(machine: Machine) -> None:
    done = machine.deploy()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ac_control_lambda: deployed, CodeSha256 qUiQTy8=\n"
    zipped = machine.root / "build" / "ac_control_lambda.zip"
    assert (machine.bin / "asked").read_text(encoding="utf-8").splitlines() == [
        "lambda update-function-code --function-name ac_control_lambda "
        f"--zip-file fileb://{zipped} --query CodeSha256 --output text",
        "lambda wait function-updated --function-name ac_control_lambda",
    ]


def test_who_may_only_deploy_is_told_that_lambda_has_the_code(machine: Machine) -> None:
    machine.answer("wait", DENIED, status=255)
    done = machine.deploy()
    assert done.returncode == 0
    assert "handed over, CodeSha256 qUiQTy8=" in done.stdout
    assert "lambda:GetFunctionConfiguration" in done.stdout


def test_a_function_that_does_not_become_ready_fails_the_script(machine: Machine) -> None:
    machine.answer("wait", "Waiter FunctionUpdated failed: Max attempts exceeded", status=255)
    done = machine.deploy()
    assert done.returncode == 1
    assert "Max attempts exceeded" in done.stderr


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("Unable to locate credentials. You can configure credentials", "AWS_SECRET_ACCESS_KEY"),
        ("The config profile (students) could not be found", "AWS_SECRET_ACCESS_KEY"),
        ("You must specify a region. You can also configure", "set AWS_DEFAULT_REGION"),
        ("An error occurred (ResourceNotFoundException): Function not found: x", "lab terraform"),
        ("An error occurred (AccessDeniedException): User is not", "lambda:UpdateFunctionCode"),
        ("An error occurred (UnrecognizedClientException): The security token", "access key"),
        ("An error occurred (ExpiredTokenException): The security token", "access key"),
        ("An error occurred (InvalidSignatureException): The request", "access key"),
        ("An error occurred (ResourceConflictException): An update is in progress", "try again"),
        ('Could not connect to the endpoint URL: "http://127.0.0.1:4566"', "lab start"),
        ("An error occurred (ServiceException): unknown", "see the message"),
    ],
)
def test_each_error_of_the_aws_cli_comes_with_what_to_do(
    machine: Machine, error: str, advice: str
) -> None:
    machine.answer("update-function-code", error, status=254)
    done = machine.deploy()
    assert (done.returncode, done.stdout) == (1, "")
    first, what_to_do = done.stderr.rstrip().split("\n")
    assert first == f"deploy_lambda: ac_control_lambda was not deployed. {error}"
    assert what_to_do.startswith("What to do: ")
    assert advice in what_to_do


def test_what_is_missing_on_the_machine_is_named(machine: Machine) -> None:
    assert "pack it first: ci/package_lambda.sh" in machine.deploy("no_such_function").stderr
    (machine.bin / "aws").unlink()
    assert "pip install awscli" in machine.deploy().stderr


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_has_unix_line_ends(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert b"\r" not in path.read_bytes()
    assert path.read_bytes().startswith(b"#!/usr/bin/env bash\n")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck on PATH")
def test_shellcheck_finds_nothing() -> None:
    done = subprocess.run(
        ["shellcheck", *map(str, SCRIPTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
