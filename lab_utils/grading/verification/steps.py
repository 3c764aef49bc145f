"""What is done with a student's work before the checks look at what it made."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lab_utils.grading.results import DONE, SetAside
from lab_utils.launching import Enclose
from lab_utils.mqtt import DeviceFiles


@dataclass(frozen=True)
class Step:
    """How a step ended.

    Attributes:
        status: As of a phase: ``done``, ``failed``, ``skipped`` or ``late``.
        said: What there is to say about it, in sentences.
        remarks: What costs no points but should be known.
    """

    status: str = DONE
    said: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applied(Step):
    """What Terraform made.

    Attributes:
        outputs: Terraform's outputs by name.
        state: Terraform's state, as ``terraform state pull`` gives it; empty if there is none.
        files: The device's files.
        set_aside: The blocks that Terraform refuses.
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    files: DeviceFiles | None = None
    set_aside: tuple[SetAside, ...] = ()


class Steps(Protocol):
    """The student's work, step by step; each step ends in its time and raises nothing.

    Attributes:
        workspace: The folder that the student's programs work in.
        handed_in: A copy of it from before they did, for checks that look at files.
        enclose: How programs that run the student's code are started.
        is_repository: Whether there are no notebooks, so that the grader destroys.
    """

    workspace: Path
    handed_in: Path
    enclose: Enclose
    is_repository: bool

    def replay(self) -> Step:
        """Make the workspace from the notebooks, if there are some, and copy it."""

    def package(self) -> Step:
        """Pack the function, as Terraform needs it."""

    def apply(self) -> Applied:
        """Apply the configuration, and deploy the function."""

    def destroy(self) -> Step:
        """Destroy what was made, as the student's form has it."""

    def state(self) -> Mapping[str, Any]:
        """Return Terraform's state now."""

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """End the student's programs that still run after a time."""

    def look_after(self) -> list[str]:
        """Return what was taken away after the student's programs, and which were ended, and why.

        To be called before anybody reads what they left.
        """
