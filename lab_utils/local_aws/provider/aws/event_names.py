"""Names of EventBridge's rules, targets and buses."""

from __future__ import annotations

import re
from typing import Any

DEFAULT_BUS = "default"


def is_event_name(name: str, value: Any) -> str | None:
    """Return what is wrong with the name of a rule or the id of a target."""
    if not 1 <= len(value) <= 64:
        return f"expected length of {name} to be in the range (1 - 64), got {value}"
    if not re.fullmatch(r"[0-9A-Za-z_.-]+", value):
        return f"invalid value for {name} (only letters, digits, dots, hyphens and underscores)"
    return None


def bus_name(name_or_arn: str | None) -> str:
    """Return a bus's name, as the API takes it, from a name or an ARN."""
    return (name_or_arn or DEFAULT_BUS).rpartition("event-bus/")[2]
