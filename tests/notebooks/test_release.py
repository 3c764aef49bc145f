"""The students' version works on its own: every command of its README runs, and it has 0 of 100.

That the instructor's version has 100 of 100 is a part of ``test_gitlab_ci``, which runs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_utils.grading.release import write_release
from lab_utils.settings import CHECKOUT
from tests.notebooks.books import checks, nbgrader, read

pytestmark = pytest.mark.timeout(900)

VENV = Path(sys.prefix)
MACHINE = ("PATH", "HOME", "LANG")
ELSEWHERE = {
    "make lab": "tests/browser",
    ".venv/bin/lab run 01": "tests/notebooks/test_release.py, as the first part of make run",
}
"""Commands that would take long or wait for somebody, and what runs them."""
SAID = {
    ".venv/bin/lab verify .": (0, "\n0 of 100 points"),
    ".venv/bin/lab check 1": (1, "0 of 15 points"),
    ".venv/bin/lab check": (1, "0 of 100 points"),
    "make run": (2, "cell 30 (part1-plan): TerraformError"),
}
"""Commands that tell that nothing is solved yet: their status, and what they say."""


class Students:
    """The students' version in a folder of its own, with this installation's packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_release(CHECKOUT, folder)
        (folder / ".venv").symlink_to(VENV)
        machine = {name: os.environ[name] for name in MACHINE if name in os.environ}
        # Its own package, not the one that this installation knows.
        self.environment = {**machine, "PYTHONPATH": str(folder)}

    def __call__(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def readme_commands(self) -> list[str]:
        text = (self.folder / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```shell\n(.*?)^```", text, re.M | re.S)
        return [re.sub(r"\s+# .*", "", line) for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Students]:
    made = Students(tmp_path_factory.mktemp("release") / "students")
    yield made
    made(".venv/bin/lab", "stop")


def test_every_command_of_the_readme_runs(students: Students) -> None:
    commands = students.readme_commands()
    assert len(commands) > 7
    assert set(ELSEWHERE) | set(SAID) <= set(commands)
    for command in commands:
        if command in ELSEWHERE:
            continue
        # make would make the installation anew: it is older than the release.
        done = students("bash", "-c", command.replace("make ", "make -o .venv/.ready "))
        status, said = SAID.get(command, (0, ""))
        output = done.stdout + done.stderr
        assert done.returncode == status, f"{command}\n{output[-3000:]}"
        assert said in output, f"{command}\n{output[-3000:]}"
        assert "Traceback" not in output, f"{command}\n{output[-3000:]}"


def test_a_run_stops_at_the_first_cell_that_fails_and_says_what_to_do(students: Students) -> None:
    told = json.loads((students.folder / "runs" / "latest" / "summary.json").read_text())
    assert [one["status"] for one in told["notebooks"]] == ["failed", *["skipped"] * 6]
    assert "What to do:" in told["notebooks"][0]["error"]


def test_every_check_fails_with_what_it_saw_and_a_hint(students: Students) -> None:
    done = students(".venv/bin/lab", "check", "--json")
    told = json.loads(done.stdout)
    assert (told["points"], told["earned"]) == (100, 0)
    for check in told["checks"]:
        assert check["status"] == "failed"
        assert check["seen"], check["id"]
        assert check["wanted"], check["id"]
        assert check["hint"], check["id"]


def test_in_the_notebooks_every_check_fails_with_a_way_on(students: Students) -> None:
    points = 0
    # What lab check started has the wall clock's speed; the notebooks ask for another.
    students(".venv/bin/lab", "stop")
    for path in sorted((students.folder / "notebooks").glob("*.ipynb")):
        options = ("--to", "notebook", "--allow-errors", "--output-dir", "executed", "--execute")
        done = students(sys.executable, "-m", "nbconvert", *options, str(path))
        assert done.returncode == 0, done.stderr[-3000:]
        for cell in checks(read(students.folder / "executed" / path.name)):
            points += int(str(nbgrader(cell)["points"]))
            [error] = [one for one in cell.outputs if one["output_type"] == "error"]
            assert error["ename"] == "CheckError", (cell.id, error["evalue"])
            for word in ("Seen:", "Wanted:", "What to do:"):
                assert word in error["evalue"], (cell.id, error["evalue"])
            assert not [one for one in cell.outputs if one.get("name") == "stderr"], cell.id
    assert points == 100
