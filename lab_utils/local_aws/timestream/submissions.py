"""What is handed to the writer, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.records import Record


@dataclass(frozen=True)
class Ingested:
    """How many records of a submission are on disk now.

    Attributes:
        memory: Those of the memory store.
        magnetic: Those of the magnetic store.
    """

    memory: int
    magnetic: int


@dataclass(slots=True, eq=False)
class Submission:
    """Records for one table.

    Attributes:
        place: The account and region of the table.
        database: Its database's name.
        table: Its name.
        records: The records.
        now_ns: The lab's time when they came.
        done: Completed once they are on disk; fails with a TimestreamError.
    """

    place: Place
    database: str
    table: str
    records: Sequence[Record]
    now_ns: int
    done: Future[Ingested] = field(default_factory=Future, compare=False)
