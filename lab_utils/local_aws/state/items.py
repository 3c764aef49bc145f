"""The journal of DynamoDB items: only changed items are written, whatever the table's size."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lab_utils.local_aws.state.files import set_aside

Key = tuple[str, str, str]
"""A table's id, and an item's partition and sort key as text."""
Item = dict[str, Any]

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS items (table_id TEXT, pk TEXT, sk TEXT, item TEXT, "
    "PRIMARY KEY (table_id, pk, sk)) WITHOUT ROWID"
)
_log = logging.getLogger(__name__)


class ItemJournal:
    """Items by key, in one SQLite file with a write-ahead log.

    :meth:`put` and :meth:`delete` only note a change, so they cost the same at any table size;
    :meth:`flush` writes what was noted, on whatever thread calls it.

    Args:
        path: The journal's file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._noted: dict[Key, Item | None] = {}
        self._emptied: set[str] = set()
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def put(self, key: Key, item: Item) -> None:
        """Note that an item was stored."""
        with self._guard:
            self._noted[key] = item

    def delete(self, key: Key) -> None:
        """Note that an item is gone."""
        with self._guard:
            self._noted[key] = None

    def replace_table(self, table_id: str, items: Iterable[tuple[Key, Item]]) -> None:
        """Note that a table's items were replaced as a whole."""
        with self._guard:
            self._noted = {key: v for key, v in self._noted.items() if key[0] != table_id}
            self._emptied.add(table_id)
            self._noted.update(items)

    def flush(self) -> int:
        """Write what was noted, and return how many items that were.

        Raises:
            sqlite3.Error: The file cannot be written; what was noted is kept for the next time.
            OSError: Likewise.
        """
        with self._guard:
            noted, emptied = self._noted, self._emptied
            self._noted, self._emptied = {}, set()
        if not noted and not emptied:
            return 0
        try:
            self._write(noted, emptied)
        except (sqlite3.Error, OSError):
            self._keep(noted, emptied)
            raise
        return len(noted)

    def load(self, table_ids: set[str]) -> Iterator[tuple[Key, Item]]:
        """Yield the items of the tables that exist, after dropping those of all others.

        Raises:
            sqlite3.DatabaseError: The file is damaged; what was yielded before is sound.
        """
        connection = self._open()
        known = [row[0] for row in connection.execute("SELECT DISTINCT table_id FROM items")]
        with connection:
            gone = [(table_id,) for table_id in known if table_id not in table_ids]
            connection.executemany("DELETE FROM items WHERE table_id = ?", gone)
        for table_id, pk, sk, text in connection.execute(
            "SELECT table_id, pk, sk, item FROM items"
        ):
            try:
                yield (table_id, pk, sk), json.loads(text)
            except ValueError:
                _log.error("%s: the item %r, %r is damaged and left out", self.path.name, pk, sk)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, noted: dict[Key, Item | None], emptied: set[str]) -> None:
        connection = self._open()
        stored = [(*key, _encode(item)) for key, item in noted.items() if item is not None]
        deleted = [key for key, item in noted.items() if item is None]
        try:
            with connection:
                connection.executemany(
                    "DELETE FROM items WHERE table_id = ?", [(name,) for name in emptied]
                )
                connection.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", stored)
                connection.executemany(
                    "DELETE FROM items WHERE table_id = ? AND pk = ? AND sk = ?", deleted
                )
        except sqlite3.Error:
            # After a failed write the connection may be unusable; the next try opens another.
            self.close()
            raise

    def _keep(self, noted: dict[Key, Item | None], emptied: set[str]) -> None:
        with self._guard:
            newer = self._noted
            kept = {key: v for key, v in noted.items() if key[0] not in self._emptied}
            self._noted = {**kept, **newer}
            self._emptied |= emptied

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.path, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                # A killed process loses nothing that was written; only a power cut could.
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self.path.chmod(0o600)
            self._connection = connection
        return self._connection


def _encode(item: Item) -> str:
    return json.dumps(item, separators=(",", ":"), ensure_ascii=False)


def load_items(
    journal: ItemJournal, table_ids: set[str], store: Callable[[Key, Item], None]
) -> str | None:
    """Hand every journalled item of the tables to ``store``; return a report if it is damaged.

    A damaged journal is set aside; the items that could be read are noted again, so that they
    are written to the new one.
    """
    salvaged: list[tuple[Key, Item]] = []
    try:
        for key, item in journal.load(table_ids):
            store(key, item)
            salvaged.append((key, item))
    except sqlite3.DatabaseError as error:
        journal.close()
        for suffix in ("-wal", "-shm"):
            journal.path.with_name(journal.path.name + suffix).unlink(missing_ok=True)
        for key, item in salvaged:
            journal.put(key, item)
        return set_aside(journal.path, error)
    return None
