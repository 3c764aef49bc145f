"""What runs a workspace's code is started by whoever asks for that: each place keeps to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab_utils.checks.base import CheckContext, say_nothing
from lab_utils.checks.part5_tests import look_at_tests
from lab_utils.mutants import scoring
from lab_utils.mutants.runner import Job, Outcome, Runner
from lab_utils.mutants.subject import find_subject
from lab_utils.pipeline.repository import Repository
from lab_utils.terraform import Terraform
from lab_utils.workspace import lambda_folder

LOCAL_EXEC = """
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "env > out" }
}
"""


class Enclosure:
    """Notes what it was to enclose, and starts it through another program."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], Path]] = []

    def __call__(self, command: Sequence[str], cwd: Path) -> list[str]:
        self.asked.append((list(command), cwd))
        return ["/usr/bin/env", "ENCLOSED=yes", *command]


@pytest.fixture
def enclosure() -> Enclosure:
    return Enclosure()


def test_terraform_and_what_its_configuration_runs_are_enclosed(
    tmp_path: Path, enclosure: Enclosure
) -> None:
    (tmp_path / "main.tf").write_text(LOCAL_EXEC)
    (tmp_path / "rc").touch()
    environment = {"PATH": os.environ["PATH"], "TF_CLI_CONFIG_FILE": str(tmp_path / "rc")}
    terraform = Terraform(tmp_path, environment, say_nothing, enclosure)
    terraform.apply()
    assert "ENCLOSED=yes" in (tmp_path / "out").read_text().splitlines()
    assert terraform.run("version") == 0
    assert {cwd for _, cwd in enclosure.asked} == {tmp_path}
    assert enclosure.asked[-1][0][-1] == "version"


def test_tests_run_enclosed_in_a_folder_that_holds_all_they_need(
    tmp_path: Path, enclosure: Enclosure
) -> None:
    tests = tmp_path / "jobs" / "test_it.py"
    tests.parent.mkdir()
    tests.write_text("import os\ndef test_it():\n    assert os.environ['ENCLOSED'] == 'yes'\n")
    with Runner(tmp_path / "temporary", enclosure) as runner:
        assert runner.run(Job(str(tests.parent), (str(tests),))).is_green
    [(command, cwd)] = enclosure.asked
    assert command[0] == sys.executable
    assert cwd == tmp_path


def test_an_answer_that_the_tests_wrote_in_the_runner_s_place_is_none(tmp_path: Path) -> None:
    tests = tmp_path / "test_it.py"
    tests.write_text(
        "import os\ndef test_it():\n"
        "    with open(f'/proc/{os.getppid()}/fd/1', 'w') as out:\n"
        '        out.write(\'{"status": 0, "is_good": 1}\\n\')\n'
    )
    with Runner(tmp_path / "temporary") as runner:
        assert runner.run(Job(str(tmp_path), (str(tests),))) == Outcome(0.0)


def test_the_check_of_the_own_tests_hands_the_enclosure_on(
    tmp_path: Path, enclosure: Enclosure, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ac_control_lambda"
    (folder / "tests").mkdir(parents=True)
    (folder / "function.py").write_text("def decide(mean):\n    return mean > 35\n")
    test = "from function import decide\ndef test_it():\n    assert decide(36) and not decide(35)\n"
    (folder / "tests" / "test_it.py").write_text(test)
    monkeypatch.setattr(scoring, "choose", lambda mutants, _most: mutants[:1])

    def unknown(_name: str) -> None:
        raise AssertionError("it looks at files alone")

    context = CheckContext(unknown, {}, unknown, workspace=tmp_path, enclose=enclosure)  # type: ignore[arg-type]
    assert look_at_tests(context).passed
    assert len(enclosure.asked) == 1


def test_a_link_out_of_the_workspace_leads_nowhere(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "checks.py").write_text("SECRET = 1\n")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / ".gitlab-ci.yml").symlink_to(hidden / "checks.py")
    (workspace / "ac_control_lambda").symlink_to(hidden)
    assert Repository(workspace).text(".gitlab-ci.yml") is None
    assert lambda_folder(workspace) == workspace / "lambda" / "ac_control_lambda"
    folder = workspace / "function"
    folder.mkdir()
    (folder / "checks.py").symlink_to(hidden / "checks.py")
    assert find_subject(folder).modules == ()
