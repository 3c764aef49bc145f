"""Pipelines really run on this machine, with deploys to the embedded AWS."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab_utils.errors import PipelineError
from lab_utils.local_aws.session_file import Session
from lab_utils.pipeline.guard import processes_of
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.process import Follower
from lab_utils.pipeline.runs import PipelineRun
from lab_utils.settings import read_settings
from lab_utils.waiting import wait_for
from tests.integration.lambdas import Lambdas
from tests.unit.pipeline.repositories import (
    DEPLOY,
    PACKAGE,
    PRACTICAL,
    REFERENCE,
    write_practical,
    write_workbook,
)

QUICK = """\
stages: [test, package, deploy]
test: {stage: test, script: "echo pytest"}
package:
  {stage: package, script: "date +%N > a.zip", after_script: ls, artifacts: {paths: [a.zip]}}
deploy: {stage: deploy, script: "cat a.zip", only: [main]}
"""
HABITS = """\
image: lambci/lambda:build-python3.7
stages: [test, package, deploy]
variables:
  AWS_SECRET_ACCESS_KEY: &secret aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/
before_script:
  - apt-get update -qq && apt-get install -y zip
  - sudo pip3 install --user pytest
  - chmod +x ./bin/package_lambda.sh
test:
  stage: test
  services: [docker:dind]
  script:
    - docker ps || echo no containers
    - python3.7 -m pytest ac_control_lambda/tests -vv
    - pip uninstall --yes pytest
    - env | sort
    - cd $CI_PROJECT_DIR && ls bin
    - printf '\\033[31mred\\033[0m\\033]0;title\\007 aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/aB3/\\n'
package:
  stage: package
  before_script: []
  script: [./bin/package_lambda.sh]
  after_script: [ls]
  artifacts: {paths: [./payload.zip]}
deploy:
  stage: deploy
  before_script: []
  script: [./bin/deploy_lambda.sh]
  when: manual
"""


@dataclass
class Workspace:
    """A workspace whose pipeline is run.

    Attributes:
        folder: It.
        session: The embedded AWS.
        said: The lines that were reported.
    """

    folder: Path
    session: Session
    said: list[str] = field(default_factory=list)

    def pipeline(self, report: Callable[[str], None] | None = None) -> Pipeline:
        settings = read_settings(workspace=self.folder, environ={})
        return Pipeline(settings, self.session.environment, report or self.said.append)

    def run(self, **request: Any) -> PipelineRun:
        return self.pipeline().run(**request)


@pytest.fixture
def workspace(tmp_path: Path, aws_session: Session) -> Workspace:
    folder = tmp_path / "Étude à deux zones"
    folder.mkdir()
    return Workspace(folder, aws_session)


@pytest.fixture
def function(aws_session: Session, unique: Callable[[str], str]) -> tuple[str, Any]:
    """The name of a function, and the client of Lambda."""
    lambdas = Lambdas(aws_session, unique)
    return lambdas.create("x = 1"), lambdas.client


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold that a run leaves no file behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    assert list(temporary.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if ".lab" not in path.parts}


def code_sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def test_the_reference_runs_green_and_the_function_has_the_code_of_its_artifact(
    workspace: Workspace, function: tuple[str, Any]
) -> None:
    name, client = function
    write_workbook(
        workspace.folder,
        REFERENCE.replace(
            "deploy_lambda.sh", f"deploy_lambda.sh {name} build/ac_control_lambda.zip"
        ),
    )
    source = workspace.folder / "lambda" / "ac_control_lambda"
    (source / "src").mkdir()
    (source / "src" / "ac_control_lambda.py").write_text("x = 2\n", encoding="utf-8")
    (source / "tests" / "test_it.py").write_text(
        "def test_it():\n    assert True\n", encoding="utf-8"
    )
    stale = workspace.folder / "build" / "ac_control_lambda.zip"
    stale.parent.mkdir()
    stale.write_bytes(b"of an earlier day")
    before = contents(workspace.folder)
    pipeline = workspace.pipeline()
    done = pipeline.run()
    assert done.has_passed, done.jobs
    assert [(job.name, job.stage, job.status) for job in done.jobs] == [
        ("test", "test", "passed"),
        ("package", "package", "passed"),
        ("deploy", "deploy", "passed"),
    ]
    (artifact,) = done.artifacts
    deployed = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    assert deployed == code_sha256(artifact) == done.code_sha256["ac_control_lambda.zip"]
    assert deployed in done.job("deploy").log
    assert contents(workspace.folder) == before
    assert "$ pip install pytest" in done.job("test").log
    assert "1 passed" in done.job("test").log
    assert any(line.startswith("deploy: passed in") for line in workspace.said)
    assert pipeline.last_run(deployed=True) == done
    assert pipeline.tree() == done.tree
    (source / "src" / "ac_control_lambda.py").write_text("x = 3\n", encoding="utf-8")
    assert pipeline.tree() != done.tree


@pytest.fixture
def machine_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes programs from PATH."""

    def make(*names: str) -> None:
        folder = tmp_path / "programs"
        folder.mkdir()
        for place in ("/usr/local/bin", "/usr/bin", "/bin"):
            for program in Path(place).iterdir():
                if program.name not in names and not os.path.lexists(folder / program.name):
                    (folder / program.name).symlink_to(program)
        monkeypatch.setenv("PATH", str(folder))

    return make


def test_the_habits_of_students_work_on_a_machine_that_has_little(
    workspace: Workspace,
    function: tuple[str, Any],
    machine_without: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine_without("rsync", "zip", "apt-get", "sudo", "docker")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("LAB_WORKSPACE", "/home/me")
    monkeypatch.setenv("MY_PASSWORD", "of-this-machine")
    name, client = function
    scripts = {
        "bin/package_lambda.sh": PACKAGE.replace("\n", "\r\n"),
        "bin/deploy_lambda.sh": DEPLOY.replace("ac_control_lambda \\", f"{name} \\"),
    }
    write_practical(workspace.folder, HABITS, scripts)
    for path in (workspace.folder / "bin").iterdir():
        path.chmod(0o644)
    done = workspace.run(variables={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    assert done.has_passed, [(job.name, job.log) for job in done.jobs]
    log = done.job("test").log
    assert "apt-get install -y zip: left undone" in log
    assert "no containers" in log
    assert "outside environment" in log
    assert Path(str(pytest.__file__)).is_file()
    assert "red [MASKED]" in log
    assert "aB3/aB3" not in log + "\n".join(workspace.said)
    variables = dict(line.split("=", 1) for line in log.splitlines() if "=" in line)
    assert variables["HOME"] == "/root"
    assert variables["GITLAB_CI"] == "true"
    assert variables["CI_COMMIT_BRANCH"] == variables["CI_DEFAULT_BRANCH"] == "main"
    assert variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert variables["AWS_ENDPOINT_URL"] == workspace.session.endpoint_url
    assert "AWS_PROFILE" not in variables
    assert "of-this-machine" not in log
    assert not [one for one in variables if one.startswith("LAB_")]
    deployed = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    assert deployed == done.code_sha256["payload.zip"]
    said = "\n".join(workspace.said)
    for words in ("line ends", "No right to be run", "no rsync", "manual job"):
        assert words in said


def test_a_failed_job_is_a_result_that_says_command_exit_code_and_way_on(
    workspace: Workspace,
) -> None:
    text = PRACTICAL.replace("before_script:\n  - pip install pytest\n", "")
    files = {"ac_control_lambda/tests/test_it.py": "def test_it():\n    assert 1 == 2\n"}
    write_practical(workspace.folder, text, files)
    done = workspace.run()
    assert not done.has_passed
    failed, *others = done.jobs
    assert (failed.status, failed.exit_code) == ("failed", 1)
    assert failed.command == "pytest ac_control_lambda/tests -vv"
    assert "test failed" in failed.hint
    assert [(job.name, job.status) for job in others] == [
        ("package_lambda", "skipped"),
        ("deploy_lambda", "skipped"),
    ]
    said = "\n".join(workspace.said)
    assert "pytest: failed with exit code 1 in `pytest ac_control_lambda/tests -vv`" in said
    assert "deploy_lambda: did not run" in said
    assert "has failed" in workspace.said[-1]


def test_an_artifact_that_is_not_there_does_not_reach_deploy(workspace: Workspace) -> None:
    text = QUICK.replace("paths: [a.zip]", "paths: [b.zip]")
    write_practical(workspace.folder, text)
    (workspace.folder / "b.zip").write_text("of an earlier day", encoding="utf-8")
    done = workspace.run()
    assert [job.status for job in done.jobs] == ["passed", "passed", "failed"]
    assert "a.zip" in done.job("deploy").hint
    assert done.artifacts == ()


def test_a_feature_branch_leaves_deploy_out_and_two_runs_at_once_both_work(
    workspace: Workspace,
) -> None:
    write_practical(workspace.folder, QUICK)
    pipeline = workspace.pipeline()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(pipeline.run, branch=branch) for branch in ("feature/x", None)]
        feature, main = (one.result() for one in asked)
    assert feature.has_passed
    assert main.has_passed
    assert [job.name for job in feature.jobs] == ["test", "package"]
    assert [job.name for job in main.jobs] == ["test", "package", "deploy"]
    assert [line for line in workspace.said if "left out" in line] == [
        "deploy: left out, as its rules want it for this branch"
    ]
    assert feature.artifacts != main.artifacts
    assert all(path.is_file() for path in (*feature.artifacts, *main.artifacts))


def test_an_interrupt_ends_every_process_and_removes_every_file(workspace: Workspace) -> None:
    write_practical(workspace.folder, "test: {script: 'setsid sleep 1001 & sleep 1002'}\n")

    def interrupt(line: str) -> None:
        if "sleep 1002" in line:
            raise KeyboardInterrupt

    with pytest.raises(PipelineError, match="You interrupted it"):
        workspace.pipeline(interrupt).run()
    commands = [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
    assert not [one for one in commands if one in ("sleep 1001", "sleep 1002")]


def test_what_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    bash = str(shutil.which("bash"))
    command = [bash, "-c", "trap '' TERM; setsid sleep 1003 & echo begun; sleep 1004; sleep 1005"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    follower = Follower(command, tmp_path, environment, deadline_s=1)
    assert list(follower.lines()) == ["begun"]
    assert follower.is_late
    commands = [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
    assert not [one for one in commands if one in ("sleep 1003", "sleep 1004", "sleep 1005")]


def test_what_was_started_ends_with_its_starter_however_that_ends(tmp_path: Path) -> None:
    owned = tmp_path / "own"
    owned.mkdir()
    starter = f"""
import os, signal
from pathlib import Path
from lab_utils.pipeline.process import Follower
folder = Path({str(owned)!r})
command = ["bash", "-c", "setsid sleep 1006 & echo begun; sleep 1007"]
environment = {{"HOME": str(folder), "PATH": os.environ["PATH"]}}
for _ in Follower(command, folder, environment, 60).lines():
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", starter], check=False)
    assert killed.returncode == -signal.SIGKILL

    def look() -> str | None:
        return None if processes_of(str(owned)) or owned.exists() else "all gone"

    assert wait_for(look, timeout_s=30)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("test:\n\tscript: x\n", "tab"),
        ("test: {script: x, stage: nowhere}\n", "nowhere"),
        (".test: {script: x}\n", "no job"),
        (QUICK.replace("only: [main]", "dependencies: [packages]"), "packages"),
        ("workflow: {rules: [{if: $NOTHING}]}\n" + QUICK, "every job"),
        ("test: {script: x, rules: [{if: $A ==}]}\n", "condition"),
    ],
)
def test_what_gitlab_would_refuse_does_not_run(workspace: Workspace, text: str, words: str) -> None:
    write_practical(workspace.folder, text)
    with pytest.raises(PipelineError) as caught:
        workspace.run()
    assert words in caught.value.happened
