"""Part 1: a device with a certificate, a policy, a thing and the way to the endpoint."""

from __future__ import annotations

import hashlib
import json
import ssl
import uuid
from typing import Any

from lab_utils.checks.base import Check, CheckContext, Finding

ENDPOINT_OUTPUT = "iot_endpoint"
_TOPIC = "sensor/temperature/temp_1"
_CLIENT_ID = "temp_1"


def device_certificate_id(context: CheckContext) -> str:
    """Return the AWS id of the device's certificate, or "" without a certificate file.

    AWS IoT takes the SHA-256 of the certificate, in DER form, as its id.
    """
    path = context.device(_CLIENT_ID).files.certificate
    if not path.exists():
        return ""
    der = ssl.PEM_cert_to_DER_cert(path.read_text(encoding="ascii"))
    return hashlib.sha256(der).hexdigest()


def _certificate(context: CheckContext) -> Finding:
    wanted = "the device's certificate (files/test.cert.pem) is known to AWS IoT and ACTIVE"
    certificate_id = device_certificate_id(context)
    if not certificate_id:
        return Finding(False, "there is no file files/test.cert.pem", wanted)
    known = {one["certificateId"]: one["status"] for one in _certificates(context)}
    if certificate_id not in known:
        seen = f"AWS IoT has {len(known)} certificates, but not the one of the file"
        return Finding(False, seen, wanted)
    status = known[certificate_id]
    return Finding(status == "ACTIVE", f"the certificate is {status}", wanted)


def _policy(context: CheckContext) -> Finding:
    wanted = "a policy on the certificate lets the device connect, publish, subscribe and receive"
    arn = _certificate_arn(context)
    if not arn:
        return Finding(False, "AWS IoT does not know the device's certificate", wanted)
    iot = context.client("iot")
    names = [one["policyName"] for one in iot.list_attached_policies(target=arn)["policies"]]
    if not names:
        return Finding(False, "no policy is attached to the certificate", wanted)
    allowed = {
        action
        for name in names
        for action in _allowed_actions(
            json.loads(iot.get_policy(policyName=name)["policyDocument"])
        )
    }
    missing = [action for action in _NEEDED if not _covers(allowed, action)]
    seen = (
        f"the policies on it ({', '.join(names)}) allow {', '.join(sorted(allowed)) or 'nothing'}"
    )
    remark = (
        "iot:* allows more than a device needs: name the four actions."
        if (allowed & {"iot:*", "*"})
        else ""
    )
    return Finding(not missing, seen, wanted, remark)


_NEEDED = ("iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive")


def _thing(context: CheckContext) -> Finding:
    wanted = "the device's certificate is attached to a thing"
    arn = _certificate_arn(context)
    if not arn:
        return Finding(False, "AWS IoT does not know the device's certificate", wanted)
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
    wanted = f"a device connects, subscribes to {_TOPIC} and gets its own message back"
    message = {"id": str(uuid.uuid4()), "temperature": 20.5, "sensor_id": 1, "zone_id": 1}
    with context.device(_CLIENT_ID) as device, device.subscribe(_TOPIC) as inbox:
        device.publish(_TOPIC, message)
        inbox.wait(1, context.timeout_s)
        came = [one.json() for one in inbox.messages]
    return Finding(message in came, f"{len(came)} messages came back", wanted)


def _certificates(context: CheckContext) -> list[dict[str, Any]]:
    pages = context.client("iot").get_paginator("list_certificates").paginate()
    return [one for page in pages for one in page["certificates"]]


def _certificate_arn(context: CheckContext) -> str:
    wanted = device_certificate_id(context)
    arns = (o["certificateArn"] for o in _certificates(context) if o["certificateId"] == wanted)
    return str(next(arns, ""))


def _allowed_actions(document: dict[str, Any]) -> list[str]:
    statements = document.get("Statement", [])
    allowed: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") == "Allow":
            actions = statement.get("Action", [])
            allowed += [actions] if isinstance(actions, str) else actions
    return allowed


def _covers(allowed: set[str], action: str) -> bool:
    return bool(allowed & {action, "iot:*", "*"})


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
