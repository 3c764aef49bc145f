"""Databases, tables and tags in the API's form, and the pages that lists are handed out in."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.catalog import Database, Table, Tags
from lab_utils.local_aws.timestream.errors import ValidationException

MOST_TAGS = 200
_PAGE = 20
_MS_PER_S = 1000
_KEYS = uuid.UUID("6d8b6f0e-6f5a-4f0e-9d5e-2b1c9a7e4d30")


def database_document(database: Database, table_count: int) -> dict[str, Any]:
    """Return the API's Database."""
    return {
        "Arn": database.arn,
        "DatabaseName": database.name,
        "TableCount": table_count,
        "KmsKeyId": database.kms_key_id,
        "CreationTime": database.created_ms / _MS_PER_S,
        "LastUpdatedTime": database.updated_ms / _MS_PER_S,
    }


def table_document(table: Table) -> dict[str, Any]:
    """Return the API's Table."""
    return {
        "Arn": table.arn,
        "TableName": table.name,
        "DatabaseName": table.database,
        "TableStatus": "ACTIVE",
        "RetentionProperties": {
            "MemoryStoreRetentionPeriodInHours": table.memory_hours,
            "MagneticStoreRetentionPeriodInDays": table.magnetic_days,
        },
        "CreationTime": table.created_ms / _MS_PER_S,
        "LastUpdatedTime": table.updated_ms / _MS_PER_S,
        "MagneticStoreWriteProperties": dict(table.magnetic_writes),
        "Schema": dict(table.schema),
    }


def kms_key(place: Place, given: str | None) -> str:
    """Return the key that a request names, as it names it; the ARN of Timestream's own by default.

    The embedded AWS has no KMS that could tell whether there is such a key.
    """
    if given is not None:
        return given
    return place.arn("kms", f"key/{uuid.uuid5(_KEYS, f'{place.account} {place.region}')}")


def read_tags(given: Sequence[Mapping[str, str]] | None, present: Tags = ()) -> Tags:
    """Return the tags that a resource has after it was given more.

    Raises:
        ValidationException: A key is given twice or reserved, or there are too many.
    """
    added = [(tag["Key"], tag["Value"]) for tag in given or ()]
    if len({key for key, _ in added}) < len(added):
        raise ValidationException("Tag keys must be unique.")
    if any(key.lower().startswith("aws:") for key, _ in added):
        raise ValidationException("Tag keys must not begin with aws:, which is reserved.")
    tags = {**dict(present), **dict(added)}
    if len(tags) > MOST_TAGS:
        raise ValidationException(f"A resource has at most {MOST_TAGS} tags.")
    return tuple(tags.items())


def tag_documents(tags: Tags) -> list[dict[str, str]]:
    """Return the API's tags."""
    return [{"Key": key, "Value": value} for key, value in tags]


def page_of(names: Iterable[str], request: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return one page of sorted names, and the token of the next page if there is one.

    Raises:
        ValidationException: The token is none that was handed out.
    """
    after = _read_token(request.get("NextToken"))
    rest = sorted(name for name in names if name > after)
    size = request.get("MaxResults") or _PAGE
    page = rest[:size]
    return page, {"NextToken": _token(page[-1])} if len(rest) > size else {}


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _read_token(token: str | None) -> str:
    if not token:
        return ""
    try:
        return base64.b64decode(token.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValidationException("The pagination token is invalid.") from error
