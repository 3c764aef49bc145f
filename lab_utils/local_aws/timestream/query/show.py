"""SHOW and DESCRIBE.

Source: Timestream developer guide, "SHOW statements" and "DESCRIBE statements".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot.tokenizer_core import Token, TokenType

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.timestream.catalog import Catalog, TableView
from lab_utils.local_aws.timestream.query.expressions import quoted
from lab_utils.local_aws.timestream.query.plans import Plan, Right
from lab_utils.local_aws.timestream.query.scopes import Column
from lab_utils.local_aws.timestream.query.sql_errors import SqlError, semantic_error, syntax_error
from lab_utils.local_aws.timestream.query.statements import Source
from lab_utils.local_aws.timestream.query.types import VARCHAR, Type, array, row

_DIMENSIONS = array(row(("dimension_name", VARCHAR), ("data_type", VARCHAR)))
_FORMS = (
    "expected SHOW DATABASES, SHOW TABLES [FROM database], SHOW MEASURES FROM database.table"
    " (each with [LIKE pattern]) or DESCRIBE database.table"
)


def is_show(tokens: Sequence[Token]) -> bool:
    """Tell whether the statement is a SHOW or a DESCRIBE."""
    return tokens[0].text.upper() in {"SHOW", "DESCRIBE"}


@dataclass
class _Reader:
    """Reads the tokens of the statement one after the other."""

    tokens: Sequence[Token]
    source: Source
    index: int = 0

    def word(self, *words: str) -> str | None:
        """Step over one of these words, and return it in upper case."""
        token = self._next()
        if token is None or token.text.upper() not in words:
            return None
        self.index += 1
        return token.text.upper()

    def name(self) -> tuple[str, Token]:
        """Step over an identifier."""
        token = self._next()
        if token is None or token.token_type in {TokenType.STRING, TokenType.NUMBER}:
            raise self.error()
        self.index += 1
        return token.text, token

    def table(self) -> tuple[str, str, Token]:
        """Step over ``database.table``."""
        database, first = self.name()
        if not self.word("."):
            raise self.error()
        return database, self.name()[0], first

    def pattern(self) -> re.Pattern[str]:
        """Step over ``LIKE pattern``, which may be missing, and then the statement's end."""
        text = "%"
        if self.word("LIKE"):
            token = self._next()
            if token is None or token.token_type is not TokenType.STRING:
                raise self.error()
            text = token.text
            self.index += 1
        self.end()
        parts = {"%": ".*", "_": "."}
        return re.compile("".join(parts.get(c, re.escape(c)) for c in text), re.DOTALL)

    def end(self) -> None:
        """Refuse anything that is left."""
        if self._next() is not None:
            raise self.error()

    def error(self) -> SqlError:
        """Return the error for the token that does not fit."""
        token = self._next() or self.tokens[-1]
        return syntax_error(_FORMS, self.source.at(token.start))

    def _next(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None


def plan_show(tokens: Sequence[Token], source: Source, catalog: Catalog, place: Place) -> Plan:
    """Return the plan of a SHOW or DESCRIBE statement.

    Raises:
        SqlError: The statement is none of these, or names what is not there.
    """
    reader = _Reader(tokens, source)
    if reader.word("DESCRIBE"):
        return _describe(reader, catalog, place)
    reader.word("SHOW")
    kind = reader.word("DATABASES", "TABLES", "MEASURES")
    if kind == "DATABASES":
        return _names("Database", catalog.databases(place), reader, Right("ListDatabases"))
    if kind == "TABLES":
        return _tables(reader, catalog, place)
    if kind == "MEASURES" and reader.word("FROM", "IN"):
        return _measures(reader, catalog, place)
    raise reader.error()


def _tables(reader: _Reader, catalog: Catalog, place: Place) -> Plan:
    """SHOW TABLES without a database lists those of all databases, which is our choice."""
    if not reader.word("FROM", "IN"):
        every = [t for name in catalog.databases(place) for t in catalog.tables(place, name)]
        return _names("Table", sorted(every), reader, Right("ListTables"))
    database, token = reader.name()
    if not catalog.has_database(place, database):
        position = reader.source.at(token.start)
        raise SqlError(f"Requested database '{database}' not found at line {position}", position)
    right = Right("ListTables", f"database/{database}")
    return _names("Table", catalog.tables(place, database), reader, right)


def _names(column: str, names: Sequence[str], reader: _Reader, right: Right) -> Plan:
    pattern = reader.pattern()
    rows = [[quoted(name)] for name in names if pattern.fullmatch(name)]
    return _plan([(column, VARCHAR)], rows, right)


def _find(reader: _Reader, catalog: Catalog, place: Place) -> TableView:
    database, table, token = reader.table()
    position = reader.source.at(token.start)
    if not catalog.has_database(place, database):
        raise SqlError(
            f"Requested database '{database}' not found for identifier '{database}.{table}'"
            f" at line {position}",
            position,
        )
    view = catalog.view(place, database, table)
    if view is None:
        raise semantic_error(f"Table '{database}.{table}' does not exist", position)
    return view


def _describe(reader: _Reader, catalog: Catalog, place: Place) -> Plan:
    view = _find(reader, catalog, place)
    reader.end()
    names = ("Column", "Type", "Timestream attribute type")
    rows = [
        [quoted(column.name), quoted(column.type.lower()), quoted(column.kind)]
        for column in view.columns
    ]
    return _plan([(name, VARCHAR) for name in names], rows, _of_table("DescribeTable", view))


def _measures(reader: _Reader, catalog: Catalog, place: Place) -> Plan:
    view = _find(reader, catalog, place)
    pattern = reader.pattern()
    rows = [
        [quoted(name), quoted(kind.lower()), _dimensions(dimensions)]
        for name, kind, dimensions in catalog.measures(place, view.database, view.table)
        if pattern.fullmatch(name)
    ]
    columns = [("measure_name", VARCHAR), ("data_type", VARCHAR), ("dimensions", _DIMENSIONS)]
    return _plan(columns, rows, _of_table("ListMeasures", view))


def _dimensions(names: Sequence[str]) -> str:
    rows = [f"struct_pack(f0 := {quoted(name)}, f1 := 'varchar')" for name in names]
    return f"CAST([{', '.join(rows)}] AS {_DIMENSIONS.duckdb})"


def _of_table(action: str, view: TableView) -> Right:
    return Right(action, f"database/{view.database}/table/{view.table}")


def _plan(columns: Sequence[tuple[str, Type]], rows: list[list[str]], right: Right) -> Plan:
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    listed = ", ".join(f"({', '.join(values)})" for values in rows)
    empty = ", ".join(f"CAST(NULL AS {kind.duckdb}) AS c{i}" for i, (_, kind) in enumerate(columns))
    sql = (
        f"SELECT {names} FROM (VALUES {listed}) AS v({names})"
        if rows
        else f"SELECT {empty} WHERE FALSE"
    )
    made = tuple(Column(name, kind, f"c{i}") for i, (name, kind) in enumerate(columns))
    return Plan(made, (), (), sql, rights=(right,), is_free=True)
