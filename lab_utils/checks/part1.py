"""Part 1: a device with a certificate, a policy, a thing and the way to the endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from lab_utils import mqtt_errors
from lab_utils.checks.base import TEST_SENSOR, TEST_TOPIC, Check, CheckContext, Finding
from lab_utils.checks.policies import Document, is_allowed, read_document
from lab_utils.errors import CheckError, MqttError
from lab_utils.house.topics import command_topic, cooler_name
from lab_utils.mqtt import Device
from lab_utils.mqtt_inbox import Message
from lab_utils.workspace import ENDPOINT_OUTPUT

ENDPOINT_TYPE = "iot:Data-ATS"
_DATA_SOURCE = ("data", "aws_iot_endpoint")
_ZONE = 1
_NEEDED = (
    ("iot:Connect", "client/temp_1"),
    ("iot:Connect", "client/AC-1"),
    ("iot:Publish", f"topic/{TEST_TOPIC}"),
    ("iot:Subscribe", "topicfilter/AC/AC-1"),
    ("iot:Receive", "topic/AC/AC-1"),
)
"""What a sensor and an air conditioner of the house do."""
_ELSEWHERE = "topic/any/other/topic"


def _certificate(context: CheckContext) -> Finding:
    files = context.device_files
    missing = [path.name for path in (files.certificate, files.private_key) if not path.exists()]
    if missing:
        return Finding(False, f"there is no {' and no '.join(missing)} in the folder files yet")
    status = _device_certificate(context)["status"]
    return Finding(status == "ACTIVE", f"the certificate is {status}")


def _policy(context: CheckContext) -> Finding:
    arn = _device_certificate(context)["certificateArn"]
    iot = context.client("iot")
    names = [one["policyName"] for one in iot.list_attached_policies(target=arn)["policies"]]
    if not names:
        return Finding(False, "no policy is attached to the certificate")
    documents = [read_document(iot.get_policy(policyName=name)["policyDocument"]) for name in names]
    prefix = arn.rsplit(":", 1)[0]
    missing = [
        f"{action} on {resource}"
        for action, resource in _NEEDED
        if not is_allowed(documents, action, f"{prefix}:{resource}")
    ]
    attached = f"attached: {', '.join(names)}"
    if missing:
        return Finding(False, f"{attached}; not allowed: {', '.join(missing)}")
    remark = _advice(context, documents, prefix)
    return Finding(True, f"{attached}; the house's devices may do all they need", remark=remark)


def _advice(context: CheckContext, documents: list[Document], prefix: str) -> str:
    """Return a remark on a policy that does the job but is not the one of the file."""
    path = context.device_files.certificate.parent / "iot_policy.json"
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) in documents:
        return ""
    remark = "the attached policy is another one than files/iot_policy.json, taken with file(...)"
    if is_allowed(documents, "iot:Publish", f"{prefix}:{_ELSEWHERE}"):
        return f"{remark}; and it allows more than a device needs."
    return f"{remark}; it allows what the house needs."


def _thing(context: CheckContext) -> Finding:
    arn = _device_certificate(context)["certificateArn"]
    iot = context.client("iot")
    things = iot.list_principal_things(principal=arn)["things"]
    if things:
        return Finding(True, f"the certificate stands for {', '.join(things)}")
    count = len(iot.list_things()["things"])
    return Finding(False, f"there are {count} things, none with this certificate")


def _endpoint(context: CheckContext) -> Finding:
    right = context.client("iot").describe_endpoint(endpointType=ENDPOINT_TYPE)["endpointAddress"]
    wanted = f"Terraform's output {ENDPOINT_OUTPUT} is the account's {ENDPOINT_TYPE} endpoint"
    wanted = f"{wanted}, {right}"
    asked = _asked_endpoint_types(context)
    if asked and ENDPOINT_TYPE not in asked:
        type_words = asked[0] or "no endpoint type, which stands for iot:Data"
        return Finding(False, f"the data source asks for {type_words}", wanted)
    told = dict(context.outputs)
    # By whatever name a configuration of one's own tells it.
    name = next((name for name in told if told[name] == right), ENDPOINT_OUTPUT)
    seen = told.get(name)
    words = f"the output {name} is {seen!r}" if seen else f"there is no output {name}"
    return Finding(seen == right, words, wanted)


def _asked_endpoint_types(context: CheckContext) -> list[str]:
    """Return the types that data sources asked for, "" for none; empty if that is not known.

    The embedded AWS answers every type with the same host, so the output does not tell.
    """
    return [
        str(instance["attributes"].get("endpoint_type") or "")
        for resource in context.state().get("resources", [])
        if (resource["mode"], resource["type"]) == _DATA_SOURCE
        for instance in resource["instances"]
    ]


def _connect(context: CheckContext) -> Finding:
    try:
        is_heard = context.with_device(TEST_SENSOR, lambda device: _hears_itself(context, device))
    except MqttError:
        # A policy may allow no more than what the house does: no sensor listens to itself.
        return _do_as_the_house(context)
    if is_heard:
        return Finding(True, "its own message came back")
    seen = f"the broker took the message, but within {context.timeout_s:g} s it did not come back"
    return Finding(False, f"{seen}: does the policy allow iot:Receive?")


def _hears_itself(context: CheckContext, device: Device) -> bool:
    sent = _new_reading()
    with device.subscribe(TEST_TOPIC) as inbox:
        device.publish(TEST_TOPIC, sent)
        return inbox.wait_for(_is_payload(sent), context.timeout_s) is not None


def _do_as_the_house(context: CheckContext) -> Finding:
    """Return whether a sensor can report, and an air conditioner hears what others publish."""
    topic, sent = command_topic(_ZONE), json.dumps({"check": str(uuid.uuid4())})
    context.with_device(TEST_SENSOR, lambda device: device.publish(TEST_TOPIC, _new_reading()))

    def hears(device: Device) -> bool:
        with device.subscribe(topic) as inbox:
            context.client("iot-data").publish(topic=topic, qos=1, payload=sent)
            return inbox.wait_for(_is_payload(sent), context.timeout_s) is not None

    cooler = cooler_name(_ZONE)
    if context.with_device(cooler, hears):
        return Finding(True, f"a sensor can publish, and {cooler} hears what comes on {topic}")
    seen = f"{cooler} may subscribe to {topic}, but what was published there did not come"
    return Finding(False, f"{seen}: does the policy allow iot:Receive?")


def _new_reading() -> str:
    reading = {"id": str(uuid.uuid4()), "temperature": 20.5, "sensor_id": 1, "zone_id": _ZONE}
    return json.dumps(reading)


def _is_payload(sent: str) -> Callable[[Message], bool]:
    return lambda message: message.payload == sent.encode()


def _device_certificate(context: CheckContext) -> dict[str, Any]:
    """Return what AWS IoT knows of the certificate in the device's file.

    Raises:
        CheckError: There is no such file, it holds none, or AWS IoT does not know it.
    """
    path = context.device_files.certificate
    if not path.exists():
        raise _no_certificate("there is no certificate file yet", "first part1-certificate.")
    wanted = mqtt_errors.certificate_id(path.read_bytes())
    name = f"files/{path.name}"
    if not wanted:
        step = "delete the file; lab.apply() writes it again."
        raise _no_certificate(f"{name} holds no certificate", step)
    pages = context.client("iot").get_paginator("list_certificates").paginate()
    known = {one["certificateId"]: one for page in pages for one in page["certificates"]}
    if wanted in known:
        return dict(known[wanted])
    if not known:
        seen = f"AWS IoT has no certificate at all; the file {name} is from an earlier apply"
        raise _no_certificate(seen, "run lab.apply(): it makes the certificate and the file anew.")
    raise _no_certificate(
        f"AWS IoT has {len(known)} certificate(s), but not the one of {name}",
        "the file is of another certificate: run lab.apply(), which writes it again.",
    )


def _no_certificate(happened: str, next_step: str) -> CheckError:
    return CheckError("find the device's certificate", happened, next_step)


CHECKS = (
    Check(
        "part1-certificate",
        1,
        3,
        "the device's certificate (files/test.cert.pem) is known to AWS IoT and ACTIVE",
        "declare aws_iot_certificate.cert with active = true, then run lab.apply(); output.tf "
        "writes its files.",
        _certificate,
    ),
    Check(
        "part1-policy",
        1,
        3,
        "the policy of files/iot_policy.json is attached to the device's certificate",
        "1. declare aws_iot_policy with policy = file(...) of files/iot_policy.json; 2. attach "
        "it by aws_iot_policy_attachment, whose target is the certificate's arn; 3. lab.apply().",
        _policy,
    ),
    Check(
        "part1-thing",
        1,
        3,
        "the device's certificate is attached to a thing",
        "declare aws_iot_thing, and aws_iot_thing_principal_attachment with the thing's name "
        "and, as principal, the certificate's arn; then lab.apply().",
        _thing,
    ),
    Check(
        "part1-endpoint",
        1,
        2,
        f"Terraform's output {ENDPOINT_OUTPUT} is the account's {ENDPOINT_TYPE} endpoint",
        f'declare data "aws_iot_endpoint" "iot_endpoint" with endpoint_type = "{ENDPOINT_TYPE}"; '
        "output.tf refers to it by that name.",
        _endpoint,
    ),
    Check(
        "part1-connect",
        1,
        4,
        f"a device connects, subscribes to {TEST_TOPIC} and gets its own message back; or, under a "
        "policy that allows no more than the house needs, does what the house does",
        "the checks before this one say which link of the chain is missing: certificate active, "
        "policy attached, endpoint known.",
        _connect,
    ),
)
