"""What the grader in a cell does: it sets the place up, grades, and leaves it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lab_utils.embedded import local_control
from lab_utils.errors import LabError, TargetError
from lab_utils.grading.configuration import configured_region, find_configuration
from lab_utils.grading.packaging_region import deployed_region
from lab_utils.grading.sandbox.enclosure import Enclosure
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.submissions import Submission
from lab_utils.grading.verification import plan
from lab_utils.grading.verification.aws import CellAws
from lab_utils.grading.verification.events import Teller
from lab_utils.grading.verification.grading import Grading
from lab_utils.grading.verification.hidden import load_sources
from lab_utils.grading.verification.order import SUBMISSION, Order
from lab_utils.grading.verification.work import DEVICE, HANDED_IN, Place, Work, make_place
from lab_utils.settings import DEFAULT_LOCAL_REGION, Settings, base_environment, read_settings
from lab_utils.waiting import wait_for

KEPT_RUNTIMES = ("python2.7", *(f"python3.{minor}" for minor in range(6, 12)))
"""The runtimes that are taken whether AWS has retired them or not."""
_START_S, _END_S = 60.0, 10.0
_PORTS = ("--http-port", "4566", "--mqtt-port", "8883")
_PATIENCE = 10
"""How many times its limit a function may take while the machine is busy with other submissions."""


def grade_in_cell(enclosure: Enclosure, order: Order, teller: Teller) -> None:
    """Grade the submission that was given to this cell.

    Args:
        enclosure: The cell.
        order: How to grade.
        teller: Told all that happens.
    """
    try:
        hidden = load_sources(order.checks)
        place = _read(enclosure, teller)
        settings = _settings(place, order)
        with _running_aws(enclosure, settings, order):
            aws = CellAws(settings)
            Grading(aws, Work(aws, place), teller, hidden).run()
        teller.done()
    except LabError as error:
        teller.failed(f"{error.happened} {error.next_step}")
    finally:
        enclosure.close()


def shown_folders(paths: CellPaths) -> dict[Path, str]:
    """Return what a reader is shown in the place of a cell's folders, the inner ones first."""
    return {
        paths.private / HANDED_IN: "the submission",
        paths.private / DEVICE: "the device's files",
        paths.workspace: "the workspace",
        paths.root: "the cell",
    }


def _read(enclosure: Enclosure, teller: Teller) -> Place:
    """Make the workspace, and tell what the submission is."""
    with teller.phase(plan.READ) as report:
        packed = enclosure.paths.given / SUBMISSION
        submission = Submission.unpack(packed.read_bytes())
        packed.unlink()
        place, added = make_place(enclosure, submission)
        report.say(f"{submission.source}: {submission.form}, {len(submission.files)} files", *added)
    for remark in submission.remarks:
        teller.remark(remark)
    return place


def _settings(place: Place, order: Order) -> Settings:
    """Return the settings of the cell; what the lab keeps lies where no student writes."""
    paths = place.enclosure.paths
    named = configured_region(paths.workspace) or deployed_region(paths.workspace)
    region = named or DEFAULT_LOCAL_REGION
    settings = read_settings(
        target="local", workspace=paths.workspace, region=region, speed=order.speed, environ={}
    )
    session_file = paths.guest / "session.json"
    return replace(settings, lab_dir=paths.private / "lab", session_file=session_file)


@contextmanager
def _running_aws(enclosure: Enclosure, settings: Settings, order: Order) -> Iterator[None]:
    """Run the embedded AWS.

    Raises:
        TargetError: It does not start.
    """
    command = enclosure.server_command(_server_words(enclosure, settings, order))
    paths = enclosure.paths
    with (paths.private / "server.out").open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=paths.workspace,
            env=base_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_ready(server, settings)
        yield
    finally:
        _end(server)


def _server_words(enclosure: Enclosure, settings: Settings, order: Order) -> list[str]:
    paths = enclosure.paths
    kept = KEPT_RUNTIMES if order.kept_runtimes is None else order.kept_runtimes
    words = [sys.executable, "-P", "-m", "lab_utils.local_aws"]
    words += ["--workspace", str(paths.workspace), "--region", settings.region]
    words += ["--speed", str(settings.speed), "--lab-dir", str(paths.lab)]
    words += [f"--keep-runtime={runtime}" for runtime in kept]
    words += ["--function-patience", str(_PATIENCE)]
    if folder := find_configuration(paths.workspace):
        words += ["--terraform-dir", str(folder)]
    prefix = enclosure.function_prefix()
    words += ["--function-prefix", json.dumps(prefix)] if prefix else []
    # Elsewhere than in a network of its own, another may have the usual ports.
    return [*words, *(_PORTS if enclosure.is_enclosed else ())]


def _wait_until_ready(server: subprocess.Popen[bytes], settings: Settings) -> None:
    def look() -> object:
        return True if server.poll() is not None else local_control().find(settings)

    wait_for(look, _START_S)
    if local_control().find(settings) is None:
        output = settings.state_dir.parent / "server.out"
        words = output.read_text(encoding="utf-8", errors="replace")[-1000:].strip()
        raise TargetError(
            "start the embedded AWS of a grading",
            f"The embedded AWS of the grading did not start: {words or 'it said nothing'}.",
            "grade it again; `lab doctor` says what is missing on this machine.",
        )


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the embedded AWS: nothing that it stores is of use any more."""
    server.kill()
    server.wait(_END_S)
