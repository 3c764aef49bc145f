"""What a rule's SQL selected, as the bytes or the text that a service gets."""

from __future__ import annotations

import base64
from typing import Any

from lab_utils.local_aws.rules.roles import ActionFailedError
from lab_utils.local_aws.rules.sql.values import UNDEFINED, dump_json


def as_bytes(output: Any) -> bytes:
    """Return the result as it travels on: JSON, or a payload that is none as it came.

    Undefined alone is nothing at all.
    """
    if isinstance(output, bytes):
        return output
    return b"" if output is UNDEFINED else dump_json(output).encode()


def as_text(output: Any) -> str:
    """Return the result for a service that takes text.

    Raises:
        ActionFailedError: The payload is no text; ``encode(*, 'base64')`` would make it one.
    """
    try:
        return as_bytes(output).decode("utf-8")
    except UnicodeDecodeError:
        raise ActionFailedError(
            "The payload is no UTF-8 text; select encode(*, 'base64') to send it as one."
        ) from None


def as_base64(payload: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(payload).decode("ascii")
