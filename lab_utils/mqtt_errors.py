"""Why MQTT did not work, in words that lead on."""

from __future__ import annotations

from typing import Protocol

from lab_utils.errors import MqttError

_NOT_AUTHORISED = 135
_REASONS = {
    128: "Unspecified error",
    131: "Implementation specific error",
    _NOT_AUTHORISED: "Not authorized",
    143: "Topic filter invalid",
    144: "Topic name invalid",
    149: "Packet too large",
    151: "Quota exceeded",
}
_TURNED_AWAY = (
    "the broker ends the connection without a word when the certificate is unknown or inactive, "
    "or when no policy on it allows iot:Connect for this client id. Look in this order: is the "
    "certificate ACTIVE, is a policy attached to it, does the policy name client/{client_id}?"
)
_NEXT_STEPS = {
    "CONNECTION_REFUSED": (
        "nothing listens there: is the embedded AWS running (lab status)? Start it with lab "
        "start, or make a new Lab()."
    ),
    "DNS": "the host name is not known: take the endpoint from Terraform's output, on a network.",
    "TLS": _TURNED_AWAY,
    "HANGUP": _TURNED_AWAY,
    "SOCKET_CLOSED": _TURNED_AWAY,
    "TIMEOUT": "the broker did not answer: check the network, then lab status.",
}


class ReasonedPacket(Protocol):
    """A broker's answer that may carry a reason in words."""

    reason_string: str | None


class AnsweredPacket(ReasonedPacket, Protocol):
    """A broker's answer with one reason code."""

    reason_code: int


def connection_error(
    client_id: str,
    host: str,
    port: int,
    failure: Exception | None,
    connack: AnsweredPacket | None,
    attempted: str = "",
) -> MqttError:
    """Return the error of a connection that was not made, or that broke.

    Args:
        client_id: The device's client id.
        host: The endpoint.
        port: Its port.
        failure: What the SDK raised; None when nothing came in time.
        connack: The broker's refusal, if it gave one.
        attempted: What was tried, if not to connect.
    """
    attempted = attempted or f"connect as {client_id} to {host}:{port}"
    if connack is not None:
        said = f"The broker refused: {reason_name(connack.reason_code)}."
        return MqttError(attempted, said, _TURNED_AWAY.format(client_id=client_id))
    words = str(failure) if failure is not None else "no answer (TIMEOUT)"
    step = next((text for name, text in _NEXT_STEPS.items() if name in words), "run lab status.")
    return MqttError(attempted, f"The SDK saw: {words}.", step.format(client_id=client_id))


def denied_error(attempted: str, packet: ReasonedPacket, action: str, resource: str) -> MqttError:
    """Return the error of a publish or subscribe that the broker refused.

    Args:
        attempted: What was tried.
        packet: The broker's answer.
        action: The IoT action that a policy has to allow.
        resource: The end of the resource's ARN, such as ``topic/garage/door``.
    """
    codes = getattr(packet, "reason_codes", None) or [getattr(packet, "reason_code", 0)]
    code = int(codes[0])
    said = f"The broker refused: {reason_name(code)}."
    if packet.reason_string:
        said = f"{said} It says: {packet.reason_string}"
    if code == _NOT_AUTHORISED:
        step = f"let a policy on the certificate allow {action} on {resource}."
    else:
        step = "check the topic against the rules of MQTT and the limits of AWS IoT."
    return MqttError(attempted, said, step)


def timeout_error(attempted: str, timeout_s: float, is_connected: bool) -> MqttError:
    """Return the error of an answer that did not come in time."""
    if is_connected:
        step = "look at the broker's log (.lab/aws.log), and try again."
    else:
        step = "the connection is down and the device tries to come back: check lab status."
    return MqttError(attempted, f"No answer came within {timeout_s:g} s.", step)


def reason_name(code: int) -> str:
    """Return an MQTT 5 reason code with its name, such as ``135 (Not authorized)``."""
    return f"reason {int(code)} ({_REASONS.get(int(code), 'unnamed here')})"
