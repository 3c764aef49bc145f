"""``aws_iot_certificate``."""

from __future__ import annotations

from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource, refuse_import
from lab_utils.local_aws.provider.values import State


class Certificate(AwsResource):
    """A device's certificate: made with its keys, from a request, or registered as it is."""

    type_name = "aws_iot_certificate"
    label = "IoT Certificate"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"ca_pem", "certificate_pem", "csr"}),
        sensitive=frozenset({"ca_pem", "certificate_pem", "private_key", "public_key"}),
        errors=(
            ErrorPath("InvalidRequestException", "csr", "CSR"),
            ErrorPath("Certificate.*Exception|ResourceAlreadyExistsException", "certificate_pem"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create or register the certificate; only this call ever tells the private key."""
        made = _make(context.client("iot"), planned)
        keys = made.get("keyPair", {})
        return {
            "id": made["certificateId"],
            "private_key": keys.get("PrivateKey"),
            "public_key": keys.get("PublicKey"),
        }

    def read(self, context: Context, state: State) -> State:
        """Describe the certificate."""
        answer = context.client("iot").describe_certificate(certificateId=state["id"])
        description = answer["certificateDescription"]
        return {
            "active": description["status"] == "ACTIVE",
            "arn": description["certificateArn"],
            "ca_certificate_id": description.get("caCertificateId"),
            "certificate_pem": description["certificatePem"],
        }

    def update(self, context: Context, _prior: State, planned: State) -> None:
        """Activate or deactivate the certificate."""
        context.client("iot").update_certificate(
            certificateId=planned["id"], newStatus=_status(planned)
        )

    def delete(self, context: Context, state: State) -> None:
        """Deactivate the certificate, which AWS asks for, and delete it."""
        iot = context.client("iot")
        if state["active"]:
            iot.update_certificate(certificateId=state["id"], newStatus="INACTIVE")
        iot.delete_certificate(certificateId=state["id"])

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse: the keys could not be had."""
        return refuse_import(self.type_name)


def _make(iot: Any, planned: State) -> State:
    """Return the answer of the call that fits the arguments."""
    certificate, ca = planned["certificate_pem"], planned["ca_pem"]
    answer: State
    if planned["csr"]:
        answer = iot.create_certificate_from_csr(
            certificateSigningRequest=planned["csr"], setAsActive=planned["active"]
        )
    elif certificate and ca:
        answer = iot.register_certificate(
            certificatePem=certificate, caCertificatePem=ca, status=_status(planned)
        )
    elif certificate:
        answer = iot.register_certificate_without_ca(
            certificatePem=certificate, status=_status(planned)
        )
    else:
        answer = iot.create_keys_and_certificate(setAsActive=planned["active"])
    return answer


def _status(planned: State) -> str:
    return "ACTIVE" if planned["active"] else "INACTIVE"


RESOURCES: tuple[type[AwsResource], ...] = (Certificate,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
