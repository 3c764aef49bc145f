"""A device's MQTT session, where ministack's differs from that of AWS IoT."""

from __future__ import annotations

import asyncio
import struct
from functools import lru_cache
from typing import Any

from lab_utils.local_aws.gateway import MAX_PAYLOAD_BYTES

MAX_PACKET_BYTES = 146 * 1024
"""The largest MQTT 5 packet that AWS IoT takes."""
_NOT_AUTHORIZED = 0x87
_PACKET_TOO_LARGE = 0x95
_SUBSCRIBE = 8
_SUBACK_FIRST_BYTE = 0x90
_REFUSED = 0x80
_MOST_TOPICS = 8192
"""Topics and filters whose parts are kept."""


class _PayloadTooLargeError(Exception):
    """A message that AWS IoT would not take."""


def mend_sessions(iot: Any) -> None:
    """Replace what differs in ministack's ``iot`` module.

    Payloads may have 128 KiB, in MQTT 5 packets of up to 146 KiB (ministack: packets of
    128 KiB by its own word, payloads of any size in fact). An MQTT 3.1.1 subscription that no
    policy allows is refused in the SUBACK (ministack: the connection closes).

    Source:
        https://docs.aws.amazon.com/general/latest/gr/iot-core.html
    """
    _limit_payloads(iot)
    _match_exact_filters_at_once(iot)
    _end_sessions_of_inactive_certificates(iot)
    session = iot._WSSession
    handle, properties = session.handle_packet, session._connack_properties

    async def handle_packet(client: Any, kind: int, flags: int, body: bytes) -> bool:
        try:
            if kind == _SUBSCRIBE and client.protocol_version != iot.MQTT_5:
                return await _subscribe(iot, handle, client, flags, body)
            return bool(await handle(client, kind, flags, body))
        except _PayloadTooLargeError:
            client._forced_disconnect_reason = "CLIENT_ERROR"
            if client.protocol_version == iot.MQTT_5:
                await client.send_bytes(iot._make_disconnect(_PACKET_TOO_LARGE))
            return False

    def connack_properties(client: Any, assigned_client_id: str | None) -> list[Any]:
        size = iot.PROP_MAXIMUM_PACKET_SIZE
        given = properties(client, assigned_client_id)
        return [(key, MAX_PACKET_BYTES if key == size else value) for key, value in given]

    session.handle_packet = handle_packet
    session._connack_properties = connack_properties


def _match_exact_filters_at_once(iot: Any) -> None:
    """Compare a filter without wildcards as it is.

    ministack looks at every subscription for each message, takes its topic apart and splits it
    into its levels: with a hundred air conditioners that takes longer than all else.
    """
    matches = iot._subscription_matches

    def subscription_matches(topic_filter: str, topic: str) -> bool:
        if "+" in topic_filter or "#" in topic_filter:
            return bool(matches(topic_filter, topic))
        return topic_filter == topic

    iot._subscription_matches = subscription_matches
    iot._unscope_topic = lru_cache(_MOST_TOPICS)(iot._unscope_topic)


def _limit_payloads(iot: Any) -> None:
    publish = iot.broker_publish

    async def broker_publish(
        account: str, region: str, topic: str, payload: bytes, *rest: Any, **named: Any
    ) -> None:
        if len(payload or b"") > MAX_PAYLOAD_BYTES:
            raise _PayloadTooLargeError(topic)
        await publish(account, region, topic, payload, *rest, **named)

    iot.broker_publish = broker_publish


def _end_sessions_of_inactive_certificates(iot: Any) -> None:
    """Disconnect a device when its certificate stops being active.

    AWS IoT does so within a few minutes, ministack not at all; here it happens at once.

    Source:
        https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html
    """
    handle = iot._handle_certificate
    ending: set[asyncio.Task[None]] = set()

    def handle_certificate(method: str, path: str, body: bytes, query: Any) -> Any:
        response = handle(method, path, body, query)
        if method in ("PUT", "DELETE") and response[0] < 400:
            for client in list(iot._connected_clients.values()):
                held = client.certificate_id
                if held and path.endswith(held) and not iot._mtls_active_registrations(held):
                    task = asyncio.get_running_loop().create_task(_end(iot, client))
                    ending.add(task)
                    task.add_done_callback(ending.discard)
        return response

    iot._handle_certificate = handle_certificate


async def _end(iot: Any, client: Any) -> None:
    client._forced_disconnect_reason = "FORBIDDEN_ACCESS"
    if client.protocol_version == iot.MQTT_5:
        await client.send_bytes(iot._make_disconnect(_NOT_AUTHORIZED))
    await client._send({"type": "websocket.close"})


async def _subscribe(iot: Any, handle: Any, client: Any, flags: int, body: bytes) -> bool:
    """Subscribe to the filters that are allowed, and refuse the others by their return code."""
    try:
        requests = _subscriptions(body)
    except (struct.error, IndexError, UnicodeDecodeError):
        return bool(await handle(client, _SUBSCRIBE, flags, body))
    allowed = [
        client._policy_allows("iot:Subscribe", f"topicfilter/{topic}") for topic, _ in requests
    ]
    if all(allowed):
        return bool(await handle(client, _SUBSCRIBE, flags, body))
    granted = bytearray()
    if any(allowed):
        remaining = body[:2] + b"".join(
            raw for (_, raw), is_allowed in zip(requests, allowed, strict=True) if is_allowed
        )
        granted = await _granted(handle, client, flags, remaining)
    codes = [granted.pop(0) if is_allowed and granted else _REFUSED for is_allowed in allowed]
    packet_id = struct.unpack_from("!H", body)[0]
    await client.send_bytes(iot._make_suback(packet_id, codes))
    return True


async def _granted(handle: Any, client: Any, flags: int, body: bytes) -> bytearray:
    """Let ministack subscribe, and return the codes of its SUBACK instead of sending it."""
    codes = bytearray()
    send = client.send_bytes

    async def send_all_but_suback(packet: bytes) -> None:
        if packet[0] == _SUBACK_FIRST_BYTE:
            codes.extend(packet[4:])
        else:
            await send(packet)

    client.send_bytes = send_all_but_suback
    try:
        await handle(client, _SUBSCRIBE, flags, body)
    finally:
        del client.send_bytes
    return codes


def _subscriptions(body: bytes) -> list[tuple[str, bytes]]:
    """Return each filter of a SUBSCRIBE packet with its part of the packet."""
    found: list[tuple[str, bytes]] = []
    at = 2
    while at < len(body):
        end = at + 2 + struct.unpack_from("!H", body, at)[0]
        found.append((body[at + 2 : end].decode("utf-8"), body[at : end + 1]))
        if end >= len(body):
            raise IndexError(at)
        at = end + 1
    return found
