"""What a run of a pipeline came to."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["passed", "failed", "warning", "skipped"]


@dataclass(frozen=True)
class JobRun:
    """A job that ran, or did not.

    Attributes:
        name: The job's name.
        stage: Its stage.
        status: ``passed``, ``failed``, ``warning`` (it failed and was allowed to), ``skipped``.
        seconds: How long it ran.
        log: What it wrote, with its commands; secrets masked.
        command: The command that failed; "" if none did.
        exit_code: Of the job's script; 0 if it passed, None if it did not come to its end.
        hint: What the log points to; "" where that is not known.
    """

    name: str
    stage: str
    status: Status
    seconds: float
    log: str
    command: str = ""
    exit_code: int | None = None
    hint: str = ""

    def text(self) -> str:
        """Return one sentence on how it ended."""
        if self.status == "skipped":
            return f"{self.name}: did not run"
        took = f"{self.seconds:.1f} s"
        if self.status == "passed":
            return f"{self.name}: passed in {took}"
        code = (
            "was stopped" if self.exit_code is None else f"failed with exit code {self.exit_code}"
        )
        where = f" in `{self.command[:120]}`" if self.command else ""
        allowed = ", which it may (allow_failure)" if self.status == "warning" else ""
        return f"{self.name}: {code}{where} after {took}{allowed}"


@dataclass(frozen=True)
class PipelineRun:
    """A pipeline that ran.

    Attributes:
        jobs: Its jobs in the order of their start, then those that did not run.
        has_passed: Whether no job failed that may not, and at least one ran.
        seconds: From the first job's start to the last one's end.
        artifacts: The files that the jobs handed on, kept in ``.lab/``.
        branch: The branch that it ran for.
        has_deployed: Whether the deploy job ran and passed.
        tree: Names the content of the repository that it ran on; see `Pipeline.tree`.
    """

    jobs: tuple[JobRun, ...]
    has_passed: bool
    seconds: float
    artifacts: tuple[Path, ...] = ()
    branch: str = "main"
    has_deployed: bool = False
    tree: str = ""

    @property
    def code_sha256(self) -> dict[str, str]:
        """The hash of each zip among the artifacts, as Lambda names it: its ``CodeSha256``."""
        zips = [path for path in self.artifacts if path.suffix == ".zip"]
        return {path.name: _code_sha256(path.read_bytes()) for path in zips}

    def job(self, name: str) -> JobRun:
        """Return a job by its name.

        Raises:
            KeyError: There is none.
        """
        found = {one.name: one for one in self.jobs}
        return found[name]


def _code_sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
