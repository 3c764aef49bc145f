"""Terraform's state where it lies in the folder itself: read without starting Terraform.

A check or a device that asks for the endpoint would wait for a program to start, each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_FORMAT = 4


def read_local_state(folder: Path) -> dict[str, Any] | None:
    """Return the state that lies in a folder, in Terraform's format version 4.

    Args:
        folder: The configuration's folder.

    Returns:
        None if only Terraform can tell: no state yet, another backend or workspace, or a file
        that is not as expected.

    Source:
        https://developer.hashicorp.com/terraform/language/backend/local
    """
    has_backend = (folder / ".terraform" / "terraform.tfstate").exists()
    has_workspaces = (folder / ".terraform" / "environment").exists()
    if has_backend or has_workspaces:
        return None
    try:
        state: Any = json.loads((folder / "terraform.tfstate").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and state.get("version") == _FORMAT else None


def state_addresses(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of a state's managed resources and data sources.

    Args:
        state: A state as ``terraform state pull`` prints it (version 4).
    """
    for resource in state["resources"]:
        mode = "data." if resource["mode"] == "data" else ""
        module = f"{resource['module']}." if "module" in resource else ""
        for instance in resource["instances"]:
            index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
            yield f"{module}{mode}{resource['type']}.{resource['name']}{index}"
