"""How a SQL function is described: its signatures, or a builder for the irregular ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce, common_type
from lab_utils.local_aws.timestream.query.sql_errors import (
    Position,
    SqlError,
    semantic_error,
    syntax_error,
)
from lab_utils.local_aws.timestream.query.types import (
    UNKNOWN,
    ArrayType,
    TimeSeriesType,
    Type,
    TypeVariable,
    array,
    time_series,
)


class Argument(Protocol):
    """An argument as the query wrote it, translated when it is asked for."""

    @property
    def is_lambda(self) -> bool:
        """Whether it is ``x -> ...`` or ``(x, y) -> ...``."""

    def typed(self) -> Typed:
        """Return its translation. Raises SqlError for a lambda."""

    def bind(self, *parameters: Type) -> Typed:
        """Return a lambda as DuckDB's ``lambda x: ...``, with the type of its body.

        Raises SqlError if it is no lambda, or takes another number of parameters.
        """


@dataclass(frozen=True)
class Modifiers:
    """What stands in and behind an aggregate's or window function's parentheses, as DuckDB SQL.

    Attributes:
        distinct: ``DISTINCT `` or nothing.
        order_by: `` ORDER BY ...`` or nothing.
        tail: `` FILTER (WHERE ...)`` and `` OVER (...)``, or nothing.
    """

    distinct: str = ""
    order_by: str = ""
    tail: str = ""


@dataclass(frozen=True)
class Call:
    """One call of a function in a query.

    Attributes:
        name: The function's name, lower-case.
        arguments: Its arguments.
        position: Where the name stands.
        now: DuckDB SQL of the query's time, a TIMESTAMP_NS constant.
        modifiers: An aggregate's DISTINCT, ORDER BY, FILTER and OVER.
        is_in_lambda: Whether it stands in a lambda, and so may run for each element of an array.
    """

    name: str
    arguments: Sequence[Argument]
    position: Position | None
    now: str
    modifiers: Modifiers = field(default_factory=Modifiers)
    is_in_lambda: bool = False

    def values(self) -> list[Typed]:
        """Return all arguments, none of which may be a lambda."""
        return [argument.typed() for argument in self.arguments]

    def aggregate(self, name: str, *arguments: str, order_by: str = "") -> str:
        """Return DuckDB SQL that calls one of its aggregates with this call's modifiers.

        Args:
            name: DuckDB's aggregate.
            arguments: DuckDB SQL.
            order_by: `` ORDER BY ...``, used if the query gives none.
        """
        inside = self.modifiers.distinct + ", ".join(arguments)
        order = self.modifiers.order_by or order_by
        return f"{name}({inside}{order}){self.modifiers.tail}"

    def error(self, message: str) -> SqlError:
        """Return an error that says where the call stands."""
        return semantic_error(message, self.position)

    def wrong_arguments(self, expected: str) -> SqlError:
        """Return the error for arguments that fit no signature.

        It begins as AWS's was seen to begin for ``ago('7d')``.
        """
        given = ", ".join(
            "function" if a.is_lambda else str(a.typed().type) for a in self.arguments
        )
        text = f"Unexpected parameters ({given}) for function {self.name}. Expected: {expected}"
        return syntax_error(text, self.position) if self.position else self.error(text)


Builder = Callable[[Call], Typed]


@dataclass(frozen=True)
class Signature:
    """A function of fixed types.

    Attributes:
        parameters: Type of each argument; type variables stand for any type.
        returns: Type of the result; may use the variables.
        sql: For a scalar function a template over ``{0}``, ``{1}``, ... (``{all}``: every
            argument, comma-separated). For an aggregate the name of DuckDB's.
        wrap: For an aggregate: what is put around it, e.g. ``CAST({} AS BIGINT)``.
        variadic: The last parameter may be given any number of times, at least once.
    """

    parameters: tuple[Type, ...]
    returns: Type
    sql: str
    wrap: str = "{}"
    variadic: bool = False

    def __str__(self) -> str:
        dots = ", ..." if self.variadic else ""
        return f"({', '.join(map(str, self.parameters))}{dots})"


Entry = Builder | Sequence[Signature]


@dataclass(frozen=True)
class Scalar:
    """A function in Python that DuckDB calls by value, for what its SQL cannot say.

    Attributes:
        name: Its name in DuckDB, beginning with ``ts_``.
        function: The function; a missing argument makes the result missing.
        parameters: DuckDB types.
        returns: DuckDB type.
    """

    name: str
    function: Callable[..., object]
    parameters: tuple[str, ...]
    returns: str


def call_scalar(signatures: Sequence[Signature], call: Call) -> Typed:
    """Return the call of a scalar function by the first signature that fits it best."""
    values = call.values()
    signature, variables = _choose(signatures, values, call)
    arguments = [value.sql for value in _convert(signature, variables, values, call)]
    sql = signature.sql.format(*arguments, all=", ".join(arguments))
    return Typed(sql, _substitute(signature.returns, variables))


def call_aggregate(signatures: Sequence[Signature], call: Call) -> Typed:
    """Return the call of an aggregate by the first signature that fits it best."""
    values = call.values()
    signature, variables = _choose(signatures, values, call)
    arguments = [value.sql for value in _convert(signature, variables, values, call)]
    sql = signature.wrap.format(call.aggregate(signature.sql, *arguments))
    return Typed(sql, _substitute(signature.returns, variables))


def _choose(
    signatures: Sequence[Signature], values: list[Typed], call: Call
) -> tuple[Signature, dict[str, Type]]:
    for exact in (True, False):
        for signature in signatures:
            variables = _match(signature, values, exact)
            if variables is not None:
                return signature, variables
    names = [f"{call.name}{signature}" for signature in signatures]
    raise call.wrong_arguments(", ".join(names))


def _match(signature: Signature, values: list[Typed], exact: bool) -> dict[str, Type] | None:
    parameters = _spread(signature, len(values))
    if parameters is None:
        return None
    variables: dict[str, Type] = {}
    for parameter, value in zip(parameters, values, strict=True):
        if not _unify(parameter, value.type, variables):
            return None
    for parameter, value in zip(parameters, values, strict=True):
        wanted = _substitute(parameter, variables)
        if (exact and value.type != wanted) or not can_coerce(value.type, wanted):
            return None
    return variables


def _spread(signature: Signature, count: int) -> list[Type] | None:
    parameters = list(signature.parameters)
    if signature.variadic and count > len(parameters):
        parameters += parameters[-1:] * (count - len(parameters))
    return parameters if len(parameters) == count else None


def _unify(parameter: Type, given: Type, variables: dict[str, Type]) -> bool:
    """Learn what the variables of a parameter stand for; False if they cannot fit."""
    if isinstance(parameter, TypeVariable):
        known = variables.get(parameter.name)
        kind = common_type(known, given) if known else given
        if kind is not None:
            variables[parameter.name] = kind
        return kind is not None
    if isinstance(parameter, ArrayType) and isinstance(given, ArrayType):
        return _unify(parameter.element, given.element, variables)
    if isinstance(parameter, TimeSeriesType) and isinstance(given, TimeSeriesType):
        return _unify(parameter.value, given.value, variables)
    return True


def _substitute(kind: Type, variables: dict[str, Type]) -> Type:
    if isinstance(kind, TypeVariable):
        return variables.get(kind.name, UNKNOWN)
    if isinstance(kind, ArrayType):
        return array(_substitute(kind.element, variables))
    if isinstance(kind, TimeSeriesType):
        return time_series(_substitute(kind.value, variables))
    return kind


def _convert(
    signature: Signature, variables: dict[str, Type], values: list[Typed], call: Call
) -> list[Typed]:
    parameters = _spread(signature, len(values)) or []
    try:
        return [
            coerce(value, _substitute(parameter, variables))
            for parameter, value in zip(parameters, values, strict=True)
        ]
    except ValueError as problem:
        raise call.error(str(problem)) from problem
