"""Where a student's own programs run while their work is graded: enclosed, limited, followed."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_utils.launching import Enclose

MOST_KEPT = 64 * 1024
"""How many characters of a program's output are kept: its end, where it says what went wrong."""
_LONGEST_LINE = 1024 * 1024
_CHUNK = 64 * 1024
_GRACE_S = 5.0
_NOT_STARTED = 127
"""The exit status with which a shell, too, says that a program cannot be started."""
_QUIET_S = 0.5
"""How long after its end a program's output may still come."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Workplace:
    """A submission's workspace, and how programs are started in it.

    Attributes:
        workspace: The folder of the submission's files, which programs may change.
        enclose: How a program is enclosed.
        environment: The whole environment of a program.
        report: Takes a line of progress.
    """

    workspace: Path
    enclose: Enclose
    environment: Mapping[str, str]
    report: Callable[[str], None]

    def shown(self, path: Path) -> str:
        """Return a path as the reader knows it: in the workspace, with slashes."""
        place = Path(os.path.normpath(path))
        if place.is_relative_to(self.workspace):
            place = place.relative_to(self.workspace)
        return cleaned(place.as_posix())

    def holds(self, path: Path) -> bool:
        """Return whether a path, links followed, stays within the workspace."""
        try:
            return path.resolve().is_relative_to(self.workspace.resolve())
        except (OSError, RuntimeError, ValueError):  # links in a circle, names that cannot be
            return False

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Hand out a folder that programs can see, and take it away again."""
        folder = Path(tempfile.mkdtemp(prefix=".grading-", dir=self.workspace))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        status: Its exit status, negative for a signal.
        output: The end of what it printed, both streams, without control characters.
        is_late: Whether it was ended because its time was over.
    """

    status: int
    output: str
    is_late: bool


class Task:
    """A student's program while it runs.

    Args:
        place: Where.
        command: The program and its arguments.
        cwd: The folder that it starts in.
        environment: Its whole environment.
        timeout_s: Its limit of time, in seconds.
    """

    def __init__(
        self,
        place: Workplace,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> None:
        self._command = place.enclose(command, cwd)
        self._cwd = cwd
        self._environment = dict(environment)
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self.is_late = False
        self.status = 0

    def lines(self) -> Iterator[str]:
        """Yield what it prints, both streams, line by line; at the end nothing of it runs on.

        Where it cannot be started, as in a folder that another program has removed, the one line
        is the system's reason.
        """
        try:
            started = self._start()
        except OSError as error:
            self.status = _NOT_STARTED
            yield f"{error.strerror}: {error.filename}"
            return
        with started as process:
            self._process = process
            watch = threading.Timer(self._timeout_s, self.end)
            watch.daemon = True
            watch.start()
            try:
                yield from _lines(_chunks(process))
                self.status = process.wait()
            finally:
                watch.cancel()
                _kill(process)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def end(self) -> None:
        """End it: first as Ctrl-C does, so that Terraform keeps what it has made in its state."""
        process = self._process
        if process is None or self.is_late:
            return
        self.is_late = True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        _kill(process)


def run(
    place: Workplace,
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    timeout_s: float,
) -> Ended:
    """Run a student's program to its end, and return how it ended; see `Task`."""
    task = Task(place, command, cwd, environment, timeout_s)
    kept: deque[str] = deque()
    size = 0
    for line in task.lines():
        kept.append(line[-MOST_KEPT:])
        size += len(kept[-1]) + 1
        while size > MOST_KEPT and len(kept) > 1:
            size -= len(kept.popleft()) + 1
    return Ended(task.status, cleaned("\n".join(kept)), task.is_late)


def cleaned(text: str) -> str:
    """Return a program's text without what could move a cursor, colour or hide anything."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def _chunks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Yield what a program prints until it ends, whoever else holds its output open."""
    assert process.stdout is not None
    stream = process.stdout.fileno()
    while True:
        if select.select([stream], [], [], _QUIET_S)[0]:
            chunk = os.read(stream, _CHUNK)
            if not chunk:
                return
            yield chunk
        elif process.poll() is not None:
            return


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines; what is longer than a line may be comes in several."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            whole, rest = [*whole, rest], b""
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and its group; where it is enclosed all that it has started goes, too."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
