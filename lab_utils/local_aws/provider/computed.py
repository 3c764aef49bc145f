"""Blocks that are computed when the configuration leaves them out."""

from __future__ import annotations

from lab_utils.local_aws.provider.values import UNKNOWN, State


def plan_computed_blocks(prior: State | None, planned: State, *names: str) -> None:
    """Plan what a resource has, or will tell, for each list block that is not configured."""
    for name in names:
        if planned[name] == []:
            planned[name] = UNKNOWN if prior is None else prior[name]
