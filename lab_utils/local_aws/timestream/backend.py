"""The store and what is kept in it, as the writer's thread uses them.

Importing this module imports DuckDB and NumPy: only ``service.py`` does, at first use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.state.health import SavingHealth
from lab_utils.local_aws.timestream.catalog import Catalog
from lab_utils.local_aws.timestream.catalog_store import CatalogStore
from lab_utils.local_aws.timestream.errors import InternalServerException
from lab_utils.local_aws.timestream.ingest import Ingest, Outcome
from lab_utils.local_aws.timestream.query.setup import MACROS, SCALARS
from lab_utils.local_aws.timestream.retention import expired_before_ns
from lab_utils.local_aws.timestream.store import Store, StoreError
from lab_utils.local_aws.timestream.submissions import Submission
from lab_utils.local_aws.timestream.times import TimeRanges


class TimestreamBackend:
    """The store, opened at the first use and again after it failed.

    Args:
        path: The store's file.
        clock: The lab's time.
        health: Where it is reported that the file was damaged.

    Attributes:
        store: The store.
        catalog: What is in it; any thread may read it.
        catalog_store: The catalog's rows.
        clock: The lab's time.
    """

    def __init__(self, path: Path, clock: LabClock, health: SavingHealth) -> None:
        self.store = Store(path, SCALARS, MACROS)
        self.catalog = Catalog()
        self.catalog_store = CatalogStore(self.store)
        self.clock = clock
        self._health = health
        self._times = TimeRanges()
        self._ingest = Ingest(self.store, self.catalog, self.catalog_store, self._times)

    def open(self) -> None:
        """Open the store, if it is not open.

        Raises:
            InternalServerException: It cannot be opened.
        """
        if self.store.is_open:
            return
        with _internal_errors():
            self._report(self.store.open())
            try:
                self._load()
            except StoreError as error:
                self._report(self.store.start_anew(error))
                self._load()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Open the store, and keep what the block writes: all of it or nothing.

        Raises:
            InternalServerException: It cannot be written.
        """
        self.open()
        with _internal_errors(), self.store.transaction():
            yield

    def store_all(self, submissions: Sequence[Submission]) -> list[tuple[Submission, Outcome]]:
        """Store submissions in one transaction; once this returns, they are on disk.

        Raises:
            InternalServerException: Nothing was stored.
        """
        self.open()
        with _internal_errors():
            return self._ingest.store_all(submissions)

    def tidy(self) -> None:
        """Delete what has expired.

        Raises:
            InternalServerException: It could not be deleted now.
        """
        if not self.store.is_open:
            return
        now_ns = self.clock.now_ns()
        for table in self.catalog.all_tables():
            expired_ns = expired_before_ns(table, now_ns)
            first_ns = self._times.first_ns(table)
            if first_ns is not None and first_ns < expired_ns:
                with self.writing():
                    self.store.run(
                        f'DELETE FROM {table.relation} WHERE "time" < make_timestamp_ns(?)',
                        (expired_ns,),
                    )
                self._times.start_at(table, expired_ns)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def _load(self) -> None:
        databases, tables = self.catalog_store.load()
        self._times.load(self.store, tables)
        self.catalog.load(databases, tables)

    def _report(self, damage: str | None) -> None:
        if damage is not None:
            self._health.damaged(damage)


@contextmanager
def _internal_errors() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise InternalServerException(
            f"The embedded AWS cannot use its Timestream store: {error.message}"
        ) from error
