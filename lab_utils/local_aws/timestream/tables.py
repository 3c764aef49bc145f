"""The operations on tables, run on the writer's thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.backend import TimestreamBackend
from lab_utils.local_aws.timestream.catalog import Table
from lab_utils.local_aws.timestream.databases import Request, find_database
from lab_utils.local_aws.timestream.documents import page_of, read_tags, table_document
from lab_utils.local_aws.timestream.errors import (
    ConflictException,
    ServiceQuotaExceededException,
    ValidationException,
    no_such_table,
)
from lab_utils.local_aws.timestream.names import dimension_name_problem

MOST_TABLES = 50_000
DEFAULT_MEMORY_HOURS, DEFAULT_MAGNETIC_DAYS = 6, 73_000
_NO_MAGNETIC_WRITES = {"EnableMagneticStoreWrites": False}
_DEFAULT_SCHEMA = {"CompositePartitionKey": [{"Type": "MEASURE"}]}


def create_table(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Create a table."""
    database, name = find_database(backend, place, request).name, request["TableName"]
    if backend.catalog.table(place, database, name):
        raise ConflictException(f"The table {name} already exists in the database {database}.")
    owned = sum(t.place == place for t in backend.catalog.all_tables())
    if owned >= MOST_TABLES:
        raise ServiceQuotaExceededException(f"An account has at most {MOST_TABLES} tables.")
    now_ms = backend.clock.now_ms()
    properties = _properties(request)
    tags = read_tags(request.get("Tags"))
    with backend.writing():
        table_id = backend.catalog_store.new_table_id()
        table = Table(
            table_id,
            place,
            database,
            name,
            **properties,
            created_ms=now_ms,
            updated_ms=now_ms,
            tags=tags,
        )
        backend.catalog_store.create_table(table)
    backend.catalog.put_table(table)
    return {"Table": table_document(table)}


def describe_table(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Describe a table."""
    return {"Table": table_document(find_table(backend, place, request))}


def list_tables(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """List the tables of a database, or of all, by pages."""
    if request.get("DatabaseName"):
        find_database(backend, place, request)
    wanted = request.get("DatabaseName")
    tables = {
        f"{t.database}/{t.name}": t
        for t in backend.catalog.all_tables()
        if t.place == place and wanted in (None, t.database)
    }
    names, more = page_of(tables, request)
    return {"Tables": [table_document(tables[name]) for name in names], **more}


def update_table(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Change a table's retention, magnetic store writes, or enforcement of its partition key."""
    found = find_table(backend, place, request)
    changes = _given_properties(request)
    if "schema" in changes and _key(changes["schema"]) != _key(found.schema):
        raise ValidationException("The names and types of a partition key cannot be changed.")
    table = replace(found, **changes, updated_ms=backend.clock.now_ms())
    put_table(backend, table)
    return {"Table": table_document(table)}


def delete_table(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Delete a table with all its records."""
    table = find_table(backend, place, request)
    with backend.writing():
        backend.catalog_store.remove_table(table)
    backend.catalog.remove_table(table)
    return {}


def find_table(backend: TimestreamBackend, place: Place, request: Request) -> Table:
    """Return the table that a request names.

    Raises:
        ResourceNotFoundException: There is none, or no such database.
    """
    find_database(backend, place, request)
    database, name = request["DatabaseName"], request["TableName"]
    table = backend.catalog.table(place, database, name)
    if table is None:
        raise no_such_table(name)
    return table


def put_table(backend: TimestreamBackend, table: Table) -> None:
    """Replace a table's properties, on disk first."""
    with backend.writing():
        backend.catalog_store.put_table(table)
    backend.catalog.put_table(table)


def _properties(request: Request) -> dict[str, Any]:
    defaults = {
        "memory_hours": DEFAULT_MEMORY_HOURS,
        "magnetic_days": DEFAULT_MAGNETIC_DAYS,
        "magnetic_writes": _NO_MAGNETIC_WRITES,
        "schema": _DEFAULT_SCHEMA,
    }
    return defaults | _given_properties(request)


def _given_properties(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if retention := request.get("RetentionProperties"):
        given["memory_hours"] = retention["MemoryStoreRetentionPeriodInHours"]
        given["magnetic_days"] = retention["MagneticStoreRetentionPeriodInDays"]
    if writes := request.get("MagneticStoreWriteProperties"):
        given["magnetic_writes"] = writes
    if schema := request.get("Schema"):
        keys = schema.get("CompositePartitionKey")
        if keys:
            _check_partition_key(keys)
            given["schema"] = schema
    return given


def _check_partition_key(keys: Sequence[Mapping[str, str]]) -> None:
    """AWS documents the rules, not the texts."""
    if len(keys) > 1:
        raise ValidationException("A table has at most one customer-defined partition key.")
    for key in keys:
        if key["Type"] == "MEASURE" and ("Name" in key or "EnforcementInRecord" in key):
            raise ValidationException("A partition key of type MEASURE has no name or enforcement.")
        problem = dimension_name_problem(key.get("Name", ""))
        if key["Type"] == "DIMENSION" and problem:
            raise ValidationException(problem)


def _key(schema: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    return [(key["Type"], key.get("Name")) for key in schema["CompositePartitionKey"]]
