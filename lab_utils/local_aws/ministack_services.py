"""ministack's services, as rules reach them."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lab_utils.local_aws.handlers import Handler
from lab_utils.local_aws.ministack_authority import MinistackAuthority, function_allows_iot
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import ActionFailedError, RoleAuthority
from lab_utils.local_aws.rules.services import Answer, Headers, ServiceRequest, TimestreamWriter

_MOST_REPUBLISHED = 8
"""How often a message may be republished by a rule on its own republished message: our choice."""
_depth: contextvars.ContextVar[int] = contextvars.ContextVar("republish_depth", default=0)


class MinistackServices:
    """What rules need of ministack, and of Timestream beside it.

    Args:
        modules: ministack's modules.
        timestream: Where the Timestream action writes.
    """

    def __init__(self, modules: Mapping[str, ModuleType], timestream: TimestreamWriter) -> None:
        self.timestream = timestream
        self._modules = modules
        self._iot: Any = modules["ministack.services.iot"]
        self._dynamodb: Any = modules["ministack.services.dynamodb"]
        self._app: Any = modules["ministack.app"]
        self._responses: Any = modules["ministack.core.responses"]
        self._handlers: Mapping[str, Handler] = _handlers(modules)
        self._authorities: dict[Place, MinistackAuthority] = {}

    def authority(self, place: Place) -> RoleAuthority:
        """Return IAM as a rule of this account and region sees it."""
        known = self._authorities.get(place)
        if known is None:
            known = self._authorities[place] = MinistackAuthority(self._modules, place)
        return known

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> Answer:
        """Put an item into a DynamoDB table."""
        with self._responses.request_scope(place.account, place.region):
            status, _headers, body = self._dynamodb._put_item({"TableName": table, "Item": item})
        return Answer(int(status), bytes(body))

    def put_object(
        self, place: Place, bucket: str, key: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Write an object into an S3 bucket; the role of the rule has been asked already."""
        with self._responses.request_scope(place.account, place.region):
            # S3 takes long to load, and is loaded when it is first used.
            s3: Any = self._app._get_module("s3")
            status, _headers, content = s3._put_object(bucket, key, body, dict(headers))
        return Answer(int(status), bytes(content or b""))

    async def request(self, place: Place, request: ServiceRequest) -> Answer:
        """Send a request to a service, as its HTTP interface gets it."""
        headers = dict(request.headers)
        if request.operation:
            headers["x-amz-target"] = request.operation
        handler = self._handlers[request.service]
        with self._responses.request_scope(place.account, place.region):
            status, given, body = await handler(
                request.method, request.path, headers, request.body, {}
            )
        content = body.encode() if isinstance(body, str) else bytes(body or b"")
        return Answer(int(status), content, dict(given or {}))

    def function_allows(self, place: Place, function_arn: str, rule_arn: str) -> bool:
        """Return whether a function's policy lets AWS IoT invoke it for a rule."""
        return function_allows_iot(self._modules, place, function_arn, rule_arn)

    def thing_shadow(self, place: Place, thing: str, shadow: str) -> Answer:
        """Return a thing's shadow."""
        with self._responses.request_scope(place.account, place.region):
            status, document = self._iot.get_thing_shadow(thing, shadow)
        return Answer.json(int(status), document)

    async def republish(
        self, place: Place, topic: str, payload: bytes, qos: int, headers: Headers, role_arn: str
    ) -> None:
        """Publish a message of a rule's role.

        Raises:
            ActionFailedError: Rules republish each other's messages without an end, or the
                broker does not take the message.
        """
        depth = _depth.get()
        if depth >= _MOST_REPUBLISHED:
            raise ActionFailedError(
                f"The message has been republished {depth} times by rules that take each "
                "other's messages."
            )
        token = _depth.set(depth + 1)
        try:
            await self._iot.broker_publish(
                place.account,
                place.region,
                topic,
                payload,
                qos=qos,
                properties=self._encoded(headers),
                principal=self._iot._rule_role_principal(place.account, role_arn),
            )
        finally:
            _depth.reset(token)

    def _encoded(self, headers: Headers) -> bytes:
        iot = self._iot
        expiry = headers.message_expiry
        given: list[tuple[int, Any]] = [
            (iot.PROP_PAYLOAD_FORMAT_INDICATOR, _format_indicator(headers.payload_format)),
            (iot.PROP_MESSAGE_EXPIRY_INTERVAL, _whole("messageExpiry", expiry)),
            (iot.PROP_CONTENT_TYPE, headers.content_type),
            (iot.PROP_RESPONSE_TOPIC, headers.response_topic),
            (iot.PROP_CORRELATION_DATA, (headers.correlation_data or "").encode() or None),
            *((iot.PROP_USER_PROPERTY, pair) for pair in headers.user_properties),
        ]
        kept = [(key, value) for key, value in given if value is not None]
        return bytes(iot._forwardable_publish_properties(kept)) if kept else b""


def _handlers(modules: Mapping[str, ModuleType]) -> Mapping[str, Handler]:
    app: Any = modules["ministack.app"]
    handlers: Mapping[str, Handler] = app.SERVICE_HANDLERS
    return handlers


def _whole(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise ActionFailedError(f"The header {name} is '{text}', which is no whole number.")
    return int(text)


def _format_indicator(text: str | None) -> int | None:
    """Return the payload format indicator; AWS takes its names as well as its numbers."""
    names = {"UNSPECIFIED_BYTES": "0", "UTF8_DATA": "1"}
    return _whole("payloadFormatIndicator", names.get(text or "", text or ""))
