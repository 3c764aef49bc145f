"""What rules reach of the other services."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import RoleAuthority
from lab_utils.local_aws.timestream.records import Record

_XML = {
    "code": re.compile(r"<Code>([^<]*)</Code>"),
    "message": re.compile(r"<Message>([^<]*)</Message>"),
}


@dataclass(frozen=True)
class ServiceRequest:
    """A request to one of the services, as its HTTP interface takes it.

    Attributes:
        service: The service, such as ``sqs``.
        operation: The value of ``X-Amz-Target``; empty for a REST service.
        body: The body.
        method: The HTTP method.
        path: The path.
        headers: Further headers.
    """

    service: str
    operation: str = ""
    body: bytes = b""
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, service: str, operation: str, document: Mapping[str, Any]) -> ServiceRequest:
        """Return a request of the AWS JSON protocol."""
        headers = {"content-type": "application/x-amz-json-1.0"}
        return cls(service, operation, json.dumps(document).encode(), headers=headers)


@dataclass(frozen=True)
class Answer:
    """A service's answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, document: Mapping[str, Any]) -> Answer:
        """Return the answer that is a document."""
        return cls(status, json.dumps(document).encode())

    def document(self) -> dict[str, Any]:
        """Return the body of a JSON service; empty if it is none."""
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    def code(self) -> str:
        """Return the error code of a refusal."""
        return str(self._field("code", "__type")).rpartition("#")[2]

    def message(self) -> str:
        """Return the message of a refusal."""
        return self._field("message", "message", "Message")

    def _field(self, element: str, *members: str) -> str:
        document = self.document()
        for member in members:
            if document.get(member):
                return str(document[member])
        found = _XML[element].search(self.body.decode("utf-8", "replace"))
        return found[1] if found else ""


@dataclass(frozen=True)
class Headers:
    """MQTT 5 properties of a message that a rule publishes; None or empty is left out."""

    payload_format: str | None = None
    content_type: str | None = None
    response_topic: str | None = None
    correlation_data: str | None = None
    message_expiry: str | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


class TimestreamWriter(Protocol):
    """Timestream, as far as the rule action needs it."""

    def submit(
        self, place: Place, database: str, table: str, records: Sequence[Record]
    ) -> Future[Any]:
        """Take records, and return the future of their being stored."""


class ActionServices(Protocol):
    """The services that actions and external functions reach."""

    @property
    def timestream(self) -> TimestreamWriter:
        """Where the Timestream action writes."""

    def authority(self, place: Place) -> RoleAuthority:
        """Return IAM as a rule of this account and region sees it."""

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> Answer:
        """Put an item into a DynamoDB table."""

    def put_object(
        self, place: Place, bucket: str, key: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Write an object into an S3 bucket."""

    async def request(self, place: Place, request: ServiceRequest) -> Answer:
        """Send a request to a service."""

    def function_allows(self, place: Place, function_arn: str, rule_arn: str) -> bool:
        """Return whether a function's policy lets AWS IoT invoke it for a rule."""

    async def republish(
        self, place: Place, topic: str, payload: bytes, qos: int, headers: Headers, role_arn: str
    ) -> None:
        """Publish a message of a rule's role."""

    def thing_shadow(self, place: Place, thing: str, shadow: str) -> Answer:
        """Return a thing's shadow."""
