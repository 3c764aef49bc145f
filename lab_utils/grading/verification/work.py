"""The steps of a student's work in a cell, as the other parts of grading do them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab_utils.grading.configuration import (
    Applied as Configured,
)
from lab_utils.grading.configuration import apply_configuration, destroy_configuration
from lab_utils.grading.packaging import deploy, package
from lab_utils.grading.replay import ReplayDone, replay, replay_teardown
from lab_utils.grading.results import DONE, FAILED, LATE
from lab_utils.grading.sandbox.enclosure import Enclosure
from lab_utils.grading.submissions import Submission, prepare_workspace
from lab_utils.grading.verification.aws import CellAws
from lab_utils.grading.verification.steps import Applied, Step
from lab_utils.grading.workplace import Workplace
from lab_utils.launching import Enclose
from lab_utils.terraform_state import read_local_state

_REPLAY_S, _PACKAGE_S, _APPLY_S, _DEPLOY_S, _DESTROY_S = 240.0, 120.0, 180.0, 120.0, 120.0
_NO_TEARDOWN = "there is no notebook 07 in the submission, so nothing was torn down"
HANDED_IN, DEVICE = "handed-in", "device"
"""The grader's own folders of what was handed in, and of the device's certificate and key."""
_WITH_NOTEBOOKS = ("notebooks", "both")


@dataclass(frozen=True)
class Place:
    """Where a submission is graded.

    Attributes:
        enclosure: The cell.
        submission: The folder of the files that were handed in; only the grader sees it.
        form: The submission's form.
    """

    enclosure: Enclosure
    submission: Path
    form: str

    @property
    def has_notebooks(self) -> bool:
        """Whether notebooks make the workspace, and tear down what was made."""
        return self.form in _WITH_NOTEBOOKS


def make_place(enclosure: Enclosure, submission: Submission) -> tuple[Place, tuple[str, ...]]:
    """Write a submission into its cell; return the place, and what the course's files fill in."""
    folder = enclosure.paths.private / "submission"
    submission.write_to(folder)
    added = prepare_workspace(folder, enclosure.paths.workspace, submission.form)
    return Place(enclosure, folder, submission.form), added


class Work:
    """A student's work in a cell.

    Args:
        aws: The embedded AWS.
        place: Where it is.
    """

    def __init__(self, aws: CellAws, place: Place) -> None:
        self._aws = aws
        self._place = place
        paths = place.enclosure.paths
        self.workspace = paths.workspace
        self.handed_in = paths.private / HANDED_IN
        self.enclose: Enclose = place.enclosure.enclose
        self.is_repository = not place.has_notebooks
        environment = {**aws.environment(), "LAB_SESSION": str(paths.guest / "session.json")}
        self._at = Workplace(self.workspace, self.enclose, environment, lambda _line: None)
        self._folder: Path | None = None
        self._told = 0

    def replay(self) -> Step:
        """Make the workspace from the notebooks; a repository is there already."""
        step = Step()
        if self._place.has_notebooks:
            step = _replayed(replay(*self._of_replay(), _REPLAY_S, self._at.report))
        removed = self._place.enclosure.sweep()
        shutil.copytree(self.workspace, self.handed_in, ignore=_links)
        return replace(step, remarks=(*step.remarks, *removed))

    def package(self) -> Step:
        """Pack the function, as Terraform needs it."""
        packed = package(self._at, timeout_s=_PACKAGE_S)
        return Step(DONE, tuple(packed.said), tuple(packed.remarks))

    def apply(self) -> Applied:
        """Apply the configuration, and deploy the function."""
        paths = self._place.enclosure.paths
        made = apply_configuration(
            self._at,
            timeout_s=_APPLY_S,
            on_set_aside=lambda _block: None,
            ca=Path(self._aws.session.ca_file),
            made=paths.private / DEVICE,
        )
        self._folder = made.folder
        deployed = deploy(self._at, client=self._aws.client, state=made.state, timeout_s=_DEPLOY_S)
        return Applied(
            _status(made),
            (*made.said, *deployed.said),
            (*made.remarks, *deployed.remarks),
            made.outputs,
            made.state,
            made.device_files,
            made.set_aside,
        )

    def destroy(self) -> Step:
        """Destroy what was made: by notebook 7, or by the grader where there are none."""
        if not self.is_repository:
            return _replayed(replay_teardown(*self._of_replay(), _REPLAY_S, self._at.report))
        if self._folder is None:
            return Step(FAILED, ("there is no Terraform configuration to destroy",))
        done = destroy_configuration(self._at, self._folder, timeout_s=_DESTROY_S)
        return Step(DONE if done.is_done else FAILED, done.said)

    def state(self) -> Mapping[str, Any]:
        """Return Terraform's state now; empty where there is no file of it."""
        return (read_local_state(self._folder) if self._folder else None) or {}

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """End the student's programs that still run after a time."""
        return self._place.enclosure.within(seconds)

    def look_after(self) -> list[str]:
        """Return what was taken away after the student's programs, and which were ended."""
        enclosure = self._place.enclosure
        new = enclosure.ended[self._told :]
        self._told += len(new)
        return [*enclosure.sweep(), *dict.fromkeys(one.sentence() for one in new)]

    def _of_replay(self) -> tuple[Path, Path, Enclosure, Path]:
        place = self._place
        session_file = place.enclosure.paths.guest / "session.json"
        return self.workspace, place.submission, place.enclosure, session_file


def _links(folder: str, names: list[str]) -> list[str]:
    """Return the symbolic links among a folder's entries: what they lead to may change."""
    return [name for name in names if Path(folder, name).is_symlink()]


def _replayed(done: ReplayDone) -> Step:
    if done.is_missing:
        return Step(FAILED, (_NO_TEARDOWN,))
    ending = LATE if done.is_late else FAILED
    return Step(DONE if done.is_done else ending, done.said, done.remarks)


def _status(made: Configured) -> str:
    if made.is_late:
        return LATE
    return DONE if made.is_done else FAILED
