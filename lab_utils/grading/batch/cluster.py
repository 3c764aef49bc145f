"""The workers that grade: processes of this machine, or those of a running dask scheduler."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster

from lab_utils.grading.batch.errors import BatchError

DEATHS_ALLOWED = 1
"""How many workers may die of a task before it counts as theirs who did it."""
_CONNECT_S = 30.0
_WORKERS_S = 60.0
_QUIET = {
    "distributed.scheduler.allowed-failures": DEATHS_ALLOWED,
    # Submissions travel with their task, so that they outlive the worker that held them.
    "distributed.admin.large-graph-warning-threshold": "4GB",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.nanny.http.routes": [],
    "distributed.comm.timeouts.connect": f"{_CONNECT_S:.0f}s",
}
_GO_ON = "what was graded is kept: run the same command with --resume."


@dataclass(frozen=True)
class Ended:
    """A task that came to an end.

    Attributes:
        key: As it was started.
        answer: What its function returned; None where it did not return.
        reason: Why not, in a sentence.
        is_lost: Whether its workers died of it, again and again.
    """

    key: str
    answer: str | None = None
    reason: str = ""
    is_lost: bool = False


class Workers:
    """Workers that run one task each at a time.

    No more tasks are handed out than there are threads: dask counts a worker's death against each
    task that waits on it, and a submission shall not be given up for another one's deed.
    """

    def __init__(self, client: Client, cluster: LocalCluster | None = None, jobs: int = 0) -> None:
        self._client = client
        self._jobs = jobs
        self._cluster = cluster
        self._ended: SimpleQueue[Future] = SimpleQueue()
        self._held: dict[str, Future] = {}

    def slots(self) -> int:
        """Return how many tasks can run at once now.

        Raises:
            BatchError: The scheduler does not answer any more.
        """
        with _scheduler_errors():
            if self._cluster is not None and len(self._cluster.workers) < self._jobs:
                # dask gives a worker up that does not come back within 15 s.
                self._cluster.scale(self._jobs)
            return sum(self._client.nthreads().values())

    def everywhere(self, function: Callable[[], str]) -> dict[str, str]:
        """Return what a function returns on each worker, by the worker's address.

        Raises:
            BatchError: The scheduler does not answer, or the function fails somewhere.
        """
        with _scheduler_errors():
            answers: dict[str, Any] = self._client.run(function, on_error="return")
        for address, answer in answers.items():
            if isinstance(answer, Exception):
                raise BatchError(
                    f"use the worker {address}",
                    f"It has not this package, or another version of it: {answer}",
                    "install the same version of the package there, and start the worker anew.",
                )
        return answers

    def start(self, key: str, function: Callable[..., str], *arguments: object) -> None:
        """Hand a task out.

        Args:
            key: No other task of the scheduler may have it.
            function: It can be imported on the workers.
            arguments: What it is called with.
        """
        with _scheduler_errors():
            future = self._client.submit(function, *arguments, key=key, pure=False)
        self._held[key] = future
        future.add_done_callback(self._ended.put)

    def wait(self, timeout_s: float) -> Ended | None:
        """Return the next task that ended, or None if none did in that time.

        Raises:
            BatchError: The scheduler is gone.
        """
        try:
            future = self._ended.get(timeout=timeout_s)
        except Empty:
            return None
        key = str(future.key)
        self._held.pop(key, None)
        with _scheduler_errors():
            # A worker that died since then took its answer along: the task is done anew, now.
            answers = self._client.gather([future], errors="skip")
        if answers:
            return Ended(key, answer=str(answers[0]))
        if future.status != "error":
            happened = "The scheduler went away, or threw its tasks away"
            raise BatchError("grade the batch to its end", happened, _GO_ON)
        return _ended_badly(key, future.exception())

    def abandon(self) -> None:
        """End the workers of this machine at once, whatever they run; let the others' tasks go."""
        for future in self._held.values():
            future.release()
        for nanny in self._cluster.workers.values() if self._cluster else ():
            nanny.auto_restart = False
            if nanny.pid is not None:
                os.kill(nanny.pid, signal.SIGKILL)


def cores() -> int:
    """Return how many cores this process may use."""
    return int(CPU_COUNT)


def _ended_badly(key: str, error: BaseException) -> Ended:
    if isinstance(error, KilledWorker):
        died = error.allowed_failures + 1
        why = f"Grading it ended the worker's process {died} times; it was given up."
        return Ended(key, reason=why, is_lost=True)
    return Ended(key, reason=f"{type(error).__name__}: {error}")


@contextmanager
def local_workers(jobs: int) -> Iterator[Workers]:
    """Start workers on this machine; all are gone afterwards, whatever happens.

    They listen on the loopback interface alone, and only to who has the certificate that is made
    for them: another user of the machine could have them run anything otherwise. They die with
    this process, also of a kill -9.

    Args:
        jobs: How many.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_QUIET))
        cluster = stack.enter_context(
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                protocol="tls",
                security=True,
                memory_limit=0,  # the sandbox has limits of its own
                silence_logs=logging.CRITICAL,
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                preload=["lab_utils.grading.batch.worker"],
            )
        )
        client = stack.enter_context(Client(cluster))
        yield from _ended_with(Workers(client, cluster, jobs))


@contextmanager
def remote_workers(address: str) -> Iterator[Workers]:
    """Use the workers of a running scheduler; they go on afterwards.

    Args:
        address: Such as ``tcp://10.0.0.5:8786``.

    Raises:
        BatchError: Nobody answers there, or there is no worker.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_QUIET))
        client = stack.enter_context(_client_of(address))
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
        except TimeoutError as error:
            happened = f"It has no worker, also after {_WORKERS_S:.0f} s"
            hint = f"start some, on each machine: dask worker {address} --nthreads 1 --nworkers 2"
            raise BatchError(f"grade by {address}", happened, hint) from error
        yield from _ended_with(Workers(client))


def _ended_with(workers: Workers) -> Iterator[Workers]:
    """Yield the workers; what they still run when the block fails is of no use to anybody."""
    try:
        yield workers
    except BaseException:
        workers.abandon()
        raise


def _client_of(address: str) -> Client:
    try:
        return Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        hint = "start one: dask scheduler --host 127.0.0.1, and name the address that it prints."
        raise BatchError(f"reach a dask scheduler at {address}", f"{error}", hint) from error


@contextmanager
def _scheduler_errors() -> Iterator[None]:
    """Turn the scheduler's silence into an error with a way on."""
    try:
        yield
    except (OSError, TimeoutError, RuntimeError) as error:
        happened = f"The scheduler does not answer: {error}"
        raise BatchError("grade the batch to its end", happened, _GO_ON) from error
