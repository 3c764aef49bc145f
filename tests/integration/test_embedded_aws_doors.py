"""Who gets in: the sockets, the certificates and the IoT policies."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from lab_utils.local_aws.session_file import Session
from tests.integration.mqtt_probe import Mqtt3Probe, Mqtt5Probe
from tests.integration.things import DeviceFolder, wait_until

MakeDevice = Callable[..., DeviceFolder]
NOT_AUTHORIZED = 135


def allow(action: str, resource: str) -> dict[str, Any]:
    arn = f"arn:aws:iot:eu-west-1:123456789012:{resource}"
    return {"Effect": "Allow", "Action": action, "Resource": arn}


CONNECT_ONLY = [allow("iot:Connect", "client/*")]


def test_every_listening_socket_is_on_the_loopback_interface(aws_session: Session) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(aws_session.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    ports = {address.port for address in listening}
    assert int(aws_session.endpoint_url.rpartition(":")[2]) in ports
    assert aws_session.mqtt_port in ports
    # gRPC, which serves Terraform, writes the same address in its IPv6 form.
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_the_endpoint_is_a_host_name_that_the_server_certificate_covers(
    aws_client: Any, aws_session: Session, make_device: MakeDevice
) -> None:
    names = {"iot:Data-ATS": "localhost", "iot:Data": "127.0.0.1"}
    for kind, name in names.items():
        endpoint = aws_client("iot").describe_endpoint(endpointType=kind)
        assert endpoint["endpointAddress"] == name
    assert aws_client("iot").describe_endpoint()["endpointAddress"] == names["iot:Data"]
    device = make_device()
    context = ssl.create_default_context(cafile=aws_session.ca_file)
    context.load_cert_chain(device.certificate, device.private_key)
    for name in ("localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", aws_session.mqtt_port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
    assert first_answer(context, aws_session.mqtt_port) == b"\x20\x02\x00\x00"


def test_a_client_without_a_certificate_is_refused(aws_session: Session) -> None:
    context = ssl.create_default_context(cafile=aws_session.ca_file)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        first_answer(context, aws_session.mqtt_port)


def first_answer(context: ssl.SSLContext, port: int) -> bytes:
    """Send a CONNECT and return what comes back; under TLS 1.3 a refusal arrives only there."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(
            plain, server_hostname="localhost", suppress_ragged_eofs=False
        ) as secure,
    ):
        secure.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")
        return secure.recv(4)


def test_a_device_connects_publishes_and_receives(
    aws_session: Session, make_device: MakeDevice, unique: Callable[[str], str]
) -> None:
    topic = f"{unique('home')}/kitchen"
    with Mqtt5Probe(aws_session, make_device()) as device:
        assert device.connack().maximum_packet_size == 146 * 1024
        assert device.subscribe(topic) == 1
        assert device.publish(topic, "22.5") == 0
        assert device.wait_for_messages(1) == [(topic, b"22.5")]


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_certificate_that_is_not_active_is_refused(
    aws_session: Session, aws_client: Any, make_device: MakeDevice, status: str
) -> None:
    device = make_device()
    aws_client("iot").update_certificate(certificateId=device.certificate_id, newStatus=status)
    with Mqtt5Probe(aws_session, device) as probe:
        probe.refusal()
        assert not probe.connected.done()


def test_a_certificate_that_was_deleted_is_refused(
    aws_session: Session, aws_client: Any, make_device: MakeDevice
) -> None:
    device, iot = make_device(active=False), aws_client("iot")
    iot.detach_policy(policyName=device.policy, target=device.arn)
    iot.delete_certificate(certificateId=device.certificate_id)
    with Mqtt5Probe(aws_session, device) as probe:
        probe.refusal()
        assert not probe.connected.done()


def test_a_device_is_disconnected_when_its_certificate_is_made_inactive(
    aws_session: Session, aws_client: Any, make_device: MakeDevice
) -> None:
    device, other = make_device(), make_device()
    with Mqtt5Probe(aws_session, device) as probe, Mqtt5Probe(aws_session, other) as untouched:
        probe.connack()
        untouched.connack()
        iot = aws_client("iot")
        iot.update_certificate(certificateId=device.certificate_id, newStatus="INACTIVE")
        wait_until(lambda: probe.disconnects, "the server's DISCONNECT")
        assert probe.disconnects[0].reason_code == NOT_AUTHORIZED
        assert untouched.publish("anything", "1") == 0
        assert untouched.disconnects == []


def test_a_connection_that_no_policy_allows_is_refused(
    aws_session: Session, make_device: MakeDevice
) -> None:
    device = make_device([allow("iot:Connect", "client/somebody-else")])
    with Mqtt5Probe(aws_session, device, client_id="sensor") as probe:
        assert probe.refusal().connack_packet.reason_code == NOT_AUTHORIZED
    with Mqtt5Probe(aws_session, device, client_id="somebody-else") as probe:
        assert probe.connack().reason_code == 0


def test_mqtt5_names_the_refusal_of_a_publish_and_of_a_subscription(
    aws_session: Session, make_device: MakeDevice
) -> None:
    allowed = [*CONNECT_ONLY, allow("iot:Publish", "topic/mine")]
    with Mqtt5Probe(aws_session, make_device(allowed)) as probe:
        probe.connack()
        assert probe.publish("mine", "1") == 0
        assert probe.publish("theirs", "1") == NOT_AUTHORIZED
        assert probe.subscribe("mine") == NOT_AUTHORIZED
        assert probe.disconnects == []


def test_mqtt3_loses_its_connection_over_a_publish_that_is_not_allowed(
    aws_session: Session, make_device: MakeDevice
) -> None:
    probe = Mqtt3Probe(aws_session, make_device(CONNECT_ONLY))
    probe.connect()
    probe.publish("theirs", "1")
    assert "UNEXPECTED_HANGUP" in str(probe.interrupted.result(10))
    probe.disconnect()


def test_mqtt3_reads_a_refused_subscription_in_its_return_code(
    aws_session: Session, make_device: MakeDevice
) -> None:
    allowed = [*CONNECT_ONLY, allow("iot:Subscribe", "topicfilter/mine")]
    probe = Mqtt3Probe(aws_session, make_device(allowed))
    probe.connect()
    assert probe.subscribe("mine") == 1
    assert probe.subscribe("theirs") == 0x80
    assert not probe.interrupted.done()
    probe.disconnect()


def test_a_message_is_delivered_only_where_receiving_is_allowed(
    aws_session: Session, make_device: MakeDevice, unique: Callable[[str], str]
) -> None:
    stem = unique("home")
    statements = [*CONNECT_ONLY, allow("iot:Subscribe", f"topicfilter/{stem}/+")]
    listener = make_device([*statements, allow("iot:Receive", f"topic/{stem}/open")])
    with (
        Mqtt5Probe(aws_session, listener) as inbox,
        Mqtt5Probe(aws_session, make_device()) as sender,
    ):
        inbox.connack()
        assert inbox.subscribe(f"{stem}/+") == 1
        sender.connack()
        sender.publish(f"{stem}/closed", "secret")
        sender.publish(f"{stem}/open", "public")
        assert inbox.wait_for_messages(1) == [(f"{stem}/open", b"public")]


def test_a_policy_that_changes_counts_for_the_next_message(
    aws_session: Session, aws_client: Any, make_device: MakeDevice
) -> None:
    device = make_device()
    with Mqtt5Probe(aws_session, device) as probe:
        probe.connack()
        assert probe.publish("anything", "1") == 0
        aws_client("iot").detach_policy(policyName=device.policy, target=device.arn)
        assert probe.publish("anything", "1") == NOT_AUTHORIZED


def test_keys_that_nobody_issued_are_refused(aws_client: Any) -> None:
    dynamodb = aws_client("dynamodb", aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(dynamodb.exceptions.ClientError) as refused:
        dynamodb.list_tables()
    assert "UnrecognizedClientException" in str(refused.value)


def test_no_web_page_can_reset_the_lab(aws_session: Session, aws_client: Any) -> None:
    for path in ("/_ministack/reset", "/_ministack/config", "/_lab/stop"):
        connection = http.client.HTTPConnection(urlsplit(aws_session.endpoint_url).netloc)
        with closing(connection):
            connection.request("POST", path, headers={"X-Lab-Token": "guessed"})
            assert connection.getresponse().status in (403, 404)
    assert aws_client("sts").get_caller_identity()["Account"] == "123456789012"
