"""Paths into an event: what EventBridge takes of JSON path, the dots and the indices of arrays.

Source:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def value_at(document: Any, path: str) -> Any:
    """Return what stands at a path such as ``$.resources[0]``.

    Raises:
        LookupError: Nothing stands there, or it is no such path.
    """
    if not path.startswith("$"):
        raise LookupError(path)
    at, value = 1, document
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise LookupError(path)
        value = _child(value, step[1], step[2])
        at = step.end()
    return value


def _child(value: Any, key: str | None, index: str | None) -> Any:
    if index is not None and isinstance(value, list):
        return value[int(index)]
    if key is not None and isinstance(value, dict):
        return value[key]
    raise LookupError(key or index)
