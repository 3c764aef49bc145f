"""Waiting for a condition of AWS, with a deadline, and no longer than Terraform waits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.values import State

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def wait_until(
    context: Context, is_reached: Callable[[], Any], what: str, deadline_s: float
) -> None:
    """Return as soon as a condition holds.

    Args:
        context: Ends the wait when Terraform is interrupted.
        is_reached: Asks AWS.
        what: The wait as errors name it, ``waiting for creation of DynamoDB Table (x)``.
        deadline_s: In seconds.

    Raises:
        ProviderError: The deadline has passed, or Terraform was interrupted.
    """
    end = time.monotonic() + deadline_s
    pause = _FIRST_PAUSE_S
    while not is_reached():
        if time.monotonic() > end:
            raise ProviderError(f"{what}: timeout while waiting for state ({deadline_s:g}s)")
        if context.peer.stopping.wait(pause):
            raise ProviderError(f"{what}: interrupted")
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def timeout_s(state: State, operation: str, default_s: float) -> float:
    """Return how long an operation (``create``) may take, in seconds, by the timeouts block."""
    given = (state.get("timeouts") or {}).get(operation)
    if not given:
        return default_s
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s)", given)
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts) or default_s
