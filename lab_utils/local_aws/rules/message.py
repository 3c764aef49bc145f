"""A message on its way through the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.sql.context import Externals, MessageContext


@dataclass(slots=True)
class Message:
    """A message that the broker hands to the rules.

    Attributes:
        place: The account and region whose rules see it.
        topic: The topic as rules see it: with Basic Ingest, without its first three levels.
        published_to: The topic as the client gave it.
        payload: The bytes.
        client_id: The MQTT client, or None if it did not come over MQTT.
        principal: Who published it.
        trace_id: Its UUID.
        now_ms: When the rules got it, milliseconds of lab time.
        is_retained: Whether the client asked for it to be kept.
        read_properties: Returns its MQTT 5 properties.
    """

    place: Place
    topic: str
    published_to: str
    payload: bytes
    client_id: str | None
    principal: str | None
    trace_id: str
    now_ms: int
    source_ip: str = ""
    is_retained: bool = False
    read_properties: Callable[[], Mapping[str, Any]] | None = None
    _contexts: dict[str, MessageContext] = field(default_factory=dict)

    def context(self, version: str) -> MessageContext:
        """Return what SQL of a version sees, for the rules that leave nothing in it."""
        context = self._contexts.get(version)
        if context is None:
            context = self._contexts[version] = self.new_context(version)
        return context

    def new_context(self, version: str, externals: Externals | None = None) -> MessageContext:
        """Return a context of its own; what was decoded of the payload is shared."""
        first = next(iter(self._contexts.values()), None)
        if first is not None:
            context = first.for_rule(version)
            context.externals = externals
            return context
        return MessageContext(
            payload=self.payload,
            topic=self.topic,
            client_id=self.client_id,
            principal=self.principal,
            trace_id=self.trace_id,
            account=self.place.account,
            now_ms=self.now_ms,
            version=version,
            externals=externals,
            properties=self.read_properties() if self.read_properties else None,
            source_ip=self.source_ip or None,
        )
