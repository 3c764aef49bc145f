"""What a statement may ask about: the message, who sent it, and the services around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lab_utils.local_aws.rules.sql.payload import Payload
from lab_utils.local_aws.rules.sql.values import Value

V1, V2 = "2015-10-08", "2016-03-23"
VERSIONS = (V1, V2, "beta")
"""The SQL versions; `beta` is read as 2016-03-23, of which it is the successor."""


class Externals(Protocol):
    """The services that functions of rule SQL ask. Each raises ExternalFunctionError."""

    def aws_lambda(self, arn: str, payload_json: str) -> Value:
        """Return what a Lambda function answers."""

    def get_dynamodb(
        self,
        table: str,
        partition_key: str,
        partition_value: Value,
        sort_key: str | None,
        sort_value: Value,
        role_arn: str,
    ) -> Value:
        """Return an item, as the object that its attributes make; Undefined if there is none."""

    def get_thing_shadow(self, thing: str, shadow: str | None, role_arn: str) -> Value:
        """Return a shadow's document."""


@dataclass(slots=True)
class MessageContext:
    """One message as one rule sees it.

    Attributes:
        payload: The bytes that were published.
        topic: The topic as the rule sees it: without the prefix of Basic Ingest.
        client_id: The MQTT client's id; None when the message did not come by MQTT.
        principal: Who published: the certificate's id, or the id of an AWS identity.
        trace_id: The UUID of the message, as in the logs.
        account: The account of the rule.
        now_ms: The engine's clock, in ms since the epoch.
        version: The SQL version of the rule.
        externals: The services that functions ask; None when there are none.
        properties: The MQTT 5 properties by their names in AWS (`content_type`,
            `response_topic`, `correlation_data`, `format_indicator`), and `user_properties`
            as a list of pairs; None when the message did not come by MQTT 5.
        source_ip: The publisher's address, when it is known.
        variables: The values of the SET clause, once the statement has set them.
        stop_at: When the running statement has to end, in seconds of the monotonic clock.
        table_reads: How often `get_dynamodb` was called.
    """

    payload: bytes
    topic: str
    client_id: str | None = None
    principal: str | None = None
    trace_id: str = ""
    account: str = ""
    now_ms: int = 0
    version: str = V2
    externals: Externals | None = None
    properties: Mapping[str, Value] | None = None
    source_ip: str | None = None
    variables: dict[str, Value] | None = None
    stop_at: float = 0.0
    table_reads: int = 0
    decoded: Payload = None  # type: ignore[assignment]  # made of the payload below

    def __post_init__(self) -> None:
        """Read nothing yet."""
        if self.decoded is None:
            self.decoded = Payload(self.payload)

    def for_rule(self, version: str, topic: str | None = None) -> MessageContext:
        """Return the same message for another rule; what was decoded is shared."""
        return MessageContext(
            self.payload,
            self.topic if topic is None else topic,
            self.client_id,
            self.principal,
            self.trace_id,
            self.account,
            self.now_ms,
            version,
            self.externals,
            self.properties,
            self.source_ip,
            decoded=self.decoded,
        )
