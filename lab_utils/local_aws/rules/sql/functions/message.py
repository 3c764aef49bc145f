"""Functions that tell of the message, its publisher and the rule.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

import random
import uuid
from decimal import Decimal
from typing import Final

from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.functions.registry import Function
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, to_int

_PROPERTIES: Final = ("content_type", "correlation_data", "format_indicator", "response_topic")


def topic(ctx: MessageContext, *segment: Value) -> Value:
    """Return the topic or its n-th segment, from 1; Undefined where there is none (our choice)."""
    if not segment:
        return ctx.topic
    index, segments = to_int(segment[0]), ctx.topic.split("/")
    if index is UNDEFINED or not 0 < index <= len(segments):
        return UNDEFINED
    return segments[index - 1]


def get_mqtt_property(ctx: MessageContext, name: Value) -> Value:
    """Return an MQTT 5 property; the format has a default, the others are Undefined."""
    if not isinstance(name, str) or name not in _PROPERTIES:
        return UNDEFINED
    default = "UNSPECIFIED_BYTES" if name == "format_indicator" else UNDEFINED
    return (ctx.properties or {}).get(name, default)


def get_user_properties(ctx: MessageContext, *key: Value) -> Value:
    """Return MQTT 5 user properties: all as an array of objects, or the values of one key.

    A key that was not sent is Undefined.
    """
    pairs = (ctx.properties or {}).get("user_properties", [])
    if not key:
        return [{name: value} for name, value in pairs]
    return [value for name, value in pairs if name == key[0]] or UNDEFINED


def _defined(value: str | None) -> Value:
    return UNDEFINED if value is None else value


FUNCTIONS: Final[dict[str, Function]] = {
    "accountid": Function(lambda ctx: ctx.account, 0, 0),
    "clientid": Function(lambda ctx: "n/a" if ctx.client_id is None else ctx.client_id, 0, 0),
    "get_mqtt_property": Function(get_mqtt_property, 1, 1),
    "get_user_properties": Function(get_user_properties, 0, 1),
    "newuuid": Function(lambda _ctx: str(uuid.uuid4()), 0, 0, is_random=True),
    "principal": Function(lambda ctx: _defined(ctx.principal), 0, 0),
    "rand": Function(lambda _ctx: Decimal(repr(random.random())), 0, 0, is_random=True),
    "sourceip": Function(lambda ctx: _defined(ctx.source_ip), 0, 0, needs_2016=True),
    "sql_version": Function(lambda ctx: ctx.version, 0, 0),
    "timestamp": Function(lambda ctx: ctx.now_ms, 0, 0),
    "topic": Function(topic, 0, 1),
    "traceid": Function(lambda ctx: UNDEFINED if ctx.client_id is None else ctx.trace_id, 0, 0),
}
