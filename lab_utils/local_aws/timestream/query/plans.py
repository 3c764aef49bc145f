"""From a statement to the DuckDB SQL that answers it, row by row in the API's JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot.tokenizer_core import Token

from lab_utils.local_aws.timestream.catalog import TableView
from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.expansion import LARGEST_EXPANSION, expanded_size
from lab_utils.local_aws.timestream.query.handlers import HANDLERS
from lab_utils.local_aws.timestream.query.queries import translate_query
from lab_utils.local_aws.timestream.query.rendering import DEEPEST_ARRAYS, array_depth, row_json
from lab_utils.local_aws.timestream.query.scopes import Column, Query
from lab_utils.local_aws.timestream.query.session import NOW_MARK, Session, View
from lab_utils.local_aws.timestream.query.setup import WEIGHTS
from lab_utils.local_aws.timestream.query.sql_errors import SqlError, syntax_error
from lab_utils.local_aws.timestream.query.statements import Source, parse


@dataclass(frozen=True)
class Right:
    """A permission that a statement needs.

    Attributes:
        action: The IAM action, without ``timestream:``.
        resource: What it acts upon within the account and region; None: ``*``.
    """

    action: str
    resource: str | None = None


@dataclass(frozen=True)
class Plan:
    """A translated statement, valid as long as its tables look as they did.

    Attributes:
        columns: Name and type of each output column.
        tables: The tables that it reads.
        parameters: Names of its parameters, in order; a plan with parameters cannot run.
        inner_sql: DuckDB SQL that gives the columns as DuckDB's values c0, c1, ...
        rights: What the caller must be allowed to do.
        is_free: Whether AWS meters no bytes for it, as for SHOW and DESCRIBE.
    """

    columns: tuple[Column, ...]
    tables: tuple[TableView, ...]
    parameters: tuple[str, ...]
    inner_sql: str
    rights: tuple[Right, ...] = ()
    is_free: bool = False

    def sql(self, now_ns: int) -> str:
        """Return DuckDB SQL of one text column: a Row document per row.

        Args:
            now_ns: The time that ``now()`` gives, nanoseconds since the epoch.
        """
        values = [Typed(f"r.{column.sql}", column.type) for column in self.columns]
        inner = self.inner_sql.replace(NOW_MARK, str(now_ns))
        return f"SELECT {row_json(values)} FROM ({inner}) AS r"

    def column_info(self) -> list[dict[str, object]]:
        """Return the API's ColumnInfo; a column without a name is called by its position."""
        return [
            {"Name": column.name or f"_col{index}", "Type": column.type.document()}
            for index, column in enumerate(self.columns)
        ]


def plan_query(
    tokens: Sequence[Token], source: Source, view: View, has_database: Callable[[str], bool]
) -> Plan:
    """Return the plan of a SELECT, WITH or VALUES statement.

    Args:
        tokens: The statement.
        source: Its text.
        view: Looks a table up by database and name.
        has_database: Tells whether there is a database.

    Raises:
        SqlError: Timestream refuses the statement; the text says where.
    """
    tree = parse(tokens, source)
    session = Session(source, view, has_database, HANDLERS, translate_query)
    try:
        query = translate_query(session, tree, None)
    except RecursionError as error:
        raise syntax_error("the query is nested too deeply", source.at(0)) from error
    return _plan(session, query)


def _plan(session: Session, query: Query) -> Plan:
    if any(array_depth(column.type) > DEEPEST_ARRAYS for column in query.columns):
        raise SqlError(f"Arrays nested more than {DEEPEST_ARRAYS} deep are not supported")
    if expanded_size(query.sql, WEIGHTS) > LARGEST_EXPANSION:
        raise SqlError("The query is too complex: its function calls are nested too deeply")
    tables = tuple(session.tables.values())
    rights = tuple(
        Right("Select", f"database/{view.database}/table/{view.table}") for view in tables
    )
    return Plan(
        query.columns,
        tables,
        tuple(session.parameters),
        query.sql,
        rights or (Right("SelectValues"),),
    )
