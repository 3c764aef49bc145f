"""Running checks, each with a limit of time, on what a submission made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from lab_utils.checks.base import Check, CheckContext, Finding, Result, run_check
from lab_utils.grading.verification.aws import CellAws, Lease
from lab_utils.grading.verification.events import PhaseReport, Teller
from lab_utils.grading.verification.plan import Stage, limit_s, needs_aws, needs_resources
from lab_utils.grading.verification.timing import within
from lab_utils.mqtt import DeviceFiles

WAIT_S = 6.0
"""How long a check waits for what has to happen; it takes milliseconds, if it does."""
_BEFORE_S = 5.0
"""So long before a check's own limit its programs are ended, so that it can say what it saw."""
_LATE_HINT = "what keeps the check waiting? A function or a query that does not end, above all."


@dataclass
class Examination:
    """The checks of one submission.

    Attributes:
        aws: The embedded AWS.
        files: The device's files.
        base: The context of every check, but for what is leased to it.
        teller: Told each result.
        bound: Ends the student's programs that a check began, after a time.
        nothing_made: Why there is nothing to look at in AWS; "" where there may be.
        advice: What is added to the hint of a check that fails; "" for nothing.
    """

    aws: CellAws
    files: DeviceFiles
    base: CheckContext
    teller: Teller
    bound: Callable[[float], AbstractContextManager[None]]
    nothing_made: str = ""
    advice: str = ""
    _lease: Lease = field(init=False)
    _context: CheckContext = field(init=False)

    def __post_init__(self) -> None:
        self._renew()

    def run(self, stage: Stage, report: PhaseReport) -> None:
        """Run the checks of a phase, and tell each result."""
        late = ""
        for check in stage.checks:
            if late and stage.is_one_look:
                self.teller.check(failed(check, f"not reached: {late}"))
                continue
            result = self._run(check)
            if result is None:
                late = f"{check.id} did not end in {self._limit_s(check):g} s"
                report.be_late(late)
            self.teller.check(result or self._late(check))

    def with_facts(self, **facts: Any) -> Examination:
        """Return the same with other facts in its context."""
        return replace(self, base=replace(self.base, **facts))

    def _run(self, check: Check) -> Result | None:
        """Return a check's result, or None if it did not end in time."""
        if self.nothing_made and needs_aws(check):
            return failed(check, f"not reached: {self.nothing_made}")
        limit_s = self._limit_s(check)
        try:
            with self.bound(limit_s - _BEFORE_S):
                result = within(limit_s, lambda: _guarded(check, self._context))
        except TimeoutError:
            return None
        is_lost = result.status == "failed" and self.advice and needs_resources(check)
        return replace(result, hint=f"{result.hint} {self.advice}") if is_lost else result

    def _late(self, check: Check) -> Result:
        self._lease.end()
        self._renew()
        seconds = self._limit_s(check)
        return failed(check, f"the check did not end in {seconds:g} s, its limit", _LATE_HINT)

    def _limit_s(self, check: Check) -> float:
        return limit_s(check, self.aws.session.speed)

    def _renew(self) -> None:
        """Lease everything anew; the checks of a run that goes on share one context."""
        self._lease = Lease(self.aws, self.files)
        self._context = replace(
            self.base,
            client=self._lease.client,
            device=self._lease.device,
            timeline=self._lease.timeline,
        )


def _guarded(check: Check, context: CheckContext) -> Result:
    """Return a check's result, whatever becomes of it.

    A check looks at what anybody may have handed in, and hidden ones are the instructor's own: an
    error that nobody thought of costs this check, and not the rest.
    """
    try:
        return run_check(check, context)
    except Exception as error:  # noqa: BLE001 - said in the result
        seen = f"the check itself broke: {type(error).__name__}: {error}"
        return failed(check, seen, "this is no fault of yours: tell your instructor.")


def failed(check: Check, seen: str, hint: str = "") -> Result:
    """Return the result of a check that earned nothing."""
    return run_check(replace(check, run=lambda _context: Finding(False, seen, hint=hint)), _NOBODY)


def _no_client(name: str) -> Any:
    raise LookupError(name)


_NOBODY = CheckContext(client=_no_client, outputs={}, device=_no_client)
