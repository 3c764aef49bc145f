"""The action blocks of a topic rule, to the API's form and back, by the schema alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lab_utils.local_aws.provider.api_form import ApiForm
from lab_utils.local_aws.provider.schema import Block
from lab_utils.local_aws.provider.values import State

ERROR_ACTION = "error_action"
_API_NAMES = {
    "dynamodb": "dynamoDB",
    "dynamodbv2": "dynamoDBv2",
    "dimension": "dimensions",
    "header": "headers",
    "http_header": "headers",
}
"""Where the API's name is not the block's in camel case."""


def api_name(name: str) -> str:
    """Return ``role_arn`` as ``roleArn``."""
    return _API_NAMES.get(name) or re.sub(r"_(\w)", lambda found: found[1].upper(), name)


_FORM = ApiForm(api_name, sent_when_false=frozenset({"batch_mode", "use_base64"}))


def action_blocks(rule: Block) -> dict[str, Block]:
    """Return the schema of each kind of action by its block's name."""
    return {name: one.block for name, one in rule.blocks.items() if name != ERROR_ACTION}


def to_api(actions: Mapping[str, Block], state: State) -> list[State]:
    """Return every action of a state, or of an error action's block, as the API has them."""
    return [
        {api_name(name): _FORM.to_api(block, item)}
        for name, block in actions.items()
        for item in state.get(name) or []
    ]


def from_api(actions: Mapping[str, Block], told: Iterable[Mapping[str, Any]]) -> State:
    """Return the blocks of the actions that the API tells, by the kind's name."""
    found: State = {name: [] for name in actions}
    names = {api_name(name): name for name in actions}
    for action in told:
        for key, value in action.items():
            if key in names:
                found[names[key]].append(_FORM.from_api(actions[names[key]], value))
    return found
