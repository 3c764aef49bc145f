"""Raw MQTT clients of the AWS SDK: they show each reason code instead of interpreting it."""

from __future__ import annotations

import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from awscrt import mqtt, mqtt5
from awscrt.mqtt import SubscribeError
from awsiot import mqtt5_client_builder, mqtt_connection_builder

from lab_utils.local_aws.session_file import Session
from tests.integration.things import DeviceFolder, wait_until

ANSWER_S = 10.0


def _tls_files(session: Session, device: DeviceFolder) -> dict[str, Any]:
    return {
        "endpoint": session.mqtt_host,
        "port": session.mqtt_port,
        "cert_filepath": str(device.certificate),
        "pri_key_filepath": str(device.private_key),
        "ca_filepath": session.ca_file,
    }


@dataclass
class Mqtt5Probe:
    """An MQTT 5 client: ``with Mqtt5Probe(session, device) as probe``."""

    session: Session
    device: DeviceFolder
    client_id: str = field(default_factory=lambda: f"probe-{uuid.uuid4().hex[:8]}")
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    disconnects: list[Any] = field(default_factory=list)
    connected: Future[Any] = field(default_factory=Future)
    refused: Future[Any] = field(default_factory=Future)
    stopped: Future[None] = field(default_factory=Future)

    def __enter__(self) -> Mqtt5Probe:
        self.client = mqtt5_client_builder.mtls_from_path(
            **_tls_files(self.session, self.device),
            connect_options=mqtt5.ConnectPacket(
                client_id=self.client_id, keep_alive_interval_sec=30
            ),
            # A message that the server throws the client out for is not sent again.
            offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
            on_publish_received=self._on_publish,
            on_lifecycle_connection_success=lambda e: _once(self.connected, e.connack_packet),
            on_lifecycle_connection_failure=lambda e: _once(self.refused, e),
            on_lifecycle_disconnection=lambda e: self.disconnects.append(e.disconnect_packet),
            on_lifecycle_stopped=lambda _: _once(self.stopped, None),
        )
        self.client.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.stop()
        self.stopped.result(ANSWER_S)

    def _on_publish(self, data: Any) -> None:
        packet = data.publish_packet
        self.messages.append((packet.topic, packet.payload or b""))

    def connack(self) -> Any:
        return self.connected.result(ANSWER_S)

    def refusal(self) -> Any:
        return self.refused.result(ANSWER_S)

    def publish(self, topic: str, payload: bytes | str) -> int:
        packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE)
        done = self.client.publish(packet).result(ANSWER_S)
        return int(done.puback.reason_code)

    def subscribe(self, topic_filter: str) -> int:
        packet = mqtt5.SubscribePacket([mqtt5.Subscription(topic_filter, mqtt5.QoS.AT_LEAST_ONCE)])
        return int(self.client.subscribe(packet).result(ANSWER_S).reason_codes[0])

    def wait_for_messages(self, count: int) -> list[tuple[str, bytes]]:
        wait_until(lambda: len(self.messages) >= count, f"{count} messages")
        return self.messages


def _once(future: Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


class Mqtt3Probe:
    """An MQTT 3.1.1 client that does not reconnect."""

    def __init__(self, session: Session, device: DeviceFolder, client_id: str = "") -> None:
        self.interrupted: Future[Any] = Future()
        self.connection: mqtt.Connection = mqtt_connection_builder.mtls_from_path(
            **_tls_files(session, device),
            client_id=client_id or f"probe-{uuid.uuid4().hex[:8]}",
            clean_session=True,
            on_connection_interrupted=lambda error, **_: _once(self.interrupted, error),
        )

    def connect(self) -> None:
        self.connection.connect().result(ANSWER_S)

    def publish(self, topic: str, payload: str) -> None:
        self.connection.publish(topic, payload, mqtt.QoS.AT_LEAST_ONCE)

    def subscribe(self, topic_filter: str) -> int:
        """Return the SUBACK's code; the SDK raises where it is the failure code, 0x80."""
        done, _ = self.connection.subscribe(topic_filter, mqtt.QoS.AT_LEAST_ONCE)
        try:
            return int(done.result(ANSWER_S)["qos"])
        except SubscribeError:
            return 0x80

    def disconnect(self) -> None:
        self.connection.disconnect().result(ANSWER_S)
