"""Notebooks are replayed in a cell: what they make counts, what they break is their own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_utils.grading.replaying.kernel import Kernel
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.supervisor import DONE, run_cell
from lab_utils.grading.submissions import read_submission
from lab_utils.settings import CHECKOUT
from tests.grading_submissions import Change, set_cell, write_notebooks

WORKER = Path(__file__).with_name("replay_cell_of_tests.py")
OUTSIDE = [CHECKOUT / "notebooks", CHECKOUT / "tests", CHECKOUT / "ci", Path("/cell/private")]
IN_A_CELL = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: apt install bubblewrap"
)
THING = '\nlab.client("iot").create_thing(thingName="{}")'
LOOKS = f"""
import json, os
seen = []
for path in {[str(one) for one in OUTSIDE]!r}:
    try:
        seen += os.listdir(path)
    except OSError as error:
        seen.append(type(error).__name__)
for path in ("/usr/x", "/cell/server/x", "/cell/shared/x", "{CHECKOUT}/lab_utils/x.py"):
    try:
        open(path, "w")
    except OSError as error:
        seen.append(type(error).__name__)
seen.append([lab.speed, target, speed])
open("../seen.json", "w").write(json.dumps(seen))
"""
PATCHES = """
import shutil
import lab_utils.checks.base, lab_utils.configuration, lab_utils.workspace_files
lab_utils.configuration.write_section = lab_utils.workspace_files.write_file = print
lab_utils.checks.base.run_check = lambda *_: "100 of 100"
shutil.rmtree("../terraform")
raise RuntimeError("\\x1b[31mred\\x1b[0m\\nsecond line " + "x" * 5000)
"""
EXITS = "import os\nos._exit(3)"
FLOODS = "import os\nfor _ in range(2000):\n    print('x' * 10000)\nos.makedirs('../made')"
KILLS = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(30)"
Told = dict[str, dict[str, Any]]


def both(one: Change, other: Change) -> Change:
    return lambda cells: (one(cells), other(cells))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What a cell tells of notebooks of which each is hostile or broken in its own way."""
    changes = {
        1: set_cell("part1-list-things", LOOKS + THING.format("by-hand")),
        2: set_cell("part2-plan-first", PATCHES),
        3: both(
            set_cell("part3-plan-first", EXITS),
            set_cell("part3-apply", THING.format("after-exit")),
        ),
        5: set_cell("part5-draft-lint", FLOODS),
        6: set_cell("part6-house", KILLS),
    }
    submission = read_submission(
        write_notebooks(tmp_path_factory.mktemp("submissions") / "eve", changes=changes)
    )
    events: Told = {}
    ending = run_cell(
        {},
        lambda event: events.update({event["event"]: event}),
        given={"submission": submission.pack()},
        limits=Limits(seconds=500),
        worker=[sys.executable, "-P", "-c", WORKER.read_text(encoding="utf-8")],
    )
    assert ending.status == DONE, ending
    return events


@IN_A_CELL
def test_what_a_notebook_made_in_aws_counts(told: Told) -> None:
    assert {"by-hand", "after-exit"} <= set(told["replay"]["things"])


@IN_A_CELL
def test_a_notebook_sees_and_writes_nothing_but_its_workspace(told: Told) -> None:
    *seen, clock = json.loads(told["files"]["seen.json"])
    assert set(seen) <= {"FileNotFoundError", "PermissionError", "OSError", "NotADirectoryError"}
    assert clock == [90, "local", 90]


@IN_A_CELL
def test_each_failure_is_told_in_a_clean_line(told: Told) -> None:
    said = told["replay"]["said"]
    assert all(line.isprintable() and len(line) < 500 for line in said)
    text = "\n".join(said)
    assert "02_invalid_data_dynamodb, cell part2-plan-first: RuntimeError: " in text
    assert "03_valid_data_timestream, cell part3-plan-first: the kernel ended" in text
    assert "05_gitlab_ci" not in text


@IN_A_CELL
def test_a_notebook_that_kills_what_runs_it_loses_no_file(told: Told) -> None:
    assert not told["replay"]["is_done"]
    assert "did not come to its end: a program in it ended it" in told["replay"]["said"][-1]
    files = told["files"]
    for name, block in {
        "iot.tf": 'resource "aws_iot_certificate" "cert"',
        "lambda.tf": 'resource "aws_lambda_permission"',
        "output.tf": "test.cert.pem",
        "timestream.tf": 'resource "aws_timestreamwrite_table"',
    }.items():
        assert block in files[f"terraform/{name}"]
    assert "deploy:" in files["ci/lambda.gitlab-ci.yml"]
    assert "dashboard/decisions.sql" in files
    [remark] = told["replay"]["remarks"]
    assert "terraform/output.tf" in remark


@IN_A_CELL
def test_the_notebook_of_part_7_is_run_later_and_ties_and_unties(told: Told) -> None:
    done = told["teardown"]
    assert done["is_done"]
    assert not done["is_missing"]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        yield running


def test_a_cell_without_end_is_interrupted_and_the_next_one_runs(kernel: Kernel) -> None:
    kernel.run("kept = 1", 60)
    late = kernel.run("while True: pass", 1, patience_s=60)
    assert (late.is_late, late.is_dead) == (True, False)
    assert "longer than 1 s" in late.error
    assert kernel.run("assert kept == 1", 60).error == ""


def test_a_cell_that_waits_for_input_fails_at_once(kernel: Kernel) -> None:
    assert "StdinNotImplementedError" in kernel.run("input()", 60).error


def test_a_kernel_that_ignores_an_interrupt_counts_as_dead(kernel: Kernel) -> None:
    ignores = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    assert kernel.run(f"{ignores}while True: time.sleep(1)", 1, patience_s=1).is_dead
