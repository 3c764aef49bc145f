"""The late policy: what a submission after its time loses."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lab_utils.grading.batch.errors import BatchError

OFF = "off"
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_NUMBER = r"(\d{1,4}(?:\.\d{1,4})?)"
_RATE = re.compile(rf"{_NUMBER}\s*%\s*/\s*(hour|day|week)")
_MOST = re.compile(rf"max\s*{_NUMBER}\s*%")
_END = re.compile(r"zero after\s*(\d{1,4})\s*(hour|day|week)s?")
_RULE_HINT = (
    "write it as `10%/day`, `10%/day,max 50%` or `5%/hour,max 40%,zero after 7 days` (percent of "
    "the points earned, for each day that has begun), or `off`."
)


@dataclass(frozen=True)
class Lateness:
    """What being late costs one submission.

    Attributes:
        days: Days late, where each that has begun counts; 0 in time.
        percent: Of the points earned, from 0 to 100.
        penalty: In points.
    """

    days: int = 0
    percent: float = 0.0
    penalty: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return its JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class LatePolicy:
    """When submissions are due, and what each day after it costs.

    Attributes:
        due: The last moment in time, with its zone; None where nothing is ever late.
        rule: As it was written, such as ``10%/day,max 50%``.
        grace: How much later still counts as in time. Who is later than that is late from `due`.
        percent: Lost for each step that has begun.
        step: Such as a day.
        most_percent: Never more than this is lost.
        zero_after: Later than this, all is lost.
    """

    due: datetime | None = None
    rule: str = OFF
    grace: timedelta = field(default_factory=timedelta)
    percent: float = 0.0
    step: timedelta = _STEPS["day"]
    most_percent: float = 100.0
    zero_after: timedelta | None = None

    def lateness(self, submitted_at: datetime | None, earned: float) -> Lateness:
        """Return what a submission loses; nothing where its time or the due time is not known.

        Args:
            submitted_at: With its zone.
            earned: Its points.
        """
        if self.due is None or submitted_at is None:
            return Lateness()
        # In UTC: two moments of one zone would differ by its clock's hands, not by time.
        late = submitted_at.astimezone(UTC) - self.due.astimezone(UTC)
        if late <= self.grace:
            return Lateness()
        percent = min(self.percent * math.ceil(late / self.step), self.most_percent)
        if self.zero_after is not None and late > self.zero_after:
            percent = 100.0
        penalty = rounded(earned * percent / 100)
        return Lateness(math.ceil(late / _STEPS["day"]), percent, penalty)

    def to_json(self) -> dict[str, Any]:
        """Return its JSON form."""
        return {
            "due": self.due.isoformat() if self.due else None,
            "rule": self.rule,
            "grace_minutes": self.grace / timedelta(minutes=1),
        }


def read_policy(due: datetime | None, rule: str | None, grace_minutes: float = 0.0) -> LatePolicy:
    """Return the policy that the options of the command line name.

    Args:
        due: The last moment in time, with its zone; None for no late policy.
        rule: Such as ``10%/day,max 50%`` or ``off``; None for ``off``.
        grace_minutes: How much later still counts as in time, in minutes.

    Raises:
        BatchError: The rule says nothing, or there is a rule and nothing is due.
    """
    words = " ".join((rule or OFF).lower().split())
    if not 0 <= grace_minutes < math.inf:
        raise BatchError("read the late policy", "--grace is below zero", "give it in minutes.")
    grace = timedelta(minutes=grace_minutes)
    if words == OFF:
        return LatePolicy(due, OFF, grace)
    if due is None:
        happened = f"--late says `{words}`, but nothing says when submissions are due"
        raise BatchError("read the late policy", happened, "add --due 2026-11-28T23:59+01:00.")
    return LatePolicy(due, words, grace, **_read_clauses(words))


def _read_clauses(words: str) -> dict[str, Any]:
    clauses: dict[str, Any] = {}
    for clause in (one.strip() for one in words.split(",")):
        if (found := _RATE.fullmatch(clause)) and "percent" not in clauses:
            clauses["percent"], clauses["step"] = float(found[1]), _STEPS[found[2]]
        elif (found := _MOST.fullmatch(clause)) and "most_percent" not in clauses:
            clauses["most_percent"] = float(found[1])
        elif (found := _END.fullmatch(clause)) and "zero_after" not in clauses:
            clauses["zero_after"] = int(found[1]) * _STEPS[found[2]]
        else:
            raise _bad_rule(f"`{clause}` is no part of a late rule")
    if not {"percent", "zero_after"} & set(clauses):
        raise _bad_rule(f"`{words}` says of no day what it costs")
    if max(clauses.get("percent", 0), clauses.get("most_percent", 0)) > 100:
        raise _bad_rule(f"`{words}` takes more than 100 %")
    return clauses


def _bad_rule(happened: str) -> BatchError:
    return BatchError("read the late policy", happened, _RULE_HINT)


def rounded(points: float) -> float:
    """Return points with two digits after the point, halves up."""
    return float(Decimal(str(points)).quantize(Decimal("0.01"), ROUND_HALF_UP))
