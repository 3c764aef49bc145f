"""Which check is run in which phase, and how long each may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab_utils.checks.base import Check
from lab_utils.checks.catalogue import ALL_CHECKS
from lab_utils.checks.closed_loop import LONGEST_S
from lab_utils.checks.part7 import PART as TEARDOWN_PART

READ, REPLAY, PACKAGE, APPLY, TEARDOWN = "read", "replay", "package", "apply", "teardown"
LOOP, HIDDEN = "loop", "hidden"
LOOP_CHECKS = frozenset(
    f"part4-{name}" for name in ("hot", "cold", "zones", "mild", "artefacts", "edges")
)
_PHASES = {1: "device", 2: "rules", 3: "tables", 4: "lambda", 5: "pipeline", 6: "dashboard"}
_TERRAFORM_PARTS = range(1, 5)
_USUAL_S = 45.0
_LONG_S = {"part4-function": 90.0, "part5-tests": 180.0, "part5-green": 240.0}
_LOOP_SPARE_S = 30.0
_FREE_OF_AWS = frozenset(
    ("part5-pipeline", "part5-artifact", "part5-deploy-job", "part5-tests"),
)
"""What is judged by the student's files alone, whether Terraform applied anything or not."""


@dataclass(frozen=True)
class Stage:
    """A phase that consists of checks.

    Attributes:
        name: Of the phase.
        checks: In the order in which they are run.
        is_one_look: Whether its checks share one look, so that they are late together.
    """

    name: str
    checks: tuple[Check, ...]
    is_one_look: bool = False


def phase_of(check: Check) -> str:
    """Return the phase in which a check of the course is run."""
    if check.part == TEARDOWN_PART:
        return TEARDOWN
    return LOOP if check.id in LOOP_CHECKS else _PHASES[check.part]


def stages(hidden: Sequence[Check]) -> tuple[Stage, ...]:
    """Return the phases of checks before the teardown, in order.

    Args:
        hidden: The instructor's own checks.
    """
    names = list(dict.fromkeys(phase_of(check) for check in ALL_CHECKS))
    found = [
        Stage(name, tuple(one for one in ALL_CHECKS if phase_of(one) == name), name == LOOP)
        for name in names
        if name != TEARDOWN
    ]
    own = tuple(one for one in hidden if one.part != TEARDOWN_PART)
    return (*found, *((Stage(HIDDEN, own),) if own else ()))


def teardown_checks(hidden: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks of the teardown, the hidden ones last."""
    return tuple(one for one in (*ALL_CHECKS, *hidden) if one.part == TEARDOWN_PART)


def needs_aws(check: Check) -> bool:
    """Return whether a check has no sense where Terraform applied nothing."""
    return check.id not in _FREE_OF_AWS


def needs_resources(check: Check) -> bool:
    """Return whether a check may fail for a block that Terraform refuses."""
    return check.part in _TERRAFORM_PARTS


def limit_s(check: Check, speed: int) -> float:
    """Return how long a check may take, in seconds of the wall clock.

    Args:
        check: The check.
        speed: How many times faster the lab's time runs.
    """
    if check.id in LOOP_CHECKS:
        # A late-comer is watched twice.
        return 2 * LONGEST_S / speed + _LOOP_SPARE_S
    return _LONG_S.get(check.id, _USUAL_S)
