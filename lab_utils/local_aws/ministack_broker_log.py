"""The message broker's entries in ``AWSIotLogsV2``: connections, messages, subscriptions.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html
"""

from __future__ import annotations

import contextvars
import uuid
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.logging_options import LEVELS, LoggingOptions, Source
from lab_utils.local_aws.rules.logs import LogGroup
from lab_utils.local_aws.rules.message import Message

_ERROR, _INFO = LEVELS.index("ERROR"), LEVELS.index("INFO")
_DENIED = "AUTHORIZATION_FAILURE"
_TAKEN_OVER = {
    "reason": "DUPLICATE_CLIENT_ID",
    "details": "A new connection was established with the same client ID",
}
_peer: contextvars.ContextVar[tuple[str, int]] = contextvars.ContextVar("peer", default=("", 0))


class BrokerLog:
    """Writes the broker's entries, where their level asks for them.

    Opt-in entries (``Ping``, ``Connection.AuthNError``) are not written.

    Args:
        iot: ministack's ``iot`` module.
        options: Which entries are written.
        group: Where they go.
    """

    def __init__(self, iot: Any, options: LoggingOptions, group: LogGroup) -> None:
        self._iot = iot
        self._options = options
        self._group = group
        session = iot._WSSession
        self._keep_peer()
        self._watch_life(session)
        self._watch_refusals(session)
        self._watch_deliveries(session)

    def published(self, message: Message) -> None:
        """Write the ``Publish-In`` of a message that came over MQTT."""
        if message.client_id is None or not self._options.is_used:
            return
        client = self._iot._connected_clients.get(
            (message.place.account, message.place.region, message.client_id)
        )
        if client is not None:
            fields = {"topicName": message.published_to}
            if message.is_retained:
                fields["retain"] = "True"
            self._add(client, _INFO, "Publish-In", trace_id=message.trace_id, **fields)

    def queued(self, place: Place, topic: str) -> None:
        """Write ``Queued`` for each client that gets a QoS 1 message when it comes back."""
        if not self._options.is_used:
            return
        iot = self._iot
        for key, session in list(iot._persistent_sessions.items()):
            account, region, client_id = key
            if Place(account, region) != place or key in iot._connected_clients:
                continue
            if iot._is_session_expired(session) or not any(
                iot._subscription_matches(taken, topic) for taken in session.subscriptions
            ):
                continue
            if self._options.writes(place, "INFO", Source(client_id)):
                self._group.add(place, _INFO, _queued_entry(place, client_id, topic))

    def _keep_peer(self) -> None:
        """Know the address of whoever a connection is served for."""
        serve = self._iot._mtls_serve_conn

        async def serve_connection(reader: Any, writer: Any) -> None:
            peer = writer.get_extra_info("peername") or ("", 0)
            _peer.set((str(peer[0]), int(peer[1])))
            await serve(reader, writer)

        self._iot._mtls_serve_conn = serve_connection

    def _watch_life(self, session: Any) -> None:
        publish = session._publish_lifecycle

        async def publish_lifecycle(client: Any, event: str, **fields: Any) -> None:
            if event in ("connected", "connect_failed"):
                client._lab_peer = _peer.get()
            self._log_life(client, event, fields)
            await publish(client, event, **fields)

        session._publish_lifecycle = publish_lifecycle

    def _log_life(self, client: Any, event: str, fields: dict[str, Any]) -> None:
        if event == "connected":
            self._add(client, _INFO, "Connect")
        elif event == "connect_failed":
            self._add(client, _ERROR, "Connect", reason=_DENIED, details="Authorization Failure")
        elif event == "disconnected":
            reason = str(fields.get("disconnectReason", ""))
            more = _TAKEN_OVER if reason == "DUPLICATE_CLIENTID" else {}
            self._add(client, _INFO, "Disconnect", **more, disconnectReason=reason)
        elif event == "subscribed":
            for topic in fields.get("topics", ()):
                self._add(client, _INFO, "Subscribe", topicName=topic)
        elif event == "unsubscribed":
            self._add(client, _INFO, "Unsubscribe")

    def _watch_refusals(self, session: Any) -> None:
        publish_allowed, allows = session._publish_allowed, session._policy_allows

        def watched_publish(client: Any, topic: str, retain: bool) -> bool:
            is_allowed = bool(publish_allowed(client, topic, retain))
            if not is_allowed and client._client_id:
                self._refused(client, "Publish-In", topic)
            return is_allowed

        def watched_policy(client: Any, action: str, resource: str) -> bool:
            is_allowed = bool(allows(client, action, resource))
            if not is_allowed and action == "iot:Subscribe":
                self._refused(client, "Subscribe", resource.removeprefix("topicfilter/"))
            return is_allowed

        session._publish_allowed = watched_publish
        session._policy_allows = watched_policy

    def _refused(self, client: Any, event_type: str, topic: str) -> None:
        reason = {"reason": _DENIED, "details": "Authorization Failure"}
        self._add(client, _ERROR, event_type, topicName=topic, **reason)

    def _watch_deliveries(self, session: Any) -> None:
        deliver = session.deliver_to_client

        async def deliver_to_client(client: Any, topic: str, payload: bytes, qos: int) -> None:
            if self._options.is_used and self._level(client) >= _ERROR:
                self._log_delivery(client, topic)
            await deliver(client, topic, payload, qos)

        session.deliver_to_client = deliver_to_client

    def _log_delivery(self, client: Any, topic: str) -> None:
        if client._policy_allows("iot:Receive", f"topic/{topic}"):
            self._add(client, _INFO, "Publish-Out", topicName=topic)
        else:
            self._refused(client, "Publish-Out", topic)

    def _level(self, client: Any) -> int:
        address = getattr(client, "_lab_peer", ("", 0))[0]
        source = Source(client._client_id, client._principal, address)
        return self._options.level(Place(client.account_id, client.region), source)

    def _add(
        self, client: Any, level: int, event_type: str, trace_id: str = "", **fields: Any
    ) -> None:
        if self._level(client) < level:
            return
        address, port = getattr(client, "_lab_peer", ("", 0))
        entry = {
            "traceId": trace_id or str(uuid.uuid4()),
            "accountId": client.account_id,
            "status": "Failure" if level == _ERROR else "Success",
            "eventType": event_type,
            "protocol": "MQTT",
            "clientId": client._client_id,
            "principalId": client._principal,
            "sourceIp": address,
            "sourcePort": port,
            **fields,
        }
        self._group.add(Place(client.account_id, client.region), level, entry)


def _queued_entry(place: Place, client_id: str, topic: str) -> dict[str, Any]:
    return {
        "traceId": str(uuid.uuid4()),
        "accountId": place.account,
        "status": "Success",
        "eventType": "Queued",
        "protocol": "MQTT",
        "clientId": client_id,
        "topicName": topic,
        "qos": "1",
    }
