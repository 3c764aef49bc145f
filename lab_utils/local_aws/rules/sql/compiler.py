"""A statement's tree made into closures, once: a message then only calls them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import singledispatchmethod
from time import monotonic
from typing import Final, TypeAlias

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.context import V1, MessageContext
from lab_utils.local_aws.rules.sql.conversion import cast_to
from lab_utils.local_aws.rules.sql.errors import EvaluationError, ExternalFunctionError
from lab_utils.local_aws.rules.sql.functions import FUNCTIONS
from lab_utils.local_aws.rules.sql.operators import OPERATIONS, Operation, equality, negation
from lab_utils.local_aws.rules.sql.values import NUMBERS, UNDEFINED, Value, to_number, whole

Scope: TypeAlias = tuple[Value, "Scope | None"]
"""The object that names are looked up in, and the scope around it."""
Evaluate = Callable[[MessageContext, Scope], Value]

MAX_SECONDS: Final = 2.0
"""How long one statement may work on one message (our choice), other services aside."""


def check_time(ctx: MessageContext) -> None:
    """Fail when a statement has worked on a message for too long."""
    if monotonic() > ctx.stop_at:
        raise EvaluationError(f"The statement worked on one message for over {MAX_SECONDS} s.")


def member(value: Value, names: tuple[str, ...]) -> Value:
    """Return an attribute of an attribute; Undefined where there is none."""
    for name in names:
        if type(value) is not dict:
            return UNDEFINED
        value = value.get(name, UNDEFINED)
    return value


class Compiler:
    """Makes closures of nodes, for one SQL version."""

    def __init__(self, version: str) -> None:
        """Begin outside all nested SELECTs."""
        self.is_2016 = version != V1
        self._aliases: list[str] = []

    @singledispatchmethod
    def compile(self, node: object) -> Evaluate:
        """Return the closure of a node."""
        raise TypeError(f"{type(node).__name__} is no node")

    @compile.register
    def _literal(self, node: nodes.Literal) -> Evaluate:
        value = node.value
        return lambda _ctx, _scope: value

    @compile.register
    def _star(self, _node: nodes.Star) -> Evaluate:
        return lambda _ctx, scope: scope[0]

    @compile.register
    def _path(self, node: nodes.Path) -> Evaluate:
        if node.names[0] in self._aliases:
            return self._aliased(node.names)
        if len(node.names) > 1:
            names = node.names
            return lambda _ctx, scope: member(scope[0], names)
        name = node.names[0]

        def run(_ctx: MessageContext, scope: Scope) -> Value:
            value = scope[0]
            return value.get(name, UNDEFINED) if type(value) is dict else UNDEFINED

        return run

    def _aliased(self, names: tuple[str, ...]) -> Evaluate:
        """Look up a name that a FROM gave: it is the element itself."""
        hops = self._aliases[::-1].index(names[0])
        rest = names[1:]

        def run(_ctx: MessageContext, scope: Scope) -> Value:
            found: Scope | None = scope
            for _ in range(hops):
                found = found and found[1]
            return member(found[0], rest) if found else UNDEFINED

        return run

    @compile.register
    def _variable(self, node: nodes.Variable) -> Evaluate:
        name = node.name
        return lambda ctx, _scope: (ctx.variables or {}).get(name, UNDEFINED)

    @compile.register
    def _member(self, node: nodes.Member) -> Evaluate:
        of, names = self.compile(node.of), node.names
        return lambda ctx, scope: member(of(ctx, scope), names)

    @compile.register
    def _chain(self, node: nodes.Chain) -> Evaluate:
        first = self.compile(node.first)
        steps = [(self._operation(symbol), self.compile(right)) for symbol, right in node.rest]
        if len(steps) == 1:
            apply, right = steps[0]
            if node.rest[0][0] not in ("=", "<>", "IN"):
                return lambda ctx, scope: apply(first(ctx, scope), right(ctx, scope))

        def run(ctx: MessageContext, scope: Scope) -> Value:
            value = first(ctx, scope)
            for apply, right in steps:
                check_time(ctx)
                value = apply(value, right(ctx, scope))
            return value

        return run

    def _operation(self, symbol: str) -> Operation:
        apply = OPERATIONS[symbol]
        if not self.is_2016 or symbol not in "+-*/%":
            return apply

        def run(left: Value, right: Value) -> Value:
            value = apply(left, right)
            return whole(value) if type(value) is Decimal else value

        return run

    @compile.register
    def _unary(self, node: nodes.Unary) -> Evaluate:
        operand = self.compile(node.operand)
        if node.operator == "NOT":
            return lambda ctx, scope: negation(operand(ctx, scope))

        is_2016 = self.is_2016

        def run(ctx: MessageContext, scope: Scope) -> Value:
            number = to_number(operand(ctx, scope))
            if isinstance(number, Decimal):
                return whole(NUMBERS.minus(number)) if is_2016 else NUMBERS.minus(number)
            return number if number is UNDEFINED else -number

        return run

    @compile.register
    def _array(self, node: nodes.ArrayLiteral) -> Evaluate:
        items = [self.compile(item) for item in node.items]

        def run(ctx: MessageContext, scope: Scope) -> Value:
            values = [item(ctx, scope) for item in items]
            return [value for value in values if value is not UNDEFINED]

        return run

    @compile.register
    def _object(self, node: nodes.ObjectLiteral) -> Evaluate:
        members = [(key, self.compile(value)) for key, value in node.members]

        def run(ctx: MessageContext, scope: Scope) -> Value:
            values = {key: value(ctx, scope) for key, value in members}
            return {key: value for key, value in values.items() if value is not UNDEFINED}

        return run

    @compile.register
    def _case(self, node: nodes.Case) -> Evaluate:
        operand = self.compile(node.operand)
        branches = [(self.compile(test), self.compile(then)) for test, then in node.branches]
        otherwise = self.compile(node.otherwise or nodes.Literal(UNDEFINED))

        def run(ctx: MessageContext, scope: Scope) -> Value:
            value = operand(ctx, scope)
            if value is UNDEFINED:
                return UNDEFINED
            for test, then in branches:
                check_time(ctx)
                if equality(value, test(ctx, scope)) is True:
                    return then(ctx, scope)
            return otherwise(ctx, scope)

        return run

    @compile.register
    def _cast(self, node: nodes.Cast) -> Evaluate:
        operand, convert, is_2016 = self.compile(node.operand), cast_to(node.type), self.is_2016

        def run(ctx: MessageContext, scope: Scope) -> Value:
            value = convert(operand(ctx, scope))
            return whole(value) if is_2016 and type(value) is Decimal else value

        return run

    @compile.register
    def _call(self, node: nodes.Call) -> Evaluate:
        function = FUNCTIONS[node.name]
        arguments = [self.compile(argument) for argument in node.arguments]
        if not function.fewest <= len(arguments) <= function.most:
            return lambda _ctx, _scope: UNDEFINED
        if node.name == "get_or_default":
            return self._get_or_default(arguments)
        if node.name == "encode" and isinstance(node.arguments[0], nodes.Star):
            arguments[0] = _raw_payload
        run_function, is_2016 = function.run, self.is_2016

        def run(ctx: MessageContext, scope: Scope) -> Value:
            check_time(ctx)
            value = run_function(ctx, *[argument(ctx, scope) for argument in arguments])
            return whole(value) if is_2016 and type(value) is Decimal else value

        return run

    def _get_or_default(self, arguments: list[Evaluate]) -> Evaluate:
        """Replace null, Undefined and the failure of another service."""
        expression, default = (*arguments, self.compile(nodes.Literal(UNDEFINED)))[:2]

        def run(ctx: MessageContext, scope: Scope) -> Value:
            try:
                value = expression(ctx, scope)
            except ExternalFunctionError:
                return default(ctx, scope)
            return default(ctx, scope) if value is None or value is UNDEFINED else value

        return run

    @compile.register
    def _subquery(self, node: nodes.Subquery) -> Evaluate:
        source = self.compile(node.source)
        self._aliases.append(node.alias)
        select = self.selection(node.selection)
        where = self.compile(node.where or nodes.Literal(True))
        self._aliases.pop()

        def pick(ctx: MessageContext, scope: Scope) -> Value:
            check_time(ctx)
            return select(ctx, scope) if where(ctx, scope) is True else UNDEFINED

        def run(ctx: MessageContext, scope: Scope) -> Value:
            value = source(ctx, scope)
            if type(value) is list:
                values = [pick(ctx, (item, scope)) for item in value]
                return [value for value in values if value is not UNDEFINED]
            return pick(ctx, (value, scope)) if type(value) is dict else UNDEFINED

        return run

    @compile.register
    def _exists(self, node: nodes.Exists) -> Evaluate:
        subquery = self.compile(node.subquery)

        def run(ctx: MessageContext, scope: Scope) -> Value:
            value = subquery(ctx, scope)
            return bool(value) if type(value) is list else value is not UNDEFINED

        return run

    def selection(self, selection: nodes.Selection) -> Evaluate:
        """Return the closure that makes the document of a SELECT."""
        if selection.value is not None:
            value = self.compile(selection.value)
            return value if self.is_2016 else _without_arrays(value)
        columns = [(column.key, self.compile(column.value)) for column in selection.columns]
        if len(columns) == 1 and not columns[0][0]:
            return columns[0][1]

        def run(ctx: MessageContext, scope: Scope) -> Value:
            document: dict[str, Value] = {}
            for key, evaluate in columns:
                value = evaluate(ctx, scope)
                if value is UNDEFINED:
                    continue
                if not key:
                    document.update(value if type(value) is dict else {})
                elif len(key) == 1:
                    document[key[0]] = value
                else:
                    _put(document, key, value)
            return document

        return run


def _without_arrays(evaluate: Evaluate) -> Evaluate:
    """Return what VALUE is in version 2015-10-08, which puts out no array by itself."""

    def run(ctx: MessageContext, scope: Scope) -> Value:
        value = evaluate(ctx, scope)
        return UNDEFINED if type(value) is list else value

    return run


def _put(document: dict[str, Value], key: tuple[str, ...], value: Value) -> None:
    """Set `AS a.b.c`: objects in the way are kept, anything else is replaced (our choice)."""
    place = document
    for name in key[:-1]:
        inner = place.get(name)
        place[name] = dict(inner) if isinstance(inner, dict) else {}
        place = place[name]
    place[key[-1]] = value


def _raw_payload(ctx: MessageContext, _scope: Scope) -> Value:
    return ctx.payload
