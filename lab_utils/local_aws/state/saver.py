"""Saves the state as it changes, at a bounded cost, and loads it at the start."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lab_utils.local_aws.state import files
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.state.items import ItemJournal

_TICK_S = 0.5
_SWEEP_S = 1.0
_COST_FACTOR = 20
"""A part that takes t to save is swept again after 20 t at the earliest: 5 % of a core at most."""
_READ_TRIES = 5
_JOURNAL = "the DynamoDB items"
_UNLOADABLE = (TypeError, ValueError, LookupError, AttributeError)
_UNREADABLE = (OSError, RuntimeError, *_UNLOADABLE)


class Source(Protocol):
    """A part of the state, such as one AWS service's resources."""

    @property
    def name(self) -> str:
        """Its file's name, without the suffix."""

    def read(self) -> bytes:
        """Return the part as it is now; called on the saver's thread."""

    def load(self, payload: bytes) -> None:
        """Bring the part back to what was read."""


@dataclass
class _Progress:
    digest: str = ""
    next_sweep: float = 0.0


class StateSaver:
    """Keeps the files of a folder up to date with the sources.

    One thread does all the reading and writing. Every source is swept about once a second and
    written only if it differs; a change to a resource does not wait for that (:meth:`save_now`).
    DynamoDB items go through the journal, so a sweep costs the same with a hundred thousand of
    them as with none.

    Args:
        folder: Where the files are.
        sources: Returns the sources there are at the moment.
        journal: The journal of items.
        health: Where failures are recorded.
    """

    def __init__(
        self,
        folder: Path,
        sources: Callable[[], Iterable[Source]],
        journal: ItemJournal,
        health: SavingHealth,
    ) -> None:
        self._folder = folder
        self._sources = sources
        self._journal = journal
        self._health = health
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state-saver")
        self._progress: dict[str, _Progress] = {}
        self._queued: dict[str, Future[None]] = {}
        self._guard = threading.Lock()

    async def run(self) -> None:
        """Sweep until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await loop.run_in_executor(self._worker, self._sweep)
            await asyncio.sleep(_TICK_S)

    async def save_now(self, name: str) -> None:
        """Return once a part is on disk as it is now, or is known not to be writable."""
        with self._guard:
            future = self._queued.get(name)
            if future is None:
                future = self._queued[name] = self._worker.submit(self._save_queued, name)
        await asyncio.wrap_future(future)

    def close(self) -> None:
        """Save everything once more and stop."""
        self._worker.submit(self._sweep, True).result()
        self._worker.shutdown()
        self._journal.close()

    def _save_queued(self, name: str) -> None:
        with self._guard:
            # From here on, a new change has to wait for a new save.
            self._queued.pop(name, None)
        for source in self._sources():
            if source.name == name:
                self._save(source)

    def _sweep(self, everything: bool = False) -> None:
        now = time.monotonic()
        for source in list(self._sources()):
            if everything or self._progress_of(source).next_sweep <= now:
                self._save(source)
        try:
            self._journal.flush()
        except (sqlite3.Error, OSError) as error:
            self._health.failed(_JOURNAL, error)
        else:
            self._health.saved(_JOURNAL)

    def _save(self, source: Source) -> None:
        progress, started = self._progress_of(source), time.monotonic()
        try:
            payload = _read(source)
            digest = files.digest_of(payload)
            if digest != progress.digest:
                files.write_state(self._folder / f"{source.name}{files.SUFFIX}", payload)
                progress.digest = digest
        except _UNREADABLE as error:
            self._health.failed(source.name, error)
        else:
            self._health.saved(source.name)
        ended = time.monotonic()
        progress.next_sweep = ended + max(_SWEEP_S, _COST_FACTOR * (ended - started))

    def _progress_of(self, source: Source) -> _Progress:
        return self._progress.setdefault(source.name, _Progress())


def _read(source: Source) -> bytes:
    """Read a source while the services go on changing it: a change under way means once more."""
    for _ in range(_READ_TRIES - 1):
        try:
            return source.read()
        except RuntimeError:
            continue
    return source.read()


def load_sources(folder: Path, find: Callable[[str], Source | None], health: SavingHealth) -> None:
    """Load every state file of a folder; a damaged one is reported by name and set aside."""
    for name, path in files.state_files(folder):
        source = find(name)
        if source is None:
            health.damaged(f"{path.name} belongs to no service of this version; it was left alone")
            continue
        try:
            source.load(files.read_state(path))
        except (files.DamagedStateError, *_UNLOADABLE) as error:
            health.damaged(files.set_aside(path, error))
