"""A device against the embedded AWS: messages, refusals in the broker's words, outages."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_utils.errors import MqttError
from lab_utils.local_aws.session_file import Session
from lab_utils.mqtt import Device, DeviceFiles
from tests.integration.relay import Relay
from tests.integration.things import DeviceFolder, wait_until

Unique = Callable[[str], str]
Connect = Callable[..., Device]
MakeDevice = Callable[..., DeviceFolder]


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:iot:*:*:{resource}"}


CONNECT = allow("iot:Connect", "client/*")


def device_files(session: Session, folder: DeviceFolder) -> DeviceFiles:
    return DeviceFiles(folder.certificate, folder.private_key, Path(session.ca_file))


@pytest.fixture
def make(aws_session: Session, unique: Unique) -> Connect:
    """Makes a device that has not connected yet."""

    def make_device(
        folder: DeviceFolder, client_id: str = "", port: int = 0, timeout_s: float = 10.0
    ) -> Device:
        return Device(
            aws_session.mqtt_host,
            port or aws_session.mqtt_port,
            device_files(aws_session, folder),
            client_id or unique("client"),
            connect_timeout_s=timeout_s,
        )

    return make_device


@pytest.fixture
def relay(aws_session: Session) -> Iterator[Relay]:
    """A line to the broker that a test can cut and mend."""
    with Relay(aws_session.mqtt_port) as line:
        yield line


def test_a_device_receives_what_it_publishes_as_json_text_and_bytes(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    topic = f"{unique('home')}/kitchen"
    with make(make_device()) as device, device.subscribe(topic.replace("kitchen", "+")) as inbox:
        device.publish(topic, {"temperature": 20.16})
        device.publish(topic, "plain")
        device.publish(topic, b"\x01\x02", qos=0)
        messages = inbox.wait(3)
    assert messages[0].json() == {"temperature": 20.16}
    assert {message.payload for message in messages[1:]} == {b"plain", b"\x01\x02"}
    assert {message.topic for message in messages} == {topic}


def test_each_inbox_gets_only_what_its_filter_names_and_nothing_once_closed(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    home = unique("home")
    with make(make_device()) as device:
        kitchen, bedroom = device.subscribe(f"{home}/kitchen"), device.subscribe(f"{home}/bedroom")
        device.publish(f"{home}/kitchen", "1")
        device.publish(f"{home}/bedroom", "2")
        assert [message.payload for message in kitchen.wait(1)] == [b"1"]
        assert [message.payload for message in bedroom.wait(1)] == [b"2"]
        kitchen.close()
        device.publish(f"{home}/kitchen", "3")
        device.publish(f"{home}/bedroom", "4")
        bedroom.wait(2)
        assert len(kitchen) == 1


def test_an_inbox_that_owns_its_connection_closes_it(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    device = make(make_device())
    device.connect()
    with device.subscribe(unique("home"), owns_connection=True):
        assert device.is_connected
    assert not device.is_connected


def test_the_largest_payload_arrives_whole(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    topic, payload = unique("home"), b"x" * (128 * 1024)
    with make(make_device()) as device, device.subscribe(topic) as inbox:
        device.publish(topic, payload)
        assert inbox.wait(1)[0].payload == payload


def test_many_devices_of_one_process_are_connected_at_once(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    folder, home = make_device(), unique("home")
    devices = [make(folder) for _ in range(12)]
    try:
        for device in devices:
            device.connect()
        with devices[0].subscribe(f"{home}/+") as inbox:
            for number, device in enumerate(devices):
                device.publish(f"{home}/temp_{number}", number)
            topics = {message.topic for message in inbox.wait(len(devices))}
        assert len(topics) == len(devices)
    finally:
        for device in devices:
            device.disconnect()


def test_a_denied_publish_names_topic_action_and_reason_code(
    make: Connect, make_device: MakeDevice
) -> None:
    folder = make_device([CONNECT, allow("iot:Publish", "topic/mine")])
    with make(folder) as device:
        device.publish("mine", "1")
        with pytest.raises(MqttError) as denied:
            device.publish("garage/door", {"open": True})
        assert "garage/door" in denied.value.attempted
        assert "reason code 135 (Not authorized)" in denied.value.happened
        assert "iot:Publish" in denied.value.next_step
        assert "topic/garage/door" in denied.value.next_step
        device.publish("mine", "the connection still stands")


def test_a_denied_subscription_names_filter_action_and_reason_code(
    make: Connect, make_device: MakeDevice
) -> None:
    with make(make_device([CONNECT])) as device:
        with pytest.raises(MqttError) as denied:
            device.subscribe("AC/+")
        assert "135 (Not authorized)" in denied.value.happened
        assert "iot:Subscribe" in denied.value.next_step
        assert "topicfilter/AC/+" in denied.value.next_step


def test_a_message_that_may_not_be_received_is_missing_with_the_reason_to_look_for(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    topic = unique("home")
    statements = [CONNECT, allow("iot:Publish", "topic/*"), allow("iot:Subscribe", "*")]
    with make(make_device(statements)) as device, device.subscribe(topic) as inbox:
        device.publish(topic, "1")
        with pytest.raises(MqttError, match="iot:Receive"):
            inbox.wait(1, timeout_s=0.5)


def refusal(device: Device) -> MqttError:
    with pytest.raises(MqttError) as refused:
        device.connect()
    assert not device.is_connected
    return refused.value


def test_an_inactive_certificate_is_refused_and_the_message_says_where_to_look(
    make: Connect, make_device: MakeDevice
) -> None:
    folder = make_device(active=False)
    error = refusal(make(folder))
    assert "not active" in error.happened
    assert "iot:Connect" not in error.happened, "no policy was looked at yet"
    assert folder.certificate_id in error.next_step


def test_a_client_id_that_no_policy_allows_is_refused_with_the_reason_code(
    make: Connect, make_device: MakeDevice
) -> None:
    folder = make_device([allow("iot:Connect", "client/somebody")])
    error = refusal(make(folder, "sensor-1"))
    assert "reason code 135 (Not authorized)" in error.happened
    assert "client/sensor-1" in error.happened
    assert "not active" not in error.happened, "an answer means that the certificate counts"


def test_an_endpoint_that_is_down_says_so(make: Connect, make_device: MakeDevice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refusal(make(make_device(), port=port))
    assert f"Nothing answers at localhost:{port}" in error.happened
    assert "lab start" in error.next_step


def test_an_endpoint_that_never_answers_is_given_up_in_time(
    make: Connect, make_device: MakeDevice
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refusal(make(make_device(), port=silent.getsockname()[1], timeout_s=0.5))
    assert "0.5 s" in error.happened


def test_an_endpoint_that_the_authority_does_not_vouch_for_is_refused(
    aws_session: Session, make_device: MakeDevice
) -> None:
    folder = make_device()
    files = DeviceFiles(folder.certificate, folder.private_key, ca=None)
    host, port = aws_session.mqtt_host, aws_session.mqtt_port
    error = refusal(Device(host, port, files, "device", connect_timeout_s=1))
    assert "the system's trust store does not vouch for" in error.happened


def test_a_second_client_with_the_same_id_takes_the_connection(
    make: Connect, make_device: MakeDevice, unique: Unique
) -> None:
    folder, client_id, topic = make_device(), unique("twin"), unique("home")
    with make(folder, client_id) as first:
        inbox = first.subscribe(topic)
        with make(folder, client_id) as second:
            with pytest.raises(MqttError, match="same client id"):
                inbox.wait(1)
            with pytest.raises(MqttError, match="142"):
                first.publish(topic, "1")
            second.publish(topic, "the second one stays")
        first.connect()
        first.publish(topic, "and the first may come back")


def test_a_broken_connection_and_its_subscriptions_come_back_by_themselves(
    make: Connect, make_device: MakeDevice, unique: Unique, relay: Relay
) -> None:
    topic = unique("home")
    with make(make_device(), port=relay.port) as device, device.subscribe(topic) as inbox:
        device.publish(topic, "before")
        relay.cut()
        wait_until(lambda: not device.is_connected, "the device to notice")
        relay.mend()
        device.publish(topic, "after", timeout_s=20)
        assert inbox.wait(2)[-1].payload == b"after"


def test_a_publish_waits_through_an_outage_only_as_long_as_it_may(
    make: Connect, make_device: MakeDevice, unique: Unique, relay: Relay
) -> None:
    topic = unique("home")
    with make(make_device(), port=relay.port) as device, device.subscribe(topic) as inbox:
        relay.cut()
        with pytest.raises(MqttError, match="Could not publish"):
            device.publish(topic, "given up", timeout_s=0.5)
        relay.mend()
        device.publish(topic, "later", timeout_s=20)
        assert [message.payload for message in inbox.wait(1)] == [b"later"]


def test_nothing_is_written_to_stderr(
    make: Connect, make_device: MakeDevice, relay: Relay, capfd: pytest.CaptureFixture[str]
) -> None:
    with make(make_device(), port=relay.port) as device:
        relay.cut()
        with pytest.raises(MqttError):
            device.publish("home", "1", timeout_s=0.2)
    refusal(make(make_device(active=False)))
    assert capfd.readouterr().err == ""
