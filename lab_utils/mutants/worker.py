"""Runs tests, each time in a process of its own; a program for `runner.Runner`.

It reads a job as a line of JSON and answers with a line of JSON. It stands by itself, with pytest
and nothing else loaded: what it has loaded its children need not load again, and the tests of a
student see no module that they did not ask for.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "win32":
    import resource

_MOST_WRITTEN = 16 * 1024 * 1024
_LONGEST_WORDS = 600
_HERE = {"127.0.0.1", "::1", "localhost", "", "0.0.0.0", None}
_HOST_OF = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}
_ADDRESS_OF = {"socket.connect": 1, "socket.sendto": 1}
_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=")


class Recorder:
    """Keeps what came of the tests: a plugin of pytest."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = ""
        self.words = ""
        self.host = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a file whose tests cannot be collected."""
        if report.failed:
            self._keep(report.nodeid, report.longreprtext)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that passed, keep one that failed."""
        self.passed += report.passed and report.when == "call"
        if report.failed:
            self._keep(report.nodeid, report.longreprtext)

    def _keep(self, name: str, text: str) -> None:
        if not self.failed:
            lines = text.splitlines()
            errors = [line[1:].strip() for line in lines if line.startswith("E ")] or lines[-1:]
            self.failed, self.words = name, "\n".join(errors[:4])[:_LONGEST_WORDS]

    def refuse_network(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Let a connection go to this machine and no other: an audit hook."""
        if event in _HOST_OF:
            host = arguments[0]
        elif event in _ADDRESS_OF and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        name = host.decode() if isinstance(host, bytes) else host
        if name not in _HERE:
            self.host = str(name)
            raise RuntimeError(f"the network is blocked for unit tests: {name}")


def main() -> None:
    """Answer jobs until there are no more."""
    load_plugins()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def load_plugins() -> None:
    """Let pytest load its own plugins, once for all."""
    with tempfile.TemporaryDirectory() as empty, contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*_OPTIONS, "--rootdir", empty, empty])


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run tests in a new process, and return what came of them.

    Args:
        job: ``cwd``, ``tests``, ``paths`` (appended to ``sys.path``), ``modules`` (to load once
            for all) and ``limit_s``.
    """
    for name in job["modules"]:
        importlib.import_module(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        child = _context().Process(target=_test, args=(job, answer))
        child.start()
        child.join(job["limit_s"])
        is_late = child.is_alive()
        _end(child)
        told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
    return {"seconds": time.monotonic() - began, "is_late": is_late, **told}


def _context() -> Any:
    """Return how processes are made: as copies of this one where the system can."""
    can_copy = "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if can_copy else "spawn")


def _end(child: Any) -> None:
    """End a process, and those that it started and left behind."""
    if sys.platform == "win32":
        child.kill()
    else:
        for group in (os.killpg, os.kill):
            try:
                group(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    child.join()


def _test(job: dict[str, Any], answer: Path) -> None:
    """Run the tests in this process, and end it, whatever they left running."""
    _shut_in()
    recorder, status = Recorder(), None
    sys.addaudithook(recorder.refuse_network)
    os.chdir(job["cwd"])
    sys.path += job["paths"]
    try:
        status = int(pytest.main([*_OPTIONS, *job["tests"]], plugins=[recorder]))
    finally:
        told = {"status": status, **vars(recorder)}
        draft = answer.with_suffix(".part")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.replace(answer)
        os._exit(0)


def _shut_in() -> None:
    """Take this process's output away, and limit what it can write."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    if sys.platform != "win32":
        os.setsid()
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))


if __name__ == "__main__":
    main()
