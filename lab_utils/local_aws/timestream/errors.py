"""Timestream's errors: one class per AWS error code, named as AWS names it.

Source:
    https://docs.aws.amazon.com/timestream/latest/developerguide/APITimestreamSpecificErrors.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_NAMESPACE = "com.amazonaws.timestream.v20181101"


class TimestreamError(Exception):
    """An error that Timestream answers.

    Attributes:
        status: The HTTP status.
        message: AWS's text, where it is known.
    """

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """AWS's error code."""
        return type(self).__name__

    def document(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {"__type": f"{_NAMESPACE}#{self.code}", "Message": self.message}


class ValidationException(TimestreamError):  # noqa: N818 - AWS's name, as all below
    """The request is not one that Timestream can serve."""


class UnknownOperationException(TimestreamError):  # noqa: N818
    """There is no such operation, or this lab does not serve it."""


class SerializationException(TimestreamError):  # noqa: N818
    """The request's body is not the JSON of the operation."""


class ServiceQuotaExceededException(TimestreamError):  # noqa: N818
    """The account has as many of these as it may have."""

    status = 402


class AccessDeniedException(TimestreamError):  # noqa: N818
    """The caller's policies do not allow the call."""

    status = 403


class MissingAuthenticationTokenException(TimestreamError):  # noqa: N818
    """The request is not signed."""

    status = 403


class ResourceNotFoundException(TimestreamError):  # noqa: N818
    """There is no such database, table or other resource."""

    status = 404


class ConflictException(TimestreamError):  # noqa: N818
    """The name is taken, or the query is in another state."""

    status = 409


class QueryExecutionException(TimestreamError):  # noqa: N818
    """A query failed while it ran."""


class ThrottlingException(TimestreamError):  # noqa: N818
    """Too much is waiting; a client that retries will be served."""

    status = 429


class InternalServerException(TimestreamError):  # noqa: N818
    """The embedded AWS cannot serve the request, which is not at fault."""

    status = 500


@dataclass(frozen=True)
class RejectedRecord:
    """A record that was not stored.

    Attributes:
        index: Its place in the request, from 0.
        reason: AWS's text, where it is known.
        existing_version: The version that is stored, if that is the reason.
    """

    index: int
    reason: str
    existing_version: int | None = None

    def document(self) -> dict[str, Any]:
        """Return the API's RejectedRecord."""
        document: dict[str, Any] = {"RecordIndex": self.index, "Reason": self.reason}
        if self.existing_version is not None:
            document["ExistingVersion"] = self.existing_version
        return document


class RejectedRecordsException(TimestreamError):  # noqa: N818
    """Some records of a call were not stored; the others were.

    Attributes:
        rejected: Which, and why.
    """

    status = 419

    def __init__(self, rejected: Sequence[RejectedRecord]) -> None:
        super().__init__("One or more records have been rejected. See RejectedRecords for details.")
        self.rejected = tuple(rejected)

    def document(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            **super().document(),
            "RejectedRecords": [record.document() for record in self.rejected],
        }


def no_such_database(name: str) -> ResourceNotFoundException:
    """Return the error for a database that is missing."""
    return ResourceNotFoundException(f"The database {name} does not exist.")


def no_such_table(name: str) -> ResourceNotFoundException:
    """Return the error for a table that is missing."""
    return ResourceNotFoundException(f"The table {name} does not exist.")
