"""The provider block's ``assume_role`` and ``assume_role_with_web_identity``."""

from __future__ import annotations

import re
import time
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.checksums import explained
from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.diagnostics import ProviderError, api_error
from lab_utils.local_aws.provider.peers import Peer
from lab_utils.local_aws.provider.values import State

_SECONDS = {"h": 3600, "m": 60, "s": 1}
_ARGUMENTS = {
    "external_id": "ExternalId",
    "policy": "Policy",
    "source_identity": "SourceIdentity",
    "transitive_tag_keys": "TransitiveTagKeys",
}


def assume_roles(
    config: State, peer: Peer, clients: Clients, region: str, credentials: Credentials
) -> Credentials:
    """Return the credentials of the last role, each assumed with those of the one before.

    Args:
        config: The provider block; its unknown values are ``None``.
        peer: Whose folder a token's file is relative to.
        clients: The clients of the embedded AWS.
        region: The provider's region.
        credentials: Those to begin with.

    Raises:
        ProviderError: A role that cannot be assumed.
    """
    for block in config.get("assume_role_with_web_identity") or []:
        arguments = {**_common(block), "WebIdentityToken": _token(block, peer)}
        sts = clients.get("sts", region, credentials)
        credentials = _assumed(sts.assume_role_with_web_identity, arguments)
    for block in config.get("assume_role") or []:
        if not block.get("role_arn"):
            continue
        arguments = {**_common(block), **_session(block)}
        credentials = _assumed(clients.get("sts", region, credentials).assume_role, arguments)
    return credentials


def _assumed(call: Any, arguments: State) -> Credentials:
    try:
        held = call(**arguments)["Credentials"]
    except ClientError as error:
        words = f"IAM Role ({arguments['RoleArn']}) cannot be assumed.\n\n"
        causes = (
            "The usual causes: the role does not exist, its trust policy does not name this "
            "principal, or the principal may not call sts:AssumeRole.\n\n"
        )
        error_words = f"Error: {api_error(error, 'STS')}"
        raise ProviderError("Cannot assume IAM Role", words + causes + error_words) from error
    return Credentials(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])


def _common(block: State) -> State:
    name = block.get("session_name") or f"terraform-{time.time_ns()}"
    arguments: State = {"RoleArn": block.get("role_arn") or "", "RoleSessionName": name}
    if block.get("duration"):
        arguments["DurationSeconds"] = _duration_s(block["duration"])
    if block.get("policy_arns"):
        arguments["PolicyArns"] = [{"arn": arn} for arn in block["policy_arns"]]
    return arguments


def _session(block: State) -> State:
    arguments: State = {to: block[name] for name, to in _ARGUMENTS.items() if block.get(name)}
    if block.get("tags"):
        arguments["Tags"] = [{"Key": key, "Value": one} for key, one in block["tags"].items()]
    return arguments


def _token(block: State, peer: Peer) -> str:
    if block.get("web_identity_token"):
        return str(block["web_identity_token"])
    try:
        return (peer.folder / (block.get("web_identity_token_file") or "")).read_text("utf-8")
    except OSError as error:
        raise ProviderError("Cannot read the web identity token", explained(error)) from error


def _duration_s(text: str) -> int:
    """Return a Go duration, ``1h30m``, in seconds."""
    parts = re.findall(r"(\d+)([hms])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        words = f'"{text}" is not a duration such as 1h30m.'
        raise ProviderError('Invalid "duration" of the role to assume', words)
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)
