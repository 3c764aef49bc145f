"""Timestream as the rest of the embedded AWS sees it; it costs nothing until it is used."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream.caller import Caller
from lab_utils.local_aws.timestream.records import Record
from lab_utils.local_aws.timestream.submissions import Ingested, Submission
from lab_utils.local_aws.timestream.writer import LINGER_S, Writer

STORE_FILE = "timestream.duckdb"
_PACKAGE = "lab_utils.local_aws.timestream"
Answer = tuple[int, dict[str, str], bytes]


class Timestream:
    """One Timestream, of every account and region of an embedded AWS.

    Args:
        folder: Where its file is.
        clock: The lab's time.
        health: Where it is recorded that records cannot be written, or were damaged.
    """

    def __init__(self, folder: Path, clock: LabClock, health: SavingHealth) -> None:
        self._path = folder / STORE_FILE
        self._clock = clock
        self._health = health
        self._writer = Writer(self._make_backend, health, clock.real_seconds(LINGER_S))
        self._backend: Any = None
        self._api: Any = None

    def start(self) -> None:
        """Open, in the background, the file that an earlier run left."""
        if self._path.exists():
            self._writer.call(lambda: self._backend.open())

    def submit(
        self, place: Place, database: str, table: str, records: Sequence[Record]
    ) -> Future[Ingested]:
        """Let records be stored; never blocks.

        Args:
            place: The account and region of the table.
            database: The database's name.
            table: The table's name.
            records: The records.

        Returns:
            Done once the records are on disk. Fails with a TimestreamError: with a
            RejectedRecordsException if only some of them are.
        """
        submission = Submission(place, database, table, records, self._clock.now_ns())
        self._writer.submit(submission, is_urgent=False)
        return submission.done

    async def handle(self, caller: Caller, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request of the write or the query API.

        Args:
            caller: Who sent it, the signature being checked.
            headers: Its headers, in lower case.
            body: Its body.

        Returns:
            Status, headers and body.
        """
        if self._api is None:
            self._api = await asyncio.wrap_future(self._writer.call(self._make_api))
        answer: Answer = await self._api.answer(caller, headers, body)
        return answer

    def close(self) -> None:
        """End all queries, store what waits, and close the file."""
        if self._api is not None:
            self._api.close()
        self._writer.close()

    # DuckDB and NumPy take 150 ms and 40 MB. They are imported here, on the writer's thread,
    # when the first request comes, so that a lab that does without Timestream pays nothing.

    def _make_backend(self) -> Any:
        module: Any = importlib.import_module(f"{_PACKAGE}.backend")
        self._backend = module.TimestreamBackend(self._path, self._clock, self._health)
        return self._backend

    def _make_api(self) -> Any:
        module: Any = importlib.import_module(f"{_PACKAGE}.wire")
        return module.Api(self._backend, self._writer)
