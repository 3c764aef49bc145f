"""Replays a submission's notebooks into its workspace, enclosed.

What is replayed: cells that write a file of the workspace (``%%terraform``, ``%%workspace``), in
every notebook but that of part 7. A notebook in which the student wrote Python that could leave
something behind (see `lasting`) is run by a kernel too, up to the last such cell: with the cells
that the course gives, since the student's may lean on them, and without checks. Cells that only
show something, as released, need no run: the grader applies the configuration itself.

What wins: a file of the submission that differs from the course's is what the student's workspace
held at last. A cell that writes such a file, or declares a block that such a file declares, is
passed over; after the run these files are as they were submitted. Files of the course that a
notebook's Python deleted are put back, and then what cells had written and is gone.

What is contained: everything runs in one enclosed program that sees the workspace and nothing
else. A cell is interrupted at its limit, a kernel that ends or ignores that is followed by another
for the rest of the notebook. The files of cells are written first, so that whatever a student's
Python does to its notebook, to the lab's package in its memory, or to the program that runs it,
they are there. What it made in the embedded AWS before, counts.

The embedded AWS runs at a speed of its own: it wins over the notebook's parameter, and a `Lab`
that asks for another gets it as it is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from lab_utils.checks.base import say_nothing
from lab_utils.grading.replaying.plan import Plan, plan_replay, plan_teardown
from lab_utils.grading.replaying.restoring import Saved, is_lacking, restore, save
from lab_utils.grading.submissions.remarks import shown, shown_line, shown_names
from lab_utils.settings import CHECKOUT, base_environment

CELL_S, NOTEBOOK_S = 60.0, 180.0
_WORKER = [sys.executable, "-P", "-m", "lab_utils.grading.replaying.worker"]
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
_FILLING_S = 60.0
_MOST_FAILURES = 20
_SIGNALS = 128


class Done(Protocol):
    """What came of an enclosed program."""

    @property
    def status(self) -> int:
        """Its exit status; negative, or 128 and more, if a signal ended it."""

    @property
    def output(self) -> str:
        """What it printed."""

    @property
    def errors(self) -> str:
        """What it printed on its standard error."""

    @property
    def reason(self) -> str:
        """Why it was ended; "" if it ended itself."""

    @property
    def is_late(self) -> bool:
        """Whether it was ended at its limit of time."""


class Runner(Protocol):
    """Runs programs enclosed."""

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        timeout_s: float,
        given: bytes,
    ) -> Done:
        """Return what came of a program."""


@dataclass(frozen=True)
class ReplayDone:
    """How a replay ended.

    Attributes:
        is_done: Whether it came to its end.
        said: The cells that failed with the student's own errors, and why it ended early.
        remarks: What costs nothing but should be known.
        is_late: Whether it was ended at its limit of time.
        is_missing: Whether there is no notebook of part 7, where that is asked for.
    """

    is_done: bool
    said: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_late: bool = False
    is_missing: bool = False


def replay(
    workspace: Path,
    submission: Path,
    enclosure: Runner,
    session_file: Path,
    timeout_s: float,
    report: Callable[[str], None] = say_nothing,
) -> ReplayDone:
    """Replay the notebooks of parts 1 to 6 into the workspace, and return how that ended.

    Args:
        workspace: As `prepare_workspace` made it.
        submission: The folder that `Submission.write_to` wrote.
        enclosure: Runs what is the student's.
        session_file: The session of the embedded AWS, readable for enclosed programs.
        timeout_s: The limit of all notebooks together, in seconds.
        report: Takes each notebook that is run.
    """
    plan = plan_replay(submission)
    if not plan.chapters:
        return ReplayDone(True, remarks=("There is no notebook of parts 1 to 6.",))
    has_python = any(chapter.is_run for chapter in plan.chapters)
    for chapter in plan.chapters:
        if chapter.is_run:
            report(f"{chapter.name} has Python of the student's own, which is run")
    before = save(workspace) if has_python else {}
    done = _run(plan, workspace, enclosure, session_file, timeout_s)
    if not has_python:
        return done
    mended = _put_back(workspace, before, plan.own, done)
    if mended != done or not done.is_done:
        _run(plan, workspace, enclosure, session_file, _FILLING_S, is_filling=True)
    return mended


def _put_back(
    workspace: Path, before: Mapping[str, Saved], own: Sequence[str], done: ReplayDone
) -> ReplayDone:
    """Put the submission's own files back as they were, and those of the course that are gone."""
    gone = [name for name in before if name not in own and is_lacking(workspace, name)]
    try:
        restore(workspace, {name: before[name] for name in (*own, *gone)})
    except OSError as error:
        said = f"The files that a notebook changed could not be put back ({error.strerror})."
        return replace(done, said=(*done.said, said))
    if not gone:
        return done
    remark = f"Files of the course that a notebook deleted were put back: {shown_names(gone)}."
    return replace(done, remarks=(*done.remarks, remark))


def replay_teardown(
    workspace: Path,
    submission: Path,
    enclosure: Runner,
    session_file: Path,
    timeout_s: float,
    report: Callable[[str], None] = say_nothing,
) -> ReplayDone:
    """Run the notebook of part 7 with all its cells but checks, and return how that ended.

    Args and all: as for `replay`. Without such a notebook nothing is run: ``is_missing``.
    """
    plan = plan_teardown(submission)
    if plan is None:
        return ReplayDone(True, is_missing=True)
    report(f"{plan.chapters[0].name} is run")
    return _run(plan, workspace, enclosure, session_file, timeout_s)


def _run(
    plan: Plan,
    workspace: Path,
    enclosure: Runner,
    session_file: Path,
    timeout_s: float,
    *,
    is_filling: bool = False,
) -> ReplayDone:
    speed = int(json.loads(session_file.read_text(encoding="utf-8"))["speed"])
    order = {
        "plan": plan.to_json(),
        "workspace": str(workspace),
        "speed": speed,
        "cell_s": CELL_S,
        "notebook_s": NOTEBOOK_S,
        "is_filling": is_filling,
    }
    environment = _environment(workspace, session_file, speed)
    given = json.dumps(order).encode()
    started = time.monotonic()
    done = enclosure.run(_WORKER, workspace, environment, timeout_s, given)
    return _ending(done, time.monotonic() - started)


def _environment(workspace: Path, session_file: Path, speed: int) -> dict[str, str]:
    base = base_environment()
    return {
        **{name: base[name] for name in _PASSED_ON if name in base},
        "LAB_SESSION": str(session_file),
        "LAB_WORKSPACE": str(workspace),
        "LAB_TARGET": "local",
        "LAB_SPEED": str(speed),
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONDONTWRITEBYTECODE": "1",
        # A debugger's notice about frozen modules would be printed for each kernel.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _ending(done: Done, seconds: float) -> ReplayDone:
    events = list(_events(done.output))
    is_done = any(event.get("event") == "done" for event in events)
    said = list(dict.fromkeys(_failures(events)))
    if len(said) > _MOST_FAILURES:
        said = [*said[:_MOST_FAILURES], f"{len(said) - _MOST_FAILURES} more cells failed."]
    if not is_done:
        said.append(
            f"The notebooks' run did not come to its end: {_why(done)}. What they had made in "
            f"{seconds:.0f} s counts."
        )
    return ReplayDone(is_done, tuple(said), tuple(_remarks(events)), done.is_late)


def _why(done: Done) -> str:
    if done.reason:
        return shown_line(done.reason)
    if done.status < 0 or done.status >= _SIGNALS:
        return "a program in it ended it"
    return shown_line("".join(done.errors.strip().splitlines()[-1:]) or "it ended itself")


def _events(output: str) -> Iterator[dict[str, Any]]:
    """Yield the lines that are events; a student's program may have printed any others."""
    for line in output.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _failures(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for event in events:
        if event.get("event") == "failed":
            notebook, cell = shown(str(event.get("notebook"))), shown(str(event.get("cell")))
            yield f"Notebook {notebook}, cell {cell}: {shown_line(str(event.get('error')))}"


def _remarks(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = [event.get("count") for event in events if event.get("event") == "passed_over"]
    if counts and isinstance(counts[0], int) and counts[0] > 0:
        yield (
            f"{counts[0]} cells were not written, since the submission's own files hold what they "
            "write."
        )
