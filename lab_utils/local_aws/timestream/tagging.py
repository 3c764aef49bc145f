"""The operations on the tags of databases and tables, run on the writer's thread."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.backend import TimestreamBackend
from lab_utils.local_aws.timestream.catalog import Database, Table, Tags
from lab_utils.local_aws.timestream.databases import Request, put_database
from lab_utils.local_aws.timestream.documents import read_tags, tag_documents
from lab_utils.local_aws.timestream.errors import (
    ResourceNotFoundException,
    ValidationException,
)
from lab_utils.local_aws.timestream.tables import put_table

_ARN = re.compile(
    r"arn:aws:timestream:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
    r"database/(?P<database>[^/]+)(/table/(?P<table>[^/]+))?"
)


def tag_resource(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Add tags, or give tags other values."""
    resource = _find(backend, place, request["ResourceARN"])
    _put_tags(backend, resource, read_tags(request["Tags"], resource.tags))
    return {}


def untag_resource(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """Remove tags; keys that are not there are none to remove."""
    resource = _find(backend, place, request["ResourceARN"])
    kept = tuple(tag for tag in resource.tags if tag[0] not in request["TagKeys"])
    _put_tags(backend, resource, kept)
    return {}


def list_tags(backend: TimestreamBackend, place: Place, request: Request) -> dict[str, Any]:
    """List a resource's tags."""
    return {"Tags": tag_documents(_find(backend, place, request["ResourceARN"]).tags)}


def tags_of(backend: TimestreamBackend, arn: str) -> Tags:
    """Return the tags of a resource; none if there is no such resource."""
    found = _resource(backend, arn)
    return found.tags if found else ()


def _find(backend: TimestreamBackend, place: Place, arn: str) -> Database | Table:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise ValidationException(f"{arn} is not the ARN of a Timestream resource.")
    found = _resource(backend, arn)
    if found is None or found.place != place:
        raise ResourceNotFoundException(f"The resource {arn} does not exist.")
    return found


def _resource(backend: TimestreamBackend, arn: str) -> Database | Table | None:
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    place = Place(match["account"], match["region"])
    if match["table"]:
        return backend.catalog.table(place, match["database"], match["table"])
    return backend.catalog.database(place, match["database"])


def _put_tags(backend: TimestreamBackend, resource: Database | Table, tags: Tags) -> None:
    if isinstance(resource, Table):
        put_table(backend, replace(resource, tags=tags))
    else:
        put_database(backend, replace(resource, tags=tags))
