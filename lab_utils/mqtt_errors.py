"""What went wrong between a device and its broker, in words that a student can act on."""

from __future__ import annotations

import hashlib
import json
import ssl
from pathlib import Path

from lab_utils.errors import MqttError

LARGEST_PAYLOAD_BYTES = 128 * 1024
LONGEST_TOPIC_BYTES = 256
NOT_AUTHORIZED = 135
SESSION_TAKEN_OVER = 142

_REASON_NEXT_STEPS = {
    143: "check the topic filter: + stands for one whole level, # for all last ones.",
    144: "check the topic: AWS allows 256 bytes, 7 slashes and no wildcard.",
    149: f"send less than {LARGEST_PAYLOAD_BYTES} bytes in one message.",
    151: "send more slowly: a quota of AWS IoT Core is used up.",
}
_UNREACHABLE = ("SOCKET_CONNECTION_REFUSED", "NO_ROUTE", "NETWORK_DOWN", "DNS", "SOCKET_INVALID")


class OutageError(MqttError):
    """The broker does not answer, or the connection broke: the same may succeed later."""


def reason(code: int, name: str, words: str | None = None) -> str:
    """Return a reason code of MQTT 5 as the reader sees it: number, name, the broker's words."""
    spoken = f": {words}" if words else ""
    return f"reason code {code} ({name.replace('_', ' ').capitalize()}){spoken}"


def encode_payload(attempted: str, payload: object) -> bytes:
    """Return the bytes of a message: bytes and str as they are, anything else as JSON.

    Raises:
        MqttError: Not JSON (NaN, a set, ...), or more than 128 KiB.
    """
    if isinstance(payload, bytes | bytearray | memoryview):
        data = bytes(payload)
    elif isinstance(payload, str):
        data = payload.encode()
    else:
        data = _to_json(attempted, payload).encode()
    if len(data) > LARGEST_PAYLOAD_BYTES:
        raise MqttError(
            attempted,
            f"The message has {len(data)} bytes; AWS IoT Core takes at most "
            f"{LARGEST_PAYLOAD_BYTES} (128 KiB), so it was not sent.",
            "send less in one message, or several messages.",
        )
    return data


def _to_json(attempted: str, payload: object) -> str:
    try:
        return json.dumps(payload, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise MqttError(
            attempted,
            f"The message cannot be written as JSON: {error}.",
            "use dicts, lists, texts, finite numbers, True, False and None; str(...) makes a text "
            "of a UUID or a date.",
        ) from error


def check_topic(attempted: str, topic: str) -> None:
    """Refuse a topic that no message can be published to, before it is sent.

    Raises:
        MqttError: Empty, too long, or with a wildcard.
    """
    if "+" in topic or "#" in topic:
        raise MqttError(
            attempted,
            "A topic with the wildcard + or # names many topics; a message goes to exactly one. "
            "It was not sent.",
            "write the topic out, for instance sensor/temperature/temp_1; wildcards are for "
            "subscriptions.",
        )
    _check_length(attempted, "topic", topic)


def check_filter(attempted: str, topic_filter: str) -> None:
    """Refuse a topic filter that is not one, before it is sent.

    Raises:
        MqttError: Empty, too long, or with a wildcard that is not alone in its level.
    """
    levels = topic_filter.split("/")
    misplaced = [level for level in levels if level not in "+#" and set("+#") & set(level)]
    if misplaced or "#" in levels[:-1]:
        raise MqttError(
            attempted,
            "In a topic filter + has to be a whole level, and # the whole last level.",
            "write it like sensor/temperature/+ or sensor/#.",
        )
    _check_length(attempted, "topic filter", topic_filter)


def _check_length(attempted: str, what: str, text: str) -> None:
    size = len(text.encode())
    if 0 < size <= LONGEST_TOPIC_BYTES and "\0" not in text:
        return
    raise MqttError(
        attempted,
        f"A {what} has 1 to {LONGEST_TOPIC_BYTES} bytes and no null character; this one has "
        f"{size} bytes.",
        f"give a {what} such as sensor/temperature/temp_1.",
    )


def check_qos(attempted: str, qos: int) -> None:
    """Refuse a quality of service that AWS IoT Core does not have.

    Raises:
        MqttError: Neither 0 nor 1.
    """
    if qos not in (0, 1):
        raise MqttError(
            attempted,
            f"AWS IoT Core has the qualities of service 0 and 1, not {qos!r}.",
            "use qos=1 (acknowledged) or qos=0 (not acknowledged).",
        )


def read_file(attempted: str, path: Path, what: str) -> bytes:
    """Return a device file's content.

    Raises:
        MqttError: It is not there, empty, or cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MqttError(
            attempted,
            f"There is no {what} yet: {path} does not exist.",
            "declare an aws_iot_certificate (output.tf writes its files) and run lab.apply() "
            "first.",
        ) from error
    except OSError as error:
        raise MqttError(
            attempted, f"The {what} cannot be read: {error}.", "make the file readable for you."
        ) from error
    if content.strip():
        return content
    raise MqttError(
        attempted, f"The {what} {path} is empty.", "delete the file and run lab.apply() again."
    )


def bad_files(attempted: str, words: str, folder: Path) -> MqttError:
    """Return the error for files that the TLS library does not take."""
    return MqttError(
        attempted,
        f"The certificate and the private key in {folder} cannot be used together: {words}.",
        "both have to be PEM files of one certificate; delete them and run lab.apply() to have "
        "them written again.",
    )


def certificate_id(pem: bytes) -> str:
    """Return the id that AWS gives a certificate: the SHA-256 of its DER form; empty if none."""
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode())
    except (ValueError, UnicodeDecodeError):
        return ""
    return hashlib.sha256(der).hexdigest()


def hung_up(attempted: str, certificate: str, said: str) -> MqttError:
    """Return the error for a connection that was closed before the broker said anything.

    Args:
        attempted: What was tried.
        certificate: The certificate's id; empty if the file is none.
        said: What the SDK saw.
    """
    look = f"certificateId={certificate!r}" if certificate else "certificateId=..."
    return MqttError(
        attempted,
        f"The connection was closed before the broker said a word: {said}.\n"
        "AWS IoT does so with a certificate that it does not accept. The usual reasons:\n"
        "  1. the certificate is not active, or it is not (or no longer) registered;\n"
        "  2. the files are of another certificate or account, from an earlier apply.",
        "look at the certificate:\n"
        f'  lab.client("iot").describe_certificate({look})["certificateDescription"]["status"]\n'
        "then repair the Terraform files and run lab.apply().",
    )


def not_let_in(attempted: str, client_id: str, said: str) -> MqttError:
    """Return the error for a connection that the broker answered with a refusal.

    It answers only a device whose certificate it has accepted.

    Args:
        attempted: What was tried.
        client_id: The MQTT client id.
        said: The broker's answer.
    """
    return MqttError(
        attempted,
        f"The broker refused the connection: {said}.\n"
        "It accepted the certificate, so that is active; but no policy on it allows iot:Connect "
        f"on client/{client_id}.",
        "attach a policy to the certificate that allows it, and run lab.apply(). On real AWS a "
        "policy that was attached a moment ago takes some seconds to count.",
    )


def unreachable(attempted: str, host: str, port: int, words: str) -> OutageError:
    """Return the error for a connection that never came to TLS."""
    if any(word in words for word in _UNREACHABLE):
        happened = f"Nothing answers at {host}:{port}: {words}."
    else:
        happened = f"The connection to {host}:{port} broke: {words}."
    return OutageError(
        attempted,
        happened,
        "run `lab status`; if the embedded AWS is down, `lab start` (or Lab() again) brings it "
        "back with its data, and lab.apply() brings the endpoint up to date. On real AWS look at "
        f"the network: port {port} must be open to the outside.",
    )


def no_answer(attempted: str, waited_s: float, state: str) -> OutageError:
    """Return the error for an answer that did not come in time."""
    return OutageError(
        attempted,
        f"No answer came within {waited_s:g} s; {state}.",
        "run `lab status` to see whether the endpoint is up, then try again; a longer timeout_s "
        "waits through a longer outage.",
    )


def denied(attempted: str, action: str, resource: str, said: str) -> MqttError:
    """Return the error for a publish or a subscription that the broker answered with a no."""
    return MqttError(
        attempted,
        f"The broker refused it with {said}.",
        f"let the policy that is attached to the certificate allow {action} on "
        f"arn:aws:iot:<region>:<account>:{resource} and apply it.",
    )


def answered(attempted: str, action: str, resource: str, code: int, said: str) -> MqttError:
    """Return the error for a reason code of a PUBACK, SUBACK or DISCONNECT."""
    if code == NOT_AUTHORIZED:
        return denied(attempted, action, resource, said)
    step = _REASON_NEXT_STEPS.get(code, "look the reason code up in AWS's MQTT 5 page, then retry.")
    return MqttError(attempted, f"The broker answered with {said}.", step)


def thrown_out(attempted: str, said: str) -> MqttError:
    """Return the error for a connection that the broker closed for lack of permission."""
    return MqttError(
        attempted,
        f"The broker closed the connection with {said}.",
        "see that the certificate is active, and that a policy attached to it allows what the "
        "device does: iot:Connect, iot:Publish, iot:Subscribe and iot:Receive.",
    )


def taken_over(attempted: str, client_id: str, said: str) -> MqttError:
    """Return the error for a client id that somebody else connected with."""
    return MqttError(
        attempted,
        f"The broker closed this connection with {said}: another client connected with the same "
        f"client id {client_id!r}.",
        "give every device a client id of its own, and connect again.",
    )


def not_connected(attempted: str) -> MqttError:
    """Return the error for using a device that nobody connected."""
    return MqttError(
        attempted,
        "The device is not connected.",
        "write `with device:` around it, or call device.connect() first.",
    )


def lost_in_an_outage(attempted: str) -> OutageError:
    """Return the error for a message that was not acknowledged before the connection broke."""
    return OutageError(
        attempted,
        "The connection was broken before the broker acknowledged it.",
        "send it again once the connection stands; it may arrive twice.",
    )


def missing_messages(topic_filter: str, count: int, arrived: int, waited_s: float) -> MqttError:
    """Return the error for messages that did not come in time."""
    return MqttError(
        f"receive {count} message{'s' if count != 1 else ''} on {topic_filter!r}",
        f"{arrived} arrived within {waited_s:g} s.",
        "see that something is published after the subscription, that its topic matches the "
        "filter, and that the policy allows iot:Receive on that topic: AWS drops a message "
        "silently if it does not.",
    )


def untrusted(attempted: str, authority: Path | None, words: str) -> MqttError:
    """Return the error for an endpoint whose own certificate the device does not trust."""
    store = authority or "the system's trust store"
    return MqttError(
        attempted,
        f"In TLS the endpoint showed a certificate that {store} does not vouch for: {words}.",
        "for the embedded AWS use the root-CA.crt of this workspace; for real AWS, Amazon Root "
        "CA 1.",
    )
