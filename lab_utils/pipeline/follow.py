"""What gitlab-ci-local prints, taken apart into jobs.

Every line of a job begins with its name; ``$`` marks a command, ``>`` what it wrote. The words are
those of gitlab-ci-local 4.75, which ``ci/gitlab-ci-local`` pins.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab_utils.pipeline.explain import explain
from lab_utils.pipeline.masks import Mask
from lab_utils.pipeline.runs import JobRun, Status

LARGEST_LOG = 4 * 1024 * 1024
"""Characters of a job's log that are kept: as much as GitLab keeps."""
SHOWN_LINES, LONGEST_SHOWN = 10, 160
"""How many lines of what a job writes are shown as they come, and how many characters of one."""
LAST_LINES, LAST_OF_A_FAILURE, LINES_OF_A_FAILED_TEST = 2, 12, 24
"""How many more are shown at its end: if it passed, if it failed, if pytest tells why."""
_START = re.compile(r"(?P<name>.+?) +starting .+ \((?P<stage>.+)\)$")
_END = re.compile(
    r"finished in \S.*?(?: (?P<word>FAIL|WARN) (?P<code>\d+) *)?(?P<after>after_script)?$"
)
_NOTICES = re.compile(r"Running after script|.*no artifacts was copied|artifacts from .* was empty")
_SATISFIED = re.compile(r"(Requirement already satisfied: \S+)( in \S+)?(?P<of> \(from .*)?.*")
_OF_THIS_MACHINE = re.compile(r"> Looking in (links|indexes): ")
"""Where pip gets its packages from: GitLab's runners have no such line."""
_FAILURES = re.compile(r"=+ (FAILURES|ERRORS) =+$")
_OWN = (
    r" +(?:[$>]|finished in|Running after|exported|imported|copied|artifacts? |cache |mounting|!!)"
)
"""What follows a job's name in its lines; without it, a line may be of a job with a longer one."""
_ENDINGS: dict[str | None, Status] = {None: "passed", "FAIL": "failed", "WARN": "warning"}


@dataclass
class _Job:
    name: str
    stage: str
    begun: float
    ended: float | None = None
    status: Status = "failed"
    exit_code: int | None = None
    lines: list[str] = field(default_factory=list)
    size: int = 0
    shown: int = 0
    command: str = ""

    def add(self, line: str) -> None:
        if self.size <= LARGEST_LOG:
            self.size += len(line) + 1
            self.lines.append(line)
            if self.size > LARGEST_LOG:
                self.lines.append("The log is longer than GitLab keeps; the rest is left out.")


def _telling(job: _Job) -> list[str]:
    """Return the lines of a job's log that a reader looks for at its end."""
    written = [line for line in job.lines if not line.startswith("$ ")]
    if job.status == "passed":
        return written[-LAST_LINES:]
    heads = [number for number, line in enumerate(written) if _FAILURES.match(line)]
    if heads:
        return written[heads[-1] : heads[-1] + LINES_OF_A_FAILED_TEST]
    return written[-LAST_OF_A_FAILURE:]


class Follow:
    """Collects the jobs of a run from its lines, and reports them as they come.

    Args:
        mask: Cleans the lines.
        report: Takes what is shown.
    """

    def __init__(self, mask: Mask, report: Callable[[str], None]) -> None:
        self._mask = mask
        self._report = report
        self._jobs: dict[str, _Job] = {}
        self._width = 0
        self.preamble: list[str] = []

    def take(self, raw: str) -> None:
        """Take a line."""
        line = self._mask.clean(raw)
        if (found := _START.fullmatch(line)) and not self._job_of(line):
            self._start(found["name"].strip(), found["stage"])
            return
        job = self._job_of(line)
        if job is None:
            self.preamble.append(line)
            return
        self._line(job, line[len(job.name) :].lstrip(" "))

    def runs(self) -> list[JobRun]:
        """Return what the jobs came to, in the order of their start."""
        return [self._run(job) for job in self._jobs.values()]

    def _start(self, name: str, stage: str) -> None:
        self._jobs[name] = _Job(name, stage, time.monotonic())
        self._width = max(self._width, len(name))
        self._report(f"{name}: starts (stage {stage})")

    def _job_of(self, line: str) -> _Job | None:
        """Return the job that a line is of: of those that run, the one with the longest name."""
        names = sorted(self._jobs, key=len, reverse=True)
        fitting = (name for name in names if re.match(re.escape(name) + _OWN, line))
        return next((self._jobs[name] for name in fitting), None)

    def _line(self, job: _Job, text: str) -> None:
        if text.startswith("$ "):
            job.command = text[2:].removesuffix(" # collapsed multi-line command")
            job.add(text)
            self._show(job, text)
        elif _OF_THIS_MACHINE.match(text):
            return
        elif text.startswith(">"):
            job.add(text[2:])
            self._show(job, f"  {text[2:]}")
        elif found := _END.match(text):
            self._finish(job, found)
        elif _NOTICES.match(text):
            job.add(text)
            self._show(job, text)

    def _finish(self, job: _Job, found: re.Match[str]) -> None:
        if found["after"]:
            job.add("after_script failed; GitLab does not count that.")
            return
        job.ended = time.monotonic()
        job.status = _ENDINGS[found["word"]]
        job.exit_code = int(found["code"] or 0)
        if job.shown > SHOWN_LINES:
            self._rest(job)
        run = self._run(job)
        self._report(run.text())
        if run.hint:
            self._report(f"  {run.hint}")

    def _rest(self, job: _Job) -> None:
        """Show the end of a long log: of a failure, what tells its reason."""
        last = _telling(job)[: job.shown - SHOWN_LINES]
        hidden = job.shown - SHOWN_LINES - len(last)
        if hidden > 0:
            self._report(f"{self._head(job)}  ... {hidden} more lines, in the job's log")
        for line in last:
            self._report(f"{self._head(job)}  {line[:LONGEST_SHOWN]}".rstrip())

    def _show(self, job: _Job, text: str) -> None:
        """Show a command; of what it writes, only so many lines."""
        if text.startswith("$ "):
            self._report(f"{self._head(job)}{text[:LONGEST_SHOWN]}")
            return
        if found := _SATISFIED.match(text.strip()):
            if found["of"]:
                return
            text = f"  {found[1]}"
        job.shown += 1
        if job.shown <= SHOWN_LINES:
            self._report(f"{self._head(job)}{text[:LONGEST_SHOWN]}".rstrip())

    def _head(self, job: _Job) -> str:
        return f"{job.name.ljust(self._width)} | "

    def _run(self, job: _Job) -> JobRun:
        ended = job.ended if job.ended is not None else time.monotonic()
        has_failed = job.status in ("failed", "warning")
        log = "\n".join(job.lines)
        return JobRun(
            name=job.name,
            stage=job.stage,
            status=job.status,
            seconds=ended - job.begun,
            log=log,
            command=job.command if has_failed else "",
            exit_code=job.exit_code,
            hint=explain(log, job.command) if has_failed else "",
        )
