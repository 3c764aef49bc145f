"""The certificate and key of a device, wherever a submission has them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab_utils.grading.configuration.devices import Pair, device_files

CA = Path("/ca.pem")


def make_pair() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device")])
    begin = datetime.datetime(2024, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(begin).not_valid_after(begin.replace(year=2044))
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    return Pair(
        builder.sign(key, hashes.SHA256()).public_bytes(pem).decode(),
        key.private_bytes(pem, form, serialization.NoEncryption()).decode(),
    )


@pytest.fixture(scope="module")
def pairs() -> tuple[Pair, Pair]:
    return make_pair(), make_pair()


def resource(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}


def certificate(pair: Pair, arn: str, **others: Any) -> dict[str, Any]:
    told = {"certificate_pem": pair.certificate, "private_key": pair.private_key, "active": True}
    return resource("aws_iot_certificate", **{**told, "arn": arn, **others})


def found(tmp_path: Path, state: dict[str, Any]) -> Pair | None:
    workspace = tmp_path / "workspace"
    workspace.mkdir(exist_ok=True)
    files = device_files(workspace, state, CA, tmp_path / "made")
    if files is None:
        return None
    assert files.ca == CA
    assert files.private_key.stat().st_mode & 0o077 == 0
    return Pair(files.certificate.read_text(), files.private_key.read_text())


def test_of_several_certificates_the_one_with_a_policy_is_the_devices(
    tmp_path: Path, pairs: tuple[Pair, Pair]
) -> None:
    state = {
        "resources": [
            certificate(pairs[0], "arn:0"),
            certificate(pairs[1], "arn:1"),
            resource("aws_iot_policy_attachment", target="arn:1"),
            resource("aws_iot_thing_principal_attachment", principal="arn:0"),
        ]
    }
    assert found(tmp_path, state) == pairs[1]


def test_outputs_will_do_also_within_an_object(tmp_path: Path, pairs: tuple[Pair, Pair]) -> None:
    first, second = pairs
    outputs = {
        "key": {"value": second.private_key},
        "all": {"value": {"key": first.private_key, "cert": [second.certificate]}},
    }
    assert found(tmp_path, {"resources": [], "outputs": outputs}) == second


def test_files_of_any_name_will_do_if_they_belong_together(
    tmp_path: Path, pairs: tuple[Pair, Pair]
) -> None:
    folder = tmp_path / "workspace" / "certs"
    folder.mkdir(parents=True)
    (folder / "a.crt").write_text(pairs[0].certificate)
    (folder / "b.txt").write_text(pairs[1].private_key)
    assert found(tmp_path, {}) is None
    (folder / "c").write_text(pairs[0].private_key)
    assert found(tmp_path, {}) == pairs[0]


def test_a_certificate_of_a_request_has_its_key_in_a_file(
    tmp_path: Path, pairs: tuple[Pair, Pair]
) -> None:
    state = {"resources": [certificate(pairs[0], "arn:0", private_key=None)]}
    assert found(tmp_path, state) is None
    (tmp_path / "workspace" / "own.key").write_text(pairs[0].private_key)
    assert found(tmp_path, state) == pairs[0]


def test_what_is_no_certificate_is_no_error(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    begin, end = "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"
    (workspace / "a.pem").write_text(f"{begin}AAAA{end}")
    (workspace / "b.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (workspace / "c.pem").symlink_to("/dev/zero")
    state = {"resources": [resource("aws_iot_certificate", certificate_pem=1, private_key={})]}
    assert found(tmp_path, state) is None


def test_a_state_that_a_student_has_written_ends_nothing(
    tmp_path: Path, pairs: tuple[Pair, Pair]
) -> None:
    resources = [
        certificate(pairs[0], "arn:a"),
        resource("aws_iot_certificate", arn=["no", "text"], certificate_pem=7),
        resource("aws_iot_policy_attachment", target=["no", "text"]),
        resource("aws_iot_thing_principal_attachment", principal={"no": "text"}),
    ]
    assert found(tmp_path, {"resources": resources}) == pairs[0]
