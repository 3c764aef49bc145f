"""ministack's services, as rules reach them."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import Permission, RoleAuthority

_LOGS_TARGET = "Logs_20140328"


class MinistackAuthority:
    """IAM of one account, as AWS IoT asks it in one region."""

    def __init__(self, modules: Mapping[str, ModuleType], place: Place) -> None:
        self._evaluator: Any = modules["ministack.core.iam_evaluator"]
        self._roles: Any = modules["ministack.services.iam"]
        self._iot: Any = modules["ministack.services.iot"]
        self._responses: Any = modules["ministack.core.responses"]
        self._place = place

    def trusts_iot(self, role_arn: str) -> bool:
        """Return whether the role exists and AWS IoT may assume it."""
        with self._responses.request_scope(self._place.account, self._place.region):
            return bool(self._iot._iot_role_usable(role_arn))

    def allows(self, role_arn: str, session_arn: str, permission: Permission) -> bool:
        """Return whether the role's inline and attached policies, and its boundary, allow it."""
        account, role = self._place.account, role_arn.rsplit("/", 1)[-1]
        with self._responses.request_scope(account, self._place.region):
            policies = self._evaluator._gather_role_policies(role, account)
            store = self._roles._roles
            limits = self._evaluator._permissions_boundary(store, role, account)
            context = self._evaluator.EvalContext(
                principal_arn=session_arn,
                principal_type="AssumedRole",
                principal_account=account,
                action=permission.action,
                resource_arn=permission.resource,
                region=self._place.region,
            )
            return bool(self._evaluator.evaluate(context, policies, *limits).decision == "Allow")


class MinistackServices:
    """What rule actions and the rules' log need of ministack.

    Args:
        modules: ministack's modules.
        dispatch: ministack's own dispatcher, for the actions that it runs well.
    """

    def __init__(
        self, modules: Mapping[str, ModuleType], dispatch: Callable[..., Awaitable[None]]
    ) -> None:
        self._modules = modules
        self._dispatch = dispatch
        self._responses: Any = modules["ministack.core.responses"]

    def authority(self, place: Place) -> RoleAuthority:
        """Return IAM as a rule of this account and region sees it."""
        return MinistackAuthority(self._modules, place)

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> tuple[int, bytes]:
        """Put an item, and return the HTTP status and body of DynamoDB's answer."""
        dynamodb: Any = self._modules["ministack.services.dynamodb"]
        with self._responses.request_scope(place.account, place.region):
            status, _headers, body = dynamodb._put_item({"TableName": table, "Item": item})
        return int(status), bytes(body)

    async def hand_on(self, place: Place, rule: str, action: dict[str, Any], event: Any) -> None:
        """Let ministack run an action."""
        await self._dispatch(place.account, place.region, rule, action, event)

    async def put_log_event(self, place: Place, group: str, stream: str, text: str) -> None:
        """Write one event; the group and the stream are made if they are missing."""
        stream_name = {"logGroupName": group, "logStreamName": stream}
        event = {"timestamp": int(time.time() * 1000), "message": text}
        with self._responses.request_scope(place.account, place.region):
            await self._call_logs("CreateLogGroup", {"logGroupName": group})
            await self._call_logs("CreateLogStream", stream_name)
            await self._call_logs("PutLogEvents", {**stream_name, "logEvents": [event]})

    async def _call_logs(self, operation: str, request: dict[str, Any]) -> None:
        """Call CloudWatch Logs; that a group or a stream is there already is what we want."""
        logs: Any = self._modules["ministack.services.cloudwatch_logs"]
        headers = {
            "x-amz-target": f"{_LOGS_TARGET}.{operation}",
            "content-type": "application/x-amz-json-1.1",
        }
        await logs.handle_request("POST", "/", headers, json.dumps(request).encode(), {})
