"""A rule's statement: read once, then asked for each message.

Source: the AWS IoT developer guide, iot-sql-reference, iot-sql-set, iot-sql-select, iot-sql-where.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Final

from lab_utils.local_aws.rules.sql.compiler import MAX_SECONDS, Compiler, Evaluate, Scope
from lab_utils.local_aws.rules.sql.context import V1, MessageContext
from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.sql.reader import read_statement
from lab_utils.local_aws.rules.sql.tree import asks_other_services, observed
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, dump_json

MAX_VARIABLES_SIZE: Final = 128 * 1024
"""Bytes that the values of a SET clause have together, as minified JSON."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was read; none of its methods changes it.

    Attributes:
        sql: The text.
        version: The SQL version it was read with.
        topic_filter: The filter after FROM; None for a rule of Basic Ingest without FROM.
        needs_thread: Whether it asks other services, and so has to wait.
    """

    sql: str
    version: str
    topic_filter: str | None
    needs_thread: bool
    _variables: tuple[tuple[str, Evaluate], ...]
    _where: Evaluate | None
    _select: Evaluate
    _observed: tuple[tuple[str, Evaluate], ...]

    def where(self, ctx: MessageContext) -> bool:
        """Return whether the rule's actions run: only if WHERE is true, or absent.

        Raises:
            EvaluationError: If the statement cannot be run to its end.
        """
        if self._where is None:
            return True
        return self._where(ctx, self._scope(ctx)) is True

    def select(self, ctx: MessageContext) -> Value:
        """Return the document that SELECT makes; bytes for `SELECT *` of what is no JSON.

        Raises:
            EvaluationError: If the statement cannot be run to its end.
        """
        return self._select(ctx, self._scope(ctx))

    def observe(self, ctx: MessageContext) -> list[tuple[str, Value]]:
        """Return WHERE's attributes, variables and calls, as written, with their values.

        What stands in a nested SELECT is left out, and so are other services and `rand()` and
        `newuuid()`, which would not answer the same again.

        Raises:
            EvaluationError: If the statement cannot be run to its end.
        """
        scope = self._scope(ctx)
        return [(text, evaluate(ctx, scope)) for text, evaluate in self._observed]

    def _scope(self, ctx: MessageContext) -> Scope:
        """Return the payload to look names up in; set the variables if they are not yet."""
        scope = (document_of(ctx, self.version), None)
        ctx.stop_at = monotonic() + MAX_SECONDS
        if self._variables and ctx.variables is None:
            self._set_variables(ctx, scope)
        return scope

    def _set_variables(self, ctx: MessageContext, scope: Scope) -> None:
        size, ctx.variables = 0, {}
        for name, evaluate in self._variables:
            value = evaluate(ctx, scope)
            if isinstance(value, bytes):
                raise EvaluationError(f"@{name} cannot hold a payload that is not JSON: encode it.")
            size += len(dump_json(value).encode())
            if size > MAX_VARIABLES_SIZE:
                raise EvaluationError(f"With @{name} the variables have more than 128 KiB.")
            ctx.variables[name] = value


def document_of(ctx: MessageContext, version: str) -> Value:
    """Return a message's payload as a SQL version reads it."""
    return ctx.decoded.decimal() if version == V1 else ctx.decoded.whole()


def parse_statement(sql: str, version: str) -> Statement:
    """Return a statement that is ready to run.

    Args:
        sql: The rule's SQL.
        version: One of `context.VERSIONS`.

    Raises:
        SqlParseError: If AWS IoT would not take it.
    """
    tree = read_statement(sql, version)
    compiler = Compiler(version)
    expressions = [node for _, node in tree.variables]
    expressions += [tree.where] if tree.where else []
    return Statement(
        sql=sql,
        version=version,
        topic_filter=tree.topic_filter,
        needs_thread=asks_other_services(expressions, tree.selection),
        _variables=tuple((name, compiler.compile(node)) for name, node in tree.variables),
        _where=compiler.compile(tree.where) if tree.where else None,
        _select=compiler.selection(tree.selection),
        _observed=tuple((text, compiler.compile(node)) for text, node in observed(tree.where)),
    )


__all__ = ["UNDEFINED", "Statement", "document_of", "parse_statement"]
