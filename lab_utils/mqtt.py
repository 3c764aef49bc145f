"""A device that speaks MQTT 5 to AWS IoT Core over mutual TLS, by the AWS IoT Device SDK.

Source: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from awscrt import mqtt5
from awscrt.exceptions import AwsCrtError
from awsiot import mqtt5_client_builder

from lab_utils.errors import MqttError
from lab_utils.mqtt_errors import connection_error, denied_error, timeout_error

LARGEST_PAYLOAD_BYTES = 128 * 1024
"""Source: https://docs.aws.amazon.com/general/latest/gr/iot-core.html (message size)."""
_DENIED_FROM = 128
"""MQTT 5 reason codes from here on are refusals."""


@dataclass(frozen=True)
class DeviceFiles:
    """The files of a device: certificate and private key, and the authority it trusts.

    Attributes:
        certificate: PEM file.
        private_key: PEM file.
        authority: PEM file of the certificate authority; None for the system's own store.
    """

    certificate: Path
    private_key: Path
    authority: Path | None


@dataclass(frozen=True)
class Message:
    """A message that arrived; ``received_at`` is in UTC."""

    topic: str
    payload: bytes
    received_at: datetime

    def json(self) -> Any:
        """Return the payload as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.payload)


class Inbox:
    """Collects the messages of one subscription, in order of arrival.

    As a context manager it ends the subscription, and the connection if it was made for it.
    """

    def __init__(self, device: Device, topic_filter: str, owns_connection: bool) -> None:
        self._device = device
        self.topic_filter = topic_filter
        self._owns_connection = owns_connection
        self._messages: list[Message] = []
        self._arrival = threading.Condition()

    @property
    def messages(self) -> list[Message]:
        """What has arrived so far."""
        with self._arrival:
            return list(self._messages)

    def put(self, message: Message) -> None:
        """Add a message; the device calls this."""
        with self._arrival:
            self._messages.append(message)
            self._arrival.notify_all()

    def wait(self, count: int = 1, timeout_s: float = 10.0) -> list[Message]:
        """Return the messages once there are so many of them.

        Args:
            count: How many to wait for.
            timeout_s: For how long.

        Raises:
            MqttError: Fewer came in time; it says how many.
        """
        with self._arrival:
            if self._arrival.wait_for(lambda: len(self._messages) >= count, timeout_s):
                return list(self._messages)
            came = len(self._messages)
        raise MqttError(
            f"receive {count} messages on {self.topic_filter}",
            f"Within {timeout_s:g} s {came} came.",
            "check the topic that is published to, and that the device's policy allows "
            "iot:Receive on it: a message that may not be received is dropped without a word.",
        )

    def close(self) -> None:
        """End the subscription."""
        self._device.unsubscribe(self)
        if self._owns_connection:
            self._device.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


class Device:
    """A device under one client id. It reconnects by itself, and subscribes anew when it does.

    Args:
        host: The endpoint's host name.
        port: 8883 on AWS.
        files: Certificate, key and authority.
        client_id: The MQTT client id; a second connection under it takes the first one's place.
        timeout_s: How long to wait for the broker's answers.
    """

    def __init__(
        self, host: str, port: int, files: DeviceFiles, client_id: str, timeout_s: float = 10.0
    ) -> None:
        self.host, self.port, self.client_id = host, port, client_id
        self.files = files
        self._timeout_s = timeout_s
        self._client: mqtt5.Client | None = None
        self._inboxes: list[Inbox] = []
        self._settled = threading.Condition()
        self._is_connected = False
        self._is_stopped = True
        self._failure: Exception | None = None
        self._connack: mqtt5.ConnackPacket | None = None
        self.reconnections = 0

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._is_connected

    def connect(self) -> None:
        """Connect, and return once the broker has said yes.

        Raises:
            MqttError: There are no certificate files yet; or the broker refused or did not
                answer, with what the SDK saw and the possible reasons.
        """
        self._require_files()
        self._client = self._new_client()
        self._client.start()
        with self._settled:
            self._settled.wait_for(lambda: self._is_connected or self._failure, self._timeout_s)
            if self._is_connected:
                return
        self.disconnect()
        raise connection_error(self.client_id, self.host, self.port, self._failure, self._connack)

    def disconnect(self) -> None:
        """End the connection; nothing happens if there is none."""
        client, self._client = self._client, None
        if client is None:
            return
        client.stop()
        with self._settled:
            self._settled.wait_for(lambda: self._is_stopped, self._timeout_s)

    def publish(self, topic: str, message: object, *, qos: int = 1) -> None:
        """Publish a message; with QoS 1, return when the broker has acknowledged it.

        Args:
            topic: A topic without wildcards.
            message: A dict or list, sent as JSON; or str or bytes, sent as they are.
            qos: 0 or 1.

        Raises:
            MqttError: The topic or the payload cannot be sent, the policy denies it, or no
                answer came in time.
        """
        payload = encode_payload(message)
        _require_publishable(topic, payload)
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS(qos))
        attempted = f"publish to {topic} as {self.client_id}"
        done = self._answer(attempted, self._connected_client(attempted).publish(packet))
        puback = done.puback
        if puback is not None and puback.reason_code >= _DENIED_FROM:
            raise denied_error(attempted, puback, "iot:Publish", f"topic/{topic}")

    def subscribe(self, topic_filter: str, *, owns_connection: bool = False) -> Inbox:
        """Return an inbox of the messages that match a topic filter from now on.

        Args:
            topic_filter: A topic, with ``+`` for one level and a last ``#`` for the rest.
            owns_connection: Whether closing the inbox disconnects the device.

        Raises:
            MqttError: The policy denies it, or no answer came in time.
        """
        attempted = f"subscribe to {topic_filter} as {self.client_id}"
        inbox = Inbox(self, topic_filter, owns_connection)
        self._inboxes.append(inbox)
        packet = _subscription(topic_filter)
        suback = self._answer(attempted, self._connected_client(attempted).subscribe(packet))
        if suback.reason_codes[0] >= _DENIED_FROM:
            self._inboxes.remove(inbox)
            raise denied_error(attempted, suback, "iot:Subscribe", f"topicfilter/{topic_filter}")
        return inbox

    def unsubscribe(self, inbox: Inbox) -> None:
        """End a subscription; an inbox that was closed already is left as it is."""
        if inbox not in self._inboxes:
            return
        self._inboxes.remove(inbox)
        if self._client is not None and self._is_connected:
            packet = mqtt5.UnsubscribePacket(topic_filters=[inbox.topic_filter])
            self._answer(f"unsubscribe from {inbox.topic_filter}", self._client.unsubscribe(packet))

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.disconnect()

    def _require_files(self) -> None:
        missing = [
            path.name
            for path in (self.files.certificate, self.files.private_key)
            if not path.exists()
        ]
        if missing:
            raise MqttError(
                f"connect as {self.client_id}",
                f"The device has no {' and no '.join(missing)} in {self.files.certificate.parent}.",
                "let Terraform make the certificate and write its files: run lab.apply() first.",
            )

    def _new_client(self) -> mqtt5.Client:
        self._is_stopped = False
        self._failure = self._connack = None
        authority = self.files.authority
        return mqtt5_client_builder.mtls_from_path(
            cert_filepath=str(self.files.certificate),
            pri_key_filepath=str(self.files.private_key),
            ca_filepath=str(authority) if authority else None,
            endpoint=self.host,
            port=self.port,
            client_id=self.client_id,
            keep_alive_interval_sec=30,
            on_publish_received=self._received,
            on_lifecycle_connection_success=self._connected,
            on_lifecycle_connection_failure=self._failed,
            on_lifecycle_disconnection=self._disconnected,
            on_lifecycle_stopped=self._stopped,
        )

    def _connected_client(self, attempted: str) -> mqtt5.Client:
        if self._client is None:
            raise MqttError(attempted, "The device is not connected.", "call connect() first.")
        return self._client

    def _answer(self, attempted: str, future: Future[Any]) -> Any:
        try:
            return future.result(self._timeout_s)
        except FutureTimeoutError as error:
            raise timeout_error(attempted, self._timeout_s, self._is_connected) from error
        except AwsCrtError as error:
            raise connection_error(
                self.client_id, self.host, self.port, error, None, attempted
            ) from error

    # What the SDK calls, on a thread of its own.

    def _received(self, data: mqtt5.PublishReceivedData) -> None:
        packet = data.publish_packet
        message = Message(packet.topic, bytes(packet.payload or b""), datetime.now(UTC))
        for inbox in list(self._inboxes):
            if filter_matches(inbox.topic_filter, packet.topic):
                inbox.put(message)

    def _connected(self, data: mqtt5.LifecycleConnectSuccessData) -> None:
        was_lost = bool(self._inboxes) and not data.connack_packet.session_present
        if was_lost and self._client is not None:
            for inbox in self._inboxes:
                self._client.subscribe(_subscription(inbox.topic_filter))
        self._settle(is_connected=True)

    def _failed(self, data: mqtt5.LifecycleConnectFailureData) -> None:
        self._connack = data.connack_packet
        self._settle(failure=data.exception)

    def _disconnected(self, data: mqtt5.LifecycleDisconnectData) -> None:
        self.reconnections += 1
        self._settle(failure=data.exception)

    def _stopped(self, _data: mqtt5.LifecycleStoppedData) -> None:
        self._is_stopped = True
        self._settle(failure=self._failure)

    def _settle(self, *, is_connected: bool = False, failure: Exception | None = None) -> None:
        with self._settled:
            self._is_connected = is_connected
            self._failure = failure
            self._settled.notify_all()


def encode_payload(message: object) -> bytes:
    """Return what is sent for a message: bytes and text as they are, all else as JSON.

    Raises:
        MqttError: It is nothing that JSON can hold.
    """
    if isinstance(message, bytes):
        return message
    if isinstance(message, str):
        return message.encode()
    try:
        return json.dumps(message).encode()
    except TypeError as error:
        raise MqttError(
            "encode the message", f"JSON cannot hold it: {error}.", "send a dict, str or bytes."
        ) from error


def filter_matches(topic_filter: str, topic: str) -> bool:
    """Return whether a topic matches a filter as AWS IoT sees it (``a/#`` does not match ``a``)."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return len(given) > position
        if position >= len(given) or level not in ("+", given[position]):
            return False
    return len(wanted) == len(given)


def _subscription(topic_filter: str) -> mqtt5.SubscribePacket:
    return mqtt5.SubscribePacket(
        subscriptions=[mqtt5.Subscription(topic_filter=topic_filter, qos=mqtt5.QoS.AT_LEAST_ONCE)]
    )


def _require_publishable(topic: str, payload: bytes) -> None:
    attempted = f"publish to {topic!r}"
    if not topic or "+" in topic or "#" in topic:
        raise MqttError(
            attempted,
            "A message goes to one topic; + and # stand in the filters of subscribers only.",
            "name the topic in full, such as sensor/temperature/temp_1.",
        )
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise MqttError(
            attempted,
            f"The payload has {len(payload)} bytes; AWS IoT takes {LARGEST_PAYLOAD_BYTES} at most.",
            "send less in one message.",
        )
