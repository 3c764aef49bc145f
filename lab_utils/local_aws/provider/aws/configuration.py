"""The provider block of hashicorp/aws."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.aws.assumed_roles import assume_roles
from lab_utils.local_aws.provider.clients import Clients, Credentials
from lab_utils.local_aws.provider.context import Configuration, TagRules
from lab_utils.local_aws.provider.diagnostics import Diagnostics, ProviderError, api_error
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.peers import Peer
from lab_utils.local_aws.provider.provider import Configure
from lab_utils.local_aws.provider.validation import is_json, is_region, matches, one_of
from lab_utils.local_aws.provider.values import State, has_unknown, without_unknown

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ACCOUNT = "[0-9]{12}"
_UNUSED = ("profile", "shared_config_files", "shared_credentials_files")
PROVIDER_OVERLAY = Overlay(
    max_items={"assume_role_with_web_identity": 1, "default_tags": 1, "ignore_tags": 1},
    sensitive=frozenset({"secret_key", "token"}),
    conflicts=(("allowed_account_ids", "forbidden_account_ids"),),
    validators={
        "retry_mode": (one_of("standard", "adaptive", "legacy"),),
        "ec2_metadata_service_endpoint_mode": (one_of("IPv4", "IPv6"),),
        "s3_us_east_1_regional_endpoint": (one_of("legacy", "regional"),),
        "assume_role.policy": (is_json,),
        "assume_role.role_arn": (
            matches(f"arn:[\\w-]+:iam::{_ACCOUNT}:role/.+", "the ARN of an IAM role"),
        ),
    },
)


def configure_with(region: str, credentials: Credentials, clients: Clients) -> Configure:
    """Return what reads a provider block.

    Args:
        region: The region when neither the block nor Terraform's environment names one.
        credentials: The key when neither of those names one.
        clients: How to ask the embedded AWS whose key it is.
    """

    def configure(config: State, peer: Peer, diagnostics: Diagnostics) -> Configuration:
        known = without_unknown(config)
        own = peer.environment
        chosen = known.get("region") or own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION")
        chosen = str(chosen or region)
        if not known.get("skip_region_validation") and (problem := is_region("region", chosen)):
            raise ProviderError("Invalid Region Value", problem, ("region",))
        _warn_of_unused(known, clients.endpoint_url, diagnostics)
        held = _credentials(known, own) or credentials
        held = assume_roles(known, peer, clients, chosen, held)
        account = _account(known, clients, chosen, held)
        return Configuration(chosen, held, _tag_rules(config), account)

    return configure


def _credentials(config: State, own: Mapping[str, str]) -> Credentials | None:
    given = config.get("access_key"), config.get("secret_key")
    if any(given) and not all(given):
        missing = "access_key" if given[1] else "secret_key"
        words = "A static key needs both access_key and secret_key; leave both out on the lab."
        raise ProviderError(f'Missing required argument "{missing}"', words)
    if all(given):
        return Credentials(str(given[0]), str(given[1]), config.get("token"))
    key, secret = own.get("AWS_ACCESS_KEY_ID"), own.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, own.get("AWS_SESSION_TOKEN")) if key and secret else None


def _account(config: State, clients: Clients, region: str, credentials: Credentials) -> str | None:
    """Return whose account it is; ``None`` when the block wants no question asked."""
    allowed, forbidden = (
        set(config.get(name) or []) for name in ("allowed_account_ids", "forbidden_account_ids")
    )
    is_asked = not config.get("skip_credentials_validation")
    is_asked = is_asked or not config.get("skip_requesting_account_id")
    if not (is_asked or allowed or forbidden):
        return None
    try:
        caller = clients.get("sts", region, credentials).get_caller_identity()
    except ClientError as error:
        summary = "Retrieving AWS account details: validating provider credentials"
        words = f"retrieving caller identity from STS: {api_error(error, 'STS')}"
        raise ProviderError(f"{summary}: {words}") from error
    account = str(caller["Account"])
    if account in forbidden or (allowed and account not in allowed):
        raise ProviderError(f"AWS account ID not allowed: {account}")
    return account


def _warn_of_unused(config: State, endpoint_url: str, diagnostics: Diagnostics) -> None:
    for name in _UNUSED:
        if config.get(name):
            words = "The embedded AWS knows no profiles; its own key, or access_key, is used."
            diagnostics.warning(f"Argument {name} is not used on the embedded AWS", words, (name,))
    endpoints: list[Mapping[str, Any]] = config.get("endpoints") or []
    elsewhere = {
        name: url
        for block in endpoints
        for name, url in block.items()
        if url and _place(url) != _place(endpoint_url)
    }
    if elsewhere:
        words = f"The lab uses {endpoint_url} for every service, not {json.dumps(elsewhere)}."
        diagnostics.warning("Other endpoints are not used on the embedded AWS", words)


def _place(url: str) -> tuple[str, str | None]:
    host = urlsplit(url).hostname or ""
    port = urlsplit(url).netloc.rpartition(":")[2]
    return ("localhost" if host in _LOOPBACK else host), port


def _tag_rules(config: State) -> TagRules:
    defaults: dict[str, str] = {}
    blocks = config.get("default_tags")
    for block in without_unknown(blocks) or []:
        tags = block.get("tags") or {}
        defaults.update({key: value for key, value in tags.items() if value is not None})
    keys: set[str] = set()
    prefixes: list[str] = []
    for block in without_unknown(config.get("ignore_tags")) or []:
        keys.update(filter(None, block.get("keys") or []))
        prefixes.extend(filter(None, block.get("key_prefixes") or []))
    return TagRules(defaults, frozenset(keys), tuple(prefixes), has_unknown(blocks))
