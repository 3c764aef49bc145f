"""A program whose lines come as they are written, and which leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

_GRACE_S = 2.0
LONGEST_LINE = 64 * 1024


class Follower:
    """Runs a program and hands out its lines; whatever it has started ends with it.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
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
        self._command, self._folder = list(command), folder
        self._environment = dict(environment)
        self._deadline_s = deadline_s
        self._begun = time.time()
        self.is_late = False
        self.exit_code: int | None = None

    def lines(self) -> Iterator[str]:
        """Yield what the program writes, line by line, both streams as one.

        However this ends (its end, the deadline, an interrupt), no process of it goes on.
        """
        with subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
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
        left = self._descendants(process.pid)
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.terminate()
        _gone, alive = psutil.wait_procs(left, timeout=_GRACE_S)
        for one in alive:
            with contextlib.suppress(psutil.Error):
                one.kill()

    def _descendants(self, pid: int) -> list[psutil.Process]:
        """Return the processes of the run: a job may have taken one out of the group."""
        home = self._environment["HOME"]
        found = []
        for one in psutil.process_iter(["pid", "create_time"]):
            with contextlib.suppress(psutil.Error):
                is_young = one.info["create_time"] >= self._begun - 1
                if one.pid == pid or (is_young and one.environ().get("HOME") == home):
                    found.append(one)
        return found
