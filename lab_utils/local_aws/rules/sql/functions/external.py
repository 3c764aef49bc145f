"""Functions that ask other services of AWS.

Source: the AWS IoT developer guide, iot-sql-functions.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from lab_utils.local_aws.rules.sql.context import Externals, MessageContext
from lab_utils.local_aws.rules.sql.errors import EvaluationError, ExternalFunctionError
from lab_utils.local_aws.rules.sql.functions.registry import Function
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, dump_json


def _ask(ctx: MessageContext, question: Callable[[Externals], Value]) -> Value:
    """Return an answer; the time that it takes does not count as the statement's."""
    if ctx.externals is None:
        raise ExternalFunctionError("There are no other services to ask here.")
    start = monotonic()
    try:
        return question(ctx.externals)
    finally:
        ctx.stop_at += monotonic() - start


def aws_lambda(ctx: MessageContext, arn: Value, payload: Value) -> Value:
    """Return what a Lambda function makes of a value."""
    if not isinstance(arn, str) or payload is UNDEFINED:
        return UNDEFINED
    document = dump_json(payload)
    return _ask(ctx, lambda services: services.aws_lambda(arn, document))


def get_dynamodb(
    ctx: MessageContext, table: Value, key: Value, value: Value, *rest: Value
) -> Value:
    """Return an item of a table, by its partition key and, if it has one, its sort key."""
    *sort, role = rest
    if not all(isinstance(text, str) for text in (table, key, role, *sort[:1])):
        return UNDEFINED
    if value is UNDEFINED or UNDEFINED in sort or len(sort) == 1:
        return UNDEFINED
    ctx.table_reads += 1
    if ctx.table_reads > 1:
        raise EvaluationError("A statement may call get_dynamodb once.")
    sort_key, sort_value = sort or (None, None)
    return _ask(
        ctx,
        lambda services: services.get_dynamodb(table, key, value, sort_key, sort_value, role),
    )


def get_thing_shadow(ctx: MessageContext, thing: Value, *rest: Value) -> Value:
    """Return the shadow of a thing, the classic one or a named one."""
    *shadow, role = rest
    if not all(isinstance(text, str) for text in (thing, *rest)):
        return UNDEFINED
    name = shadow[0] if shadow else None
    return _ask(ctx, lambda services: services.get_thing_shadow(thing, name, role))


FUNCTIONS: Final[dict[str, Function]] = {
    "aws_lambda": Function(aws_lambda, 2, 2, is_external=True),
    "get_dynamodb": Function(get_dynamodb, 4, 6, needs_2016=True, is_external=True),
    "get_thing_shadow": Function(get_thing_shadow, 2, 3, needs_2016=True, is_external=True),
}
