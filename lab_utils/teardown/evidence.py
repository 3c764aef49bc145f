"""What Terraform made in a workspace, as its state tells, and what the lab remembers of it.

A destroyed state no longer says what was in it, and a lost one says nothing. So the lab keeps
what it read before it destroys; and Terraform itself keeps the state before the last change.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

State = Mapping[str, Any]
_MEMORY = Path(".lab") / "teardown.json"
_STATE_NAME = "terraform.tfstate"
_FORMAT = 4
_ARN_COLONS = 5
OTHERS = "aws_leftover"
"""Stands for the type of what was removed without Terraform."""
_IDENTIFYING = (
    "id",
    "arn",
    "name",
    "function_name",
    "bucket",
    "database_name",
    "table_name",
    "user",
    "uuid",
)
Made = dict[str, list[str]]
"""A Terraform type, such as ``aws_iam_role``, to the names, ids and ARNs of what it made."""
Place = tuple[str, str]
"""An account's number and a region."""


@dataclass
class Memory:
    """What the lab remembers of a workspace's resources.

    Attributes:
        made: What Terraform made and nobody has seen gone yet, once for each destroy.
        once: How many resources of each type there were before a destroy.
    """

    made: list[Made] = field(default_factory=list)
    once: Counter[str] = field(default_factory=Counter)


def read_memory(workspace: Path) -> Memory:
    """Return what the lab remembers of a workspace; nothing where it has written nothing."""
    try:
        told = json.loads((workspace / _MEMORY).read_text(encoding="utf-8"))
        return Memory([dict(one) for one in told["made"]], Counter(told["once"]))
    except (OSError, ValueError, LookupError, TypeError):
        return Memory()


def write_memory(workspace: Path, memory: Memory) -> None:
    """Write what the lab remembers of a workspace."""
    path = workspace / _MEMORY
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"made": memory.made, "once": dict(memory.once)}
    path.write_text(json.dumps(told, indent=1), encoding="utf-8")


def read_backup(workspace: Path) -> State:
    """Return the state before Terraform's last change; empty where there is none."""
    return _parsed(workspace / "terraform" / f"{_STATE_NAME}.backup")


def restore_state(folder: Path) -> bool:
    """Put Terraform's backup in the place of a damaged state; tell whether that was done.

    Terraform writes its state over the old one: killed in that moment, it leaves an empty file,
    and would take everything for gone.

    Args:
        folder: The folder of the configuration.
    """
    state, backup = folder / _STATE_NAME, folder / f"{_STATE_NAME}.backup"
    is_damaged = state.is_file() and not _parsed(state)
    if not (is_damaged and _parsed(backup).get("resources")):
        return False
    state.replace(folder / f"{_STATE_NAME}.damaged")
    shutil.copyfile(backup, state)
    return True


def _parsed(path: Path) -> dict[str, Any]:
    """Return the state in a file; empty if it holds none."""
    try:
        state: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and state.get("version") == _FORMAT else {}


def managed(state: State) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield type and attributes of what Terraform made, data sources left out."""
    for resource in state.get("resources", []):
        if resource["mode"] == "managed":
            for instance in resource["instances"]:
                yield resource["type"], instance.get("attributes") or {}


def count_types(state: State) -> Counter[str]:
    """Return how many resources of each type a state holds."""
    return Counter(kind for kind, _attributes in managed(state))


def count_aws(types: Mapping[str, int]) -> int:
    """Return how many of the counted resources are AWS's: files on this machine are not."""
    return sum(number for kind, number in types.items() if kind.startswith("aws_"))


def made_in(state: State) -> Made:
    """Return the names, ids and ARNs of what a state holds, by type."""
    found: dict[str, set[str]] = {}
    for kind, attributes in managed(state):
        values = (attributes.get(name) for name in _IDENTIFYING)
        found.setdefault(kind, set()).update(str(value) for value in values if value)
    return {kind: sorted(values) for kind, values in found.items()}


def is_made_in(made: Made, place: Place) -> bool:
    """Tell whether all that was made was made in an account and a region, as the ARNs say.

    Args:
        made: What a state held.
        place: Account and region.
    """
    arns = [value.split(":") for values in made.values() for value in values if _is_arn(value)]
    account, region = place
    is_here = all(arn[3] in ("", region) and arn[4] in ("", "aws", account) for arn in arns)
    return is_here and any(arn[4] == account for arn in arns)


def _is_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= _ARN_COLONS


def joined(parts: Iterable[Made]) -> Made:
    """Return what several places tell of what was made."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for kind, values in part.items():
            found.setdefault(kind, set()).update(values)
    return {kind: sorted(values) for kind, values in found.items()}


def remember(workspace: Path, state: State) -> None:
    """Remember what a state holds, before it is destroyed."""
    memory = read_memory(workspace)
    made = made_in(state)
    memory.made += [made] if made and made not in memory.made else []
    memory.once |= count_types(state)
    write_memory(workspace, memory)


def remember_removed(workspace: Path, number: int) -> None:
    """Remember how many things were removed that Terraform's state did not hold."""
    memory = read_memory(workspace)
    memory.once[OTHERS] += number
    write_memory(workspace, memory)


def forget_made(workspace: Path) -> None:
    """Forget the names of what was made, once nothing of it exists any more.

    On an account that others use, one of them may make something of the same name later.
    """
    memory = read_memory(workspace)
    memory.made = []
    write_memory(workspace, memory)


def once_made(workspace: Path | None, state: State) -> Counter[str]:
    """Return how many resources of each type there once were, as far as anything tells.

    Args:
        workspace: The workspace; None where it is not known.
        state: Terraform's state now.
    """
    found = count_types(state)
    if workspace is None:
        return found
    looks: tuple[Callable[[Path], Counter[str]], ...] = (
        lambda folder: read_memory(folder).once,
        lambda folder: count_types(read_backup(folder)),
    )
    for look in looks:
        found |= look(workspace)
    return found
