"""A lock on a workspace that dies with its process, on every operating system."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import TracebackType


class WorkspaceBusyError(Exception):
    """Another process holds the lock."""


class WorkspaceLock:
    """An exclusive lock, held from ``with`` or :meth:`acquire` until it is released.

    SQLite's own file lock does the work: it is portable, and the operating system drops it when
    the process ends, however it ends, so there is no stale lock to recognise.

    Args:
        path: The lock file; it is created, and stays.
        timeout_s: How long to wait for another holder.
    """

    def __init__(self, path: Path, timeout_s: float = 0.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            WorkspaceBusyError: Somebody else still holds it after the time.
            OSError: The file cannot be opened or written.
        """
        try:
            connection = sqlite3.connect(
                self._path, timeout=self._timeout_s, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: {error}") from error
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if "locked" in str(error):
                raise WorkspaceBusyError(str(self._path)) from error
            raise OSError(f"{self._path}: {error}") from error
        self._connection = connection

    def release(self) -> None:
        """Let the next one in."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> WorkspaceLock:
        """Take the lock."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release it."""
        self.release()
