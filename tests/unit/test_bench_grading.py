"""The benchmark of grading: what it counts, with a grader that takes no time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab_utils.bench.grading import grading
from lab_utils.bench.grading_reference import write_reference
from lab_utils.bench.outcome import BenchmarkError, Options
from lab_utils.checks.base import Result
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.grading.results import Verdict
from lab_utils.grading.sandbox.supervisor import DONE, Ending
from lab_utils.grading.submissions import Submission
from lab_utils.grading.verification import Graded, Order
from lab_utils.settings import CHECKOUT
from tests.notebooks.books import PATHS


class Grader:
    """Counts what it is asked for, and gives all points but those of one check."""

    def __init__(self, lost: str = "") -> None:
        self.lost = lost
        self.orders: list[bool] = []
        self.side_by_side = 0
        self._now = 0
        self._lock = threading.Lock()
        self._both = threading.Barrier(2, timeout=60)

    def __call__(self, _submission: Submission, order: Order, on_event: Any = None) -> Graded:
        with self._lock:
            self._now += 1
            self.side_by_side = max(self.side_by_side, self._now)
        self.orders.append(order.unsafe)
        if on_event:
            on_event({"event": "check"})
        else:
            self._both.wait()
        with self._lock:
            self._now -= 1
        return Graded(Verdict(tuple(map(self._result, ALL_CHECKS))), Ending(DONE, 0.0, ""))

    def _result(self, check: Any) -> Result:
        earned = 0 if check.id == self.lost else check.points
        return Result(check.id, check.part, check.points, earned, "passed", "", "", "")


def be_quiet(_line: str) -> None:
    """Take a report."""


@pytest.fixture(autouse=True)
def _as_where_there_is_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab_utils.bench.grading.require_bubblewrap", lambda: None)
    monkeypatch.setattr("lab_utils.bench.grading.os.cpu_count", lambda: 2)


def test_it_tells_the_sandbox_as_a_ratio_and_the_rest_as_figures() -> None:
    grader = Grader()
    outcome = grading(Options(size=8, rounds=2), be_quiet, grader)
    assert set(outcome.ratios) == {"sandbox"}
    assert set(outcome.figures) == {
        "rounds",
        "cores",
        "sandbox_s",
        "no_sandbox_s",
        "first_check_s",
        "at_once",
        "first_result_s",
        "submissions_per_minute",
        "submissions_per_minute_and_core",
        "peak_mb",
    }
    assert grader.orders == [False, True, False, True, *[False] * 8]
    assert grader.side_by_side == 2
    figures: Mapping[str, Any] = outcome.figures
    assert figures["submissions_per_minute"] == 2 * figures["submissions_per_minute_and_core"]


def test_a_grading_that_loses_points_is_no_measure() -> None:
    with pytest.raises(BenchmarkError, match=r"97 of 100 points; lost: part5-tests"):
        grading(Options(rounds=1), be_quiet, Grader("part5-tests"))


def test_the_reference_is_the_repository_that_the_notebooks_make(tmp_path: Path) -> None:
    write_reference(CHECKOUT, tmp_path / "reference")
    files = {
        path.relative_to(tmp_path / "reference").as_posix(): path
        for path in (tmp_path / "reference").rglob("*")
        if path.is_file()
    }
    pipeline = files["ci/lambda.gitlab-ci.yml"].read_text(encoding="utf-8")
    assert pipeline.rstrip() == (CHECKOUT / "ci/lambda.gitlab-ci.yml").read_text().rstrip()
    assert {"dashboard/readings.sql", "lambda/ac_control_lambda/tests/test_own.py"} <= set(files)
    rules = files["terraform/iot.tf"].read_text(encoding="utf-8")
    assert rules.count('resource "aws_iot_topic_rule"') == 2
    assert "SOLUTION" not in "".join(path.read_text(errors="replace") for path in files.values())


def test_a_students_checkout_has_no_reference(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    text = PATHS[0].read_text(encoding="utf-8").replace("### BEGIN SOLUTION", "# YOUR CODE HERE")
    (tmp_path / "notebooks" / PATHS[0].name).write_text(text.replace("### END SOLUTION", ""))
    with pytest.raises(BenchmarkError, match="in the instructor's checkout"):
        write_reference(tmp_path, tmp_path / "reference")
