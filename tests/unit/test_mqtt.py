"""MQTT without a network: what is refused before sending, topic filters, inboxes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab_utils import mqtt_errors
from lab_utils.errors import MqttError
from lab_utils.mqtt import Device, DeviceFiles
from lab_utils.mqtt_inbox import Inbox, Message, is_match
from lab_utils.mqtt_link import failed_connection

LARGEST = 128 * 1024


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ({"temperature": 45, "room": "séjour"}, '{"temperature": 45, "room": "séjour"}'.encode()),
        ([1, 2.5, None, True], b"[1, 2.5, null, true]"),
        (None, b"null"),
        (20.16, b"20.16"),
        ("not JSON {", b"not JSON {"),
        ("", b""),
        (b"\x00\xff", b"\x00\xff"),
    ],
)
def test_texts_and_bytes_go_as_they_are_and_the_rest_as_json(payload: object, sent: bytes) -> None:
    assert mqtt_errors.encode_payload("publish", payload) == sent


@pytest.mark.parametrize("payload", [{"id": uuid.uuid4()}, {1, 2}, {"t": float("nan")}])
def test_a_message_that_is_not_json_is_refused_and_says_why(payload: object) -> None:
    with pytest.raises(MqttError, match="cannot be written as JSON"):
        mqtt_errors.encode_payload("publish", payload)


def test_a_payload_may_have_128_kib_and_not_one_byte_more() -> None:
    assert len(mqtt_errors.encode_payload("publish", b"x" * LARGEST)) == LARGEST
    with pytest.raises(MqttError, match=f"{LARGEST + 1} bytes"):
        mqtt_errors.encode_payload("publish", "x" * (LARGEST + 1))


@pytest.mark.parametrize("topic", ["sensor/+/temp", "sensor/#", "", "a" * 257, "a\0b"])
def test_a_topic_that_is_none_is_refused_before_it_is_sent(topic: str) -> None:
    with pytest.raises(MqttError, match="Could not publish"):
        mqtt_errors.check_topic("publish", topic)


@pytest.mark.parametrize("topic_filter", ["", "sensor/#/temp", "sensor/temp_+", "sensor#", "##"])
def test_a_topic_filter_that_is_none_is_refused_before_it_is_sent(topic_filter: str) -> None:
    with pytest.raises(MqttError, match="Could not subscribe"):
        mqtt_errors.check_filter("subscribe", topic_filter)


@pytest.mark.parametrize("topic_filter", ["#", "+", "sensor/+/temp", "sensor/#", "+/+/#", "a//b"])
def test_topic_filters_with_whole_levels_are_taken(topic_filter: str) -> None:
    mqtt_errors.check_filter("subscribe", topic_filter)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "matches"),
    [
        ("sensor/temperature/+", "sensor/temperature/temp_1", True),
        ("sensor/temperature/+", "sensor/temperature/temp_1/raw", False),
        ("sensor/temperature/+", "sensor/temperature", False),
        ("sensor/#", "sensor/temperature/temp_1", True),
        ("sensor/#", "sensor", False),
        ("#", "anything/at/all", True),
        ("+/b", "a/b", True),
        ("+/b", "a/c", False),
        ("AC/AC-1", "AC/AC-1", True),
        ("AC/AC-1", "AC/ac-1", False),
        ("$share/group/AC/+", "AC/AC-2", True),
    ],
)
def test_topic_filters_match_as_aws_reads_them(
    topic_filter: str, topic: str, matches: bool
) -> None:
    assert is_match(topic_filter, topic) is matches


def test_reason_codes_are_told_with_number_name_and_the_brokers_words() -> None:
    assert mqtt_errors.reason(135, "NOT_AUTHORIZED") == "reason code 135 (Not authorized)"
    assert mqtt_errors.reason(151, "QUOTA_EXCEEDED", "slow").endswith("(Quota exceeded): slow")


def test_a_message_that_is_not_json_says_so_with_its_beginning() -> None:
    assert Message("a", b'{"temperature": 45}').json() == {"temperature": 45}
    with pytest.raises(MqttError, match=r"b'hello'"):
        Message("a", b"hello").json()


def make_inbox(on_message: Callable[[Message], None] | None = None) -> Inbox:
    return Inbox("AC/+", lambda _inbox: None, on_message)


def test_an_inbox_keeps_messages_in_order_and_says_how_many_are_missing() -> None:
    inbox = make_inbox()
    for number in range(3):
        inbox.deliver(Message("AC/AC-1", str(number).encode()))
    assert [message.payload for message in inbox.wait(2, timeout_s=0)] == [b"0", b"1", b"2"]
    assert len(list(inbox)) == len(inbox) == 3
    with pytest.raises(MqttError, match="3 arrived within 0 s"):
        inbox.wait(4, timeout_s=0)


def test_an_inbox_finds_the_message_that_is_wanted() -> None:
    inbox = make_inbox()
    inbox.deliver(Message("AC/AC-1", b"off"))
    found = inbox.wait_for(lambda message: message.payload == b"off", timeout_s=0)
    assert found is not None
    assert inbox.wait_for(lambda message: message.payload == b"on", timeout_s=0) is None


def test_what_a_message_handler_raises_reaches_who_waits() -> None:
    def on_message(message: Message) -> None:
        raise KeyError(message.topic)

    inbox = make_inbox(on_message)
    inbox.deliver(Message("AC/AC-1", b"{}"))
    with pytest.raises(KeyError, match="AC-1"):
        inbox.wait(1, timeout_s=0)


def test_a_device_without_a_certificate_says_to_apply_first(tmp_path: Path) -> None:
    files = DeviceFiles(tmp_path / "test.cert.pem", tmp_path / "test.private.key")
    with pytest.raises(MqttError) as refused:
        Device("localhost", 1, files, "device").connect()
    assert "There is no certificate yet" in refused.value.happened
    assert "lab.apply()" in refused.value.next_step


def test_a_file_that_is_no_certificate_says_so(tmp_path: Path) -> None:
    files = DeviceFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    files.certificate.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    files.private_key.write_text("nonsense")
    with pytest.raises(MqttError, match="cannot be used together"):
        Device("localhost", 1, files, "device").connect()


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    files = DeviceFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    files.certificate.write_text(" \n")
    with pytest.raises(MqttError, match="is empty"):
        Device("localhost", 1, files, "device").connect()


def test_a_device_that_is_not_connected_says_so(tmp_path: Path) -> None:
    files = DeviceFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    device = Device("localhost", 1, files, "device")
    for use in (lambda: device.publish("a", "1"), lambda: device.subscribe("a")):
        with pytest.raises(MqttError, match="not connected"):
            use()
    device.disconnect()


@pytest.mark.parametrize(
    ("name", "is_outage"),
    [
        ("AWS_IO_TLS_NEGOTIATION_TIMEOUT", True),
        ("AWS_IO_SOCKET_TIMEOUT", True),
        ("AWS_ERROR_MQTT5_CONNACK_TIMEOUT", True),
        ("AWS_IO_SOCKET_CONNECTION_REFUSED", True),
        ("AWS_ERROR_MQTT_UNEXPECTED_HANGUP", False),
        ("AWS_IO_TLS_ERROR_ALERT_RECEIVED", False),
    ],
)
def test_a_handshake_that_takes_too_long_is_an_outage_and_one_that_is_cut_off_a_refusal(
    name: str, is_outage: bool
) -> None:
    failure = SimpleNamespace(
        connack_packet=None, exception=SimpleNamespace(name=name, message="so it is.")
    )
    error = failed_connection("connect", "temp_1", ("localhost", 8883), "abc", failure)
    assert isinstance(error, mqtt_errors.OutageError) == is_outage
    assert name in error.happened
