"""Timestream's SQL as a dialect of Trino's.

What Trino does not know: durations such as ``15m`` and columns such as
``measure_value::double``. What Trino knows and Timestream does not have is refused later, by
the translator; here no function is special, so that the catalogue alone decides.

Source: Timestream developer guide, "Query language reference".
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import TokenType

MEASURE_VALUE = "measure_value"


def _measure_column(self: Any, this: exp.Expr, to: exp.Expr) -> exp.Expr:
    """Read ``measure_value::double`` as the column of that name; ``::`` means nothing else."""
    is_measure = isinstance(this, exp.Column) and this.name.lower() == MEASURE_VALUE
    if not is_measure or not isinstance(to, exp.DataType):
        self.raise_error("'::' only stands in measure_value::type", self._prev)
    name = this.this
    name.set("this", f"{MEASURE_VALUE}::{to.sql(dialect=Trino).lower()}")
    name.set("quoted", True)
    return this


class TimestreamParser(TrinoParser):
    """Trino's parser without its knowledge of functions, and with durations."""

    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {
        name: TrinoParser.FUNCTION_PARSERS[name]
        for name in ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM")
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {
        name: TrinoParser.NO_PAREN_FUNCTION_PARSERS[name] for name in ("ANY", "CASE")
    }
    NO_PAREN_FUNCTIONS: ClassVar = {
        token: TrinoParser.NO_PAREN_FUNCTIONS[token]
        for token in (
            TokenType.CURRENT_DATE,
            TokenType.CURRENT_TIME,
            TokenType.CURRENT_TIMESTAMP,
            TokenType.LOCALTIME,
            TokenType.LOCALTIMESTAMP,
        )
    }
    TYPE_LITERAL_PARSERS: ClassVar = {}
    COLUMN_OPERATORS: ClassVar = {TokenType.DOT: None, TokenType.DCOLON: _measure_column}
    LAMBDAS: ClassVar = {
        TokenType.ARROW: lambda self, names: self.expression(
            exp.Lambda(this=self._parse_disjunction(), expressions=names)
        ),
    }
    PRIMARY_PARSERS: ClassVar = {
        **TrinoParser.PRIMARY_PARSERS,
        # A token that Trino's tokenizer never makes: see statements.join_durations.
        TokenType.BIT_STRING: lambda self, token: self.expression(
            exp.BitString(this=token.text), token
        ),
    }

    def _parse_types(
        self,
        check_func: bool = False,
        schema: bool = False,
        allow_identifiers: bool = True,
        with_collation: bool = False,
    ) -> exp.Expr | None:
        """Read a type; within an expression only before a text, as in ``date '2022-01-01'``.

        The parser would try ``row(row(...`` as a type first, and so each level twice.
        """
        if check_func and self._next.token_type is not TokenType.STRING:
            return None
        return super()._parse_types(check_func, schema, allow_identifiers, with_collation)


class Timestream(Trino):
    """Amazon Timestream for LiveAnalytics; only its tokenizer and parser are used."""

    INDEX_OFFSET = 0

    class Tokenizer(Trino.Tokenizer):
        """Trino's, in which no word swallows the rest of the statement."""

        COMMANDS: ClassVar[set[TokenType]] = set()

    Parser = TimestreamParser
