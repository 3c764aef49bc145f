"""The thread that changes the store: it takes what waits, and writes it in few transactions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream.errors import (
    InternalServerException,
    ThrottlingException,
    TimestreamError,
)
from lab_utils.local_aws.timestream.submissions import Ingested, Submission

LINGER_S = 0.5
"""How long records that nobody waits for are gathered before they are written, in lab time.

Queries never wait for it: each lets what was submitted before it be written first. What a rule
logs of its Timestream action does, and is to come as early at any speed.
"""
SHORTEST_LINGER_S = 0.1
"""As long in real time at least: a transaction takes 5 ms, whatever is in it."""
MOST_WAITING = 200_000
"""Records that may wait; with more, submissions fail at once."""
MOST_IN_TRANSACTION = 5_000
TIDY_EVERY_S = 5.0
HEALTH_NAME = "the Timestream records"
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Backend(Protocol):
    """What does the writing; called by the writer's thread alone."""

    def store_all(
        self, submissions: Sequence[Submission]
    ) -> list[tuple[Submission, Ingested | TimestreamError]]:
        """Store submissions in one transaction.

        Raises:
            TimestreamError: None of them was stored.
        """

    def tidy(self) -> None:
        """Delete what has expired.

        Raises:
            TimestreamError: It could not be deleted now.
        """

    def close(self) -> None:
        """Close the store."""


@dataclass(frozen=True)
class _Call:
    """Something to do between the submissions before it and those after it."""

    run: Callable[[], Any]
    done: Future[Any] = field(default_factory=Future)


_Job = Submission | _Call


class Writer:
    """Does jobs one after the other, in the order in which they come.

    Args:
        open_backend: Makes the backend; called on the thread, when the first job comes.
        health: Where it is recorded that records cannot be written.
        linger_s: How long records that nobody waits for are gathered, in real seconds; never
            less than ``SHORTEST_LINGER_S``.
    """

    def __init__(
        self,
        open_backend: Callable[[], Backend],
        health: SavingHealth,
        linger_s: float = LINGER_S,
    ) -> None:
        self._open_backend = open_backend
        self._health = health
        self._linger_s = max(linger_s, SHORTEST_LINGER_S)
        self._jobs: list[_Job] = []
        self._waiting = 0
        self._is_urgent = False
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, submission: Submission, *, is_urgent: bool) -> None:
        """Let records be written; never blocks. Their future tells what became of them.

        Args:
            submission: The records.
            is_urgent: Whether someone waits for them.
        """
        count = len(submission.records)
        with self._changed:
            if self._waiting + count <= MOST_WAITING:
                self._waiting += count
                self._put(submission, is_urgent)
                return
        submission.done.set_exception(
            ThrottlingException(f"More than {MOST_WAITING} records wait to be written.")
        )

    def call(self, run: Callable[[], Result]) -> Future[Result]:
        """Let something be done after all that was submitted before; return its future."""
        call = _Call(run)
        with self._changed:
            self._put(call, is_urgent=True)
        return call.done

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._changed:
            thread, self._is_closing = self._thread, True
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _put(self, job: _Job, is_urgent: bool) -> None:
        self._jobs.append(job)
        self._is_urgent |= is_urgent
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="timestream", daemon=True)
            self._thread.start()
        if len(self._jobs) == 1 or self._is_enough():
            # Waking the thread for every record would cost more than to store it.
            self._changed.notify()

    def _work(self) -> None:
        try:
            backend = self._open_backend()
        except Exception as error:  # noqa: BLE001 - the thread's outer edge: all who wait are told
            _log.exception("Timestream could not be started")
            self._health.failed(HEALTH_NAME, error)
            self._refuse(InternalServerException(f"Timestream could not be started: {error!r}"))
            return
        next_tidying = time.monotonic() + TIDY_EVERY_S
        while (jobs := self._take()) is not None:
            for group in _grouped(jobs):
                self._do(backend, group)
            if time.monotonic() >= next_tidying:
                self._tidy(backend)
                next_tidying = time.monotonic() + TIDY_EVERY_S
        backend.close()

    def _refuse(self, failure: InternalServerException) -> None:
        """Fail what waits; the next job starts another thread, and tries once more."""
        with self._changed:
            jobs, self._jobs, self._thread = self._jobs, [], None
            self._waiting, self._is_urgent = 0, False
        for job in jobs:
            if job.done.set_running_or_notify_cancel():
                job.done.set_exception(failure)

    def _take(self) -> list[_Job] | None:
        """Return the jobs that wait, perhaps none after a while; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._is_closing, TIDY_EVERY_S)
            if self._jobs:
                self._changed.wait_for(self._is_enough, self._linger_s)
            jobs, self._jobs = self._jobs, []
            self._waiting, self._is_urgent = 0, False
            return None if self._is_closing and not jobs else jobs

    def _is_enough(self) -> bool:
        return self._is_urgent or self._is_closing or self._waiting >= MOST_IN_TRANSACTION

    def _do(self, backend: Backend, group: _Call | list[Submission]) -> None:
        if isinstance(group, _Call):
            _complete(group)
            return
        begun = [s for s in group if s.done.set_running_or_notify_cancel()]
        try:
            outcomes = backend.store_all(begun)
        except TimestreamError as error:
            self._health.failed(HEALTH_NAME, error)
            outcomes = [(submission, error) for submission in begun]
        except Exception as error:  # noqa: BLE001 - the thread's outer edge: it must not end
            _log.exception("Records could not be written")
            failure = InternalServerException(f"The records could not be written: {error!r}")
            outcomes = [(submission, failure) for submission in begun]
        else:
            self._health.saved(HEALTH_NAME)
        for submission, outcome in outcomes:
            if isinstance(outcome, TimestreamError):
                submission.done.set_exception(outcome)
            else:
                submission.done.set_result(outcome)

    def _tidy(self, backend: Backend) -> None:
        try:
            backend.tidy()
        except TimestreamError as error:
            self._health.failed(HEALTH_NAME, error)


def _grouped(jobs: Sequence[_Job]) -> Iterator[_Call | list[Submission]]:
    """Yield calls alone, and submissions between them together, up to a transaction's size."""
    group: list[Submission] = []
    size = 0
    for job in jobs:
        is_full = size >= MOST_IN_TRANSACTION
        if group and (isinstance(job, _Call) or is_full):
            yield group
            group, size = [], 0
        if isinstance(job, _Call):
            yield job
        else:
            group.append(job)
            size += len(job.records)
    if group:
        yield group


def _complete(call: _Call) -> None:
    if not call.done.set_running_or_notify_cancel():
        return
    try:
        call.done.set_result(call.run())
    except TimestreamError as error:
        call.done.set_exception(error)
    except Exception as error:  # noqa: BLE001 - the thread's outer edge: it must not end
        _log.exception("A Timestream operation failed")
        call.done.set_exception(InternalServerException(f"The operation failed: {error!r}"))
