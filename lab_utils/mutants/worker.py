"""Runs tests, each time in a process of its own; a program for `runner.Runner`.

It reads a job as a line of JSON and answers with a line of JSON. It stands by itself, with pytest
and little else loaded: what it has loaded its children need not load again, and the tests of a
student see no module that they did not ask for.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import io
import json
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

if sys.platform != "win32":
    import resource

_WAITING_S, _WAITING = 10.0, 2.0
"""How long tests may take by the clock: so many seconds, and so many times the limit."""
_POLL_S = 0.003
_SET_CHILD_SUBREAPER, _SET_PARENT_DEATH_SIGNAL = 36, 1
_MOST_WRITTEN = 16 * 1024 * 1024
_LONGEST_WORDS = 600
_HERE = {"127.0.0.1", "::1", "localhost", "", "0.0.0.0", None}
_HOST_OF = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}
_ADDRESS_OF = {"socket.connect": 1, "socket.sendto": 1}
_NOT_NEEDED = ("cacheprovider", "unraisableexception", "threadexception", "faulthandler")
_OPTIONS = ("-x", "-q", *(f"-pno:{name}" for name in _NOT_NEEDED), "-o", "addopts=")


class Recorder:
    """Keeps what came of the tests: a plugin of pytest.

    Args:
        left_out: The ids of tests that are not run.
    """

    def __init__(self, left_out: frozenset[str]) -> None:
        self._left_out = left_out
        self.passed = 0
        self.failed = ""
        self.words = ""
        self.host = ""

    def told(self) -> dict[str, Any]:
        """Return what was kept."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take away the tests that are not to run."""
        items[:] = [one for one in items if _id_of(one) not in self._left_out]

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


def _id_of(item: pytest.Item) -> str:
    """Return a test's file and name, without its parameters."""
    return f"{item.path}::{getattr(item, 'originalname', item.name)}"


def main() -> None:
    """Answer jobs until there are no more."""
    load_plugins()
    _adopt_orphans()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def load_plugins() -> None:
    """Let pytest load its own plugins, once for all."""
    with tempfile.TemporaryDirectory() as empty, contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*_OPTIONS, "--rootdir", empty, empty])
    gc.collect()
    gc.freeze()  # so that no child looks through it again


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run tests in a new process, and return what came of them.

    The limit is one of computing: on a busy machine tests get as far as on a quiet one. Who only
    waits is ended too, later.

    Args:
        job: ``cwd``, ``tests``, ``left_out`` (tests, as ``FILE::NAME``), ``paths`` (appended to
            ``sys.path``), ``modules`` (to load once for all), ``limit_s`` and ``is_told``
            (whether the words of a failed assertion matter: they take time).
    """
    for name in job["modules"]:
        importlib.import_module(name)
    began, computed_before_s = time.monotonic(), _computed_s()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        is_late = _run_apart(job, answer, _WAITING_S + _WAITING * job["limit_s"])
        told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
    return {
        "seconds": time.monotonic() - began,
        "computed_s": _computed_s() - computed_before_s,
        "is_late": is_late,
        **told,
    }


def _computed_s() -> float:
    """Return how long this process's children have computed; 0 where that is not known."""
    if sys.platform == "win32":
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run_apart(job: dict[str, Any], answer: Path, longest_s: float) -> bool:
    """Run tests in a process of their own, and return whether it had to be ended."""
    if sys.platform == "win32":
        child = multiprocessing.Process(target=_test, args=(job, answer))
        child.start()
        child.join(longest_s)
        is_late = child.is_alive()
        child.kill()
        child.join()
        return is_late
    pid = os.fork()  # what is loaded here need not be loaded again
    if pid == 0:
        try:
            _test(job, answer)
        finally:
            os._exit(1)
    status = _wait(pid, longest_s)
    _end_descendants()
    return status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)


def _wait(pid: int, longest_s: float) -> int | None:
    """Return a process's wait status, whatever it left running; None if it goes on too long."""
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(_POLL_S)
    return None


def _adopt_orphans() -> None:
    """Become the parent of what the tests leave behind: on Linux, for which see prctl(2)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_descendants() -> None:
    """End all processes below this one, those of other sessions too."""
    own, deadline = psutil.Process(), time.monotonic() + _WAITING_S
    while (left := own.children(recursive=True)) and time.monotonic() < deadline:
        for one in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(left, timeout=1.0)


def _test(job: dict[str, Any], answer: Path) -> None:
    """Run the tests in this process, and end it, whatever they left running."""
    _shut_in(job["limit_s"])
    recorder, status = Recorder(frozenset(job["left_out"])), None
    sys.addaudithook(recorder.refuse_network)
    os.chdir(job["cwd"])
    sys.path += job["paths"]
    try:
        form = "rewrite" if job["is_told"] else "plain"
        options = (*_OPTIONS, f"--assert={form}")
        status = int(pytest.main([*options, *job["tests"]], plugins=[recorder]))
    finally:
        told = {"status": status, **recorder.told()}
        draft = answer.with_suffix(".part")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.replace(answer)
        os._exit(0)


def _shut_in(limit_s: float) -> None:
    """Take this process's output away, and limit what it can write and compute."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    if sys.platform != "win32":
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
        whole_s = math.ceil(limit_s)
        resource.setrlimit(resource.RLIMIT_CPU, (whole_s, whole_s + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
