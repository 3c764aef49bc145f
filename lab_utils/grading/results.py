"""What grading one submission came to, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lab_utils.checks.base import Report, Result

DONE, FAILED, SKIPPED, LATE = "done", "failed", "skipped", "late"
"""The statuses of a phase; a late one was ended at a limit of time."""


@dataclass(frozen=True)
class Phase:
    """One step of grading.

    Attributes:
        name: Such as ``apply``.
        status: ``done``, ``failed``, ``skipped`` or ``late``.
        seconds: Wall time.
        said: What there is to say about it, in sentences; free of control characters.
    """

    name: str
    status: str
    seconds: float
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetAside:
    """A block of the configuration that was left out so that the rest could be applied.

    Attributes:
        block: Such as ``resource "aws_iot_topic_rule" "hot"``.
        file: Its file, relative to the workspace.
        line: Where it begins, from 1.
        why: Terraform's diagnostic.
    """

    block: str
    file: str
    line: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """A graded submission.

    Attributes:
        checks: Every check of the course, also those that were not reached (0 points, with why).
        phases: What was done, in order.
        set_aside: Blocks that Terraform refuses.
        remarks: What costs no points but should be known, in sentences.
    """

    checks: tuple[Result, ...]
    phases: tuple[Phase, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def report(self) -> Report:
        """The checks alone, with their sums."""
        return Report(self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``lab verify --json`` prints."""
        return {
            **self.report.to_json(),
            "phases": [{**asdict(phase), "said": list(phase.said)} for phase in self.phases],
            "set_aside": [asdict(block) for block in self.set_aside],
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Verdict:
        """Return the verdict that `to_json` wrote."""
        return cls(
            checks=tuple(Result(**one) for one in told["checks"]),
            phases=tuple(Phase(**{**one, "said": tuple(one["said"])}) for one in told["phases"]),
            set_aside=tuple(SetAside(**one) for one in told["set_aside"]),
            remarks=tuple(told["remarks"]),
        )
