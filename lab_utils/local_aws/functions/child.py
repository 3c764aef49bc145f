"""A function's process, as the embedded AWS sees it: pipes, frames and its end."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from lab_utils.local_aws.functions.runtime.channel import (
    Frame,
    FrameWriter,
    read_frames,
    read_pieces,
)

RAW, ENDED = b"0", b"-"
"""Beside the kinds of the process's own frames: bytes that did not come as a frame; its end."""
_START = Path(__file__).with_name("runtime") / "start.py"
_KB_PER_MB = 1024
_POLL_S = 0.25
_MOST_FRAMES = 512
_REAP_S = 2.0
_LAST_OF_ALL = 15
_SIGNAL_STATUS = 128
"""Status of a program around another one which a signal ended, without the signal's number."""


class Child:
    """A process that is, or will be, an execution environment.

    Args:
        setup: What :class:`runtime.loop.Runtime` is told.
        variables: Its environment at the start.
        folder: Where it starts.
        now_ns: The lab's time.
        prefix: Words before its command: a program that encloses it.
    """

    def __init__(
        self,
        setup: Mapping[str, Any],
        variables: Mapping[str, str],
        folder: Path,
        now_ns: Callable[[], int],
        prefix: Sequence[str] = (),
    ) -> None:
        self._prefix = tuple(prefix)
        command = [
            *prefix,
            sys.executable,
            "-I",
            "-S",
            "-X",
            "utf8",
            str(_START),
            json.dumps(setup),
        ]
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **_apart(),
        )
        self._frames: queue.Queue[Frame] = queue.Queue(_MOST_FRAMES)
        self._now_ns = now_ns
        assert self._process.stdin is not None
        self._writer = FrameWriter(self._process.stdin.fileno())
        self._open_pipes = 2
        self._is_ended = False
        for target in (self._read_frames, self._read_output):
            threading.Thread(target=target, daemon=True, name="function-pipe").start()

    def send(self, kind: bytes, body: bytes) -> bool:
        """Send a frame; return whether the process still takes it."""
        try:
            self._writer.send(kind, body)
        except OSError:
            return False
        return True

    def receive(self, deadline_s: float) -> Frame | None:
        """Return the next frame, or None at the deadline, on the monotonic clock.

        The last one is ``ENDED``. It comes too if the process is gone but one that it started
        holds its pipes.
        """
        while True:
            left_s = deadline_s - time.monotonic()
            try:
                frame = self._frames.get(timeout=min(max(left_s, 0.0), _POLL_S))
            except queue.Empty:
                if self._process.poll() is not None:
                    return Frame(ENDED, self._now_ns(), b"")
                if left_s <= 0:
                    return None
                continue
            if frame.kind != ENDED or self._has_ended():
                return frame

    def exit_text(self) -> str:
        """Return how the process ended, in Lambda's words."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)
        status = self._process.returncode
        if self._prefix and status and status > _SIGNAL_STATUS:
            status = _SIGNAL_STATUS - status
        if not status:
            return "Runtime exited without providing a reason"
        if status > 0:
            return f"Runtime exited with error: exit status {status}"
        return f"Runtime exited with error: signal: {_signal_text(-status)}"

    def memory_mb(self) -> int:
        """Return the most memory it has used, 0 if it is gone."""
        try:
            status = Path(f"/proc/{self._runtime_pid()}/status").read_bytes()
        except OSError:
            return self._used_mb()
        peak = re.search(rb"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        return int(peak[1]) // _KB_PER_MB if peak else 0

    def _runtime_pid(self) -> int:
        """Return the process of the function: the first below those of the program around it."""
        pid = self._process.pid
        if not self._prefix:
            return pid
        around = _name_of(pid)
        while around and _name_of(pid) == around:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
            if not children:
                break
            pid = int(children[0])
        return pid

    def _used_mb(self) -> int:
        """Return what it uses now, or has used at most where the system counts that."""
        try:
            used = psutil.Process(self._process.pid).memory_info()
        except psutil.Error:
            return 0
        return int(getattr(used, "peak_wset", used.rss)) // (_KB_PER_MB * _KB_PER_MB)

    def computed_s(self) -> float:
        """Return for how long it has computed, seconds; 0 where that is not known."""
        try:
            used = psutil.Process(self._runtime_pid()).cpu_times()
        except (psutil.Error, OSError):
            return 0.0
        return float(used.user + used.system)

    def give_way(self) -> None:
        """Let it compute only where nobody else wants to."""
        if sys.platform == "win32":
            return
        with suppress(OSError):
            os.setpriority(os.PRIO_PGRP, self._process.pid, _LAST_OF_ALL)

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, and on POSIX whatever it started.

        Only the first call does something: later, the process id may be somebody else's.
        """
        if self._is_ended:
            return
        self._is_ended = True
        with suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)
        self._writer.stop()
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()

    def _has_ended(self) -> bool:
        self._open_pipes -= 1
        return self._open_pipes <= 0

    def _read_frames(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            read_frames(pipe.fileno(), self._put)
        self._put(Frame(ENDED, self._now_ns(), b""))

    def _read_output(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            read_pieces(pipe.fileno(), self._take_piece)
        self._put(Frame(ENDED, self._now_ns(), b""))

    def _put(self, frame: Frame) -> None:
        """Keep a frame until it is taken; a process that writes more than that has to wait."""
        while not self._is_ended:
            try:
                self._frames.put(frame, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _take_piece(self, piece: bytes) -> None:
        self._put(Frame(RAW, self._now_ns(), piece))


def _name_of(pid: int) -> str:
    """Return a process's name; "" if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _apart() -> dict[str, Any]:
    """Return what lets a process be ended with all that it started."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _signal_text(number: int) -> str:
    """Return a signal's name as Lambda writes it, which is Go's."""
    known = {2: "interrupt", 6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}
    return known.get(number) or (signal.strsignal(number) or f"signal {number}").lower()
