"""Runs a cell from outside: gives it its order, follows its events, and ends it at its limits."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from lab_utils.grading.sandbox.bubblewrap import require_posix
from lab_utils.grading.sandbox.cell_command import (
    bootstrap,
    cell_order,
    first_orders,
)
from lab_utils.grading.sandbox.enclosed_cell import cell_environment, enclosed
from lab_utils.grading.sandbox.limits import MB, Limits
from lab_utils.grading.sandbox.output import Kept
from lab_utils.grading.sandbox.paths import CellPaths
from lab_utils.grading.sandbox.processes import (
    kill_all,
    list_processes,
    mentioning,
    proportional_memory,
    tree,
)
from lab_utils.grading.sandbox.trial import require_bubblewrap
from lab_utils.settings import CHECKOUT

DONE, LATE, OVER, FAILED = "done", "late", "over", "failed"
"""How a cell ended: by itself; at its limit of time; at another limit; by a fault of its own."""
WORKER = (sys.executable, "-P", "-m", "lab_utils.grading.cell_worker")
_LONGEST_EVENT = 1 << 22
_MOST_ERRORS = 40_000
_EVERY_S = 1.0
OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Ending:
    """How a cell ended.

    Attributes:
        status: ``done``, ``late``, ``over`` or ``failed``.
        seconds: Wall time.
        reason: In plain words, such as ``took longer than 600 s``; "" for ``done``.
        said: The end of what the grader wrote to its standard error; clean.
    """

    status: str
    seconds: float
    reason: str = ""
    said: str = ""


def run_cell(
    order: Mapping[str, Any],
    on_event: OnEvent,
    *,
    given: Mapping[str, bytes] | None = None,
    limits: Limits | None = None,
    unsafe: bool = False,
    worker: Sequence[str] = WORKER,
) -> Ending:
    """Run the grader of one submission in a cell of its own, and return how it ended.

    The cell ends with the thread that calls this, also if that one is killed; nothing of it is
    left then, neither a process nor a file.

    Args:
        order: What the grader is to do; ``cell`` is added, for `enclosure.enter`.
        on_event: Takes each JSON object that the grader prints, as it comes.
        given: Files for the grader alone, by relative name; they are in `CellPaths.given`.
        limits: What the submission may use.
        unsafe: Enclose nothing.
        worker: The grader's command, without the order's file.

    Raises:
        SandboxError: bubblewrap is missing or does not work, and ``unsafe`` was not asked for; or
            this is Windows.
    """
    limits = limits or Limits()
    require_posix()
    _compile_package()
    with ExitStack() as stack:
        program = None if unsafe else require_bubblewrap()
        paths = CellPaths() if program else CellPaths(stack.enter_context(_folder()))
        command, descriptors = _begin(program, paths, limits, [*worker, str(paths.order)], stack)
        told = {**order, "cell": cell_order(paths, limits, program)}
        files = {f"given/{name}": content for name, content in (given or {}).items()}
        packed = pack({"order.json": json.dumps(told).encode(), **files})
        environment = cell_environment(paths)
        with _start(command, environment, descriptors) as process:
            return _Cell(process, limits, on_event).follow(packed)


@cache
def _compile_package() -> None:
    """Compile the package where that may be written: a cell, which may not, would each time."""
    compileall.compile_dir(CHECKOUT / "lab_utils", quiet=2)


def _start(
    command: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        pass_fds=descriptors,
        start_new_session=True,
    )


def _begin(
    program: str | None, paths: CellPaths, limits: Limits, command: Sequence[str], stack: ExitStack
) -> tuple[list[str], list[int]]:
    if program:
        return enclosed(program, paths, limits, command, stack)
    return bootstrap(first_orders(paths, limits, command, is_enclosed=False)), []


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return files as `bootstrap.take_files` reads them.

    Raises:
        ValueError: A name leads out of the cell.
    """
    for name in files:
        parts = Path(name).parts
        if Path(name).is_absolute() or ".." in parts or not parts or "\0" in name:
            raise ValueError(f"{name!r} is no relative name of a file")
    head = json.dumps([(name, len(content)) for name, content in files.items()])
    return b"".join((head.encode(), b"\n", *files.values()))


class _Cell:
    """A running cell, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, on_event: OnEvent) -> None:
        self._process, self._limits, self._on_event = process, limits, on_event
        self._errors = Kept(_MOST_ERRORS)
        self._is_over = threading.Event()
        self._started = time.monotonic()
        self._ended: tuple[str, str] | None = None
        self._is_done = False

    def follow(self, packed: bytes) -> Ending:
        """Return how the cell ended; its events are handed on as they come."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        threads = [
            threading.Thread(target=self._feed, args=(packed,), daemon=True),
            threading.Thread(target=self._errors.read_from, args=(process.stderr,), daemon=True),
            threading.Thread(target=self._watch, daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            for event in _events(process.stdout, self._errors):
                self._is_done = self._is_done or event.get("event") == "done"
                self._on_event(event)
            process.wait()
        finally:
            self._is_over.set()
            self._kill()
            process.wait()
            for thread in threads:
                thread.join()
        return self._ending()

    def _ending(self) -> Ending:
        seconds = round(time.monotonic() - self._started, 3)
        said = self._errors.text().strip()
        if self._ended is not None:
            return Ending(self._ended[0], seconds, self._ended[1], said)
        if self._is_done:
            return Ending(DONE, seconds, "", said)
        last = said.splitlines()[-1] if said else "it said nothing"
        reason = f"the grader ended with status {self._process.returncode}: {last}"
        return Ending(FAILED, seconds, reason, said)

    def _feed(self, packed: bytes) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as pipe:
                pipe.write(packed)
        except OSError:
            # It ended before it read its order; its status and its words say why.
            return

    def _watch(self) -> None:
        deadline = self._started + self._limits.seconds
        while not self._is_over.wait(min(_EVERY_S, max(deadline - time.monotonic(), 0.0))):
            if time.monotonic() >= deadline:
                return self._end(LATE, f"took longer than {self._limits.seconds:g} s")
            if self._uses_too_much():
                return self._end(OVER, f"used more than {self._limits.cell_mb} MB of memory")
        return None

    def _uses_too_much(self) -> bool:
        table = list_processes()
        members = tree(table, [self._process.pid])
        most = self._limits.cell_mb * MB
        if sum(table[one].memory for one in members) <= most:
            return False
        return proportional_memory(table, members) > most

    def _end(self, status: str, reason: str) -> None:
        self._ended = (status, reason)
        self._kill()

    def _kill(self) -> None:
        kill_all(tree(list_processes(), [self._process.pid]))
        self._process.kill()


def _events(pipe: IO[bytes], others: Kept) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that a cell prints, a line each; other lines are kept as errors."""
    with pipe:
        while line := pipe.readline(_LONGEST_EVENT):
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict):
                yield event
            else:
                others.add(line)


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a temporary folder; what still runs for it is ended then, and it is removed."""
    folder = Path(tempfile.mkdtemp(prefix="lab-cell-")).resolve()
    try:
        yield folder
    finally:
        kill_all(mentioning(str(folder)))
        shutil.rmtree(folder, ignore_errors=True)
