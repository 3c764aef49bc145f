"""The catalog in the store, beside the tables and in the same transactions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.catalog import Column, Database, Measure, Table
from lab_utils.local_aws.timestream.store import BATCH, Store

SERIES, VERSION = ":series", ":version"
"""Columns that no query sees; a colon is in no dimension's or measure's name."""

_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS catalog",
    "CREATE SEQUENCE IF NOT EXISTS catalog.table_ids",
    "CREATE TABLE IF NOT EXISTS catalog.databases "
    "(account VARCHAR, region VARCHAR, name VARCHAR, document VARCHAR)",
    "CREATE TABLE IF NOT EXISTS catalog.tables (id BIGINT, account VARCHAR, region VARCHAR, "
    "database VARCHAR, name VARCHAR, document VARCHAR)",
    "CREATE TABLE IF NOT EXISTS catalog.columns "
    "(id BIGINT, position INTEGER, name VARCHAR, type VARCHAR, kind VARCHAR, renamed VARCHAR)",
    "CREATE TABLE IF NOT EXISTS catalog.measures "
    "(id BIGINT, name VARCHAR, type VARCHAR, dimensions VARCHAR)",
)
_STORED_AS = {"TIMESTAMP": "TIMESTAMP_NS"}


class CatalogStore:
    """Reads and writes the catalog's rows; its writes belong in a transaction of the store.

    Args:
        store: The store, open whenever a method is called.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self) -> tuple[list[Database], list[Table]]:
        """Return what is stored.

        Raises:
            StoreError: The rows cannot be read.
        """
        with self._store.transaction():
            for statement in _TABLES:
                self._store.run(statement)
        rows = self._store.run("SELECT account, region, name, document FROM catalog.databases")
        databases = [_database(Place(*row[:2]), *row[2:]) for row in rows]
        columns, measures = self._columns(), self._measures()
        rows = self._store.run(
            "SELECT id, account, region, database, name, document FROM catalog.tables"
        )
        return databases, [_table(row, columns[row[0]], measures[row[0]]) for row in rows]

    def put_database(self, database: Database) -> None:
        """Write a database over what was stored of it."""
        self.remove_database(database)
        place = database.place
        self._store.run(
            "INSERT INTO catalog.databases VALUES (?, ?, ?, ?)",
            (place.account, place.region, database.name, _dump_database(database)),
        )

    def remove_database(self, database: Database) -> None:
        """Remove a database."""
        place = database.place
        self._store.run(
            "DELETE FROM catalog.databases WHERE account = ? AND region = ? AND name = ?",
            (place.account, place.region, database.name),
        )

    def new_table_id(self) -> int:
        """Return a number that no table ever had."""
        return int(self._store.run("SELECT nextval('catalog.table_ids')")[0][0])

    def create_table(self, table: Table) -> None:
        """Write a new table, and make its relation."""
        self._store.run(
            f'CREATE TABLE {table.relation} ("time" TIMESTAMP_NS, "{SERIES}" UBIGINT, '
            f'"{VERSION}" BIGINT, "measure_name" VARCHAR)'
        )
        self.put_table(table)

    def put_table(self, table: Table) -> None:
        """Write a table's properties over what was stored of it."""
        self._store.run("DELETE FROM catalog.tables WHERE id = ?", (table.id,))
        place = table.place
        self._store.run(
            "INSERT INTO catalog.tables VALUES (?, ?, ?, ?, ?, ?)",
            (
                table.id,
                place.account,
                place.region,
                table.database,
                table.name,
                _dump_table(table),
            ),
        )

    def remove_table(self, table: Table) -> None:
        """Remove a table with all that is in it."""
        self._store.run(f"DROP TABLE {table.relation}")
        for rows in ("tables", "columns", "measures"):
            self._store.run(f"DELETE FROM catalog.{rows} WHERE id = ?", (table.id,))

    def grow(self, before: Table, after: Table) -> None:
        """Give a table the columns and measures that a write added."""
        for position, column in list(enumerate(after.columns))[len(before.columns) :]:
            stored_as = _STORED_AS.get(column.type, column.type)
            self._store.run(
                f"ALTER TABLE {after.relation} ADD COLUMN {quoted(column.stored)} {stored_as}"
            )
            self._store.run(
                "INSERT INTO catalog.columns VALUES (?, ?, ?, ?, ?, ?)",
                (after.id, position, column.name, column.type, column.kind, column.renamed),
            )
        changed = {
            name: measure
            for name, measure in after.measures.items()
            if before.measures.get(name) != measure
        }
        if changed:
            self._put_measures(after.id, changed)

    def _put_measures(self, table_id: int, measures: Mapping[str, Measure]) -> None:
        rows = {
            "name": np.array(list(measures), dtype=object),
            "type": np.array([m.type for m in measures.values()], dtype=object),
            "dimensions": np.array(
                [json.dumps(m.dimensions) for m in measures.values()], dtype=object
            ),
        }
        self._store.run(
            f"DELETE FROM catalog.measures WHERE id = ? AND name IN (SELECT name FROM {BATCH})",
            (table_id,),
            rows,
        )
        self._store.run(
            f"INSERT INTO catalog.measures SELECT ?, name, type, dimensions FROM {BATCH}",
            (table_id,),
            rows,
        )

    def _columns(self) -> dict[int, list[Column]]:
        columns: dict[int, list[Column]] = defaultdict(list)
        for table_id, *column in self._store.run(
            "SELECT id, name, type, kind, renamed FROM catalog.columns ORDER BY id, position"
        ):
            columns[table_id].append(Column(*column))
        return columns

    def _measures(self) -> dict[int, dict[str, Measure]]:
        measures: dict[int, dict[str, Measure]] = defaultdict(dict)
        for table_id, name, measure_type, dimensions in self._store.run(
            "SELECT id, name, type, dimensions FROM catalog.measures"
        ):
            measures[table_id][name] = Measure(measure_type, tuple(json.loads(dimensions)))
        return measures


def quoted(name: str) -> str:
    """Return a name as a SQL identifier, whatever is in it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _dump_database(database: Database) -> str:
    return json.dumps(
        {
            "kms_key_id": database.kms_key_id,
            "created_ms": database.created_ms,
            "updated_ms": database.updated_ms,
            "tags": database.tags,
        }
    )


def _dump_table(table: Table) -> str:
    return json.dumps(
        {
            "memory_hours": table.memory_hours,
            "magnetic_days": table.magnetic_days,
            "magnetic_writes": table.magnetic_writes,
            "schema": table.schema,
            "created_ms": table.created_ms,
            "updated_ms": table.updated_ms,
            "tags": table.tags,
        }
    )


def _database(place: Place, name: str, document: str) -> Database:
    return Database(place, name, **_with_tags(json.loads(document)))


def _table(row: tuple[Any, ...], columns: list[Column], measures: dict[str, Measure]) -> Table:
    table_id, account, region, database, name, document = row
    return Table(
        table_id,
        Place(account, region),
        database,
        name,
        **_with_tags(json.loads(document)),
        columns=tuple(columns),
        measures=measures,
    )


def _with_tags(document: dict[str, Any]) -> dict[str, Any]:
    tags: Iterable[list[str]] = document["tags"]
    return {**document, "tags": tuple((key, value) for key, value in tags)}
