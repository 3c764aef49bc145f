"""``aws_iam_access_key``."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import reduce
from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import one_of
from lab_utils.local_aws.provider.values import State

_NO_PGP = (
    "The embedded AWS encrypts no secret: with pgp_key, real AWS would leave the secret out of "
    "the state, so leaving the argument out in silence would mislead. Take the sensitive "
    "attribute secret instead, and keep the state file to yourself."
)
_SMTP_VERSION = b"\x04"
_SMTP_SCOPE = ("ses", "aws4_request", "SendRawEmail")


class AccessKey(AwsResource):
    """A user's access key; only its creation ever tells the secret."""

    type_name = "aws_iam_access_key"
    label = "IAM Access Key"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"pgp_key", "user"}),
        defaults={"status": "Active"},
        sensitive=frozenset({"secret", "ses_smtp_password_v4"}),
        no_effect={"pgp_key": _NO_PGP},
        validators={"status": (one_of("Active", "Inactive", "Expired"),)},
        errors=(ErrorPath("NoSuchEntity|LimitExceeded", "user"),),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the key, and deactivate it if it is to be inactive."""
        client, user = context.client("iam"), planned["user"]
        key = client.create_access_key(UserName=user)["AccessKey"]
        made = {
            "id": key["AccessKeyId"],
            "secret": key["SecretAccessKey"],
            "ses_smtp_password_v4": smtp_password(key["SecretAccessKey"], context.region),
        }
        context.keep(**made)
        if planned["status"] != "Active":
            self._set_status(context, made["id"], planned)
        return made

    def read(self, context: Context, state: State) -> State | None:
        """Look for the key among the user's."""
        pages = context.client("iam").get_paginator("list_access_keys")
        for page in pages.paginate(UserName=state["user"]):
            for key in page["AccessKeyMetadata"]:
                if key["AccessKeyId"] == state["id"]:
                    return {
                        "create_date": f"{key['CreateDate']:%Y-%m-%dT%H:%M:%SZ}",
                        "status": key["Status"],
                        "user": key["UserName"],
                    }
        return None

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Activate or deactivate the key."""
        self._set_status(context, prior["id"], planned)

    def delete(self, context: Context, state: State) -> None:
        """Delete the key."""
        context.client("iam").delete_access_key(UserName=state["user"], AccessKeyId=state["id"])

    def import_(self, context: Context, import_id: str) -> State:
        """Ask whose key it is; its secret cannot be had any more."""
        told = context.client("iam").get_access_key_last_used(AccessKeyId=import_id)
        return {"id": import_id, "user": told["UserName"]}

    def display_name(self, state: State) -> str:
        """Return the key's id, else whose it is to be."""
        return str(state["id"] if isinstance(state.get("id"), str) else state.get("user"))

    def _set_status(self, context: Context, key_id: str, planned: State) -> None:
        context.client("iam").update_access_key(
            UserName=planned["user"], AccessKeyId=key_id, Status=planned["status"]
        )


def smtp_password(secret: str, region: str) -> str:
    """Return the password for Amazon SES's SMTP door that belongs to a secret access key.

    Args:
        secret: The secret access key.
        region: The region of the SMTP door, such as ``eu-west-1``.

    Source:
        https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
    """
    # The date is the same for every key: a password has no date to be signed.
    signed = reduce(_sign, ("11111111", region, *_SMTP_SCOPE), f"AWS4{secret}".encode())
    return base64.b64encode(_SMTP_VERSION + signed).decode()


def _sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


RESOURCES: tuple[type[AwsResource], ...] = (AccessKey,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
