"""Watches what the student's programs use in a cell, and ends those that go over a limit."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab_utils.grading.sandbox.cell_command import PART
from lab_utils.grading.sandbox.limits import MB, Limits
from lab_utils.grading.sandbox.processes import (
    Process,
    children,
    command_of,
    kill_all,
    list_processes,
    proportional_memory,
    tree,
)

_EVERY_S = 0.2
_FULL, _MORE = 0.9, 10
_NOT_WATCHED = 70
_IN_MEMORY = ("tmp", "dev/shm")
_FILE_BYTES = 1024
"""What the system needs for a file in memory, however empty it is."""
_EMBEDDED_AWS = "lab_utils.local_aws"
TASK, FUNCTION = "task", "function"
_Table = dict[int, Process]


@dataclass(frozen=True)
class Ended:
    """A program of the student's that was ended.

    Attributes:
        pid: The process that this one started, or the embedded AWS.
        started: When it was started, in ticks of the system; tells it from a later namesake.
        part: ``task``, or ``function`` for a Lambda function.
        reason: Such as ``used more than 2048 MB of memory``.
    """

    pid: int
    started: int
    part: str
    reason: str

    def sentence(self) -> str:
        """Return it as a sentence."""
        what = "A Lambda function" if self.part == FUNCTION else "A program of the submission"
        return f"{what} {self.reason} and was ended."


class Watch:
    """Watches in a thread of its own, from `start` to `stop`.

    Args:
        limits: What one program, and all together, may use.
        root: The cell's folder.
        is_enclosed: Whether its file system is the cell's alone.
    """

    def __init__(self, limits: Limits, root: Path, *, is_enclosed: bool) -> None:
        self._limits, self._root, self._is_enclosed = limits, root, is_enclosed
        self._guard = threading.Lock()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch_or_end, daemon=True, name="cell-watch")
        self._most_files, self._most_written = limits.files, limits.disk_mb * MB
        self.ended: list[Ended] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._is_stopping.set()
        self._thread.join()

    def reason_of(self, pid: int, since: int) -> str:
        """Return why a program was ended that this process started; "" if it was not.

        Args:
            pid: The program's process.
            since: How many of `ended` there were before it began.
        """
        return next((one.reason for one in self.ended[since:] if one.pid == pid), "")

    def end(self, pid: int, reason: str) -> None:
        """End a program that this process started, with all that it started itself."""
        self._end(list_processes(), pid, TASK, reason)

    def end_tasks(self, reason: str) -> None:
        """End all programs of the student's, but no Lambda function."""
        table = list_processes()
        for pid, part in self._programs(table):
            if part == TASK:
                self._end(table, pid, part, reason)

    def started(self) -> set[int]:
        """Return the processes that this one started, or that were left to it, and still run."""
        return set(children(list_processes(), os.getpid()))

    def end_left(self, before: set[int]) -> None:
        """End what a program that nothing enclosed left behind: it is this process's child now.

        Args:
            before: What `started` returned before that program began.
        """
        table = list_processes()
        for pid in set(children(table, os.getpid())) - before:
            kill_all(tree(table, [pid]))

    def _watch_or_end(self) -> None:
        """Watch; should that break, end the whole grading: nothing would be limited any more."""
        try:
            self._watch()
        finally:
            if not self._is_stopping.is_set():
                traceback.print_exc()
                os._exit(_NOT_WATCHED)

    def _watch(self) -> None:
        while not self._is_stopping.wait(_EVERY_S):
            table = list_processes()
            for pid, part in self._programs(table):
                if reason := self._excess(table, pid, part):
                    self._end(table, pid, part, reason)
            if reason := self._excess_of_all(table):
                self._end_all(table, reason)
            if reason := self._excess_of_files():
                self.end_tasks(reason)

    def _programs(self, table: _Table) -> Iterator[tuple[int, str]]:
        """Yield the student's programs: what this process started, and what the AWS did."""
        for pid in children(table, os.getpid()):
            if not _is_server(pid):
                yield pid, TASK
                continue
            server = _first_inside(table, pid)
            yield from ((function, FUNCTION) for function in children(table, server))

    def _excess(self, table: _Table, pid: int, part: str) -> str:
        members = tree(table, [pid])
        if len(members) > self._limits.processes:
            return f"ran more than {self._limits.processes} processes at once"
        held = _held_files(members) if part == FUNCTION and self._is_enclosed else 0
        if _use_more(table, members, self._limits.memory_mb * MB - held):
            return f"used more than {self._limits.memory_mb} MB of memory"
        return ""

    def _excess_of_all(self, table: _Table) -> str:
        """Return what is said of programs that are each below the limit, and are too many."""
        if not self._is_enclosed:
            return ""
        most = self._limits.cell_mb * MB * _FULL
        for pid, part in self._programs(table):
            most -= _held_files(tree(table, [pid])) if part == FUNCTION else 0
        if _use_more(table, table, most):
            return f"used, together with others, more than {self._limits.cell_mb} MB of memory"
        return ""

    def _end_all(self, table: _Table, reason: str) -> None:
        for pid, part in self._programs(table):
            self._end(table, pid, part, reason)

    def _excess_of_files(self) -> str:
        """Return what is said of too many or too large files.

        They stay: what comes after may add a little before it is ended, too.
        """
        if not self._is_enclosed:
            return ""
        told = os.statvfs(self._root)
        files = told.f_files - told.f_ffree
        if files > self._most_files:
            self._most_files = files + self._limits.files // _MORE
            return f"made more than {self._limits.files} files"
        written = (told.f_blocks - told.f_bfree) * told.f_frsize
        if written > self._most_written:
            self._most_written = written + self._limits.disk_mb * MB // _MORE
            return f"wrote more than {self._limits.disk_mb} MB"
        return ""

    def _end(self, table: _Table, pid: int, part: str, reason: str) -> None:
        if pid not in table:
            return
        kill_all(tree(table, [pid]))
        started = table[pid].started
        with self._guard:
            if not any((one.pid, one.started) == (pid, started) for one in self.ended):
                self.ended.append(Ended(pid, started, part, reason))


def _use_more(table: _Table, pids: Collection[int], most: float) -> bool:
    """Return whether processes use more bytes; what they share is looked at only in doubt."""
    if sum(table[one].memory for one in pids) <= most:
        return False
    return proportional_memory(table, pids) > most


def _held_files(members: Iterable[int]) -> int:
    """Return the bytes that a Lambda function's own files take, which lie in memory.

    bubblewrap's outermost process sees the cell's instead; so the newest one is asked.
    """
    for pid in sorted(members, reverse=True):
        with suppress(OSError):
            return sum(_taken(f"/proc/{pid}/root/{one}") for one in _IN_MEMORY)
    return 0


def _taken(folder: str) -> int:
    told = os.statvfs(folder)
    files = told.f_files - told.f_ffree
    return (told.f_blocks - told.f_bfree) * told.f_frsize + files * _FILE_BYTES


def _is_server(pid: int) -> bool:
    """Return whether a process that this one started is the embedded AWS."""
    command = command_of(pid)
    if command[1:2] == ["--setenv"] and command[2:3] == [PART]:
        return command[3:4] == ["server"]
    return _EMBEDDED_AWS in command


def _first_inside(table: _Table, pid: int) -> int:
    """Return the process that bubblewrap's own around it enclose."""
    outermost = table[pid].name
    while outermost == "bwrap" and table[pid].name == outermost:
        below = children(table, pid)
        if not below:
            break
        pid = below[0]
    return pid
