"""The verdict that the events of a cell come to, complete whatever became of the cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab_utils.checks.base import Check, Result
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.grading.results import LATE, Phase, Verdict
from lab_utils.grading.verification.events import (
    Event,
    blocks_told,
    phases_told,
    remarks_told,
    results_told,
)
from lab_utils.grading.verification.hidden import load_sources
from lab_utils.grading.verification.order import Order

_NEXT = "the phases of the verdict say what went before; what was earned until then counts."


def all_checks(order: Order) -> tuple[Check, ...]:
    """Return the checks of the course and the instructor's own ones."""
    return (*ALL_CHECKS, *load_sources(order.checks))


def unreached(reason: str, order: Order) -> Verdict:
    """Return the verdict on a submission of which nothing could be graded.

    Args:
        reason: Why, in a sentence.
        order: How it was to be graded.
    """
    return verdict_of([], all_checks(order), reason)


def verdict_of(events: Sequence[Event], checks: Sequence[Check], reason: str) -> Verdict:
    """Return the verdict of what a cell told, in which every check has a result.

    Args:
        events: In the order in which they came; what came before an untimely end counts.
        checks: All checks.
        reason: Why checks were not reached, if some were not.
    """
    told = {result.id: result for result in results_told(events)}
    return Verdict(
        checks=tuple(told.get(one.id) or not_reached(one, reason) for one in checks),
        phases=(*phases_told(events), *_cut(events, reason)),
        set_aside=blocks_told(events),
        remarks=remarks_told(events),
    )


def _cut(events: Sequence[Event], reason: str) -> Iterator[Phase]:
    """Yield the phase in which the cell came to its untimely end."""
    if name := running_phase(events):
        yield Phase(name, LATE, 0.0, (reason,))


def not_reached(check: Check, reason: str) -> Result:
    """Return the result of a check that was not run.

    Args:
        check: The check.
        reason: Why, in a clause or a sentence.
    """
    return Result(
        id=check.id,
        part=check.part,
        points=check.points,
        earned=0,
        status="failed",
        seen=f"not reached: {reason}",
        wanted=check.wanted,
        hint=_NEXT,
    )


def running_phase(events: Sequence[Mapping[str, Any]]) -> str:
    """Return the phase that has started and not ended; "" where there is none."""
    ended = {one["name"] for one in events if one["event"] == "phase"}
    begun = [one["name"] for one in events if one["event"] == "phase_started"]
    return next((name for name in reversed(begun) if name not in ended), "")


def reason_of(status: str, words: str, events: Sequence[Mapping[str, Any]]) -> str:
    """Return why checks were not reached, by how the cell ended.

    Args:
        status: Of the ending.
        words: The ending's own reason.
        events: What the cell told.
    """
    own = next((str(one["reason"]) for one in events if one["event"] == "failed"), "")
    during = running_phase(events)
    where = f" during the phase {during}" if during else ""
    return f"{own or words or f'the grading ended ({status})'}{where}"
