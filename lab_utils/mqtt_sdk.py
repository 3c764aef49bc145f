"""The AWS IoT Device SDK's MQTT 5 client: the only place that imports it.

All devices of a process share the SDK's one event loop group, so a house of many devices costs
no thread per device.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from awscrt import io, mqtt5
from awscrt.exceptions import AwsCrtError

from lab_utils import mqtt_errors
from lab_utils.errors import MqttError
from lab_utils.mqtt_link import DeviceFiles, refusal

__all__ = [
    "LOST_IN_AN_OUTAGE",
    "AwsCrtError",
    "Callbacks",
    "Identity",
    "Timing",
    "build_client",
    "publication",
    "publish_error",
    "subscription",
    "unsubscription",
]

LOST_IN_AN_OUTAGE = "AWS_ERROR_MQTT5_OPERATION_FAILED_DUE_TO_OFFLINE_QUEUE_POLICY"
_BROKEN_OFF = {
    LOST_IN_AN_OUTAGE,
    "AWS_ERROR_MQTT5_USER_REQUESTED_STOP",
    "AWS_ERROR_MQTT5_CLIENT_TERMINATED",
}
"""What the SDK says of a message whose connection ended, or was ended, before the answer."""

_SHORTEST_RECONNECT_MS, _LONGEST_RECONNECT_MS = 500, 1_000
"""AWS takes one connect a second of a client id; a fast lab's minutes pass while one waits."""


class Identity:
    """The TLS context of a device's files, made once for all the devices that share it.

    Reading a private key costs some milliseconds, and a thousand sensors show the same one. Files
    that have changed are read anew.
    """

    def __init__(self, files: DeviceFiles) -> None:
        self.files = files
        self.certificate_id = ""
        self._content: tuple[bytes, ...] = ()
        self._context: Any = None
        self._lock = threading.Lock()

    def context(self, attempted: str) -> Any:
        """Return the TLS context.

        Raises:
            MqttError: A file is missing, empty, or not what it should be.
        """
        files = self.files
        certificate = mqtt_errors.read_file(attempted, files.certificate, "certificate")
        key = mqtt_errors.read_file(attempted, files.private_key, "private key")
        authority = (
            mqtt_errors.read_file(attempted, files.ca, "CA certificate") if files.ca else b""
        )
        self.certificate_id = mqtt_errors.certificate_id(certificate)
        with self._lock:
            content = (certificate, key, authority)
            if content != self._content:
                self._context = self._make(attempted, certificate, key, authority)
                self._content = content
            return self._context

    def _make(self, attempted: str, certificate: bytes, key: bytes, authority: bytes) -> Any:
        try:
            options = io.TlsContextOptions.create_client_with_mtls(certificate, key)
            if authority:
                options.override_default_trust_store(authority)
            return io.ClientTlsContext(options)
        except (AwsCrtError, RuntimeError) as error:
            folder = self.files.certificate.parent
            raise mqtt_errors.bad_files(attempted, str(error).rstrip("."), folder) from error


@dataclass(frozen=True)
class Callbacks:
    """What the SDK calls, in a thread of its own."""

    on_publish: Callable[[Any], None]
    on_success: Callable[[Any], None]
    on_failure: Callable[[Any], None]
    on_disconnection: Callable[[Any], None]
    on_stopped: Callable[[Any], None]


@dataclass(frozen=True)
class Timing:
    """How patient a connection is, in seconds.

    Attributes:
        keep_alive_s: After how many quiet seconds it is probed.
        connect_timeout_s: How long one attempt to connect may take.
    """

    keep_alive_s: int
    connect_timeout_s: float


def build_client(
    place: tuple[str, int], context: Any, client_id: str, timing: Timing, callbacks: Callbacks
) -> Any:
    """Return a client that is not started yet; once connected it reconnects by itself."""
    timeout_ms = max(1, int(timing.connect_timeout_s * 1000))
    keep_alive_s = timing.keep_alive_s
    host, port = place
    return mqtt5.Client(
        mqtt5.ClientOptions(
            host_name=host,
            port=port,
            tls_ctx=context,
            disable_metrics=True,
            connect_options=mqtt5.ConnectPacket(
                client_id=client_id, username="", keep_alive_interval_sec=keep_alive_s
            ),
            ping_timeout_ms=min(10_000, keep_alive_s * 500),
            connack_timeout_ms=timeout_ms,
            socket_options=_socket_options(timeout_ms),
            min_reconnect_delay_ms=_SHORTEST_RECONNECT_MS,
            max_reconnect_delay_ms=_LONGEST_RECONNECT_MS,
            # Nothing is queued in the SDK: a message that was given up must not go out later.
            offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
            extended_validation_and_flow_control_options=(
                mqtt5.ExtendedValidationAndFlowControlOptions.AWS_IOT_CORE_DEFAULTS
            ),
            on_publish_callback_fn=callbacks.on_publish,
            on_lifecycle_event_connection_success_fn=callbacks.on_success,
            on_lifecycle_event_connection_failure_fn=callbacks.on_failure,
            on_lifecycle_event_disconnection_fn=callbacks.on_disconnection,
            on_lifecycle_event_stopped_fn=callbacks.on_stopped,
        )
    )


def publish_error(attempted: str, topic: str, sent: Future[Any]) -> MqttError | None:
    """Return what went wrong with a publish that has ended; None if it was acknowledged."""
    error = sent.exception()
    if error is None:
        puback = sent.result().puback
        return refusal(attempted, ("iot:Publish", f"topic/{topic}"), puback.reason_code, puback)
    if isinstance(error, AwsCrtError) and error.name in _BROKEN_OFF:
        return mqtt_errors.lost_in_an_outage(attempted)
    return MqttError(attempted, f"The MQTT client refused it: {error}.", "see the message.")


def publication(topic: str, data: bytes, qos: int) -> Any:
    """Return the packet that publishes a message."""
    return mqtt5.PublishPacket(topic=topic, payload=data, qos=mqtt5.QoS(qos))


def subscription(topic_filter: str) -> Any:
    """Return the packet that subscribes to a topic filter."""
    return mqtt5.SubscribePacket([mqtt5.Subscription(topic_filter, mqtt5.QoS.AT_LEAST_ONCE)])


def unsubscription(topic_filter: str) -> Any:
    """Return the packet that ends a subscription."""
    return mqtt5.UnsubscribePacket([topic_filter])


def _socket_options(timeout_ms: int) -> Any:
    options = io.SocketOptions()
    options.connect_timeout_ms = timeout_ms
    return options
