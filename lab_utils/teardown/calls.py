"""One call of an AWS API, to be made here or to be typed: the same in both forms."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

ClientOf = Callable[[str], Any]
"""Returns the boto3 client of a service."""


@dataclass(frozen=True)
class Call:
    """A call that changes something.

    Attributes:
        service: The service's name, as boto3 and the AWS CLI have it.
        operation: The operation as a boto3 method, such as ``delete_policy``.
        arguments: Its arguments, with the API's names.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def make(self, client_of: ClientOf) -> None:
        """Make the call.

        Raises:
            ClientError: AWS refuses.
        """
        getattr(client_of(self.service), self.operation)(**self.arguments)

    @property
    def command(self) -> str:
        """The command of the AWS CLI that makes it."""
        words = ["aws", self.service, self.operation.replace("_", "-")]
        for name, value in self.arguments.items():
            words += _option(f"--{xform_name(name, '-')}", value)
        return " ".join(words)


def commands(calls: Iterable[Call]) -> str:
    """Return calls as one line for a shell, which stops at the first that fails."""
    return " && ".join(call.command for call in calls)


def _option(name: str, value: Any) -> list[str]:
    """Return an option of the AWS CLI: booleans are flags, lists are several words."""
    if isinstance(value, bool):
        return [name if value else name.replace("--", "--no-", 1)]
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return [name, *map(shlex.quote, value)]
    text = str(value) if isinstance(value, str | int) else json.dumps(value)
    return [name, shlex.quote(text)]
