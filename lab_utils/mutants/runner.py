"""Runs tests in processes of their own, and tells what came of them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab_utils.launching import Enclose, as_it_is
from lab_utils.settings import base_environment

_WORKER = Path(__file__).with_name("worker.py")
_NOT_KEPT = ("AWS_", "PYTEST_", "PYTHONPATH", "PYTHONSTARTUP", "COV_")
_OWN = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    # A function that makes its clients when it is loaded needs these, and no more.
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_LONGEST_ANSWER = 1024 * 1024
"""Characters; tests may find a way to write in the place of the process that runs them."""
PASSED, FAILED, NO_TESTS = 0, 1, 5
"""Exit statuses of pytest."""


@dataclass(frozen=True)
class Job:
    """Tests to run.

    Attributes:
        cwd: The folder to run them in.
        tests: Files or folders of tests.
        left_out: Tests that are not run, as ``FILE::NAME``.
        paths: Where imports are looked for after all other places.
        modules: What is loaded once for all jobs.
        limit_s: How long they may compute, in seconds; they may wait longer.
        is_told: Whether somebody reads what a failed assertion says.
    """

    cwd: str
    tests: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    limit_s: float = 60.0
    is_told: bool = True


@dataclass(frozen=True)
class Outcome:
    """What came of tests.

    Attributes:
        seconds: How long they took.
        computed_s: How much of it they computed, in seconds; 0 where that is not known.
        is_late: Whether they were ended at the limit.
        status: pytest's exit status; None if they ended the process themselves.
        passed: How many passed.
        failed: The first test that failed, by its id; "" if none did.
        words: That test's error.
        host: The machine that they tried to reach, which is blocked; "" if none.
    """

    seconds: float
    computed_s: float = 0.0
    is_late: bool = False
    status: int | None = None
    passed: int = 0
    failed: str = ""
    words: str = ""
    host: str = ""

    @property
    def is_green(self) -> bool:
        """Whether tests ran, and all passed."""
        return self.status == PASSED and self.passed > 0


class Runner:
    """Runs jobs one after another; a context manager.

    One fresh process makes the processes of all jobs, each of which sees nothing of the others.

    Args:
        scratch: A folder for temporary files.
        enclose: How that process is started; it needs the folder of `scratch`, in which the
            jobs' folders are.
    """

    def __init__(self, scratch: Path, enclose: Enclose = as_it_is) -> None:
        self._scratch = scratch
        self._enclose = enclose
        self._worker = self._start()

    def __enter__(self) -> Runner:
        """Return the runner."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End the process."""
        self._stop()

    def run(self, job: Job) -> Outcome:
        """Return what came of a job."""
        stdin, stdout = self._worker.stdin, self._worker.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asdict(job)) + "\n")
        stdin.flush()
        with contextlib.suppress(ValueError, TypeError):
            return Outcome(**json.loads(stdout.readline(_LONGEST_ANSWER)))
        # The tests ended the very process that runs them, or wrote in its place.
        self._stop()
        self._worker = self._start()
        return Outcome(0.0)

    def _start(self) -> subprocess.Popen[str]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        base = base_environment().items()
        kept = {name: value for name, value in base if not name.startswith(_NOT_KEPT)}
        return subprocess.Popen(
            self._enclose([sys.executable, "-P", str(_WORKER)], self._scratch.parent),
            env={**kept, **_OWN, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._scratch))},
            cwd=self._scratch.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def _stop(self) -> None:
        for stream in (self._worker.stdin, self._worker.stdout):
            if stream is not None:
                stream.close()
        self._worker.wait()


def run_folders(folders: Sequence[Path], scratch: Path, **job: Any) -> list[Outcome]:
    """Return what came of the tests of each folder, which lie in its ``tests/``.

    Args:
        folders: Folders that hold ``tests/``; each is the place that its tests are run in.
        scratch: A folder for temporary files.
        job: More of `Job`'s attributes.
    """
    with Runner(scratch) as runner:
        jobs = [Job(cwd=str(one), tests=(str(one / "tests"),), **job) for one in folders]
        return [runner.run(one) for one in jobs]
