"""``lab grade``: every submission in its own sandbox, many at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab_utils.commands.answers import say
from lab_utils.errors import SettingsError
from lab_utils.grading.batch.batch import OpenWorkers, Plan, Summary, grade_batch
from lab_utils.grading.batch.cluster import Workers, cores, local_workers, remote_workers
from lab_utils.grading.batch.late import read_policy
from lab_utils.grading.batch.one import grade_one
from lab_utils.grading.batch.progress import Progress
from lab_utils.grading.batch.readiness import require_ready, require_sandbox
from lab_utils.grading.batch.shown import printable
from lab_utils.grading.batch.times import Clock, read_due, read_times, read_zone
from lab_utils.grading.batch.work import Grade
from lab_utils.grading.verification.hidden import read_checks
from lab_utils.grading.verification.order import Order


def grade(arguments: argparse.Namespace, grade_submission: Grade = grade_one) -> int:
    """Grade a folder of submissions; return 0 if each was graded, and all was made of the results.

    Args:
        arguments: Of the command line.
        grade_submission: What a worker does with one submission.
    """
    plan = _plan(arguments)
    if arguments.jobs is not None and arguments.jobs < 1:
        raise SettingsError("grade", "--jobs is below 1", "name how many to grade at once.")
    if not arguments.scheduler and not plan.order.unsafe:
        require_sandbox()
    progress = Progress(sys.stderr)
    summary = grade_batch(plan, _workers(arguments, plan.order), grade_submission, progress)
    data = _data(summary, plan)
    say(arguments, data, "\n".join(_lines(data)))
    return 1 if summary.not_graded or summary.written.failures else 0


def _plan(arguments: argparse.Namespace) -> Plan:
    zone = read_zone(arguments.time_zone)
    times = read_times(Path(arguments.times), zone) if arguments.times else {}
    due = read_due(arguments.due, zone)
    return Plan(
        submissions=Path(arguments.submissions),
        out=Path(arguments.out),
        order=_order(arguments),
        policy=read_policy(due, arguments.late, arguments.grace),
        clock=Clock(times, zone),
        is_resumed=arguments.resume,
        only=arguments.only,
        assignment=arguments.assignment or "",
        database=arguments.db,
    )


def _order(arguments: argparse.Namespace) -> Order:
    told = {
        "speed": arguments.speed,
        "time_limit_s": arguments.time_limit,
        "unsafe": arguments.unsafe,
        "keep_runtimes": arguments.keep_runtime,
        "checks": read_checks(Path(arguments.checks)) if arguments.checks else {},
    }
    return Order.from_json(told)


def _workers(arguments: argparse.Namespace, order: Order) -> OpenWorkers:
    @contextmanager
    def opened(number: int) -> Iterator[Workers]:
        if arguments.scheduler:
            opening = remote_workers(arguments.scheduler)
        else:
            opening = local_workers(min(arguments.jobs or cores(), number))
        with opening as workers:
            if arguments.scheduler:
                require_ready(workers, unsafe=order.unsafe)
            yield workers

    return opened


def _data(summary: Summary, plan: Plan) -> dict[str, Any]:
    written = summary.written
    return {
        "out": str(plan.out),
        "submissions": len(summary.results["submissions"]),
        "graded": len(summary.graded),
        "points": [
            {key: one[key] for key in ("student", "earned", "points", "final")}
            for one in summary.results["submissions"]
        ],
        "changed": summary.changed,
        "not_graded": summary.not_graded,
        "gone": summary.gone,
        "page": str(written.page) if written.page else None,
        "gradebook": written.gradebook,
        "failures": written.failures,
        "remarks": written.remarks,
    }


def _lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield the answer as text."""
    points = data["points"]
    mean = sum(one["final"] for one in points) / max(len(points), 1)
    yield f"{data['graded']} graded, of {len(points)} submissions; mean {mean:.1f} points."
    for one in data["changed"]:
        student = printable(one["student"], 60)
        yield f"Changed: {student} had {one['before']} points, and has {one['now']} now."
    for one in data["not_graded"]:
        yield f"NOT GRADED: {printable(one['student'], 60)}: {printable(one['reason'])}"
    if data["gone"]:
        gone = ", ".join(printable(name, 60) for name in data["gone"])
        yield f"Without a submission any more, and left out: {gone}."
    yield from (printable(line) for line in data["remarks"])
    yield f"Results: {data['out']}/results.json, grades.csv"
    if data["page"]:
        yield f"Open {data['page']}"
