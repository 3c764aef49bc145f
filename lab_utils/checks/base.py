"""What a check is, how it is run, and what it reports."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import LabError
from lab_utils.mqtt import Device, DeviceFiles

TEST_SENSOR = "temp_1"
TEST_TOPIC = f"sensor/temperature/{TEST_SENSOR}"
"""What the checks publish to: the practical's own test topic."""
_EXPECTED_ERRORS = (ClientError, BotoCoreError, LabError, LookupError, ValueError, OSError)
"""What a look may raise on work that is not what it should be."""


@dataclass(frozen=True)
class CheckContext:
    """What a check may use: the APIs, Terraform's outputs and a device.

    Attributes:
        client: Returns the boto3 client of a service.
        outputs: Terraform's outputs by name.
        device: Returns a device that is not connected yet, by its client id.
        timeout_s: How long to wait for what has to happen, in seconds of the wall clock.
        files: The device's files; None takes those of a device.
    """

    client: Callable[[str], Any]
    outputs: Mapping[str, Any]
    device: Callable[[str], Device]
    timeout_s: float = 10.0
    files: DeviceFiles | None = None

    def new_device(self) -> Device:
        """Return a device under a client id of its own, so that no sensor loses its connection."""
        return self.device(f"{TEST_SENSOR}-check-{uuid.uuid4().hex[:12]}")

    @property
    def device_files(self) -> DeviceFiles:
        """The device's files, whether they exist yet or not."""
        return self.files or self.device(TEST_SENSOR).files


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        passed: Whether it is what the exercise asks for.
        seen: What there is, in a sentence.
        wanted: What there should be.
        remark: What could be better without costing points.
    """

    passed: bool
    seen: str
    wanted: str
    remark: str = ""


@dataclass(frozen=True)
class Check:
    """A check of one exercise.

    Attributes:
        id: Readable, such as ``part2-hot-45``.
        part: The part's number.
        points: What it is worth.
        hint: How to go on when it fails.
        run: Looks, and returns what it found.
    """

    id: str
    part: int
    points: int
    hint: str
    run: Callable[[CheckContext], Finding]


@dataclass(frozen=True)
class Result:
    """How a check ended; ``status`` is ``passed`` or ``failed``, ``hint`` what to do or better."""

    id: str
    part: int
    points: int
    earned: int
    status: str
    seen: str
    wanted: str
    hint: str


@dataclass(frozen=True)
class Report:
    """The results of several checks."""

    checks: tuple[Result, ...]

    @property
    def points(self) -> int:
        """What all of them are worth."""
        return sum(result.points for result in self.checks)

    @property
    def earned(self) -> int:
        """What was earned."""
        return sum(result.earned for result in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``lab check --json`` prints."""
        results = [asdict(result) for result in self.checks]
        return {"checks": results, "points": self.points, "earned": self.earned}

    def to_text(self) -> str:
        """Return one line a check, with what was seen and wanted where it failed."""
        lines = [line for result in self.checks for line in _lines(result)]
        return "\n".join([*lines, f"{self.earned} of {self.points} points"])


def run_check(check: Check, context: CheckContext) -> Result:
    """Return a check's result; an error of AWS or of the lab is what it has seen, not a crash."""
    try:
        finding = check.run(context)
    except _EXPECTED_ERRORS as error:
        finding = Finding(False, f"the look itself failed: {_words(error)}", "an answer")
    return Result(
        id=check.id,
        part=check.part,
        points=check.points,
        earned=check.points if finding.passed else 0,
        status="passed" if finding.passed else "failed",
        seen=finding.seen,
        wanted=finding.wanted,
        hint=finding.remark if finding.passed else check.hint,
    )


def run_checks(checks: Sequence[Check], context: CheckContext) -> Report:
    """Return the results of several checks; a failing one stops none of the others."""
    return Report(tuple(run_check(check, context) for check in checks))


def _words(error: Exception) -> str:
    if isinstance(error, LabError):
        return error.happened
    if isinstance(error, ClientError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _lines(result: Result) -> list[str]:
    head = f"{result.id}: {result.status}, {result.earned} of {result.points} points"
    if result.status == "passed":
        return [head, *([f"  remark: {result.hint}"] if result.hint else [])]
    return [
        head,
        f"  seen:   {result.seen}",
        f"  wanted: {result.wanted}",
        f"  hint:   {result.hint}",
    ]
