"""The processes of this machine, or of a cell: who started whom, and what they use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")
_PARENT, _STARTED, _RESIDENT = 1, 19, 21
"""Fields of ``/proc/PID/stat`` after the name, from 0."""
_ENDED = "Z"
_KB = 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: Its number.
        parent: Its parent's.
        started: When, in ticks of the system since its start.
        name: Its program's name, at most 15 letters.
        memory: Bytes of memory that it has; what it shares with others is counted too.
    """

    pid: int
    parent: int
    started: int
    name: str
    memory: int


def list_processes() -> dict[int, Process]:
    """Return all running processes that are seen here, by number."""
    found: dict[int, Process] = {}
    if not _PROC.is_dir():
        return {one.pid: one for one in _ask_system()}
    for entry in os.scandir(_PROC):
        if entry.name.isdigit() and (process := _read(int(entry.name))) is not None:
            found[process.pid] = process
    return found


def children(table: Mapping[int, Process], pid: int) -> list[int]:
    """Return who was started by a process itself."""
    return [one.pid for one in table.values() if one.parent == pid]


def tree(table: Mapping[int, Process], roots: Iterable[int]) -> set[int]:
    """Return processes with all that they started, as far as the parents between still run."""
    below: dict[int, list[int]] = {}
    for one in table.values():
        below.setdefault(one.parent, []).append(one.pid)
    found: set[int] = set()
    rest = [root for root in roots if root in table]
    while rest:
        pid = rest.pop()
        if pid not in found:
            found.add(pid)
            rest += below.get(pid, [])
    return found


def command_of(pid: int) -> list[str]:
    """Return a process's command; empty if it is gone."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def proportional_memory(table: Mapping[int, Process], pids: Iterable[int]) -> int:
    """Return the bytes of memory of processes; what several share is counted once among them.

    Where the system does not tell what they share, it is counted for each.
    """
    return sum(_proportional(table[pid]) for pid in pids)


def mentioning(words: str) -> set[int]:
    """Return the processes whose command or environment holds words that no other's does."""
    found = set()
    for one in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(words in text for text in (*one.cmdline(), *one.environ().values())):
                found.add(one.pid)
    return found - {os.getpid()}


def kill_all(pids: Iterable[int]) -> None:
    """End processes at once; none of them can refuse."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _read(pid: int) -> Process | None:
    try:
        text = (_PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    if fields[0] == _ENDED:
        return None
    return Process(
        pid=pid,
        parent=int(fields[_PARENT]),
        started=int(fields[_STARTED]),
        name=head.partition("(")[2],
        memory=int(fields[_RESIDENT]) * _PAGE_BYTES,
    )


def _proportional(process: Process) -> int:
    try:
        text = (_PROC / str(process.pid) / "smaps_rollup").read_bytes()
    except OSError:
        return process.memory
    return sum(int(line.split()[1]) * _KB for line in _lines(text))


def _lines(text: bytes) -> Iterator[bytes]:
    return (line for line in text.splitlines() if line.startswith(b"Pss:"))


def _ask_system() -> Iterator[Process]:
    """Yield the processes of a system without ``/proc``, by a slower way."""
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.status() != psutil.STATUS_ZOMBIE:
                memory = one.memory_info().rss
                yield Process(one.pid, one.ppid(), int(one.create_time()), one.name(), memory)
