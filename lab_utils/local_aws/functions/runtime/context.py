"""The context object that a handler gets.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


class _Record:
    """A fixed set of attributes, None where nothing was given."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, given: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, given.get(name))

    def __repr__(self) -> str:
        shown = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{shown}])"


class CognitoIdentity(_Record):
    """Who called through Cognito; nobody does in the lab."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Record):
    """The mobile application that called."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )


class ClientContext(_Record):
    """What the caller gave as its client context."""

    __slots__ = ("client", "custom", "env")


class LambdaContext:
    """What a handler can know about its invocation.

    Args:
        invocation: Request id, ARN and client context of this invocation.
        variables: The environment's variables, which name the function.
        deadline_s: When it is ended, on the real monotonic clock.
    """

    def __init__(
        self, invocation: Mapping[str, Any], variables: Mapping[str, str], deadline_s: float
    ) -> None:
        self.aws_request_id = invocation["request_id"]
        self.invoked_function_arn = invocation["arn"]
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.tenant_id = None
        self.identity = CognitoIdentity({})
        self.client_context = _client_context(invocation.get("client_context"))
        self._deadline_s = deadline_s

    def get_remaining_time_in_millis(self) -> int:
        """Return how much of the timeout is left; real time, not the lab's."""
        return max(int((self._deadline_s - time.monotonic()) * 1000), 0)

    def log(self, message: object) -> None:
        """Print a message."""
        print(message, end="")

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        shown = ",".join(f"{name}={getattr(self, name)}" for name in names)
        return f"LambdaContext([{shown}])"


def _client_context(given: Any) -> ClientContext | None:
    if not isinstance(given, dict):
        return None
    context = ClientContext(given)
    client = given.get("client")
    context.client = Client(client) if isinstance(client, dict) else None  # type: ignore[attr-defined]
    return context
