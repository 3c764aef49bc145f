"""A program whose lines come as they are written, and which leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import psutil

from lab_utils.pipeline.guard import processes_of

_GRACE_S = 2.0
LONGEST_LINE = 64 * 1024


class Follower:
    """Runs a program and hands out its lines; whatever it has started ends with it.

    Args:
        command: The program and its arguments.
        folder: Where it runs; it goes too if this process is killed.
        environment: All of its environment; its ``HOME`` tells its descendants from others.
        deadline_s: The longest that it may take, in seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        deadline_s: float,
    ) -> None:
        guard = str(Path(__file__).with_name("guard.py"))
        self._command = [sys.executable, "-I", guard, environment["HOME"], str(folder), *command]
        self._folder = folder
        self._environment = dict(environment)
        self._deadline_s = deadline_s
        self._begun = time.time()
        self.is_late = False
        self.exit_code: int | None = None

    def lines(self) -> Generator[str, None, None]:
        """Yield what the program writes, line by line, both streams as one.

        However this ends (its end, the deadline, an interrupt), no process of it goes on.
        """
        with subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,  # its end tells the guard that this process is gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            watch = threading.Timer(self._deadline_s, self._stop_late, [process])
            watch.daemon = True
            watch.start()
            try:
                assert process.stdout is not None
                while line := process.stdout.readline(LONGEST_LINE):
                    yield line.decode("utf-8", "replace").rstrip("\n")
            finally:
                watch.cancel()
                self._stop(process)
                self.exit_code = process.wait()

    def _stop_late(self, process: subprocess.Popen[bytes]) -> None:
        self.is_late = True
        self._stop(process)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        """End the program, its group, and what has left the group."""
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        left = processes_of(self._environment["HOME"], self._begun)
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.terminate()
        _gone, alive = psutil.wait_procs(left, timeout=_GRACE_S)
        for one in alive:
            with contextlib.suppress(psutil.Error):
                one.kill()
