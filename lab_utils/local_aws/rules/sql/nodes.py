"""What a statement says, as a tree. Each node knows where it stands in the text."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.local_aws.rules.sql.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true, false or NULL."""

    value: Value


@dataclass(frozen=True, slots=True)
class Star:
    """The whole payload."""


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute, and the attributes inside it: `a.b.c`."""

    names: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the SET clause."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """Attributes inside the value of an expression: `get(a, 0).b`."""

    of: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands between operators of one rank, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """NOT or a minus sign, before one operand."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """`[...]`, and the list that stands in brackets after IN."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """`{...}`."""

    members: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """`CASE v WHEN t THEN r ... ELSE e END`."""

    operand: Node
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Cast:
    """`cast(v as Type)`; the type in lower case."""

    operand: Node
    type: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; the name in lower case."""

    name: str
    arguments: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One entry of SELECT; the key is the path that AS gives, and empty for a bare `*`."""

    key: tuple[str, ...]
    value: Node


@dataclass(frozen=True, slots=True)
class Selection:
    """What SELECT names: columns, or with VALUE one expression."""

    columns: tuple[Column, ...]
    value: Node | None


@dataclass(frozen=True, slots=True)
class Subquery:
    """A SELECT in parentheses, over an array or an object."""

    selection: Selection
    source: Node
    alias: str
    where: Node | None


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS (SELECT ...)`."""

    subquery: Subquery


Node = (
    Literal
    | Star
    | Path
    | Variable
    | Member
    | Chain
    | Unary
    | ArrayLiteral
    | ObjectLiteral
    | Case
    | Cast
    | Call
    | Subquery
    | Exists
)


@dataclass(frozen=True, slots=True)
class Select:
    """A whole statement."""

    variables: tuple[tuple[str, Node], ...]
    selection: Selection
    topic_filter: str | None
    where: Node | None
