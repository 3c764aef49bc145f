"""``lab verify``: a workspace or a repository, graded by behaviour."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab_utils.commands.answers import print_json
from lab_utils.errors import SandboxError
from lab_utils.grading.results import Phase, SetAside, Verdict
from lab_utils.grading.sandbox.trial import require_bubblewrap
from lab_utils.grading.submissions import read_submission
from lab_utils.grading.verification.events import phases_told
from lab_utils.grading.verification.hidden import read_checks
from lab_utils.grading.verification.judge import Graded, grade_submission
from lab_utils.grading.verification.order import Order

_WIDTH = 10


def verify(arguments: argparse.Namespace) -> int:
    """Grade a folder, and return 0 if it could be graded, whatever the points."""
    submission = read_submission(Path(arguments.folder).resolve())
    order = Order(
        speed=arguments.speed,
        time_limit_s=arguments.time_limit,
        unsafe=_has_no_sandbox(),
        checks=read_checks(Path(arguments.checks)) if arguments.checks else {},
    )
    stream = sys.stderr if arguments.json else sys.stdout

    def show(event: Mapping[str, Any]) -> None:
        for phase in phases_told([event]):
            print("\n".join(phase_lines(phase)), file=stream, flush=True)

    graded = grade_submission(submission, order, show)
    if arguments.json:
        print_json(graded.verdict.to_json())
    else:
        print("\n".join(verdict_lines(graded.verdict)))
    return _status(graded)


def _has_no_sandbox() -> bool:
    """Return whether there is no sandbox here, and say so: the work is most likely one's own."""
    try:
        require_bubblewrap()
    except SandboxError as error:
        print(
            f"lab: graded without a sandbox: {error.happened} What is graded runs with your own "
            f"rights; do not grade others' work so. For a sandbox: {error.next_step}",
            file=sys.stderr,
        )
        return True
    return False


def _status(graded: Graded) -> int:
    if graded.ending.reason:
        print(f"lab: the grading {graded.ending.reason}", file=sys.stderr)
    return 0 if graded.is_graded else 1


def phase_lines(phase: Phase) -> Iterator[str]:
    """Yield a phase in a line, and below it what there is to say."""
    yield f"{phase.name:<{_WIDTH}} {phase.status:<7} {phase.seconds:6.1f} s"
    for said in phase.said:
        yield from (f"  {line}" for line in said.splitlines())


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield what was set aside, what there is to remark, the checks, and the sum."""
    yield ""
    for block in verdict.set_aside:
        yield from _block_lines(block)
    yield from (f"remark: {remark}" for remark in verdict.remarks)
    yield verdict.report.to_text()


def _block_lines(block: SetAside) -> Iterator[str]:
    yield f"set aside: {block.block} ({block.file}:{block.line})"
    yield from (f"  {line}" for line in block.why.splitlines())
