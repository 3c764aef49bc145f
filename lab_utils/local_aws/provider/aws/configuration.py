"""The provider block of hashicorp/aws."""

from __future__ import annotations

from collections.abc import Callable

from lab_utils.local_aws.provider.clients import Credentials
from lab_utils.local_aws.provider.context import Configuration, TagRules
from lab_utils.local_aws.provider.diagnostics import Diagnostics
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.peers import Peer
from lab_utils.local_aws.provider.values import State

PROVIDER_OVERLAY = Overlay(max_items={"default_tags": 1, "ignore_tags": 1})


def configure_with(
    region: str, credentials: Credentials
) -> Callable[[State, Peer, Diagnostics], Configuration]:
    """Return what reads a provider block; the arguments stand in for what nobody names."""

    def configure(config: State, peer: Peer, _diagnostics: Diagnostics) -> Configuration:
        own = peer.environment
        chosen = config.get("region") or own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION")
        return Configuration(
            chosen if isinstance(chosen, str) else region,
            _credentials(config, peer) or credentials,
            _tag_rules(config),
        )

    return configure


def _credentials(config: State, peer: Peer) -> Credentials | None:
    own = peer.environment
    for key, secret, token in (
        (config.get("access_key"), config.get("secret_key"), config.get("token")),
        (
            own.get("AWS_ACCESS_KEY_ID"),
            own.get("AWS_SECRET_ACCESS_KEY"),
            own.get("AWS_SESSION_TOKEN"),
        ),
    ):
        if isinstance(key, str) and isinstance(secret, str) and key and secret:
            return Credentials(key, secret, token if isinstance(token, str) else None)
    return None


def _tag_rules(config: State) -> TagRules:
    defaults: dict[str, str] = {}
    for block in config.get("default_tags") or []:
        tags = block.get("tags") or {}
        defaults.update({key: value for key, value in tags.items() if isinstance(value, str)})
    keys: set[str] = set()
    prefixes: list[str] = []
    for block in config.get("ignore_tags") or []:
        keys.update(block.get("keys") or [])
        prefixes.extend(block.get("key_prefixes") or [])
    return TagRules(defaults, frozenset(keys), tuple(prefixes))
