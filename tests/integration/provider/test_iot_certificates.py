"""The ways to a certificate: with keys of AWS, from a request, and registered as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.provider.hcl import certificate
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
CERT = "aws_iot_certificate.cert"
Key = ec.EllipticCurvePrivateKey


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(subject: str, issuer: str, key: Key, issuer_key: Key, is_ca: bool) -> str:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    made = builder.sign(issuer_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _resource(active: str, **pems: str) -> str:
    texts = "\n".join(f"{name} = <<-EOT\n{pem.strip()}\nEOT" for name, pem in pems.items())
    return f'resource "aws_iot_certificate" "cert" {{\nactive = {active}\n{texts}\n}}\n'


def test_keys_of_aws_stay_in_the_state_and_are_sensitive(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(certificate())
    workspace.apply()
    made = workspace.state(CERT)
    assert "PRIVATE KEY" in made["private_key"]
    assert made["id"] in made["arn"]
    shown = json.loads(workspace.run("show", "-json"))["values"]["root_module"]["resources"][0]
    hidden = {name for name, value in shown["sensitive_values"].items() if value}
    assert hidden == {"ca_pem", "certificate_pem", "private_key", "public_key"}
    workspace.write('resource "aws_iot_certificate" "cert" { active = false }')
    workspace.apply()
    again = workspace.state(CERT)
    assert again["private_key"] == made["private_key"]
    assert again["active"] is False
    workspace.destroy()


def test_a_request_is_signed_and_the_key_stays_with_its_owner(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    key = _key()
    request = x509.CertificateSigningRequestBuilder().subject_name(_name("device"))
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    workspace = terraform_workspace(_resource("true", csr=pem))
    workspace.apply()
    assert workspace.plan() == {}
    made = workspace.state(CERT)
    assert not made["private_key"]
    signed = x509.load_pem_x509_certificate(made["certificate_pem"].encode())
    assert signed.public_key() == key.public_key()
    described = aws_client("iot").describe_certificate(certificateId=made["id"])
    assert described["certificateDescription"]["status"] == "ACTIVE"
    workspace.write(certificate())
    assert workspace.plan()[CERT].replace_paths == [["csr"]]
    workspace.destroy()


def test_a_certificate_of_ones_own_is_registered_without_an_authority(
    terraform_workspace: Make,
) -> None:
    key = _key()
    pem = _certificate("device", "device", key, key, is_ca=False)
    workspace = terraform_workspace(_resource("false", certificate_pem=pem))
    workspace.apply()
    assert workspace.plan() == {}
    made = workspace.state(CERT)
    assert made["certificate_pem"].strip() == pem.strip()
    assert not made["ca_certificate_id"]
    assert made["active"] is False
    workspace.destroy()


def test_a_certificate_is_registered_under_its_authority(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot, ca_key, key = aws_client("iot"), _key(), _key()
    ca = _certificate("authority", "authority", ca_key, ca_key, is_ca=True)
    pem = _certificate("device", "authority", key, ca_key, is_ca=False)
    registered = iot.register_ca_certificate(
        caCertificate=ca, setAsActive=True, certificateMode="SNI_ONLY"
    )
    workspace = terraform_workspace(_resource("true", certificate_pem=pem, ca_pem=ca))
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state(CERT)["ca_certificate_id"] == registered["certificateId"]
    workspace.destroy()


def test_a_certificate_that_a_thing_holds_is_not_deleted(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    workspace = terraform_workspace(certificate())
    workspace.apply()
    arn = workspace.state(CERT)["arn"]
    iot.create_thing(thingName="holder")
    iot.attach_thing_principal(thingName="holder", principal=arn)
    with pytest.raises(TerraformFailedError, match="DeleteConflictException: Things must be"):
        workspace.destroy()
    iot.detach_thing_principal(thingName="holder", principal=arn)
    iot.delete_thing(thingName="holder")
    workspace.destroy()
    assert workspace.addresses() == []
