"""One translation: what it has read so far, and how its errors say where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from lab_utils.local_aws.timestream.catalog import TableView
from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.operators import Inapplicable
from lab_utils.local_aws.timestream.query.scopes import Ambiguous, Query, Scope
from lab_utils.local_aws.timestream.query.sql_errors import Position, SqlError, semantic_error
from lab_utils.local_aws.timestream.query.statements import Source
from lab_utils.local_aws.timestream.query.types import TIMESTAMP

# Stands in a plan's SQL where the query's time will; no query's text may hold it.
NOW_MARK = "\x01"
NOW = Typed(f"make_timestamp_ns({NOW_MARK})", TIMESTAMP)

# Our choice: some functions name an argument twice, so nested calls grow without end.
LONGEST_SQL = 4_000_000

# What a part of a parsed statement is called in SQL, if not as the parser calls it.
_WORDS = {
    "locks": "FOR UPDATE",
    "method": "This kind of JOIN",
    "pivots": "PIVOT",
    "sample": "TABLESAMPLE",
    "windows": "WINDOW",
    "laterals": "LATERAL VIEW",
    "alias": "An alias here",
    "with_": "WITH",
}

View = Callable[[str, str], TableView | None]


@dataclass
class Session:
    """The state of one translation.

    Attributes:
        source: The query's text.
        view: Looks a table up.
        has_database: Tells whether there is a database.
        handlers: How each kind of expression is translated.
        translate_query: Translates a query inside the scope around it.
        tables: The tables that were read.
        parameters: Names of the query's parameters, in order.
    """

    source: Source
    view: View
    has_database: Callable[[str], bool]
    handlers: Mapping[type[exp.Expr], Callable[[Expressions, Any], Typed]]
    translate_query: Callable[[Session, exp.Expr, Scope | None], Query]
    tables: dict[tuple[str, str], TableView] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    _count: int = 0

    def name(self, prefix: str) -> str:
        """Return a name that DuckDB has not met in this query."""
        self._count += 1
        return f"{prefix}{self._count}"

    def offset(self, node: exp.Expr) -> int:
        """Return where an expression begins, characters from 0; 0 if that is not known."""
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        return min(starts, default=0)

    def position(self, node: exp.Expr) -> Position | None:
        """Return where an expression begins."""
        if "start" in node.meta:
            return self.source.at(node.meta["start"])
        return self.source.of(node)

    def error(self, message: str, node: exp.Expr) -> SqlError:
        """Return an error that says where the expression stands."""
        return semantic_error(message, self.position(node))

    def allow(self, node: exp.Expr, *parts: str) -> None:
        """Refuse an expression that has other parts than these.

        The parser reads more than Timestream knows; nothing of it may be dropped silently.
        """
        for part, value in node.args.items():
            if part not in parts and value not in (None, False, []):
                place = value if isinstance(value, exp.Expr) else node
                raise self.error(f"{_WORDS.get(part, part.upper())} is not supported", place)

    def unsupported(self, node: exp.Expr) -> SqlError:
        """Return the error for an expression that Timestream does not know."""
        text = self.source.text
        start, end = node.meta.get("start"), node.meta.get("end")
        what = text[start : end + 1] if start is not None and end is not None else node.key
        return self.error(f"{what[:60]} is not supported", node)


class Expressions:
    """Translates the expressions of one SELECT.

    Attributes:
        session: The translation that it is part of.
        scope: What the expressions see.
        group_keys: DuckDB SQL of the GROUP BY expressions.
        ungrouped: Columns met so far outside of aggregates and group keys.
        has_aggregates: Whether an aggregate was met.
        clause: The clause in which aggregates are not allowed, if the expression is in one.
    """

    def __init__(self, session: Session, scope: Scope) -> None:
        self.session = session
        self.scope = scope
        self.group_keys: set[str] = set()
        self.ungrouped: list[exp.Expr] = []
        self.has_aggregates = False
        self.clause: str | None = None

    def translate(self, node: exp.Expr) -> Typed:
        """Return an expression in DuckDB's SQL, with its type.

        Raises:
            SqlError: Timestream refuses it; the text says where.
        """
        handler = self.session.handlers.get(type(node))
        if handler is None:
            raise self.session.unsupported(node)
        met = len(self.ungrouped)
        try:
            result = self.settle(handler(self, node), met)
        except (Inapplicable, ValueError) as problem:
            raise self.session.error(str(problem), node) from problem
        except Ambiguous as problem:
            raise self.session.error(f"Column '{problem}' is ambiguous", node) from problem
        if len(result.sql) > LONGEST_SQL:
            raise self.session.error("The query is too complex", node)
        return result

    def settle(self, result: Typed, met: int) -> Typed:
        """Forget the columns inside an expression that is a group key."""
        if result.sql in self.group_keys:
            del self.ungrouped[met:]
        return result

    def query(self, node: exp.Expr) -> Query:
        """Return a subquery."""
        return self.session.translate_query(self.session, node, self.scope)
