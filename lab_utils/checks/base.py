"""What a check is, how it is run, and what it reports."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import CheckError, LabError, MqttError
from lab_utils.house.topics import sensor_topic
from lab_utils.lab_time import Timeline
from lab_utils.launching import Enclose, as_it_is
from lab_utils.mqtt import Device, DeviceFiles

if TYPE_CHECKING:
    from lab_utils.pipeline.pipeline import Pipeline

T = TypeVar("T")
TEST_SENSOR = "temp_1"
TEST_TOPIC = sensor_topic(TEST_SENSOR)
"""What the checks publish to: the practical's own test topic."""
_EXPECTED_ERRORS = (ClientError, BotoCoreError, LookupError, ValueError, OSError)
"""What a look may raise on work that is not what it should be."""


def say_nothing(_line: str) -> None:
    """Take a line and show it to nobody."""


def _without_workspace() -> NoReturn:
    """Say that there are no files to look at."""
    raise CheckError(
        "look at the workspace's files",
        "there is no workspace to look at",
        "name it: lab --workspace FOLDER check.",
    )


def own_client_id(name: str) -> str:
    """Return a client id that takes no connection away from the device whose name is in it."""
    return f"{name}-check-{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class CheckContext:
    """What a check may use: the APIs, Terraform's outputs and a device.

    Attributes:
        client: Returns the boto3 client of a service.
        outputs: Terraform's outputs by name.
        device: Returns a device that is not connected yet, by its client id.
        timeout_s: How long to wait for what has to happen, in seconds of the wall clock.
        files: The device's files; None takes those of a device.
        state: Returns Terraform's state as ``terraform state pull`` prints it (version 4); empty
            where it is not known.
        timeline: Returns the lab's time and speed.
        report: Takes a line for the reader while a check takes long.
        memory: What one check saw that others may use: the same for the checks of one run.
        workspace: The folder of the student's files; None where only AWS is looked at.
        pipeline: Returns the workspace's pipeline.
        enclose: How programs that run the workspace's code are started.
        made: How much of each Terraform type somebody trustworthy saw before a teardown; None
            where only the workspace itself tells.
    """

    client: Callable[[str], Any]
    outputs: Mapping[str, Any]
    device: Callable[[str], Device]
    timeout_s: float = 10.0
    files: DeviceFiles | None = None
    state: Callable[[], Mapping[str, Any]] = dict
    timeline: Callable[[], Timeline] = Timeline.of_wall_clock
    report: Callable[[str], None] = say_nothing
    memory: dict[str, Any] = field(default_factory=dict)
    workspace: Path | None = None
    pipeline: Callable[[], Pipeline] = _without_workspace
    enclose: Enclose = as_it_is
    made: Mapping[str, int] | None = None

    def require_workspace(self) -> Path:
        """Return the folder of the student's files.

        Raises:
            CheckError: Only AWS is looked at.
        """
        return self.workspace or _without_workspace()

    def with_device(self, sensor: str, use: Callable[[Device], T]) -> T:
        """Return what a look with a connected device gives.

        The device has a client id of its own, so that no sensor loses its connection. A policy
        may allow the sensors' ids only; then the look is repeated under the sensor's id.

        Args:
            sensor: The client id of the sensor that the device stands for.
            use: Takes the connected device.

        Raises:
            MqttError: Under neither id the device could connect and do what was asked.
        """
        try:
            with self.device(own_client_id(sensor)) as device:
                return use(device)
        except MqttError:
            with self.device(sensor) as device:
                return use(device)

    def connect(self, name: str, use: Callable[[Device], object]) -> Device:
        """Return a connected device that did what it was tried with; see `with_device`.

        Args:
            name: The client id of the device of the house that it stands for.
            use: What it has to be allowed.

        Raises:
            MqttError: Under neither id the device could connect and do what was asked.
        """
        try:
            return self._connected(own_client_id(name), use)
        except MqttError:
            return self._connected(name, use)

    def _connected(self, client_id: str, use: Callable[[Device], object]) -> Device:
        device = self.device(client_id)
        device.connect()
        try:
            use(device)
        except MqttError:
            device.disconnect()
            raise
        return device

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
        wanted: What there should be, where it is more than the check's own words.
        remark: What could be better without costing points.
        hint: How to go on from here, where it is more exact than the check's own hint.
        share: How much of the points it earns, from 0 to 1, where that may be a part: whole
            points, rounded down. By default all if it passed, else none.
    """

    passed: bool
    seen: str
    wanted: str = ""
    remark: str = ""
    hint: str = ""
    share: float | None = None

    def earned(self, points: int) -> int:
        """Return what it earns of a check's points."""
        if self.share is None:
            return points if self.passed else 0
        # A share such as 2/3 of 3 points is 2, whatever its last binary digit.
        return math.floor(points * self.share + 1e-9)


@dataclass(frozen=True)
class Check:
    """A check of one exercise.

    Attributes:
        id: Readable, such as ``part2-hot-45``.
        part: The part's number.
        points: What it is worth.
        wanted: What there should be.
        hint: How to go on when it fails.
        run: Looks, and returns what it found.
    """

    id: str
    part: int
    points: int
    wanted: str
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
    except LabError as error:
        finding = Finding(False, error.happened, hint=error.next_step)
    except _EXPECTED_ERRORS as error:
        finding = Finding(False, f"the look itself failed: {_words(error)}")
    return Result(
        id=check.id,
        part=check.part,
        points=check.points,
        earned=finding.earned(check.points),
        status="passed" if finding.passed else "failed",
        seen=finding.seen,
        wanted=finding.wanted or check.wanted,
        hint=finding.remark if finding.passed else finding.hint or check.hint,
    )


def run_checks(checks: Sequence[Check], context: CheckContext) -> Report:
    """Return the results of several checks; a failing one stops none of the others."""
    return Report(tuple(run_check(check, context) for check in checks))


def _words(error: Exception) -> str:
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
