"""What the real provider checks and computes when it plans a DynamoDB table."""

from __future__ import annotations

import json
from typing import Any

from lab_utils.local_aws.provider.aws.dynamodb_indexes import PAY_PER_REQUEST, PROVISIONED
from lab_utils.local_aws.provider.computed import plan_computed_blocks
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.values import UNKNOWN, State, is_empty

_COMPUTED_BLOCKS = ("point_in_time_recovery", "server_side_encryption", "ttl")
_LEAST_CAPACITY = 1
_CAPACITY = ("read_capacity", "write_capacity")


def plan_table(context: Context, prior: State | None, planned: State) -> None:
    """Check the plan of a table, and fill in the blocks that the configuration leaves out."""
    _check_attributes(context, planned)
    _check_stream(context, planned)
    for name in _CAPACITY:
        _plan_capacity(context, prior, planned, name)
    for index in _each(planned, "global_secondary_index"):
        _plan_index(prior, planned, index)
    plan_computed_blocks(prior, planned, *_COMPUTED_BLOCKS)
    for name in _COMPUTED_BLOCKS:
        _settle_disabled(prior, planned, name)


def is_off(blocks: Any) -> bool:
    """Return whether an option's block is missing or says ``enabled = false``."""
    return not blocks or (blocks is not UNKNOWN and not blocks[0]["enabled"])


def check_ttl(context: Context, config: State) -> None:
    """Report a time to live that is on and has no attribute."""
    blocks = config["ttl"]
    if blocks is UNKNOWN or not blocks:
        return
    if blocks[0]["enabled"] is True and blocks[0]["attribute_name"] in (None, ""):
        words = (
            'Attribute "ttl[0].attribute_name" must be specified when "ttl[0].enabled" is "true".'
        )
        context.error("Invalid Attribute Combination", words, ("ttl", 0))


def _settle_disabled(prior: State | None, planned: State, name: str) -> None:
    """Keep the prior spelling of an option that was off and stays off."""
    if prior and is_off(prior[name]) and is_off(planned[name]):
        planned[name] = prior[name]


def _check_attributes(context: Context, planned: State) -> None:
    """Report keys without a definition, and definitions that no key uses."""
    blocks = ("attribute", "global_secondary_index", "local_secondary_index")
    keyed = [planned, *_each(planned, blocks[1]), *_each(planned, blocks[2])]
    keys = [block.get(name) for block in keyed for name in ("hash_key", "range_key")]
    names = [block["name"] for block in _each(planned, blocks[0])]
    if UNKNOWN in keys or UNKNOWN in names or any(planned[name] is UNKNOWN for name in blocks):
        return
    used, defined = {key for key in keys if key}, set(names)
    if missing := sorted(used - defined):
        context.error(
            f"all indexes must match a defined attribute. Unmatched indexes: {_quoted(missing)}",
            "",
            ("hash_key",) if planned["hash_key"] in missing else ("attribute",),
        )
    if unused := sorted(defined - used):
        context.error(
            f"all attributes must be indexed. Unused attributes: {_quoted(unused)}",
            "",
            ("attribute",),
        )


def _check_stream(context: Context, planned: State) -> None:
    if planned["stream_enabled"] is True and planned["stream_view_type"] in (None, "", UNKNOWN):
        words = "stream_view_type is required when stream_enabled = true"
        context.error(words, "", ("stream_enabled",))


def _plan_capacity(context: Context, prior: State | None, planned: State, name: str) -> None:
    """Check a capacity against the billing mode; without a configured one, plan what AWS has."""
    before = prior["billing_mode"] if prior else None
    after, value = planned["billing_mode"], planned[name]
    if after == PROVISIONED and before != PAY_PER_REQUEST:
        if value is UNKNOWN or value is None or value < _LEAST_CAPACITY:
            words = f'{name} must be at least {_LEAST_CAPACITY} when billing_mode is "{after}"'
            context.error(words, "", ("billing_mode",) if value is UNKNOWN else (name,))
    elif after == PROVISIONED and value == 0:
        planned[name] = UNKNOWN
    elif after == PAY_PER_REQUEST and before == PROVISIONED:
        planned[name] = 0
    elif after == PAY_PER_REQUEST and value is not UNKNOWN and value:
        context.error(f'{name} can not be set when billing_mode is "{after}"', "", (name,))


def _plan_index(prior: State | None, planned: State, index: State) -> None:
    """Plan what an index has, or on demand has not, where its block leaves it out."""
    known = next((one for one in _prior_indexes(prior) if one["name"] == index["name"]), {})
    for name, value in known.items():
        if index[name] is UNKNOWN or (is_empty(index[name]) and is_empty(value)):
            index[name] = value
    if planned["billing_mode"] == PAY_PER_REQUEST:
        index.update(dict.fromkeys(_CAPACITY, 0))


def _prior_indexes(prior: State | None) -> list[State]:
    return prior["global_secondary_index"] or [] if prior else []


def _each(planned: State, name: str) -> list[State]:
    blocks = planned[name]
    return [] if blocks is UNKNOWN else [one for one in blocks or [] if one is not UNKNOWN]


def _quoted(names: list[str]) -> str:
    """Return names as Go prints a list of texts."""
    return f"[{' '.join(json.dumps(name) for name in names)}]"
