"""Grading one submission from outside: its cell is run, and what it tells becomes a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.grading.results import Verdict
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.supervisor import DONE, LATE, OVER, Ending, run_cell
from lab_utils.grading.submissions import Submission
from lab_utils.grading.verification.collected import all_checks, reason_of, verdict_of
from lab_utils.grading.verification.order import SUBMISSION, Order

OnEvent = Callable[[Mapping[str, Any]], None]
_GRADED = (DONE, LATE, OVER)
"""The endings that a submission is to blame for: what was earned before counts."""


@dataclass(frozen=True)
class Graded:
    """A graded submission.

    Attributes:
        verdict: With a result of every check.
        ending: How its cell ended.
    """

    verdict: Verdict
    ending: Ending

    @property
    def is_graded(self) -> bool:
        """Whether it could be graded; else the grader itself failed, and it may be tried again."""
        return self.ending.status in _GRADED


def grade_submission(
    submission: Submission, order: Order, on_event: OnEvent | None = None
) -> Graded:
    """Return what grading a submission in a cell of its own came to.

    Args:
        submission: What was handed in.
        order: How to grade.
        on_event: Takes each event of the cell as it comes.

    Raises:
        SandboxError: There is no sandbox on this machine, and none to be used was not asked for.
    """
    events: list[dict[str, Any]] = []

    def take(event: dict[str, Any]) -> None:
        events.append(event)
        if on_event is not None:
            on_event(event)

    ending = run_cell(
        {"order": order.to_json()},
        take,
        given={SUBMISSION: submission.pack()},
        limits=Limits(seconds=order.time_limit_s),
        unsafe=order.unsafe,
    )
    reason = reason_of(ending.status, ending.reason, events)
    return Graded(verdict_of(events, all_checks(order), reason), ending)
