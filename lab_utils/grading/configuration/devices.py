"""The certificate and key with which a submission's device connects, wherever they are written."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from lab_utils.grading.configuration.sources import read_regular
from lab_utils.grading.configuration.state import instances, outputs_of
from lab_utils.mqtt import DeviceFiles

CERTIFICATE, PRIVATE_KEY = "device.cert.pem", "device.private.key"
_LARGEST_PEM = 64 * 1024
_MOST_LOOKED_AT = 2000
_SKIPPED = {".terraform", ".git", "node_modules", "venv", ".venv"}
_DER = serialization.Encoding.DER
_PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo


@dataclass(frozen=True)
class Pair:
    """A certificate and the private key that belongs to it, PEM."""

    certificate: str
    private_key: str


def device_files(
    workspace: Path, state: Mapping[str, Any], ca: Path, made: Path
) -> DeviceFiles | None:
    """Return the device's files; None if there is no certificate with its key.

    Of several certificates the first is taken to which a policy is attached. Terraform's state
    tells best; then its outputs; then the files that the submission has written.

    Args:
        workspace: The submission's.
        state: Terraform's.
        ca: The certificate of the authority that the device trusts.
        made: A folder outside of the workspace; the pair is copied there, so that nobody changes
            it any more.
    """
    pair = next(_pairs(workspace, state), None)
    if pair is None:
        return None
    made.mkdir(parents=True, exist_ok=True)
    certificate, key = made / CERTIFICATE, made / PRIVATE_KEY
    certificate.write_text(pair.certificate, encoding="utf-8")
    key.touch(mode=0o600)
    key.write_text(pair.private_key, encoding="utf-8")
    return DeviceFiles(certificate, key, ca)


def _pairs(workspace: Path, state: Mapping[str, Any]) -> Iterator[Pair]:
    ranked = _certificates(state)
    texts = [*_texts(outputs_of(state)), *_written(workspace)]
    keys = {name: text for text in texts if (name := _key_name(text))}
    for known in ranked:
        pem, key = known.get("certificate_pem"), known.get("private_key")
        if isinstance(pem, str) and (name := _certificate_name(pem)):
            fitting = key if isinstance(key, str) and _key_name(key) == name else keys.get(name)
            if fitting:
                yield Pair(pem, fitting)
    for text in texts:
        if (name := _certificate_name(text)) and name in keys:
            yield Pair(text, keys[name])


def _certificates(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the certificates of a state, those first that a device can use."""
    attachments = instances(state, "aws_iot_policy_attachment")
    # As texts: in a state that a student has written, they may be of any type.
    allowed = {str(one.get("target")) for one in attachments}
    things = {
        str(one.get("principal")) for one in instances(state, "aws_iot_thing_principal_attachment")
    }

    def rank(one: Mapping[str, Any]) -> tuple[bool, bool, bool]:
        arn = str(one.get("arn"))
        return (arn not in allowed, not one.get("active"), arn not in things)

    return sorted(instances(state, "aws_iot_certificate"), key=rank)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in an output, which may be an object of several."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < 4:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one, depth + 1)


def _written(workspace: Path) -> Iterator[str]:
    """Yield the texts of the workspace's small files that may hold a certificate or a key."""
    looked_at = 0
    for folder, folders, names in os.walk(workspace):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT:
                return
            content = read_regular(Path(folder) / name, _LARGEST_PEM) or b""
            if b"-----BEGIN " in content:
                yield content.decode("utf-8", "replace")


def _certificate_name(pem: str) -> bytes:
    """Return what tells the key of a certificate from all others; empty if it is none."""
    try:
        certificate = x509.load_der_x509_certificate(ssl.PEM_cert_to_DER_cert(pem.strip()))
        return certificate.public_key().public_bytes(_DER, _PUBLIC)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _key_name(pem: str) -> bytes:
    """Return the same of a private key; empty if it is none."""
    if "PRIVATE KEY" not in pem:
        return b""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        return key.public_key().public_bytes(_DER, _PUBLIC)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return b""
