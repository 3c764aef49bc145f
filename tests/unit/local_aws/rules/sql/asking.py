"""Asking rule SQL one question: an expression, a statement or a template, and a message."""

from __future__ import annotations

import json
from typing import Any

from lab_utils.local_aws.rules.sql.context import V2, Externals, MessageContext
from lab_utils.local_aws.rules.sql.statement import parse_statement
from lab_utils.local_aws.rules.sql.template import parse_template
from lab_utils.local_aws.rules.sql.values import Value, dump_json


def message(payload: Any = None, **about: Any) -> MessageContext:
    """Return a message; the payload as bytes, as text, or as what JSON holds."""
    if isinstance(payload, str):
        payload = payload.encode()
    elif not isinstance(payload, bytes):
        payload = json.dumps({} if payload is None else payload, ensure_ascii=False).encode()
    return MessageContext(
        payload,
        about.pop("topic", "house/2/temperature"),
        client_id=about.pop("client_id", "sensor-7"),
        **about,
    )


def value_of(expression: str, payload: Any = None, *, version: str = V2, **about: Any) -> Value:
    """Return the value of an expression."""
    statement = parse_statement(f"SELECT VALUE ({expression}) FROM 't'", version)
    return statement.select(message(payload, version=version, **about))


def json_of(sql: str, payload: Any = None, *, version: str = V2, **about: Any) -> str | None:
    """Return the JSON that a statement lets out; None if its WHERE keeps the message in."""
    statement, ctx = parse_statement(sql, version), message(payload, version=version, **about)
    return dump_json(statement.select(ctx)) if statement.where(ctx) else None


def text_of(template: str, payload: Any = None, *, version: str = V2, **about: Any) -> str:
    """Return a rendered template."""
    return parse_template(template, version).render(message(payload, version=version, **about))


class Services(Externals):
    """Other services that answer with what they were asked, or fail."""

    def __init__(self, failure: Exception | None = None) -> None:
        """Answer, or fail with an exception."""
        self.failure = failure
        self.asked: list[tuple[Any, ...]] = []

    def aws_lambda(self, arn: str, payload_json: str) -> Value:
        """Return the question."""
        return self._answer("lambda", arn, payload_json)

    def get_dynamodb(
        self,
        table: str,
        partition_key: str,
        partition_value: Value,
        sort_key: str | None,
        sort_value: Value,
        role_arn: str,
    ) -> Value:
        """Return the question."""
        return self._answer(table, partition_key, partition_value, sort_key, sort_value, role_arn)

    def get_thing_shadow(self, thing: str, shadow: str | None, role_arn: str) -> Value:
        """Return the question."""
        return self._answer(thing, shadow, role_arn)

    def _answer(self, *question: Any) -> Value:
        self.asked.append(question)
        if self.failure:
            raise self.failure
        return {"asked": list(question)}
