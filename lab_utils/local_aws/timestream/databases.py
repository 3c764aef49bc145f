"""The operations on databases, run on the writer's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.backend import TimestreamBackend
from lab_utils.local_aws.timestream.catalog import Database
from lab_utils.local_aws.timestream.documents import (
    database_document,
    kms_key,
    page_of,
    read_tags,
)
from lab_utils.local_aws.timestream.errors import (
    ConflictException,
    ServiceQuotaExceededException,
    ValidationException,
    no_such_database,
)

MOST_DATABASES = 500
Request = Mapping[str, Any]


def create_database(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Create a database."""
    name, now_ms = request["DatabaseName"], backend.clock.now_ms()
    if backend.catalog.has_database(place, name):
        raise ConflictException(f"The database {name} already exists.")
    if len(backend.catalog.databases(place)) >= MOST_DATABASES:
        raise ServiceQuotaExceededException(f"An account has at most {MOST_DATABASES} databases.")
    key, tags = kms_key(place, request.get("KmsKeyId")), read_tags(request.get("Tags"))
    database = Database(place, name, key, now_ms, now_ms, tags)
    put_database(backend, database)
    return {"Database": database_document(database, 0)}


def describe_database(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Describe a database."""
    return {"Database": _document(backend, find_database(backend, place, request))}


def list_databases(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """List databases, by pages."""
    names, more = page_of(backend.catalog.databases(place), request)
    found = (backend.catalog.database(place, name) for name in names)
    return {"Databases": [_document(backend, d) for d in found if d is not None], **more}


def update_database(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Change a database's key."""
    found = find_database(backend, place, request)
    key = kms_key(place, request["KmsKeyId"])
    database = replace(found, kms_key_id=key, updated_ms=backend.clock.now_ms())
    put_database(backend, database)
    return {"Database": _document(backend, database)}


def delete_database(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Delete a database that has no tables left."""
    database = find_database(backend, place, request)
    if backend.catalog.tables(place, database.name):
        raise ValidationException(
            f"The database {database.name} cannot be deleted: its tables must be deleted first."
        )
    with backend.writing():
        backend.catalog_store.remove_database(database)
    backend.catalog.remove_database(place, database.name)
    return {}


def find_database(backend: TimestreamBackend, place: Place, request: Request) -> Database:
    """Return the database that a request names.

    Raises:
        ResourceNotFoundException: There is none.
    """
    name = request["DatabaseName"]
    database = backend.catalog.database(place, name)
    if database is None:
        raise no_such_database(name)
    return database


def put_database(backend: TimestreamBackend, database: Database) -> None:
    """Add or replace a database, on disk first."""
    with backend.writing():
        backend.catalog_store.put_database(database)
    backend.catalog.put_database(database)


def _document(backend: TimestreamBackend, database: Database) -> dict[str, Any]:
    count = len(backend.catalog.tables(database.place, database.name))
    return database_document(database, count)
