"""The grading of one submission, phase by phase, inside its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab_utils.checks.base import Check, CheckContext, say_nothing
from lab_utils.grading.results import DONE, FAILED
from lab_utils.grading.verification import plan
from lab_utils.grading.verification.aws import CellAws
from lab_utils.grading.verification.events import PhaseReport, Teller
from lab_utils.grading.verification.examination import WAIT_S, Examination
from lab_utils.grading.verification.foreign import remove_foreign
from lab_utils.grading.verification.functions import look_after_functions
from lab_utils.grading.verification.overwriting import settle
from lab_utils.grading.verification.steps import Applied, Step, Steps
from lab_utils.grading.verification.teardown import made_before, remove_unowned
from lab_utils.mqtt import DeviceFiles
from lab_utils.pipeline.pipeline import Pipeline

_NO_FILES = ("test.cert.pem", "test.private.key")
_SET_ASIDE = (
    "Terraform refuses {number} of the blocks, which the verdict lists; what they should have made "
    "is not there."
)


class Grading:
    """The grading of one submission.

    Args:
        aws: The cell's embedded AWS.
        steps: The student's work.
        teller: Told all that happens.
        hidden: The instructor's own checks.
    """

    def __init__(self, aws: CellAws, steps: Steps, teller: Teller, hidden: Sequence[Check]) -> None:
        self._aws = aws
        self._steps = steps
        self._teller = teller
        self._hidden = hidden

    def run(self) -> None:
        """Run all phases; what goes wrong in one of them is told, and the others go on."""
        self._replay()
        self._step(plan.PACKAGE, self._steps.package)
        applied = self._apply()
        examination = self._examination(applied)
        for stage in plan.stages(self._hidden):
            with self._teller.phase(stage.name) as report:
                examination.run(stage, report)
            self._look_after()
        self._tear_down(examination, applied)

    def _replay(self) -> None:
        if self._steps.is_repository:
            self._steps.replay()
        else:
            self._step(plan.REPLAY, self._steps.replay)

    def _apply(self) -> Applied:
        applied = Applied()
        with self._teller.phase(plan.APPLY) as report:
            self._remove_foreign({})
            applied = self._applied()
            self._tell(applied, report)
            # What follows reads files of the workspace, and would wait for a pipe for ever.
            self._look_after()
            self._remove_foreign(applied.state)
        for block in applied.set_aside:
            self._teller.set_aside(block)
        client = self._aws.client
        for remark in (*settle(client, applied.state), *look_after_functions(client)):
            self._teller.remark(remark)
        return applied

    def _step(self, name: str, work: Callable[[], Step]) -> None:
        with self._teller.phase(name) as report:
            self._tell(_done(work), report)
        self._look_after()

    def _applied(self) -> Applied:
        try:
            return self._steps.apply()
        except OSError as error:
            return Applied(FAILED, (_of_files(error),))

    def _tell(self, step: Step, report: PhaseReport) -> None:
        report.status = step.status
        report.say(*step.said)
        for remark in step.remarks:
            self._teller.remark(remark)

    def _look_after(self) -> None:
        for remark in self._steps.look_after():
            self._teller.remark(remark)

    def _examination(self, applied: Applied) -> Examination:
        files = applied.files or _files_that_are_missing(self._steps.workspace)
        is_empty = applied.status != DONE and not applied.state.get("resources")
        number = len(applied.set_aside)
        return Examination(
            self._aws,
            files,
            self._context(applied, files),
            self._teller,
            self._steps.within,
            nothing_made=_nothing_made(applied) if is_empty else "",
            advice=_SET_ASIDE.format(number=number) if number else "",
        )

    def _context(self, applied: Applied, files: DeviceFiles) -> CheckContext:
        memory: dict[str, Any] = {}
        steps, aws = self._steps, self._aws
        settings = replace(aws.settings, workspace=steps.handed_in)
        pipeline = Pipeline(settings, aws.variables, say_nothing, memory, steps.enclose)
        return CheckContext(
            client=aws.client,
            outputs=applied.outputs,
            device=lambda client_id: aws.device(client_id, files),
            timeout_s=WAIT_S,
            files=files,
            state=lambda: applied.state,
            timeline=aws.timeline,
            memory=memory,
            workspace=steps.handed_in,
            pipeline=lambda: pipeline,
            enclose=steps.enclose,
        )

    def _tear_down(self, examination: Examination, applied: Applied) -> None:
        with self._teller.phase(plan.TEARDOWN) as report:
            workspace, client = self._steps.workspace, self._aws.client
            made = made_before(workspace, client, applied.state)
            destroyed = _done(self._steps.destroy)
            self._tell(destroyed, report)
            self._look_after()
            if self._steps.is_repository:
                self._remove_unowned()
            looks = examination.with_facts(made=made, state=self._steps.state, workspace=workspace)
            checks = plan.teardown_checks(self._hidden)
            looks.run(plan.Stage(plan.TEARDOWN, checks), report)

    def _remove_foreign(self, state: Mapping[str, Any]) -> None:
        remark = remove_foreign(self._steps.workspace, self._aws.client, state)
        if remark:
            self._teller.remark(remark)

    def _remove_unowned(self) -> None:
        remark = remove_unowned(self._steps.workspace, self._aws.client)
        if remark:
            self._teller.remark(remark)


def _done(work: Callable[[], Step]) -> Step:
    """Return how a step ended; what a student did to the files of the cell costs it alone."""
    try:
        return work()
    except OSError as error:
        return Step(FAILED, (_of_files(error),))


def _of_files(error: OSError) -> str:
    return f"The grader cannot use the workspace as it was left: {error}"


def _nothing_made(applied: Applied) -> str:
    why = f": {applied.said[-1]}" if applied.said else ""
    return f"Terraform applied nothing{why}"


def _files_that_are_missing(workspace: Path) -> DeviceFiles:
    """Return the device's files where the practical's output.tf would write them."""
    certificate, key = (workspace / "terraform" / "files" / name for name in _NO_FILES)
    return DeviceFiles(certificate, key)
