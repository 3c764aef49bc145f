"""What a worker does: it grades one submission, and answers in JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from lab_utils.errors import SandboxError
from lab_utils.grading.sandbox.trial import require_bubblewrap

Grade = Callable[[bytes, Mapping[str, Any]], dict[str, Any]]
"""Takes a packed submission and the order's JSON form; returns the verdict and the ending."""


def answer(grade: Grade, packed: bytes, order: Mapping[str, Any]) -> str:
    """Return what a grade function says of a submission, as JSON text.

    Nothing that comes from a submission is ever unpickled by whoever asked.
    """
    return json.dumps(grade(packed, order))


def package_version() -> str:
    """Return the version of this package, where it runs."""
    return version("practical-aws-iot")


def sandbox_state() -> str:
    """Return why submissions cannot be enclosed where it runs; "" if they can."""
    try:
        require_bubblewrap()
    except SandboxError as error:
        return f"{error.happened} What to do: {error.next_step}"
    return ""
