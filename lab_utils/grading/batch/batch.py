"""A batch from its folder of submissions to its results, tables and pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.grading.batch.book import Book, begin
from lab_utils.grading.batch.cluster import Workers
from lab_utils.grading.batch.collected import Task, chosen, collect
from lab_utils.grading.batch.entries import FAILED_ENDINGS
from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.folder import ResultsFolder
from lab_utils.grading.batch.grading import Grading
from lab_utils.grading.batch.late import LatePolicy
from lab_utils.grading.batch.outputs import Written, write_outputs
from lab_utils.grading.batch.progress import Progress
from lab_utils.grading.batch.times import Clock
from lab_utils.grading.batch.work import Grade
from lab_utils.grading.verification.collected import unreached
from lab_utils.grading.verification.order import Order

OpenWorkers = Callable[[int], AbstractContextManager[Workers]]
"""Takes how many submissions there are; opens the workers that grade them."""


@dataclass(frozen=True)
class Plan:
    """What is graded, how, and where to.

    Attributes:
        submissions: The folder of the submissions.
        out: The folder of the results.
        order: How each is graded.
        policy: What being late costs.
        clock: Tells when each was handed in.
        is_resumed: Whether the last batch of `out` goes on.
        only: The students to grade; all by default.
        assignment: The name of nbgrader's assignment; any by default.
        database: The URL of nbgrader's gradebook; None for a SQLite file in `out`.
    """

    submissions: Path
    out: Path
    order: Order
    policy: LatePolicy = field(default_factory=LatePolicy)
    clock: Clock = field(default_factory=Clock)
    is_resumed: bool = False
    only: Sequence[str] = ()
    assignment: str = ""
    database: str | None = None


@dataclass(frozen=True)
class Summary:
    """What a batch came to.

    Attributes:
        results: As ``results.schema.json`` says.
        graded: The results of this batch alone, in their JSON form.
        written: What was made of them.
        gone: Students with a former result and no submission any more.
    """

    results: dict[str, Any]
    graded: list[dict[str, Any]]
    written: Written
    gone: list[str]

    @property
    def changed(self) -> list[dict[str, Any]]:
        """Whose points are others than in their former grading, and which."""
        return [
            {
                "student": one["student"],
                "before": one["history"][-1]["earned"],
                "now": one["earned"],
            }
            for one in self.graded
            if one["history"] and one["history"][-1]["earned"] != one["earned"]
        ]

    @property
    def not_graded(self) -> list[dict[str, str]]:
        """Whom the grader itself failed, and why."""
        return [
            {"student": one["student"], "reason": one["ending"]["reason"]}
            for one in self.graded
            if one["ending"]["status"] in FAILED_ENDINGS
        ]


def grade_batch(plan: Plan, open_workers: OpenWorkers, grade: Grade, progress: Progress) -> Summary:
    """Grade every submission once, and write what comes of it.

    Args:
        plan: What is graded, how, and where to.
        open_workers: Opens the workers.
        grade: What a worker does with one submission.
        progress: Says what happens.

    Raises:
        BatchError: It cannot begin or go on; what was graded is kept.
        KeyboardInterrupt: It was stopped; what was graded is kept.
    """
    everybody = _collected(plan)
    tasks = chosen(everybody, plan.only)
    folder = ResultsFolder(plan.out)
    with folder.locked():
        run = begin(folder, plan.order.to_json(), is_resumed=plan.is_resumed)
        book = _book(plan, folder, run, everybody)
        progress.total = len(tasks)
        try:
            _grade(tasks, book, plan, open_workers, grade, progress)
        except (KeyboardInterrupt, BatchError):
            progress.say(f"{len(book.graded())} of {len(tasks)} graded; go on with --resume.")
            raise
        finally:
            progress.close()
            book.write_table()
        written = write_outputs(book, everybody, plan.out, plan.database, progress.say)
        return Summary(book.results(), book.graded(), written, book.gone)


def _collected(plan: Plan) -> list[Task]:
    submissions, out = plan.submissions.resolve(), plan.out.resolve()
    if out == submissions or submissions in out.parents:
        happened = f"{plan.out} lies in the folder of the submissions, and would be taken for one"
        raise BatchError("write the results", happened, "name a folder beside it by --out.")
    return collect(submissions, plan.clock, plan.assignment)


def _book(plan: Plan, folder: ResultsFolder, run: str, everybody: list[Task]) -> Book:
    checks = [
        {"id": check.id, "part": check.part, "points": check.points}
        for check in unreached("", plan.order).checks
    ]
    return Book(folder, plan.policy, run, checks, {task.student for task in everybody})


def _grade(
    tasks: list[Task],
    book: Book,
    plan: Plan,
    open_workers: OpenWorkers,
    grade: Grade,
    progress: Progress,
) -> None:
    grading = Grading(book, plan.order, grade, progress)
    left = grading.left(tasks) if plan.is_resumed else tasks
    progress.skip(len(tasks) - len(left))
    if left:
        with open_workers(len(left)) as workers:
            grading.run(left, workers)
