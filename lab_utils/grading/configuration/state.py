"""What Terraform's state tells, read with care: the student's programs could have written it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab_utils.grading.configuration.sources import read_regular
from lab_utils.terraform_state import state_addresses

STATE_FILE = "terraform.tfstate"
_FORMAT = 4
_LARGEST = 16 * 1024 * 1024


def read_state(folder: Path) -> dict[str, Any]:
    """Return the state that lies in a folder, in Terraform's format version 4; {} if none does."""
    try:
        state = json.loads(read_regular(folder / STATE_FILE, _LARGEST) or b"")
        is_sound = state["version"] == _FORMAT and isinstance(state["outputs"], dict)
        list(state_addresses(state))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return state if is_sound else {}


def outputs_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs by name, sensitive ones included."""
    outputs = state.get("outputs", {})
    return {name: one.get("value") for name, one in outputs.items() if isinstance(one, dict)}


def instances(state: Mapping[str, Any], *types: str) -> Iterator[dict[str, Any]]:
    """Yield the attributes of all resources of some types, in the order of the state."""
    for resource in state.get("resources", []):
        if resource.get("mode") == "managed" and resource.get("type") in types:
            for instance in resource.get("instances", []):
                attributes = instance.get("attributes")
                if isinstance(attributes, dict):
                    yield attributes
