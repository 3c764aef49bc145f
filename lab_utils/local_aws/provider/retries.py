"""Trying an API call again while AWS is not ready for it yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.context import Context

Answer = TypeVar("Answer")
PATIENCE_S = 10.0
"""How long to try; the real provider allows minutes, but nothing here propagates slowly."""
_PAUSE_S = 0.2


def retry_while(
    context: Context,
    is_early: Callable[[str, str], bool],
    call: Callable[[], Answer],
    patience_s: float = PATIENCE_S,
) -> Answer:
    """Return the call's answer; while its error says that it came too early, call again.

    Args:
        context: Ends the wait when Terraform is interrupted.
        is_early: Takes an error's code and message.
        call: Calls the API.
        patience_s: How long to try, in seconds.

    Raises:
        ClientError: The last error, when it is another one or the time is over.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return call()
        except ClientError as error:
            told = error.response["Error"]
            if not is_early(told["Code"], told["Message"]) or time.monotonic() > deadline:
                raise
            if context.peer.stopping.wait(_PAUSE_S):
                raise


def on_code(code: str) -> Callable[[str, str], bool]:
    """Return a test for one error code."""
    return lambda seen, _message: seen == code
