"""What the instructor orders for a grading, the same for every submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPEED = 60
TIME_LIMIT_S = 600.0
SUBMISSION = "submission.pack"
"""The name of the submission among the files that are given to a cell."""


@dataclass(frozen=True)
class Order:
    """How submissions are graded.

    Attributes:
        speed: How many times faster than the wall clock the lab's time runs (1 to 120).
        time_limit_s: The longest that one submission may take, in seconds of the wall clock.
        unsafe: Whether to grade without a sandbox.
        kept_runtimes: Retired runtimes of Lambda that are taken, with a remark; None for all.
        checks: The instructor's hidden checks: the sources of Python modules by file name.
    """

    speed: int = SPEED
    time_limit_s: float = TIME_LIMIT_S
    unsafe: bool = False
    kept_runtimes: tuple[str, ...] | None = None
    checks: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as an object that `from_json` reads back."""
        kept = self.kept_runtimes
        return {
            "speed": self.speed,
            "time_limit_s": self.time_limit_s,
            "unsafe": self.unsafe,
            "keep_runtimes": None if kept is None else list(kept),
            "checks": dict(self.checks),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Order:
        """Return the order of an object; what it lacks is as by default."""
        kept = told.get("keep_runtimes")
        return cls(
            speed=int(told.get("speed") or SPEED),
            time_limit_s=float(told.get("time_limit_s") or TIME_LIMIT_S),
            unsafe=bool(told.get("unsafe", False)),
            kept_runtimes=None if kept is None else tuple(map(str, kept)),
            checks=dict(told.get("checks") or {}),
        )
