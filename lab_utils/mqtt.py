"""A device: MQTT 5 over mutual TLS, with the AWS IoT Device SDK."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from lab_utils import mqtt_errors, mqtt_sdk
from lab_utils.errors import MqttError
from lab_utils.mqtt_inbox import Inbox, Message, is_match
from lab_utils.mqtt_link import (
    DeviceFiles,
    Link,
    failed_connection,
    refusal,
    said,
    untrusted_words,
    words,
)
from lab_utils.mqtt_sdk import AwsCrtError

__all__ = ["Device", "DeviceFiles", "Inbox", "Message"]

_STOP_S = 5.0
_STOP_FAILED_S = 0.5
"""A handshake that goes wrong is held back for long by the TLS library; nothing is lost with it."""


class Device:
    """A device of the house: connects with its certificate, publishes and subscribes.

    A context manager. Once connected it stays so: a broken connection is made again by itself,
    with its subscriptions.

    Args:
        host: The endpoint's host name.
        port: The endpoint's port.
        files: Certificate, private key and authority.
        client_id: The MQTT client id; only one connection can hold it at a time.
        keep_alive_s: After how many quiet seconds the connection is probed.
        connect_timeout_s: How long `connect` waits for the broker's answer.
        identity: The files as another device has read them already.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
    """

    def __init__(
        self,
        host: str,
        port: int,
        files: DeviceFiles,
        client_id: str,
        *,
        keep_alive_s: int = 30,
        connect_timeout_s: float = 10.0,
        identity: mqtt_sdk.Identity | None = None,
    ) -> None:
        self.host, self.port, self.files, self.client_id = host, port, files, client_id
        self._timing = mqtt_sdk.Timing(keep_alive_s, connect_timeout_s)
        self._client: Any = None
        self._link = Link()
        self._inboxes: list[Inbox] = []
        self._identity = identity or mqtt_sdk.Identity(files)

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands right now."""
        return self._client is not None and self._link.is_connected

    @property
    def is_taken_over(self) -> bool:
        """Whether another client has connected with its id, so that it stays out."""
        packet = self._link.thrown_out
        return packet is not None and int(packet.reason_code) == mqtt_errors.SESSION_TAKEN_OVER

    @property
    def trouble(self) -> MqttError | None:
        """What the broker has against this device; None if there is nothing to say."""
        attempted = f"keep {self.client_id!r} connected"
        packet = self._link.thrown_out
        if packet is not None and int(packet.reason_code) == mqtt_errors.NOT_AUTHORIZED:
            return mqtt_errors.thrown_out(attempted, said(packet.reason_code, packet))
        if self._client is None or self._link.is_connected:
            return None
        if self.is_taken_over:
            return self._taken_over(attempted)
        failure = self._link.failure
        return None if failure is None else self._connection_error(attempted, failure)

    def sibling(self, client_id: str) -> Device:
        """Return another device of the same endpoint and files; it is not connected yet."""
        return Device(
            self.host,
            self.port,
            self.files,
            client_id,
            keep_alive_s=self._timing.keep_alive_s,
            connect_timeout_s=self._timing.connect_timeout_s,
            identity=self._identity,
        )

    def connect(self) -> None:
        """Connect, and return when the broker has accepted.

        Raises:
            MqttError: No certificate yet, a refused connection, nothing there, or no answer.
        """
        if self._client is not None and not self.is_taken_over:
            return
        self.disconnect()
        attempted = f"connect {self.client_id!r} to {self.host}:{self.port}"
        self._link = Link()
        self._client = self._build_client(attempted)
        self._client.start()
        link = self._link
        link.wait(lambda: link.is_connected or link.failure, self._timing.connect_timeout_s)
        if link.is_connected:
            return
        failure = link.failure
        self._let_go(_STOP_FAILED_S)
        raise self._connection_error(attempted, failure)

    def disconnect(self) -> None:
        """Close the connection and end its subscriptions; harmless if there is none."""
        self._let_go(_STOP_S if self.is_connected else _STOP_FAILED_S)

    def _let_go(self, timeout_s: float) -> None:
        client, self._client = self._client, None
        self._inboxes = []
        if client is None:
            return
        client.stop()
        try:
            self._link.stopped.result(timeout_s)
        except TimeoutError:
            # The SDK lets go of the socket by itself once the client object is gone.
            return

    def publish(self, topic: str, payload: object, qos: int = 1, timeout_s: float = 10.0) -> None:
        """Publish a message, and with QoS 1 return when the broker has acknowledged it.

        During an outage it waits for the connection to come back; after the time has passed the
        message is given up and never sent later.

        Args:
            topic: A topic without wildcards.
            payload: bytes or str, sent as they are; anything else is sent as JSON.
            qos: 0 (not acknowledged: a denied message is lost silently) or 1.
            timeout_s: How long to wait, in seconds.

        Raises:
            MqttError: A topic or payload that cannot be sent, a denied publish, or no answer.
        """
        attempted = f"publish to {topic!r}"
        mqtt_errors.check_topic(attempted, topic)
        mqtt_errors.check_qos(attempted, qos)
        data = mqtt_errors.encode_payload(attempted, payload)
        packet = mqtt_sdk.publication(topic, data, qos)
        permission = ("iot:Publish", f"topic/{topic}")
        done = self._request(
            attempted, permission, lambda client: client.publish(packet), timeout_s
        )
        if qos == 1:
            _raise_if(refusal(attempted, permission, done.puback.reason_code, done.puback))

    def publish_soon(self, topic: str, data: bytes) -> Future[None]:
        """Publish bytes with QoS 1 without waiting; the future ends with the broker's answer.

        It ends in a thread of the SDK, with an `OutageError` if the connection breaks before the
        answer or does not stand: the same can be sent again then. A refusal is another MqttError.
        """
        answer: Future[None] = Future()
        attempted = f"publish to {topic!r}"
        client = self._client
        if client is None:
            answer.set_exception(mqtt_errors.not_connected(attempted))
            return answer

        def on_puback(sent: Future[Any]) -> None:
            error = mqtt_sdk.publish_error(attempted, topic, sent)
            if error is None:
                answer.set_result(None)
            else:
                answer.set_exception(error)

        client.publish(mqtt_sdk.publication(topic, data, 1)).add_done_callback(on_puback)
        return answer

    def subscribe(
        self,
        topic_filter: str,
        *,
        on_message: Callable[[Message], None] | None = None,
        timeout_s: float = 10.0,
        owns_connection: bool = False,
    ) -> Inbox:
        """Return an inbox that collects the messages of a topic filter, from now on.

        Args:
            topic_filter: A topic, or with the wildcards + and #.
            on_message: Takes each message instead of the inbox; see `Inbox`.
            timeout_s: How long to wait for the broker's answer, in seconds.
            owns_connection: Disconnect when the inbox is closed, or if this fails.

        Raises:
            MqttError: A filter that cannot be, a denied subscription, or no answer.
        """
        inbox = Inbox(topic_filter, self._closer(owns_connection), on_message)
        self._inboxes.append(inbox)
        try:
            self._ask_subscription(topic_filter, timeout_s)
        except MqttError:
            self._inboxes = [other for other in self._inboxes if other is not inbox]
            if owns_connection:
                self.disconnect()
            raise
        return inbox

    def __enter__(self) -> Device:
        """Connect."""
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self.disconnect()

    def _ask_subscription(self, topic_filter: str, timeout_s: float) -> None:
        attempted = f"subscribe to {topic_filter!r}"
        mqtt_errors.check_filter(attempted, topic_filter)
        permission = ("iot:Subscribe", f"topicfilter/{topic_filter}")
        packet = mqtt_sdk.subscription(topic_filter)
        suback = self._request(
            attempted, permission, lambda client: client.subscribe(packet), timeout_s
        )
        _raise_if(refusal(attempted, permission, suback.reason_codes[0], suback))

    def _closer(self, owns_connection: bool) -> Callable[[Inbox], None]:
        def close(inbox: Inbox) -> None:
            self._inboxes = [other for other in self._inboxes if other is not inbox]
            if owns_connection:
                self.disconnect()
            elif self.is_connected and not self._has_inbox(inbox.topic_filter):
                self._client.unsubscribe(mqtt_sdk.unsubscription(inbox.topic_filter))

        return close

    def _has_inbox(self, topic_filter: str) -> bool:
        return any(inbox.topic_filter == topic_filter for inbox in self._inboxes)

    def _build_client(self, attempted: str) -> Any:
        link = self._link
        callbacks = mqtt_sdk.Callbacks(
            self._on_publish,
            self._on_success,
            link.on_failure,
            self._on_disconnection,
            link.on_stopped,
        )
        place, context = (self.host, self.port), self._identity.context(attempted)
        return mqtt_sdk.build_client(place, context, self.client_id, self._timing, callbacks)

    def _on_publish(self, event: Any) -> None:
        packet = event.publish_packet
        message = Message(packet.topic, bytes(packet.payload or b""))
        for inbox in list(self._inboxes):
            if is_match(inbox.topic_filter, message.topic):
                inbox.deliver(message)

    def _on_success(self, event: Any) -> None:
        self._link.on_success(event)
        if self._link.connections == 1 or event.connack_packet.session_present:
            return
        for topic_filter in {inbox.topic_filter for inbox in self._inboxes}:
            self._renew(topic_filter)

    def _renew(self, topic_filter: str) -> None:
        """Subscribe again after an outage; a refusal reaches who waits for messages."""

        def on_answer(answer: Future[Any]) -> None:
            if answer.exception() is not None:
                return  # The connection broke again, and the next one renews.
            suback = answer.result()
            permission = ("iot:Subscribe", f"topicfilter/{topic_filter}")
            attempted = f"subscribe to {topic_filter!r} again after an outage"
            error = refusal(attempted, permission, suback.reason_codes[0], suback)
            for inbox in self._inboxes:
                if error is not None and inbox.topic_filter == topic_filter:
                    inbox.fail(error)

        if (client := self._client) is not None:
            client.subscribe(mqtt_sdk.subscription(topic_filter)).add_done_callback(on_answer)

    def _on_disconnection(self, event: Any) -> None:
        self._link.on_disconnection(event)
        packet = event.disconnect_packet
        if packet is None or int(packet.reason_code) != mqtt_errors.SESSION_TAKEN_OVER:
            return
        # Reconnecting would throw the other client out, which would throw out this one, ...
        if self._client is not None:
            self._client.stop()
        for inbox in list(self._inboxes):
            inbox.fail(self._taken_over(f"keep {self.client_id!r} connected"))

    def _taken_over(self, attempted: str) -> MqttError:
        answer = said(self._link.thrown_out.reason_code, self._link.thrown_out)
        return mqtt_errors.taken_over(attempted, self.client_id, answer)

    def _request(
        self,
        attempted: str,
        permission: tuple[str, str],
        send: Callable[[Any], Future[Any]],
        timeout_s: float,
    ) -> Any:
        """Return the broker's answer; what an outage swallowed is sent again in the time left."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._wait_connected(attempted, timeout_s, deadline)
            drops = self._link.drops
            try:
                return send(self._client).result(max(0.0, deadline - time.monotonic()))
            except TimeoutError as error:
                raise mqtt_errors.no_answer(
                    attempted, timeout_s, "the connection stands, the broker is silent"
                ) from error
            except AwsCrtError as error:
                self._explain_loss(attempted, permission, error, drops, deadline)

    def _wait_connected(self, attempted: str, timeout_s: float, deadline: float) -> None:
        link = self._link
        if self._client is None:
            raise mqtt_errors.not_connected(attempted)
        link.wait(lambda: link.is_connected or self.is_taken_over, deadline - time.monotonic())
        if link.is_connected:
            return
        if self.is_taken_over:
            raise self._taken_over(attempted)
        if link.failure is not None:
            raise self._connection_error(attempted, link.failure)
        raise mqtt_errors.no_answer(attempted, timeout_s, "the connection is broken")

    def _explain_loss(
        self,
        attempted: str,
        permission: tuple[str, str],
        error: AwsCrtError,
        drops: int,
        deadline: float,
    ) -> None:
        """Raise, unless it was an outage, after which the same can be tried again."""
        if error.name != mqtt_sdk.LOST_IN_AN_OUTAGE:
            raise MqttError(
                attempted, f"The MQTT client refused it: {words(error)}.", "see the message."
            ) from error
        link = self._link
        link.wait(lambda: link.drops > drops, min(1.0, deadline - time.monotonic()))
        packet = link.thrown_out
        if packet is not None and int(packet.reason_code) == mqtt_errors.NOT_AUTHORIZED:
            answer = said(packet.reason_code, packet)
            raise mqtt_errors.denied(attempted, *permission, answer) from error

    def _connection_error(self, attempted: str, failure: Any) -> MqttError:
        if failure is None:
            untrusted = untrusted_words(self.host, self.port, self.files)
            if untrusted:
                return mqtt_errors.untrusted(attempted, self.files.ca, untrusted)
            state = f"nothing came back from {self.host}:{self.port}"
            return mqtt_errors.no_answer(attempted, self._timing.connect_timeout_s, state)
        certificate_id = self._identity.certificate_id
        place = (self.host, self.port)
        return failed_connection(attempted, self.client_id, place, certificate_id, failure)


def _raise_if(error: MqttError | None) -> None:
    if error is not None:
        raise error
