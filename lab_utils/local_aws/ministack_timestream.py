"""ministack does not know Timestream: its requests, and what IAM says to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.errors import (
    AccessDeniedException,
    MissingAuthenticationTokenException,
)
from lab_utils.local_aws.timestream.service import Answer, Timestream

SERVICE = "timestream"
"""The name that requests of both APIs are signed for."""
TARGET_PREFIX = "Timestream_20181101"
Handler = Callable[..., Awaitable[Answer]]


class MinistackCaller:
    """The signer of the request that is being served.

    Args:
        modules: ministack's modules.
        headers: The request's headers.
        query: Its query parameters.
    """

    def __init__(
        self, modules: Mapping[str, ModuleType], headers: Mapping[str, str], query: Any
    ) -> None:
        self._evaluator: Any = modules["ministack.core.iam_evaluator"]
        router: Any = modules["ministack.core.router"]
        responses: Any = modules["ministack.core.responses"]
        self._access_key = router.extract_access_key_id(headers, query)
        self.place = Place(responses.get_account_id(), responses.get_region())
        self.arn = str(self._evaluator.caller_arn())

    def require(
        self, action: str, resource: str, conditions: Mapping[str, object] | None = None
    ) -> None:
        """Return if the caller's policies allow an action.

        Raises:
            AccessDeniedException: They do not.
            MissingAuthenticationTokenException: Nobody signed the request.
        """
        denied = self._evaluator.enforce(
            self._access_key,
            action,
            SERVICE,
            self.place.region,
            resource_arn=resource,
            service_context=dict(conditions or {}),
        )
        if isinstance(denied, self._evaluator.AuthError):
            # ministack has checked the signature, if there was one.
            raise MissingAuthenticationTokenException(str(denied.message))
        if denied is not None:
            raise AccessDeniedException(_denial(denied, action, resource))


def serve_timestream(modules: Mapping[str, ModuleType], timestream: Timestream) -> Handler:
    """Return the handler of Timestream's requests, which ministack has checked the signature of.

    Args:
        modules: ministack's modules.
        timestream: What answers them.
    """
    router: Any = modules["ministack.core.router"]
    # A request without a signature is Timestream's as well, so that it is refused as such.
    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": [TARGET_PREFIX]}

    async def handle(
        _method: str, _path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> Answer:
        return await timestream.handle(MinistackCaller(modules, headers, query), headers, body)

    return handle


def _denial(denied: Any, action: str, resource: str) -> str:
    reason = (
        "with an explicit deny in an identity-based policy"
        if denied.decision == "Deny"
        else f"because no identity-based policy allows the {action} action"
    )
    user = f"User: {denied.principal_arn} is not authorized to perform: {action}"
    return f"{user} on resource: {resource} {reason}"
