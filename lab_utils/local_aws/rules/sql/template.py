"""Substitution templates: text with `${expression}` in it, read once.

Source: the AWS IoT developer guide, iot-substitution-templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.compiler import MAX_SECONDS, Compiler, Evaluate, Scope
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.operators import join
from lab_utils.local_aws.rules.sql.reader import TemplateReader, check_text
from lab_utils.local_aws.rules.sql.statement import document_of
from lab_utils.local_aws.rules.sql.tree import asks_other_services
from lab_utils.local_aws.rules.sql.values import UNDEFINED, Value, dump_json
from lab_utils.local_aws.texts import shortened

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read; its expressions see the payload, and never SELECT's aliases.

    Attributes:
        text: The template.
        is_literal: Whether it holds no expression.
        needs_thread: Whether it asks other services, and so has to wait.
    """

    text: str
    version: str
    is_literal: bool
    needs_thread: bool
    _parts: tuple[str | Evaluate, ...]

    def render(self, ctx: MessageContext) -> str:
        """Return the text with the values in it; Undefined is an empty text.

        Raises:
            EvaluationError: If an expression cannot be run to its end.
        """
        if self.is_literal:
            return self.text
        if len(self._parts) == 1:
            return _text(self.evaluate(ctx))
        scope = self._scope(ctx)
        return join(
            [part if isinstance(part, str) else _text(part(ctx, scope)) for part in self._parts]
        )

    def evaluate(self, ctx: MessageContext) -> Value:
        """Return the value of a template that is one expression, else the rendered text.

        Raises:
            EvaluationError: If an expression cannot be run to its end.
        """
        if len(self._parts) == 1 and not isinstance(self._parts[0], str):
            return self._parts[0](ctx, self._scope(ctx))
        return self.render(ctx)

    def _scope(self, ctx: MessageContext) -> Scope:
        scope = (document_of(ctx, self.version), None)
        ctx.stop_at = monotonic() + MAX_SECONDS
        return scope


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is UNDEFINED else dump_json(value)


def parse_template(text: str, version: str) -> Template:
    """Return a template that is ready to render.

    Args:
        text: Text with any number of `${expression}`.
        version: The SQL version of the rule.

    Raises:
        SqlParseError: If an expression is not one, or is not closed; with the template, since it
            is not the rule's SQL, and the place in it.
    """
    try:
        return _template(text, version)
    except SqlParseError as error:
        problem = f"In the substitution template '{shortened(text, _SHOWN)}': {error.message}"
        raise SqlParseError(problem, error.line, error.column) from error


def _template(text: str, version: str) -> Template:
    check_text(text)
    compiler = Compiler(version)
    parts: list[str | Evaluate] = []
    trees: list[nodes.Node] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        reader = TemplateReader(text, version, start + 2)
        trees.append(reader.expression())
        if not reader.at("}"):
            reader.tokens.fail(f"Expected }} to close the template, not {reader.found()}.")
        parts += [text[position:start], compiler.compile(trees[-1])]
        position = reader.tokens.token.end
    parts.append(text[position:])
    return Template(
        text=text,
        version=version,
        is_literal=not trees,
        needs_thread=asks_other_services(trees),
        _parts=tuple(part for part in parts if part != ""),
    )
