"""``grading``: submissions per minute, and what the sandbox costs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import psutil

from lab_utils.bench import embedded
from lab_utils.bench.grading_reference import write_reference
from lab_utils.bench.outcome import (
    BenchmarkError,
    Options,
    Outcome,
    Report,
    middle,
    middle_ratio,
)
from lab_utils.grading.sandbox.trial import require_bubblewrap
from lab_utils.grading.submissions import Submission, read_submission
from lab_utils.grading.verification import Graded, Order, grade_submission
from lab_utils.settings import CHECKOUT

OnEvent = Callable[[Mapping[str, Any]], None]
Grade = Callable[[Submission, Order, OnEvent | None], Graded]
_ROUNDS, _PER_CORE = 3, 2
_LOOK_S = 0.25
_MOST_NAMED = 5
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class _Round:
    """One grading of the reference solution.

    Attributes:
        seconds: Wall time.
        first_check_s: Wall time until its first check was told.
        peak_mb: The most memory that its processes had together; 0 where nobody looked.
    """

    seconds: float
    first_check_s: float
    peak_mb: float = 0.0


class _MemoryWatch:
    """Looks how much memory this process's children have together, while it is entered."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _MemoryWatch:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Look no longer."""
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_LOOK_S):
            processes = psutil.Process().children(recursive=True)
            self.peak_mb = max(self.peak_mb, sum(map(_megabytes, processes)))


def grading(options: Options, report: Report, grade: Grade = grade_submission) -> Outcome:
    """Grade the reference solution, in the sandbox and without it by turns, then many at once.

    The reference solution is the repository that the workbook's own notebooks make. It has to earn
    every point each time, or this fails. ``--size`` is how many are graded at once; two a core by
    default, as many side by side as there are cores.

    Args:
        options: How many, and how often.
        report: Takes a line for each round.
        grade: Grades one submission.

    Returns:
        The ratio ``sandbox``: the time of a grading in the sandbox to that without; 1.1 is ten
        percent. Figures: submissions per minute, also per core; the time to the first check of one
        and to the first result of many; the peak of memory of one submission, all processes
        together (PSS).
    """
    require_bubblewrap()
    with embedded.temporary_folder() as folder:
        write_reference(CHECKOUT, folder / "reference")
        reference = read_submission(folder / "reference")
    enclosed, free = [], []
    for number in range(options.rounds or _ROUNDS):
        enclosed.append(_one(grade, reference, Order()))
        free.append(_one(grade, reference, Order(unsafe=True)))
        report(
            f"round {number + 1}: {enclosed[-1].seconds:.1f} s in the sandbox, "
            f"{free[-1].seconds:.1f} s without"
        )
    cores = os.cpu_count() or 1
    many = _many(grade, reference, options.size or _PER_CORE * cores, cores)
    report(f"{len(many)} at once: {max(many):.1f} s")
    return _outcome(enclosed, free, many, cores)


def _one(grade: Grade, reference: Submission, order: Order) -> _Round:
    moments: list[float] = []

    def note(event: Mapping[str, Any]) -> None:
        if event.get("event") == "check":
            moments.append(time.perf_counter())

    with _MemoryWatch() as memory:
        started = time.perf_counter()
        _require_all_points(grade(reference, order, note))
        seconds = time.perf_counter() - started
    return _Round(seconds, min(moments, default=started) - started, memory.peak_mb)


def _many(grade: Grade, reference: Submission, number: int, workers: int) -> list[float]:
    """Return when each of many gradings was done, in seconds from the start of the first."""
    started = time.perf_counter()

    def done(_number: int) -> float:
        _require_all_points(grade(reference, Order(), None))
        return time.perf_counter() - started

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(done, range(number)))


def _require_all_points(graded: Graded) -> None:
    """Refuse a grading that took less time because something did not work.

    Raises:
        BenchmarkError: It did not earn all points.
    """
    report = graded.verdict.report
    if report.earned == report.points > 0:
        return
    lost = [check.id for check in report.checks if check.earned < check.points]
    named = ", ".join(lost[:_MOST_NAMED]) + (" and others" if len(lost) > _MOST_NAMED else "")
    raise BenchmarkError(
        "grade the reference solution",
        f"It earned {report.earned:g} of {report.points:g} points; lost: {named}. "
        f"{graded.ending.reason}".strip(),
        "run it with nothing else on the machine; if it stays so, look at `lab verify` of it.",
    )


def _megabytes(process: psutil.Process) -> float:
    """Return a process's share of memory; what several use is shared out among them."""
    try:
        return float(process.memory_full_info().pss) / _MEGABYTE
    except (psutil.Error, AttributeError):
        return 0.0  # it has ended, or this system does not tell


def _outcome(
    enclosed: Sequence[_Round], free: Sequence[_Round], many: Sequence[float], cores: int
) -> Outcome:
    seconds = middle(one.seconds for one in enclosed)
    per_minute = 60 * len(many) / max(many)
    figures: dict[str, Any] = {
        "rounds": len(enclosed),
        "cores": cores,
        "sandbox_s": seconds,
        "no_sandbox_s": middle(one.seconds for one in free),
        "first_check_s": middle(one.first_check_s for one in enclosed),
        "at_once": len(many),
        "first_result_s": min(many),
        "submissions_per_minute": per_minute,
        "submissions_per_minute_and_core": per_minute / cores,
        "peak_mb": middle(one.peak_mb for one in enclosed),
    }
    ratio = middle_ratio([one.seconds for one in enclosed], [one.seconds for one in free])
    return Outcome({"sandbox": ratio}, figures)
