"""Timestream's protocol: JSON 1.0 under one target prefix for the write and the query API.

Importing this module imports DuckDB and NumPy: only ``service.py`` does, at first use.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream import databases, tables, tagging
from lab_utils.local_aws.timestream.backend import TimestreamBackend
from lab_utils.local_aws.timestream.caller import Caller
from lab_utils.local_aws.timestream.errors import (
    SerializationException,
    TimestreamError,
    UnknownOperationException,
)
from lab_utils.local_aws.timestream.query.service import QueryService
from lab_utils.local_aws.timestream.submissions import Submission
from lab_utils.local_aws.timestream.validation import check_request, operations
from lab_utils.local_aws.timestream.write_request import read_records
from lab_utils.local_aws.timestream.writer import Writer

TARGET_PREFIX = "Timestream_20181101"
WRITE, QUERY = "timestream-write", "timestream-query"
_CACHE_MINUTES = 1440
_HEADERS = {"Content-Type": "application/x-amz-json-1.0"}
Request = Mapping[str, Any]
Run = Callable[[TimestreamBackend, Place, Request], dict[str, Any]]


def _database_arn(place: Place, request: Request) -> str:
    return place.arn("timestream", f"database/{request.get('DatabaseName') or '*'}")


def _table_arn(place: Place, request: Request) -> str:
    table = f"database/{request['DatabaseName']}/table/{request['TableName']}"
    return place.arn("timestream", table)


def _given_arn(_place: Place, request: Request) -> str:
    return str(request["ResourceARN"])


def _any(_place: Place, _request: Request) -> str:
    return "*"


@dataclass(frozen=True)
class _Operation:
    """What an operation acts upon, and how it does."""

    resource: Callable[[Place, Request], str]
    run: Run


_OPERATIONS: dict[str, _Operation] = {
    "CreateDatabase": _Operation(_database_arn, databases.create_database),
    "DescribeDatabase": _Operation(_database_arn, databases.describe_database),
    "ListDatabases": _Operation(_any, databases.list_databases),
    "UpdateDatabase": _Operation(_database_arn, databases.update_database),
    "DeleteDatabase": _Operation(_database_arn, databases.delete_database),
    "CreateTable": _Operation(_table_arn, tables.create_table),
    "DescribeTable": _Operation(_table_arn, tables.describe_table),
    "ListTables": _Operation(_database_arn, tables.list_tables),
    "UpdateTable": _Operation(_table_arn, tables.update_table),
    "DeleteTable": _Operation(_table_arn, tables.delete_table),
    "TagResource": _Operation(_given_arn, tagging.tag_resource),
    "UntagResource": _Operation(_given_arn, tagging.untag_resource),
    "ListTagsForResource": _Operation(_given_arn, tagging.list_tags),
}


_OTHER_OPERATIONS = frozenset(
    {"DescribeEndpoints", "WriteRecords", "Query", "CancelQuery", "PrepareQuery"}
)
"""Those that are no call of a function on the writer's thread."""


class Api:
    """Answers requests.

    Args:
        backend: The store and the catalog.
        writer: The thread that uses them.
    """

    def __init__(self, backend: TimestreamBackend, writer: Writer) -> None:
        self._backend = backend
        self._writer = writer
        self._queries = QueryService(
            backend.catalog,
            backend.store,
            backend.clock.now_ns,
            self._flush,
            conditions=self._tags_of,
        )

    def close(self) -> None:
        """End all queries."""
        self._queries.close()

    async def answer(
        self, caller: Caller, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body for a request."""
        try:
            document = await self._answer(caller, headers, body)
        except TimestreamError as error:
            return error.status, dict(_HEADERS), json.dumps(error.document()).encode()
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return 200, dict(_HEADERS), body

    async def _answer(self, caller: Caller, headers: Mapping[str, str], body: bytes) -> Any:
        operation = _operation(headers)
        if operation not in _OPERATIONS and operation not in _OTHER_OPERATIONS:
            raise UnknownOperationException(
                f"The embedded AWS of this lab does not serve Timestream's {operation}."
            )
        request = _read_body(body)
        service = WRITE if operation in operations(WRITE) else QUERY
        check_request(service, operation, request)
        if operation == "DescribeEndpoints":
            caller.require("timestream:DescribeEndpoints", "*")
            return _endpoints(headers)
        if operation == "WriteRecords":
            return await self._write_records(caller, request)
        if operation == "Query":
            return await self._queries.query(caller, request)
        if operation == "CancelQuery":
            return await self._queries.cancel(caller, request)
        if operation == "PrepareQuery":
            return await self._queries.prepare(caller, request)
        return await self._run(caller, operation, request)

    async def _run(self, caller: Caller, name: str, request: Request) -> dict[str, Any]:
        operation, place = _OPERATIONS[name], caller.place
        resource = operation.resource(place, request)
        await self._opened()
        caller.require(f"timestream:{name}", resource, self._conditions(resource, request))
        run = self._writer.call(lambda: operation.run(self._backend, place, request))
        return await asyncio.wrap_future(run)

    async def _write_records(self, caller: Caller, request: Request) -> dict[str, Any]:
        place, resource = caller.place, _table_arn(caller.place, request)
        await self._opened()
        caller.require("timestream:WriteRecords", resource, self._conditions(resource, request))
        submission = Submission(
            place,
            request["DatabaseName"],
            request["TableName"],
            read_records(request),
            self._backend.clock.now_ns(),
        )
        self._writer.submit(submission, is_urgent=True)
        stored = await asyncio.wrap_future(submission.done)
        total = stored.memory + stored.magnetic
        counts = {"MemoryStore": stored.memory, "MagneticStore": stored.magnetic}
        return {"RecordsIngested": {"Total": total, **counts}}

    async def _opened(self) -> None:
        if not self._backend.store.is_open:
            await self._flush()

    async def _flush(self) -> None:
        """Wait until all that was submitted is on disk, and the store is open."""
        await asyncio.wrap_future(self._writer.call(self._backend.open))

    def _tags_of(self, resource: str) -> dict[str, object]:
        tags = tagging.tags_of(self._backend, resource)
        return {f"aws:ResourceTag/{key}": value for key, value in tags}

    def _conditions(self, resource: str, request: Request) -> dict[str, object]:
        """Return the tags that a policy's conditions may name."""
        given = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
        keys = [*given, *(request.get("TagKeys") or ())]
        return {
            **self._tags_of(resource),
            **{f"aws:RequestTag/{key}": value for key, value in given.items()},
            **({"aws:TagKeys": keys} if keys else {}),
        }


def _operation(headers: Mapping[str, str]) -> str:
    prefix, _, name = headers.get("x-amz-target", "").partition(".")
    if prefix != TARGET_PREFIX or name not in operations(WRITE) | operations(QUERY):
        raise UnknownOperationException(f"Timestream has no operation {name!r}.")
    return name


def _read_body(body: bytes) -> Request:
    try:
        request = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise SerializationException("The body of the request is not JSON.") from error
    if not isinstance(request, dict):
        raise SerializationException("The body of the request is not a JSON object.")
    return request


def _endpoints(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the address that the caller used: it reaches us, by whatever name and way.

    AWS answers a bare host name. botocore would put ``https`` before it. The JavaScript SDK
    takes whatever comes for a host name, and keeps its scheme and port.
    """
    host = headers["host"]
    if "aws-sdk-js" in headers.get("user-agent", ""):
        address = urlsplit(f"//{host}").hostname or host
    else:
        scheme = headers.get("x-forwarded-proto", "http").split(",")[0].strip()
        address = f"{scheme}://{host}"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_MINUTES}]}
