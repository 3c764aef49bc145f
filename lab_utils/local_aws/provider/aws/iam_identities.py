"""What users and groups share: the check of their names, and calls on what may be gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.overlay import ErrorPath
from lab_utils.local_aws.provider.validation import matches

_NAME = (
    "must only contain alphanumeric characters, hyphens, underscores, commas, periods, "
    "@ symbols, plus and equals signs"
)
NAME_CHECK = matches(r"[0-9A-Za-z=,.@\-_+]+", _NAME)
"""What a user's and a group's ``name`` has to be."""
NAME_TAKEN = ErrorPath("EntityAlreadyExists|ValidationError", "name")


def unless_gone(call: Callable[..., Any], **arguments: Any) -> None:
    """Call an operation of IAM; that the thing is not there is no error."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
