"""The cell as the grader in it uses it: how the student's programs and the AWS are started."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from lab_utils.grading.sandbox.cell_command import Bubblewrap
from lab_utils.grading.sandbox.limits import Limits
from lab_utils.grading.sandbox.output import Kept, clean
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.sweep import sweep
from lab_utils.grading.sandbox.watch import Ended, Watch

_FUNCTION_DISK_MB = 512
_AGAIN_S = 0.2
_LAST_WORDS_S = 5.0
_NOT_STARTED = 127


@dataclass(frozen=True)
class Done:
    """What came of a program.

    Attributes:
        status: Its exit status; 128 and more, or negative, if a signal ended it.
        output: What it printed, clean and bounded.
        errors: What it printed on its standard error, clean and bounded.
        reason: Why it was ended, such as ``took longer than 60 s``; "" if it ended itself.
        is_late: Whether it was ended at its limit of time.
    """

    status: int
    output: str
    errors: str
    reason: str = ""
    is_late: bool = False


class Shell(Protocol):
    """Makes commands run enclosed, or leaves them as they are."""

    def task(self, command: Sequence[str], cwd: Path, own: Path, name: str) -> list[str]:
        """Return the command that runs the student's code."""

    def server(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs the embedded AWS."""

    def function_prefix(self, disk_mb: int) -> list[str]:
        """Return what is put before a Lambda function's command."""


class Plain:
    """Encloses nothing: what runs has the grader's own rights."""

    def task(self, command: Sequence[str], _cwd: Path, _own: Path, _name: str) -> list[str]:
        """Return the command."""
        return list(command)

    def server(self, command: Sequence[str]) -> list[str]:
        """Return the command."""
        return list(command)

    def function_prefix(self, _disk_mb: int) -> list[str]:
        """Return nothing."""
        return []


class Enclosure:
    """Starts what belongs to a submission, and ends what goes over its limits.

    Args:
        paths: Where things lie in the cell.
        limits: What may be used.
        shell: Encloses.
    """

    def __init__(self, paths: CellPaths, limits: Limits, shell: Shell) -> None:
        self.paths, self.limits, self._shell = paths, limits, shell
        self.is_enclosed = not isinstance(shell, Plain)
        self._numbers = itertools.count(1)
        self._watch = Watch(limits, paths.root, is_enclosed=self.is_enclosed)
        self._watch.start()

    @property
    def ended(self) -> Sequence[Ended]:
        """The programs that went over a limit, Lambda functions among them; grows."""
        return self._watch.ended

    def close(self) -> None:
        """End the student's programs, and watch no longer."""
        self._watch.end_tasks("was still running")
        self._watch.stop()

    def enclose(self, command: Sequence[str], cwd: Path) -> list[str]:
        """Return the command that runs the student's code enclosed: an `Enclose`.

        It has to be started by a thread that outlives it: it dies with that thread.
        """
        return self._task(command, cwd)[0]

    def server_command(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs the embedded AWS, whose folders are `CellPaths.server`."""
        return self._shell.server(command)

    def function_prefix(self) -> list[str]:
        """Return the words before a Lambda function's command; ``{folder}`` is its code's."""
        return self._shell.function_prefix(_FUNCTION_DISK_MB)

    def sweep(self) -> list[str]:
        """Remove what in the workspace would lead the grader astray; a sentence for each.

        To be called after a program of the student's, before the grader reads what it left.
        """
        return sweep(self.paths)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the student's programs that still run, or are begun, after a time.

        Args:
            seconds: From now; `ended` says it then.
        """
        is_over = threading.Event()
        watcher = threading.Thread(target=self._end_after, args=(seconds, is_over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            is_over.set()
            watcher.join()

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        timeout_s: float,
        given: bytes = b"",
    ) -> Done:
        """Return what came of a program of the student's; nothing of it runs on.

        Args:
            command: What to run.
            cwd: Where it starts, in the workspace or in scratch.
            environment: All that it gets; ``HOME`` and ``TMPDIR`` are its own.
            timeout_s: Its limit of time, in seconds.
            given: What it can read from its standard input.
        """
        enclosed, own = self._task(command, cwd)
        before, others = len(self.ended), self._watch.started()
        try:
            with subprocess.Popen(
                enclosed,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ) as process:
                talk = _Talk(process, given, self.limits.output_bytes)
                is_late = self._wait(process, timeout_s)
                if not self.is_enclosed:
                    self._watch.end_left(others)
                output, errors = talk.finish()
        except OSError as error:
            return Done(_NOT_STARTED, "", clean(f"{error.strerror}: {error.filename}"))
        finally:
            shutil.rmtree(own, ignore_errors=True)
        reason = self._watch.reason_of(process.pid, before)
        return Done(process.returncode, output, errors, reason, is_late)

    def _wait(self, process: subprocess.Popen[bytes], timeout_s: float) -> bool:
        """Wait for a program's end, and return whether it had to be ended for its time."""
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._watch.end(process.pid, _too_long(timeout_s))
            process.wait()
            return True
        except BaseException:
            self._watch.end(process.pid, "was interrupted")
            raise
        return False

    def _end_after(self, seconds: float, is_over: threading.Event) -> None:
        is_done = is_over.wait(seconds)
        while not is_done:
            self._watch.end_tasks(_too_long(seconds))
            is_done = is_over.wait(_AGAIN_S)

    def _task(self, command: Sequence[str], cwd: Path) -> tuple[list[str], Path]:
        name = str(next(self._numbers))
        own = self.paths.tasks / name
        for folder in ("tmp/home", "shm"):
            (own / folder).mkdir(parents=True)
        return self._shell.task(command, cwd, own, name), own


class _Talk:
    """Writes a program's input and reads its outputs, each in a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes, most_bytes: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._kept = Kept(most_bytes), Kept(most_bytes)
        pipes = (process.stdout, process.stderr)
        self._threads = [
            threading.Thread(target=kept.read_from, args=(pipe,), daemon=True)
            for kept, pipe in zip(self._kept, pipes, strict=True)
        ]
        self._threads.append(
            threading.Thread(target=_write, args=(process.stdin, given), daemon=True)
        )
        for thread in self._threads:
            thread.start()

    def finish(self) -> tuple[str, str]:
        """Return output and errors once nobody writes any more."""
        for thread in self._threads:
            thread.join(_LAST_WORDS_S)
        return self._kept[0].text(), self._kept[1].text()


def enter(told: Mapping[str, Any]) -> Enclosure:
    """Return the enclosure of the cell that this process is the grader of.

    The order's file is removed: it may hold hidden checks, which from here on are in memory alone.

    Args:
        told: The order's ``cell``.
    """
    paths = CellPaths(Path(told["root"]))
    paths.order.unlink(missing_ok=True)
    shell = Bubblewrap(told["program"], paths) if told["program"] else Plain()
    return Enclosure(paths, Limits(**told["limits"]), shell)


def _write(pipe: IO[bytes], given: bytes) -> None:
    try:
        with pipe:
            pipe.write(given)
    except OSError:
        return


def _too_long(seconds: float) -> str:
    return f"took longer than {seconds:g} s"
