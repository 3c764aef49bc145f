"""Records into tables: what fits is stored in one transaction, what does not is rejected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np

from lab_utils.local_aws.timestream.catalog import Catalog, Table
from lab_utils.local_aws.timestream.catalog_store import CatalogStore
from lab_utils.local_aws.timestream.errors import (
    RejectedRecord,
    RejectedRecordsException,
    ResourceNotFoundException,
    TimestreamError,
    no_such_database,
    no_such_table,
)
from lab_utils.local_aws.timestream.forms import Form, dimensions_of, form_of
from lab_utils.local_aws.timestream.frames import Array, frame_of
from lab_utils.local_aws.timestream.growth import Growth
from lab_utils.local_aws.timestream.limits import value_problem
from lab_utils.local_aws.timestream.plain import PlainMoments
from lab_utils.local_aws.timestream.records import Record
from lab_utils.local_aws.timestream.retention import window_of
from lab_utils.local_aws.timestream.store import BATCH, Store
from lab_utils.local_aws.timestream.submissions import Ingested, Submission
from lab_utils.local_aws.timestream.times import TimeRanges
from lab_utils.local_aws.timestream.versions import (
    Key,
    Standing,
    refusal,
    series_number,
    standing_of,
    stored_standings,
)

Outcome = Ingested | TimestreamError


@dataclass
class _Progress:
    """What became of a submission's records so far."""

    submission: Submission
    rejected: list[RejectedRecord] = field(default_factory=list)
    memory: int = 0
    magnetic: int = 0

    def reject(self, index: int, reason: str, existing_version: int | None = None) -> None:
        self.rejected.append(RejectedRecord(index, reason, existing_version))

    def outcome(self) -> Outcome:
        if self.rejected:
            return RejectedRecordsException(sorted(self.rejected, key=lambda r: r.index))
        return Ingested(self.memory, self.magnetic)


class _Candidate(NamedTuple):
    """A record that only another record, or its form, can keep from being stored."""

    progress: _Progress
    position: int
    record: Record
    form: Form
    key: Key
    is_late: bool


class Ingest:
    """Stores submissions.

    Args:
        store: The store.
        catalog: The catalog, which is updated once the records are on disk.
        catalog_store: The catalog in the store.
        times: From when to when each table's records are.
    """

    def __init__(
        self, store: Store, catalog: Catalog, catalog_store: CatalogStore, times: TimeRanges
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._catalog_store = catalog_store
        self._times = times

    def store_all(self, submissions: Iterable[Submission]) -> list[tuple[Submission, Outcome]]:
        """Store submissions in one transaction; once this returns, they are on disk.

        Raises:
            StoreError: Nothing was stored.
        """
        outcomes: list[tuple[Submission, Outcome]] = []
        groups: dict[int, tuple[Table, list[_Progress]]] = {}
        for s in submissions:
            table = self._catalog.table(s.place, s.database, s.table)
            if table is None:
                outcomes.append((s, self._missing(s)))
            else:
                groups.setdefault(table.id, (table, []))[1].append(_Progress(s))
        with self._store.transaction():
            batches = [_TableBatch(table, group, self._times) for table, group in groups.values()]
            for batch in batches:
                batch.write(self._store, self._catalog_store)
        for batch in batches:
            self._publish(batch)
        stored = (p for _table, group in groups.values() for p in group)
        return outcomes + [(p.submission, p.outcome()) for p in stored]

    def _missing(self, submission: Submission) -> ResourceNotFoundException:
        if self._catalog.has_database(submission.place, submission.database):
            return no_such_table(submission.table)
        return no_such_database(submission.database)

    def _publish(self, batch: _TableBatch) -> None:
        if batch.grown is not None:
            self._catalog.put_table(batch.grown)
        times = (record.time_ns for record in batch.rows)
        self._times.add(batch.table, chain(times, batch.plain.times_ns()))


class _TableBatch:
    """One transaction's records of one table.

    Attributes:
        table: The table as it was.
        grown: The table as it became, if it grew.
        rows: The records to be inserted, but for the plain moments.
        plain: The moments that need no second look.
    """

    def __init__(self, table: Table, group: Sequence[_Progress], times: TimeRanges) -> None:
        self.table = table
        self.grown: Table | None = None
        self.rows: list[Record] = []
        self.plain = PlainMoments(table, times, [p.submission for p in group])
        self._group = group
        self._times = times
        self._series: list[int] = []
        self._rows_of: dict[Key, int] = {}
        self._replaced: list[int] = []

    def write(self, store: Store, catalog_store: CatalogStore) -> None:
        """Write what is to be stored; the caller's transaction keeps it."""
        candidates = self._candidates([p for p in self._group if not self._is_plain(p)])
        known = [c.key for c in candidates if self._times.may_hold(self.table, c.key[1])]
        growth = Growth(self.table)
        self._settle(candidates, stored_standings(store, self.table, known), growth)
        self.grown = growth.grown()
        if self.grown is not None:
            catalog_store.grow(self.table, self.grown)
        if self._replaced:
            rows = {"row": np.array(self._replaced, dtype="int64")}
            gone = f"rowid IN (SELECT row FROM {BATCH})"
            store.run(f"DELETE FROM {self.table.relation} WHERE {gone}", arrays=rows)
        insert = f"INSERT INTO {self.table.relation} BY NAME SELECT * FROM {BATCH}"
        renamed = (self.grown or self.table).renamed_columns
        for frame in self._frames():
            store.run(insert, arrays={renamed.get(name, name): a for name, a in frame.items()})

    def _frames(self) -> Iterator[dict[str, Array]]:
        yield from self.plain.frames()
        if self.rows:
            yield frame_of(self.rows, self._series)

    def _is_plain(self, progress: _Progress) -> bool:
        is_plain = self.plain.take(progress.submission)
        if is_plain:
            progress.memory = len(progress.submission.records)
        return is_plain

    def _candidates(self, group: Iterable[_Progress]) -> list[_Candidate]:
        """Return the records that are sound in themselves and of a time that is taken."""
        candidates = []
        for progress in group:
            window = window_of(self.table, progress.submission.now_ns)
            for index, record in enumerate(progress.submission.records):
                form, time_ns = form_of(record), record.time_ns
                problem = form.problem or record_problem(record)
                if problem is None and not window.begin_ns <= time_ns < window.end_ns:
                    problem = window.rejection()
                if problem is None:
                    key = (series_number(record), time_ns)
                    is_late = time_ns < window.memory_ns
                    candidates.append(_Candidate(progress, index, record, form, key, is_late))
                else:
                    progress.reject(index, problem)
        return candidates

    def _settle(
        self, candidates: Sequence[_Candidate], stored: Mapping[Key, Standing], growth: Growth
    ) -> None:
        """Decide on each candidate in turn, as if it were the only one."""
        for c in candidates:
            row = self._rows_of.get(c.key)
            standing = stored.get(c.key) if row is None else standing_of(self.rows[row])
            if problem := growth.problem(c.form) or refusal(c.record, standing):
                c.progress.reject(c.position, problem, standing.version if standing else None)
                continue
            growth.admit(c.form)
            if c.is_late:
                c.progress.magnetic += 1
            else:
                c.progress.memory += 1
            if standing is None or standing.version != c.record.version:
                self._take(c, row, standing)

    def _take(self, candidate: _Candidate, row: int | None, standing: Standing | None) -> None:
        if row is not None:
            self.rows[row] = candidate.record
            return
        if standing is not None:
            self._replaced.append(standing.row)
        self._rows_of[candidate.key] = len(self.rows)
        self._series.append(candidate.key[0])
        self.rows.append(candidate.record)


def record_problem(record: Record) -> str | None:
    """Return which limit a record exceeds."""
    return dimensions_of(record.dimensions).problem or value_problem(record)
