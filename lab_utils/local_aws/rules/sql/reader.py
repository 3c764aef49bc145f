"""Reading whole statements: SET, SELECT, FROM and WHERE, and SELECTs inside expressions."""

from __future__ import annotations

from typing import Final

from lab_utils.local_aws.rules.sql import nodes
from lab_utils.local_aws.rules.sql.context import VERSIONS
from lab_utils.local_aws.rules.sql.errors import SqlParseError
from lab_utils.local_aws.rules.sql.expressions import RESERVED, ExpressionReader
from lab_utils.local_aws.rules.sql.topics import filter_problem
from lab_utils.local_aws.rules.sql.values import HALF_PAIR

MAX_SQL: Final = 256 * 1024
"""Characters of a statement: the size that a rule has at most."""
MAX_VARIABLES: Final = 10
MAX_VARIABLE_NAME: Final = 64
_UNKNOWN_CLAUSES: Final = ("GROUP", "ORDER", "LIMIT", "HAVING", "JOIN", "UNION", "INNER", "LEFT")


def read_statement(sql: str, version: str) -> nodes.Select:
    """Return the tree of a statement.

    Raises:
        SqlParseError: If AWS IoT would not take it.
    """
    if version not in VERSIONS:
        raise SqlParseError(f"There is no SQL version '{version}': {', '.join(VERSIONS)}.", 1, 1)
    check_text(sql)
    return StatementReader(sql, version).statement()


def check_text(text: str) -> None:
    """Fail on a text that is too long, or that no UTF-8 can hold."""
    if len(text) > MAX_SQL:
        raise SqlParseError(f"A rule has at most {MAX_SQL} characters.", 1, 1)
    if HALF_PAIR.search(text):
        raise SqlParseError("The text holds half of a surrogate pair.", 1, 1)


class TemplateReader(ExpressionReader):
    """Reads the expression of a template, and the SELECTs inside of it."""

    def subquery(self) -> nodes.Subquery:
        """Read a SELECT up to its closing parenthesis."""
        self.expect("SELECT", "after the parenthesis")
        selection = self._selection()
        self.expect("FROM", "and an array or object to select from")
        source = self.expression()
        alias = self.name("a name for the element") if self.take("AS") else ""
        where = self.expression() if self.take("WHERE") else None
        self.expect(")", "to close the nested SELECT")
        return nodes.Subquery(selection, source, alias, where)

    def _selection(self) -> nodes.Selection:
        if self._at_value_keyword():
            self.tokens.advance()
            value = self.expression()
            if self.at(",", "AS"):
                self.tokens.fail("SELECT VALUE takes one expression, and no AS.")
            return nodes.Selection((), value)
        columns = [self._column()]
        while self.take(","):
            columns.append(self._column())
        return nodes.Selection(tuple(columns), None)

    def _at_value_keyword(self) -> bool:
        """Return whether VALUE stands here as a word of its own, not as an attribute's name."""
        if not self.at("VALUE"):
            return False
        following = self.tokens.peek()
        if following.kind == "word":
            return following.key in ("CASE", "NOT", "TRUE", "FALSE", "NULL") or (
                following.key not in RESERVED
            )
        if following.key == "*":
            after = self.tokens.peek(2)
            return after.kind == "end" or after.key in ("FROM", "WHERE", ")")
        return following.kind in ("text", "number", "variable") or following.key in ("(", "{", "[")

    def _column(self) -> nodes.Column:
        """Read a column; without AS it is named after its attribute or function (our choice)."""
        start = self.tokens.token.start
        value = self.expression()
        if self.take("AS"):
            return nodes.Column(self._alias(), value)
        if isinstance(value, nodes.Star):
            return nodes.Column((), value)
        if isinstance(value, nodes.Path | nodes.Member):
            return nodes.Column((value.names[-1],), value)
        if isinstance(value, nodes.Variable | nodes.Call):
            return nodes.Column((value.name,), value)
        return nodes.Column((self.tokens.source[start : self.tokens.previous_end],), value)

    def _alias(self) -> tuple[str, ...]:
        names = [self.name("a name after AS")]
        while self.take("."):
            names.append(self.name("a name after the point"))
        return tuple(names)


class StatementReader(TemplateReader):
    """Reads a whole statement, up to the end of the text."""

    def statement(self) -> nodes.Select:
        """Read a statement up to the end of the text."""
        variables = self._set_clause() if self.take("SET") else ()
        if self.at("SET"):
            self.tokens.fail("SET stands once; more variables follow after commas.")
        self.expect("SELECT", "at the beginning of the statement")
        selection = self._selection()
        topic_filter = self._topic_filter() if self.take("FROM") else None
        where = self.expression() if self.take("WHERE") else None
        self._expect_end(topic_filter)
        return nodes.Select(variables, selection, topic_filter, where)

    def variable(self) -> nodes.Node:
        """Read a variable that SET has given a value."""
        if self.tokens.token.text[1:] not in self._variables:
            self.tokens.fail(f"No SET gives {self.tokens.token.text[:65]} a value before this.")
        return super().variable()

    def _expect_end(self, topic_filter: str | None) -> None:
        token = self.tokens.token
        if token.kind == "end":
            return
        if token.key in _UNKNOWN_CLAUSES:
            self.tokens.fail(f"AWS IoT SQL has no {token.key}: a rule sees one message at a time.")
        if self.tokens.source.count("'") % 2:
            self.tokens.fail(
                f"Before {self.found()}, a text in quotes is not closed or not opened."
            )
        after = "the topic filter" if topic_filter else "the columns"
        self.tokens.fail(
            f"Expected WHERE or the end of the statement after {after}, not {self.found()}."
        )

    def _set_clause(self) -> tuple[tuple[str, nodes.Node], ...]:
        while True:
            self._assignment()
            if not self.take(","):
                return tuple(self._variables.items())

    def _assignment(self) -> None:
        token = self.tokens.token
        if token.kind != "variable":
            self.tokens.fail(f"Expected a variable as in SET @name = ..., not {self.found()}.")
        name = token.text[1:]
        if len(name) > MAX_VARIABLE_NAME:
            self.tokens.fail(f"A variable's name has at most {MAX_VARIABLE_NAME} characters.")
        if name in self._variables:
            self.tokens.fail(f"@{name} has a value already; a variable is set once.")
        if len(self._variables) == MAX_VARIABLES:
            self.tokens.fail(f"A statement sets at most {MAX_VARIABLES} variables.")
        self.tokens.advance()
        self.expect("=", f"after @{name}")
        self._variables[name] = self.expression()

    def _topic_filter(self) -> str:
        token = self.tokens.token
        if token.kind != "text" or self.tokens.source[token.start] != "'":
            self.tokens.fail("The topic filter after FROM stands in single quotes: FROM 'a/b'.")
        if problem := filter_problem(token.text):
            self.tokens.fail(problem)
        return self.tokens.advance().text
