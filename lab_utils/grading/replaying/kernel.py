"""A kernel for the student's Python, whose output is never collected."""

from __future__ import annotations

import queue
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.manager import KernelManager

_READY_S = 60.0
_POLL_S = 0.5
_PATIENCE_S = 15.0
_LONGEST_ERROR = 2000


@dataclass(frozen=True)
class Ran:
    """How a cell ended.

    Attributes:
        error: The error's name and message; "" if there was none.
        is_late: Whether it was ended at its limit of time.
        is_dead: Whether the kernel has gone.
    """

    error: str = ""
    is_late: bool = False
    is_dead: bool = False


class Kernel:
    """An ipykernel; as a context manager it runs, and ends with all that its process group holds.

    Args:
        cwd: Where it starts.
    """

    def __init__(self, cwd: Path) -> None:
        self._manager: Any = KernelManager(kernel_name="python3")
        self._cwd = cwd

    def __enter__(self) -> Kernel:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: It does not.
        """
        nowhere = subprocess.DEVNULL
        self._manager.start_kernel(cwd=str(self._cwd), stdout=nowhere, stderr=nowhere)
        self._client: Any = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_READY_S)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End it at once."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, source: str, timeout_s: float, patience_s: float = _PATIENCE_S) -> Ran:
        """Run a cell, and return how it ended; one that takes too long is interrupted.

        Args:
            source: As it stands in the cell.
            timeout_s: Its limit, in seconds.
            patience_s: How long it has to end after the interrupt, in seconds.
        """
        message_id = self._client.execute(source, store_history=False, allow_stdin=False)
        ran = self._wait(message_id, timeout_s)
        if not ran.is_late:
            return ran
        self._manager.interrupt_kernel()
        after = self._wait(message_id, patience_s)
        is_dead = after.is_late or after.is_dead
        return Ran(f"TimeoutError: it ran longer than {timeout_s:g} s", True, is_dead)

    def _wait(self, message_id: str, timeout_s: float) -> Ran:
        """Wait for a cell's end; a kernel that ignores an interrupt counts as dead."""
        deadline, error = time.monotonic() + timeout_s, ""
        while time.monotonic() < deadline:
            try:
                message = self._client.get_iopub_msg(timeout=_POLL_S)
            except queue.Empty:
                if not self._manager.is_alive():
                    return Ran("the kernel ended", is_dead=True)
                continue
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "error":
                error = f"{content.get('ename')}: {content.get('evalue')}"[:_LONGEST_ERROR]
            if message["msg_type"] == "status" and content.get("execution_state") == "idle":
                return Ran(error)
        return Ran(error, is_late=True)
