"""Part 1: a device with a certificate, a policy, a thing and the way to the endpoint."""

from __future__ import annotations

import json
import uuid
from typing import Any

from lab_utils import mqtt_errors
from lab_utils.checks.base import TEST_TOPIC, Check, CheckContext, Finding
from lab_utils.checks.policies import Document, is_allowed, read_document
from lab_utils.mqtt_inbox import Message

ENDPOINT_OUTPUT = "iot_endpoint"
_NEEDED = {
    "iot:Connect": "client/any-client-id",
    "iot:Publish": f"topic/{TEST_TOPIC}",
    "iot:Subscribe": f"topicfilter/{TEST_TOPIC}",
    "iot:Receive": f"topic/{TEST_TOPIC}",
}
_UNKNOWN = "AWS IoT does not know the certificate of files/test.cert.pem"


def device_certificate_id(context: CheckContext) -> str:
    """Return the AWS id of the device's certificate, or "" without a certificate file."""
    path = context.device_files.certificate
    return mqtt_errors.certificate_id(path.read_bytes()) if path.exists() else ""


def _certificate(context: CheckContext) -> Finding:
    wanted = "the device's certificate (files/test.cert.pem) is known to AWS IoT and ACTIVE"
    path = context.device_files.certificate
    if not path.exists() or not context.device_files.private_key.exists():
        return Finding(False, f"certificate or private key are not in {path.parent}", wanted)
    certificate_id = device_certificate_id(context)
    if not certificate_id:
        return Finding(False, f"{path.name} holds no certificate", wanted)
    known = {one["certificateId"]: one["status"] for one in _certificates(context)}
    if certificate_id not in known:
        seen = f"AWS IoT has {len(known)} certificates, but not the one of the file"
        return Finding(False, seen, wanted)
    status = known[certificate_id]
    return Finding(status == "ACTIVE", f"the certificate is {status}", wanted)


def _policy(context: CheckContext) -> Finding:
    wanted = "the policy of files/iot_policy.json is attached to the device's certificate"
    arn = _certificate_arn(context)
    if not arn:
        return Finding(False, _UNKNOWN, wanted)
    iot = context.client("iot")
    names = [one["policyName"] for one in iot.list_attached_policies(target=arn)["policies"]]
    if not names:
        return Finding(False, "no policy is attached to the certificate", wanted)
    documents = [read_document(iot.get_policy(policyName=name)["policyDocument"]) for name in names]
    prefix = arn.rsplit(":", 1)[0]
    missing = [
        f"{action} on {resource}"
        for action, resource in _NEEDED.items()
        if not is_allowed(documents, action, f"{prefix}:{resource}")
    ]
    attached = f"attached: {', '.join(names)}"
    if missing:
        return Finding(False, f"{attached}; not allowed: {', '.join(missing)}", wanted)
    return Finding(
        True, f"{attached}; the device may do all it needs", wanted, _advice(context, documents)
    )


def _advice(context: CheckContext, documents: list[Document]) -> str:
    """Return a remark on a policy that does the job but is not the one of the file."""
    path = context.device_files.certificate.parent / "iot_policy.json"
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) in documents:
        return ""
    return (
        "the attached policy is another one than files/iot_policy.json; take it with file(...), "
        "and mind that it allows no more than a device needs."
    )


def _thing(context: CheckContext) -> Finding:
    wanted = "the device's certificate is attached to a thing"
    arn = _certificate_arn(context)
    if not arn:
        return Finding(False, _UNKNOWN, wanted)
    iot = context.client("iot")
    things = iot.list_principal_things(principal=arn)["things"]
    if things:
        return Finding(True, f"the certificate stands for {', '.join(things)}", wanted)
    count = len(iot.list_things()["things"])
    return Finding(False, f"there are {count} things, none with this certificate", wanted)


def _endpoint(context: CheckContext) -> Finding:
    right = context.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    seen = context.outputs.get(ENDPOINT_OUTPUT)
    wanted = f"Terraform's output {ENDPOINT_OUTPUT} is the account's iot:Data-ATS endpoint, {right}"
    told = f"the output is {seen!r}" if seen else f"there is no output {ENDPOINT_OUTPUT}"
    return Finding(seen == right, told, wanted)


def _connect(context: CheckContext) -> Finding:
    wanted = f"a device connects, subscribes to {TEST_TOPIC} and gets its own message back"
    reading = {"id": str(uuid.uuid4()), "temperature": 20.5, "sensor_id": 1, "zone_id": 1}
    sent = json.dumps(reading)

    def is_own(message: Message) -> bool:
        return message.payload == sent.encode()

    with context.new_device() as device, device.subscribe(TEST_TOPIC) as inbox:
        device.publish(TEST_TOPIC, sent)
        if inbox.wait_for(is_own, context.timeout_s) is not None:
            return Finding(True, "its own message came back", wanted)
    seen = f"the broker took the message, but within {context.timeout_s:g} s it did not come back"
    return Finding(False, f"{seen}: does the policy allow iot:Receive?", wanted)


def _certificates(context: CheckContext) -> list[dict[str, Any]]:
    pages = context.client("iot").get_paginator("list_certificates").paginate()
    return [one for page in pages for one in page["certificates"]]


def _certificate_arn(context: CheckContext) -> str:
    wanted = device_certificate_id(context)
    arns = (o["certificateArn"] for o in _certificates(context) if o["certificateId"] == wanted)
    return str(next(arns, ""))


CHECKS = (
    Check(
        "part1-certificate",
        1,
        3,
        "declare aws_iot_certificate.cert with active = true, then run lab.apply(); output.tf "
        "writes its files.",
        _certificate,
    ),
    Check(
        "part1-policy",
        1,
        3,
        "1. declare aws_iot_policy with policy = file(...) of files/iot_policy.json; 2. attach "
        "it by aws_iot_policy_attachment, whose target is the certificate's arn; 3. lab.apply().",
        _policy,
    ),
    Check(
        "part1-thing",
        1,
        3,
        "declare aws_iot_thing, and aws_iot_thing_principal_attachment with the thing's name "
        "and, as principal, the certificate's arn; then lab.apply().",
        _thing,
    ),
    Check(
        "part1-endpoint",
        1,
        2,
        'declare data "aws_iot_endpoint" "iot_endpoint" with endpoint_type = "iot:Data-ATS"; '
        "output.tf refers to it by that name.",
        _endpoint,
    ),
    Check(
        "part1-connect",
        1,
        4,
        "the checks before this one say which link of the chain is missing: certificate active, "
        "policy attached, endpoint known.",
        _connect,
    ),
)
