"""Replays notebooks, enclosed: ``python -P -m lab_utils.grading.replaying.worker`` < ORDER.json.

First the files of all cells are written, which takes no kernel. So nothing that a student's
Python does later, to the kernel or to this process, loses them. Then, if some notebook has Python
of the student's own, all are gone through in order: such a notebook is run in a kernel, of the
others the files are written again, since what ran before them may have changed them.

It prints one JSON object a line: ``failed`` (a cell, with its error), ``passed_over``, ``done``.
Whoever reads them must not trust them: a student's program can print here too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils.grading.replaying.file_cells import FileCells
from lab_utils.grading.replaying.kernel import Kernel, Ran
from lab_utils.grading.replaying.plan import Chapter, Plan, Step
from lab_utils.grading.submissions.remarks import shown_line
from lab_utils.grading.submissions.roles import FILE, SETUP

_MOST_RESTARTS = 2


@dataclass
class Replay:
    """The replay of one submission.

    Attributes:
        plan: What to do.
        workspace: Where.
        speed: That of the embedded AWS; it wins over the notebook's parameter.
        cell_s: Limit of a cell, in seconds.
        notebook_s: Limit of a notebook, in seconds.
    """

    plan: Plan
    workspace: Path
    speed: int
    cell_s: float
    notebook_s: float

    def fill(self) -> None:
        """Write the files of those cells again of which nothing is left."""
        files = FileCells(self.plan, self.workspace)
        for chapter in self.plan.chapters:
            for step in chapter.steps:
                if step.magic and files.is_gone(step):
                    files.write(step)
        tell("done")

    def run(self) -> None:
        """Write the files, then run what has to be run."""
        files = FileCells(self.plan, self.workspace)
        for chapter in self.plan.chapters:
            self._write_chapter(chapter, files)
        tell("passed_over", count=len(files.passed_over))
        first = next((at for at, one in enumerate(self.plan.chapters) if one.is_run), None)
        for chapter in self.plan.chapters[first:] if first is not None else ():
            if chapter.is_run:
                self._run_chapter(chapter, files)
            else:
                self._write_chapter(chapter, files)
        tell("done")

    def _write_chapter(self, chapter: Chapter, files: FileCells) -> None:
        for step in chapter.steps:
            if step.magic:
                _tell_failure(chapter, step, files.write(step))

    def _run_chapter(self, chapter: Chapter, files: FileCells) -> None:
        """Run a notebook; a kernel that ends in a cell is followed by another for the rest."""
        deadline = time.monotonic() + self.notebook_s
        cwd = self.workspace / "notebooks"
        cwd.mkdir(parents=True, exist_ok=True)
        waiting = list(chapter.steps)
        for _ in range(1 + _MOST_RESTARTS):
            with Kernel(cwd) as kernel:
                done = [one for one in chapter.steps[: -len(waiting)] if one.role == SETUP]
                for step in done:
                    self._run_step(kernel, chapter, step, deadline)
                while waiting:
                    step = waiting.pop(0)
                    if step.role == FILE:
                        files.write(step)
                    elif self._run_step(kernel, chapter, step, deadline).is_dead:
                        break
            if not waiting or time.monotonic() > deadline:
                return

    def _run_step(self, kernel: Kernel, chapter: Chapter, step: Step, deadline: float) -> Ran:
        left = deadline - time.monotonic()
        if left <= 0:
            return Ran(is_dead=True)
        ran = kernel.run(step.source, min(self.cell_s, left))
        if not step.is_released or ran.is_late or ran.is_dead:
            _tell_failure(chapter, step, ran.error)
        if step.is_parameters and not ran.is_dead:
            kernel.run(f'target, speed = "local", {self.speed}', self.cell_s)
        return ran


def _tell_failure(chapter: Chapter, step: Step, error: str) -> None:
    if error:
        tell("failed", notebook=chapter.name, cell=step.name, error=shown_line(error))


def tell(event: str, **more: Any) -> None:
    """Print an event as one line of JSON."""
    print(json.dumps({"event": event, **more}), flush=True)


def replay_of(order: Mapping[str, Any]) -> Replay:
    """Return the replay that an order asks for."""
    return Replay(
        Plan.from_json(order["plan"]),
        Path(order["workspace"]),
        order["speed"],
        order["cell_s"],
        order["notebook_s"],
    )


if __name__ == "__main__":
    given = json.load(sys.stdin)
    asked = replay_of(given)
    asked.fill() if given["is_filling"] else asked.run()
