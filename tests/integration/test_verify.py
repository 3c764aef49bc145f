"""``lab verify``: whole submissions, graded in the sandbox by what they do.

The gradings take most of this module's time, so two of them run at once, each once for all tests.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.errors import SandboxError
from lab_utils.grading.results import Verdict
from lab_utils.grading.sandbox.bubblewrap import find_bubblewrap
from lab_utils.grading.schemas import validate
from lab_utils.local_aws import control
from lab_utils.settings import read_settings
from lab_utils.waiting import wait_for
from tests.students import practical
from tests.students.variants import (
    EVERY_OTHER_WAY,
    HANDLER,
    LOOP,
    WRONG_IN_MANY_WAYS,
    Variant,
)

LIMIT_S = 900.0
pytestmark = pytest.mark.timeout(2 * LIMIT_S)
OF_THE_BONUS = {f"part6-{name}" for name in ("readings", "means", "invalid", "replay")}
ASKED_FOR_BY_THE_WORKBOOK = {"part5-deployer", "part5-tests", *OF_THE_BONUS}
"""What the practical done word by word does not earn, or not in full."""
FOR_EVER = practical.SOURCE.replace("    answer = ", "    while True:\n        pass\n    answer = ")
SLOW = Variant(
    {
        **practical.MAIN,
        HANDLER: FOR_EVER,
        # Without a schedule, which would begin it again and again: this machine has other tests.
        "terraform/lambda.tf": practical.LAMBDA.replace('"python3.7"', '"python3.13"'),
    },
    lost=frozenset({"part4-function", "part4-schedule", "part4-permission", *LOOP}),
)
HIDDEN = """
from lab_utils.checks.base import Check, Finding

def count_tables(context):
    names = context.client("dynamodb").list_tables()["TableNames"]
    return Finding(names == ["Temperature"], f"the tables are {names}")

CHECKS = (Check("hidden-part2-one-table", 2, 4, "one table", "only one", count_tables),)
"""


@dataclass(frozen=True)
class Run:
    """What a run of the command came to."""

    status: int
    output: str
    errors: str

    @property
    def verdict(self) -> Verdict:
        told = json.loads(self.output)
        validate("verdict", told)
        return Verdict.from_json(told)

    @property
    def failed(self) -> set[str]:
        return {one.id for one in self.verdict.checks if one.status == "failed"}

    def seen(self, check_id: str) -> str:
        return next(one.seen for one in self.verdict.checks if one.id == check_id)


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "lab_utils.cli", "verify", *words]


def run(*words: str) -> Run:
    done = subprocess.run(
        command(*words), capture_output=True, encoding="utf-8", timeout=LIMIT_S, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


def tree(folder: Path) -> Mapping[str, str]:
    """Return the hash of each file of a folder, but for what the lab itself keeps there."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".lab" not in path.parts
    }


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the submissions, and of the hidden checks."""
    try:
        find_bubblewrap()
    except SandboxError as error:
        pytest.skip(f"there is no sandbox here: {error.happened}")
    folder = tmp_path_factory.mktemp("submissions")
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "mine.py").write_text(HIDDEN)
    return {
        "another way": practical.write(folder / "another way", EVERY_OTHER_WAY.files),
        "wrong": practical.write(folder / "wrong", WRONG_IN_MANY_WAYS.files),
        "slow": practical.write(folder / "slow", SLOW.files),
        "hidden": hidden,
    }


@pytest.fixture(scope="module")
def runs(places: dict[str, Path]) -> Iterator[dict[str, Run]]:
    """What the gradings came to; beside one of them, the student's own AWS is running."""
    settings = read_settings(workspace=places["another way"], environ={})
    control.start(settings)
    before = tree(places["another way"])
    hidden = ("--checks", str(places["hidden"]))
    with ThreadPoolExecutor(2) as pool:
        asked = {
            "another way": pool.submit(run, str(places["another way"]), "--json", *hidden),
            "wrong": pool.submit(run, str(places["wrong"]), "--json"),
            "slow": pool.submit(run, str(places["slow"]), "--json", "--time-limit", "240"),
        }
        yield {name: one.result() for name, one in asked.items()}
    assert control.find(settings) is not None
    control.stop(settings)
    assert tree(places["another way"]) == before


def test_another_way_that_does_the_same_earns_the_same(runs: dict[str, Run]) -> None:
    done = runs["another way"]
    assert done.failed == EVERY_OTHER_WAY.lost, done.verdict
    assert done.status == 0
    assert done.verdict.set_aside == ()
    assert any("Windows line ends" in remark for remark in done.verdict.remarks)


def test_hidden_checks_count_and_are_run_before_the_teardown(runs: dict[str, Run]) -> None:
    verdict = runs["another way"].verdict
    last = verdict.checks[-1]
    assert (last.id, last.earned, last.seen) == (
        "hidden-part2-one-table",
        4,
        "the tables are ['Temperature']",
    )
    assert verdict.report.points == 104
    assert [phase.name for phase in verdict.phases][-2:] == ["hidden", "teardown"]


def test_what_only_looks_right_loses_its_own_checks_and_is_told_why(runs: dict[str, Run]) -> None:
    done = runs["wrong"]
    # The function's tests notice the mistake in it.
    lost = WRONG_IN_MANY_WAYS.lost | ASKED_FOR_BY_THE_WORKBOOK
    assert done.failed == lost, done.verdict
    for check_id, words in WRONG_IN_MANY_WAYS.told.items():
        assert words in done.seen(check_id)


def test_a_function_that_never_ends_costs_what_it_carries_and_nothing_else(
    runs: dict[str, Run],
) -> None:
    done = runs["slow"]
    assert done.failed - ASKED_FOR_BY_THE_WORKBOOK == SLOW.lost, done.verdict
    assert "imed out" in done.seen("part4-function")
    assert len(done.verdict.checks) == len(ALL_CHECKS)
    assert done.status == 0


def test_progress_goes_to_the_standard_error_where_json_is_asked_for(
    runs: dict[str, Run],
) -> None:
    assert "apply      done" in runs["another way"].errors
    assert runs["another way"].output.count("\n") == 1


@pytest.mark.parametrize("words", ["nowhere", "."])
def test_what_is_no_submission_is_refused_with_the_reason(tmp_path: Path, words: str) -> None:
    done = run(str(tmp_path / words), "--json")
    assert done.status == 1
    assert json.loads(done.output)["error"]["next_step"]
    assert "Traceback" not in done.errors


def test_an_interrupt_ends_all_of_it(places: dict[str, Path]) -> None:
    process = subprocess.Popen(
        command(str(places["wrong"])), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("read")
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.send_signal(signal.SIGINT)
    _output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "stopped by Ctrl-C" in errors
    assert wait_for(lambda: all(not one.is_running() for one in family) or None, 30)
