"""The functions of rule SQL that call other services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from decimal import Decimal
from typing import Any

from lab_utils.local_aws.rules.actions.base import require_answer, table_arn
from lab_utils.local_aws.rules.actions.dynamodb import DYNAMODB, attribute_value
from lab_utils.local_aws.rules.actions.function import LAMBDA, invocation
from lab_utils.local_aws.rules.definition import Rule
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import (
    ActionFailedError,
    Permission,
    function_denied,
    require_permission,
)
from lab_utils.local_aws.rules.services import ActionServices, Answer, ServiceRequest
from lab_utils.local_aws.rules.sql.errors import ExternalFunctionError
from lab_utils.local_aws.rules.sql.values import UNDEFINED
from lab_utils.local_aws.rules.watch import Watch

LAMBDA_LIMIT_S = 2.0
"""How long ``aws_lambda`` waits for its function."""
_ANSWER_LIMIT_S = 10.0
_IOT_DATA = "AWSIotData"


class RuleExternals:
    """External functions as one rule calls them for one message, on a thread of its own.

    Args:
        rule: The rule.
        message: The message.
        services: What the functions reach.
        loop: The loop that the services live on.
        watchers: Who looks on.

    Source:
        https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html
    """

    def __init__(
        self,
        rule: Rule,
        message: Message,
        services: ActionServices,
        loop: asyncio.AbstractEventLoop,
        watchers: Sequence[Watch],
    ) -> None:
        self._rule = rule
        self._message = message
        self._services = services
        self._loop = loop
        self._watchers = watchers

    def aws_lambda(self, function_arn: str, payload_json: str) -> Any:
        """Return what a function answers to a JSON document.

        Raises:
            ExternalFunctionError: Its policy does not let the rule invoke it, it failed, or it
                took longer than two seconds.
        """

        def invoke() -> Any:
            place = self._message.place
            if not self._services.function_allows(place, function_arn, self._rule.arn):
                raise function_denied(function_arn)
            request = invocation(function_arn, payload_json.encode(), "RequestResponse")
            answer = self._await(self._services.request(place, request), LAMBDA_LIMIT_S)
            require_answer(answer, LAMBDA)
            if "x-amz-function-error" in {name.lower() for name in answer.headers}:
                raise ActionFailedError(f"The function failed: {answer.body.decode()}")
            return _parse(answer.body)

        return self._called("aws_lambda", {"FunctionArn": function_arn}, invoke)

    def get_dynamodb(
        self,
        table: str,
        partition_key: str,
        partition_value: Any,
        sort_key: str | None,
        sort_value: Any,
        role_arn: str,
    ) -> Any:
        """Return an item of a table as an object; Undefined if there is none.

        Raises:
            ExternalFunctionError: The role may not read it, or there is no such table.
        """

        def read() -> Any:
            permission = Permission(
                DYNAMODB, "dynamodb:GetItem", table_arn(self._message.place, table)
            )
            self._require(role_arn, permission)
            key = {partition_key: attribute_value(partition_value)}
            if sort_key is not None:
                key[sort_key] = attribute_value(sort_value)
            document = {"TableName": table, "Key": key}
            answer = self._send(
                ServiceRequest.json("dynamodb", "DynamoDB_20120810.GetItem", document)
            )
            require_answer(answer, DYNAMODB)
            item = answer.document().get("Item")
            if item is None:
                return UNDEFINED
            return {name: plain_value(value) for name, value in item.items()}

        return self._called("get_dynamodb", {"Table": table}, read)

    def get_thing_shadow(self, thing: str, shadow: str | None, role_arn: str) -> Any:
        """Return the shadow of a thing.

        Raises:
            ExternalFunctionError: The role may not read it, or there is none.
        """

        def read() -> Any:
            place = self._message.place
            arn = place.arn("iot", f"thing/{thing}" + (f"/{shadow}" if shadow else ""))
            self._require(role_arn, Permission(_IOT_DATA, "iot:GetThingShadow", arn))
            answer = self._await(self._shadow(thing, shadow or ""), _ANSWER_LIMIT_S)
            require_answer(answer, _IOT_DATA)
            return _parse(answer.body)

        return self._called("get_thing_shadow", {"ThingName": thing}, read)

    async def _shadow(self, thing: str, shadow: str) -> Answer:
        return self._services.thing_shadow(self._message.place, thing, shadow)

    def _require(self, role_arn: str, permission: Permission) -> None:
        require_permission(self._services.authority(self._message.place), role_arn, permission)

    def _send(self, request: ServiceRequest) -> Answer:
        return self._await(self._services.request(self._message.place, request), _ANSWER_LIMIT_S)

    def _await(self, work: Coroutine[Any, Any, Answer], limit_s: float) -> Answer:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(limit_s)
        except FutureTimeoutError:
            future.cancel()
            limit_ms = int(limit_s * 1000)
            raise ActionFailedError(f"No answer came within {limit_ms} milliseconds.") from None

    def _called(self, name: str, resources: dict[str, str], call: Callable[[], Any]) -> Any:
        """Call, and tell who looks on how it went."""
        problem = ""
        try:
            return call()
        except (ActionFailedError, ValueError) as error:
            problem = str(error)
            raise ExternalFunctionError(f"{name}: {problem}") from error
        finally:
            for watch in self._watchers:
                watch.called(self._rule, name, resources, problem)


def plain_value(attribute: dict[str, Any]) -> Any:
    """Return a DynamoDB attribute value as a value of rule SQL."""
    kind, value = next(iter(attribute.items()))
    if kind == "N":
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number
    if kind == "M":
        return {name: plain_value(entry) for name, entry in value.items()}
    if kind == "L":
        return [plain_value(entry) for entry in value]
    if kind == "NS":
        return [plain_value({"N": entry}) for entry in value]
    return None if kind == "NULL" else value


def _parse(body: bytes) -> Any:
    return json.loads(body or b"null", parse_float=Decimal)
