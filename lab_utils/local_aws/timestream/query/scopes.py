"""Which names a place in a query can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.types import Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a query can name.

    Attributes:
        name: Its name in Timestream.
        type: Its type.
        sql: DuckDB SQL that reads it.
        origin: Database and table it comes from unchanged, if it does.
        is_aliased: Whether AS gave it its name.
    """

    name: str | None
    type: Type
    sql: str
    origin: tuple[str, str] | None = None
    is_aliased: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """One item of a FROM clause: the name it goes by, and its columns."""

    name: str | None
    columns: tuple[Column, ...]
    database: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A translated query; its columns are called c0, c1, ... in DuckDB.

    Attributes:
        sql: DuckDB SQL.
        columns: Name (None: unnamed) and type of each column, in order; sql is ``c<N>``.
    """

    sql: str
    columns: tuple[Column, ...]


class Ambiguous(Exception):  # noqa: N818 - a state of the search, turned into an SqlError
    """A name that more than one column has."""


@dataclass
class Scope:
    """What the expressions of one SELECT see.

    Attributes:
        relations: The FROM items.
        merged: The columns of JOIN ... USING, which stand once for both sides.
        outer: The scope around a subquery.
        queries: Named queries (WITH) by name.
        parameters: Parameters of the lambdas around the expression, innermost last.
    """

    relations: list[Relation] = field(default_factory=list)
    merged: list[Column] = field(default_factory=list)
    outer: Scope | None = None
    queries: Mapping[str, tuple[str, Query]] = field(default_factory=dict)
    parameters: list[Mapping[str, Typed]] = field(default_factory=list)

    @property
    def around(self) -> Scope | None:
        """What a subquery in this SELECT's FROM sees: nothing of its neighbours."""
        return self.outer

    def find(self, name: str, relation: str | None) -> tuple[Column, bool] | None:
        """Return the column of a name, and whether it is this SELECT's own.

        Raises:
            Ambiguous: More than one column has the name.
        """
        found = self._find_here(name, relation)
        if found:
            return found, True
        outside = self.outer.find(name, relation) if self.outer else None
        return (outside[0], False) if outside else None

    def has_relation(self, name: str) -> bool:
        """Tell whether a FROM item here or outside goes by the name."""
        here = any(_same(relation.name, name) for relation in self.relations)
        return here or (self.outer is not None and self.outer.has_relation(name))

    def parameter(self, name: str) -> Typed | None:
        """Return a lambda's parameter of the name."""
        for names in reversed(self.parameters):
            if name.lower() in names:
                return names[name.lower()]
        return None

    def named_query(self, name: str) -> tuple[str, Query] | None:
        """Return DuckDB's name and the query that WITH gave the name."""
        known = self.queries.get(name.lower())
        return known or (self.outer.named_query(name) if self.outer else None)

    def star(self, relation: str | None) -> Sequence[Column] | None:
        """Return the columns of ``*`` or ``relation.*``, None if there is no such relation."""
        if relation is None:
            hidden = {column.name for column in self.merged}
            rest = [c for item in self.relations for c in item.columns if c.name not in hidden]
            return [*self.merged, *rest]
        for item in self.relations:
            if _same(item.name, relation):
                return item.columns
        return None

    def _find_here(self, name: str, relation: str | None) -> Column | None:
        if relation is None:
            merged = [column for column in self.merged if _same(column.name, name)]
            if merged:
                return merged[0]
        candidates = [
            column
            for item in self.relations
            if relation is None or _same(item.name, relation)
            for column in item.columns
            if _same(column.name, name)
        ]
        if len(candidates) > 1:
            candidates = [column for column in candidates if column.name == name] or candidates
        if len(candidates) > 1:
            raise Ambiguous(name)
        return candidates[0] if candidates else None


def _same(known: str | None, name: str) -> bool:
    return known is not None and known.lower() == name.lower()
