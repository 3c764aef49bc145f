"""Runs one action of a topic rule: under its role, and loudly when it cannot."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import (
    ActionFailedError,
    Permission,
    RoleAuthority,
    require_permission,
    service_error,
)

DYNAMODB = "AmazonDynamoDBv2"


class ActionServices(Protocol):
    """The services that actions reach."""

    def authority(self, place: Place) -> RoleAuthority:
        """Return IAM as a rule of this account and region sees it."""

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> tuple[int, bytes]:
        """Put an item, and return the HTTP status and body of DynamoDB's answer."""

    async def hand_on(self, place: Place, rule: str, action: dict[str, Any], event: Any) -> None:
        """Run an action that needs nothing of ours beyond the permission."""


class ActionRunner:
    """Runs actions as AWS IoT does.

    Args:
        services: What the actions reach.
    """

    def __init__(self, services: ActionServices) -> None:
        self._services = services
        self._own: Mapping[str, Callable[[Place, dict[str, Any], Any], None]] = {
            "dynamoDBv2": self._put_item
        }

    async def run(self, place: Place, rule: str, action: dict[str, Any], event: Any) -> None:
        """Run an action on what the rule's SQL selected.

        Raises:
            ActionFailedError: It is not supported here, its role may not do it, or the service
                behind it refused.
        """
        kind = next(iter(action), "")
        specification = action.get(kind) or {}
        if kind not in _NEEDS:
            raise ActionFailedError(
                f"The action {kind!r} of the rule {rule!r} is not supported by the embedded AWS; "
                f"supported are: {', '.join(sorted(_NEEDS))}."
            )
        permission = _NEEDS[kind](place, specification)
        if permission is not None:
            role_arn = specification.get("roleArn", "")
            require_permission(self._services.authority(place), role_arn, permission)
        await self._perform(kind, specification)(place, rule, action, event)

    def _perform(
        self, kind: str, specification: dict[str, Any]
    ) -> Callable[[Place, str, dict[str, Any], Any], Awaitable[None]]:
        own = self._own.get(kind)
        if own is None:
            return self._services.hand_on

        async def perform(place: Place, _rule: str, _action: dict[str, Any], event: Any) -> None:
            own(place, specification, event)

        return perform

    def _put_item(self, place: Place, specification: dict[str, Any], event: Any) -> None:
        if not isinstance(event, dict):
            raise ActionFailedError(
                "The rule's result is no JSON object, so it has no attributes to store in "
                f"DynamoDB: {_shortened(event)}"
            )
        item = {name: attribute_value(value) for name, value in event.items()}
        status, body = self._services.put_item(place, _table(specification), item)
        if status >= 400:
            answer = json.loads(body or b"{}")
            code = str(answer.get("__type", "")).rpartition("#")[2]
            raise ActionFailedError(
                service_error(str(answer.get("message", "")), DYNAMODB, status, code)
            )


def attribute_value(value: Any) -> dict[str, Any]:
    """Return a JSON value as a DynamoDB attribute value.

    AWS documents no mapping for this action; this is the plain reading of JSON. A whole number
    is written without a decimal point, whichever way the payload wrote it.
    """
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, float):
        return {"N": str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list):
        return {"L": [attribute_value(entry) for entry in value]}
    if isinstance(value, dict):
        return {"M": {name: attribute_value(entry) for name, entry in value.items()}}
    return {"S": str(value)}


def _table(specification: dict[str, Any]) -> str:
    return str((specification.get("putItem") or {}).get("tableName", ""))


def _shortened(event: Any) -> str:
    text = repr(event)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _put_item_permission(place: Place, specification: dict[str, Any]) -> Permission:
    table = place.arn("dynamodb", f"table/{_table(specification)}")
    return Permission(DYNAMODB, "dynamodb:PutItem", table)


def _sns_permission(_place: Place, specification: dict[str, Any]) -> Permission:
    return Permission("AmazonSNS", "sns:Publish", str(specification.get("targetArn", "")))


def _sqs_permission(place: Place, specification: dict[str, Any]) -> Permission:
    queue = str(specification.get("queueUrl", "")).rpartition("/")[2]
    return Permission("AmazonSQS", "sqs:SendMessage", place.arn("sqs", queue))


def _republish_permission(place: Place, specification: dict[str, Any]) -> Permission:
    topic = place.arn("iot", f"topic/{specification.get('topic', '')}")
    return Permission("AWSIotData", "iot:Publish", topic)


def _no_permission(_place: Place, _specification: dict[str, Any]) -> None:
    """A Lambda function lets AWS IoT in by its own policy, not by a role of the rule."""


_NEEDS: Mapping[str, Callable[[Place, dict[str, Any]], Permission | None]] = {
    "dynamoDBv2": _put_item_permission,
    "lambda": _no_permission,
    "republish": _republish_permission,
    "sns": _sns_permission,
    "sqs": _sqs_permission,
}
