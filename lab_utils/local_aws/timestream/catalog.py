"""What databases and tables there are, and what columns the tables have grown.

Everything here is replaced, never changed: a reader on any thread sees a table as some
transaction left it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab_utils.local_aws.place import Place

DIMENSION, MEASURE_NAME, TIMESTAMP = "DIMENSION", "MEASURE_NAME", "TIMESTAMP"
MEASURE_VALUE, MULTI = "MEASURE_VALUE", "MULTI"
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name in SQL; case matters.
        type: ``VARCHAR``, ``BIGINT``, ``DOUBLE``, ``BOOLEAN`` or ``TIMESTAMP``.
        kind: ``DIMENSION``, ``MEASURE_NAME``, ``TIMESTAMP`` (the record's time),
            ``MEASURE_VALUE`` (of single-measure records) or ``MULTI`` (of multi-measure ones).
        renamed: Its name in the store, if that is another: the store does not tell names apart
            by case.
    """

    name: str
    type: str
    kind: str
    renamed: str | None = None

    @property
    def stored(self) -> str:
        """Its name in the store."""
        return self.renamed or self.name


FIXED_COLUMNS = (
    Column("measure_name", "VARCHAR", MEASURE_NAME),
    Column("time", TIMESTAMP, TIMESTAMP),
)
"""What a table has before anything was written to it."""


@dataclass(frozen=True)
class TableView:
    """A table as SQL sees it.

    Attributes:
        database: Its database's name.
        table: Its name.
        columns: The columns, in the order of ``SELECT *``.
        relation: The store's name for it, quoted.
    """

    database: str
    table: str
    columns: tuple[Column, ...]
    relation: str


@dataclass(frozen=True)
class Measure:
    """A measure that was written to a table: its type, and the dimensions it came with."""

    type: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Database:
    """A database.

    Attributes:
        place: Its account and region.
        name: Its name.
        kms_key_id: The ARN of its key.
        created_ms: When it was created, in lab time.
        updated_ms: When it was last changed.
        tags: Its tags.
    """

    place: Place
    name: str
    kms_key_id: str
    created_ms: int
    updated_ms: int
    tags: Tags = ()

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.arn("timestream", f"database/{self.name}")


@dataclass(frozen=True)
class Table:
    """A table, with the columns and measures that writing gave it.

    Attributes:
        id: What its relation is named by; no two tables ever share one.
        place: Its account and region.
        database: Its database's name.
        name: Its name.
        memory_hours: Retention of the memory store.
        magnetic_days: Retention of the magnetic store.
        magnetic_writes: The API's MagneticStoreWriteProperties.
        schema: The API's Schema.
        created_ms: When it was created, in lab time.
        updated_ms: When it was last changed.
        tags: Its tags.
        columns: Dimensions and measure values, in the order in which they appeared.
        measures: The measures by name.
    """

    id: int
    place: Place
    database: str
    name: str
    memory_hours: int
    magnetic_days: int
    magnetic_writes: Mapping[str, object]
    schema: Mapping[str, Any]
    created_ms: int
    updated_ms: int
    tags: Tags = ()
    columns: tuple[Column, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.arn("timestream", f"database/{self.database}/table/{self.name}")

    @property
    def relation(self) -> str:
        """The store's name for it, quoted."""
        return f'"table_{self.id}"'

    @property
    def has_magnetic_writes(self) -> bool:
        """Whether late records go to the magnetic store."""
        return bool(self.magnetic_writes.get("EnableMagneticStoreWrites"))

    @property
    def renamed_columns(self) -> dict[str, str]:
        """The store's names of those columns that have another name there."""
        return {c.name: c.renamed for c in self.columns if c.renamed}

    @property
    def required_dimensions(self) -> tuple[str, ...]:
        """The dimensions that every record must have, by the partition key."""
        keys = self.schema.get("CompositePartitionKey") or ()
        return tuple(k["Name"] for k in keys if k.get("EnforcementInRecord") == "REQUIRED")

    @property
    def view(self) -> TableView:
        """The table as SQL sees it."""
        dimensions = tuple(c for c in self.columns if c.kind == DIMENSION)
        values = tuple(c for c in self.columns if c.kind != DIMENSION)
        columns = dimensions + FIXED_COLUMNS + values
        return TableView(self.database, self.name, columns, self.relation)


class Catalog:
    """All databases and tables, of every account and region."""

    def __init__(self) -> None:
        self._databases: dict[tuple[Place, str], Database] = {}
        self._tables: dict[tuple[Place, str, str], Table] = {}

    def load(self, databases: list[Database], tables: list[Table]) -> None:
        """Replace everything by what was stored."""
        self._databases = {(d.place, d.name): d for d in databases}
        self._tables = {(t.place, t.database, t.name): t for t in tables}

    def databases(self, place: Place) -> list[str]:
        """Return the databases' names, sorted."""
        return sorted(name for owner, name in tuple(self._databases) if owner == place)

    def tables(self, place: Place, database: str) -> list[str]:
        """Return the names of a database's tables, sorted."""
        wanted = (place, database)
        return sorted(key[2] for key in tuple(self._tables) if key[:2] == wanted)

    def has_database(self, place: Place, database: str) -> bool:
        """Return whether there is a database of this name; case matters."""
        return (place, database) in self._databases

    def database(self, place: Place, name: str) -> Database | None:
        """Return a database, if there is one of this name."""
        return self._databases.get((place, name))

    def table(self, place: Place, database: str, name: str) -> Table | None:
        """Return a table, if there is one of this name."""
        return self._tables.get((place, database, name))

    def all_tables(self) -> tuple[Table, ...]:
        """Return every table there is."""
        return tuple(self._tables.values())

    def view(self, place: Place, database: str, table: str) -> TableView | None:
        """Return a table as SQL sees it, if there is one of this name."""
        found = self.table(place, database, table)
        return found.view if found else None

    def measures(self, place: Place, database: str, table: str) -> list[tuple[str, str, list[str]]]:
        """Return name, type and dimensions of a table's measures, sorted by name."""
        found = self.table(place, database, table)
        measures = found.measures if found else {}
        return [(name, m.type, list(m.dimensions)) for name, m in sorted(measures.items())]

    def put_database(self, database: Database) -> None:
        """Add or replace a database."""
        self._databases = {**self._databases, (database.place, database.name): database}

    def put_table(self, table: Table) -> None:
        """Add or replace a table."""
        self._tables = {**self._tables, (table.place, table.database, table.name): table}

    def remove_database(self, place: Place, name: str) -> None:
        """Forget a database."""
        self._databases = {k: d for k, d in self._databases.items() if k != (place, name)}

    def remove_table(self, table: Table) -> None:
        """Forget a table."""
        self._tables = {k: t for k, t in self._tables.items() if t.id != table.id}
