"""One student's result, as the batch keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab_utils.grading.batch.late import LatePolicy, rounded
from lab_utils.grading.batch.times import Handed

LOST, UNREADABLE, UNGRADED = "lost", "unreadable", "ungraded"
FAILED_ENDINGS = frozenset({"failed", UNGRADED})
"""Endings that are the grader's own failure, not the submission's."""


@dataclass(frozen=True)
class Entry:
    """What one student's submission came to.

    Attributes:
        student: As the submissions name them.
        source: The submission's name, relative to the folder of submissions.
        form: ``notebooks``, ``repository``, ``both`` or "".
        handed: When it was handed in.
        verdict: As ``verdict.schema.json`` says.
        ending: ``status``, ``seconds`` and ``reason``.
        sha256: Of the submission as it was graded; "" where it could not be read.
        graded_at: In UTC.
        run: When the batch began that graded it: its name.
        remarks: What to know about it, in sentences.
        history: What former gradings came to, the oldest first.
    """

    student: str
    source: str
    form: str
    handed: Handed
    verdict: Mapping[str, Any]
    ending: Mapping[str, Any]
    sha256: str
    graded_at: str
    run: str
    remarks: tuple[str, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def earned(self) -> int:
        """Its points, before what being late costs."""
        return int(self.verdict["earned"])

    @property
    def checks(self) -> dict[str, int]:
        """The points of each check."""
        return {check["id"]: check["earned"] for check in self.verdict["checks"]}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Entry:
        """Return the entry that `to_json` wrote; what being late cost is left behind."""
        at = told["submitted_at"]
        return cls(
            student=told["student"],
            source=told["source"],
            form=told["form"],
            handed=Handed(datetime.fromisoformat(at) if at else None, told["time_from"]),
            verdict=told["verdict"],
            ending=told["ending"],
            sha256=told["sha256"],
            graded_at=told["graded_at"],
            run=told["run"],
            remarks=tuple(told["remarks"]),
            history=tuple(told["history"]),
        )

    def to_json(self, policy: LatePolicy) -> dict[str, Any]:
        """Return its JSON form, as ``entry.schema.json`` says.

        Args:
            policy: What being late costs.
        """
        late = policy.lateness(self.handed.at, self.earned)
        return {
            "student": self.student,
            "source": self.source,
            "form": self.form,
            "submitted_at": moment(self.handed.at) if self.handed.at else None,
            "time_from": self.handed.source,
            "late": late.to_json(),
            "points": self.verdict["points"],
            "earned": self.earned,
            "final": rounded(self.earned - late.penalty),
            "verdict": dict(self.verdict),
            "ending": dict(self.ending),
            "sha256": self.sha256,
            "graded_at": self.graded_at,
            "run": self.run,
            "remarks": [*self.handed.remarks, *self.remarks],
            "history": [dict(former) for former in self.history],
        }


def ending(status: str, reason: str = "", seconds: float = 0.0) -> dict[str, Any]:
    """Return how grading ended, in its JSON form."""
    return {"status": status, "seconds": seconds, "reason": reason}


def history_with(former: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the history of a student who is graded anew.

    Args:
        former: The former entry, in its JSON form.
    """
    kept = ("graded_at", "earned", "points", "final", "ending", "sha256")
    checks = {check["id"]: check["earned"] for check in former["verdict"]["checks"]}
    return *former["history"], {**{key: former[key] for key in kept}, "checks": checks}


def moment(at: datetime) -> str:
    """Return a moment's JSON form, in UTC."""
    return at.astimezone(UTC).isoformat()


def now() -> str:
    """Return the present moment's JSON form."""
    return moment(datetime.now(UTC))
