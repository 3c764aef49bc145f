"""From a query's text to its one statement: what is read, and what is refused unread."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lab_utils.local_aws.timestream.query.dialect import Timestream
from lab_utils.local_aws.timestream.query.durations import DURATION_UNITS
from lab_utils.local_aws.timestream.query.sql_errors import Position, SqlError, syntax_error

LONGEST_QUERY = 262_144
# Our choice: the parser and the translator recurse, and Python's stack must hold them.
DEEPEST_NESTING = 40

_DIALECT = Timestream()
_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END}
_PREFIXES = {TokenType.NOT, TokenType.DASH, TokenType.PLUS}
_QUERY_STARTS = {"SELECT", "WITH", "VALUES", "("}
_FORMS = "a query is one SELECT, WITH, VALUES, SHOW or DESCRIBE statement"
# The characters that stand for something in plans and rendered rows, and half characters.
_REFUSED = re.compile("[\x00-\x08\ud800-\udfff]")


class Source:
    """A query's text, in which offsets are turned into positions."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> Position:
        """Return the position of an offset that counts characters from 0."""
        line = bisect_right(self._lines, offset) - 1
        return Position(line + 1, offset - self._lines[line] + 1)

    def of(self, node: exp.Expr) -> Position | None:
        """Return where an expression begins, None if no part of it knows."""
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        return self.at(min(starts)) if starts else None


def tokenize(source: Source) -> list[Token]:
    """Return the tokens of a query's one statement, durations joined.

    Raises:
        SqlError: The text is too long, empty, nested too deeply, or more than one statement.
    """
    if len(source.text) > LONGEST_QUERY:
        raise SqlError(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_QUERY}"
        )
    _check_characters(source)
    try:
        tokens = _DIALECT.tokenize(source.text)
    except TokenError as error:
        raise syntax_error("a quote or comment is not closed", _end_of(source)) from error
    tokens = _one_statement(tokens, source)
    _check_start(tokens, source)
    _check_nesting(tokens, source)
    return list(_join_durations(tokens, source))


def parse(tokens: Sequence[Token], source: Source) -> exp.Expr:
    """Return the syntax tree of a SELECT, WITH or VALUES statement.

    Raises:
        SqlError: The syntax is wrong; the text says where.
    """
    try:
        trees = _DIALECT.parser().parse(list(tokens), source.text)
    except ParseError as error:
        raise _syntax(error) from error
    except RecursionError as error:
        raise syntax_error("the query is nested too deeply", source.at(0)) from error
    tree = trees[0]
    if isinstance(tree, exp.Query | exp.Values):
        return tree
    raise syntax_error(_FORMS, source.at(0))


def _syntax(error: ParseError) -> SqlError:
    details = error.errors[0] if error.errors else {}
    line, column = details.get("line") or 1, details.get("col") or 1
    highlight = str(details.get("highlight") or "")
    position = Position(int(line), max(1, int(column) - len(highlight) + 1))
    text = str(details.get("description") or "").rstrip(".")
    if "<" in text:  # the parser's own classes and tokens
        text = "unexpected end of the query or of an expression"
    return syntax_error(f"{text} near '{highlight}'" if highlight else text, position)


def _end_of(source: Source) -> Position:
    return source.at(max(0, len(source.text) - 1))


def _check_characters(source: Source) -> None:
    refused = _REFUSED.search(source.text)
    if refused:
        code = f"U+{ord(refused[0]):04X}"
        raise syntax_error(f"the character {code} is not supported", source.at(refused.start()))


def _one_statement(tokens: list[Token], source: Source) -> list[Token]:
    """Drop closing semicolons; refuse what follows one."""
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise syntax_error(f"the query is empty; {_FORMS}", source.at(0))
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            following = tokens[index + 1]
            raise syntax_error(
                f"{following.text.upper()[:40]} after ';': {_FORMS}", source.at(following.start)
            )
    return tokens


def _check_start(tokens: list[Token], source: Source) -> None:
    first = tokens[0]
    if first.text.upper() not in _QUERY_STARTS | {"SHOW", "DESCRIBE"}:
        name = first.text.upper()[:40]
        raise syntax_error(f"{name} is not supported; {_FORMS}", source.at(first.start))


def _check_nesting(tokens: list[Token], source: Source) -> None:
    depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind in _OPENING) - (kind in _CLOSING)
        prefixes = prefixes + 1 if kind in _PREFIXES else 0
        if depth + prefixes > DEEPEST_NESTING:
            raise syntax_error(
                f"nested more than {DEEPEST_NESTING} levels deep", source.at(token.start)
            )


def _join_durations(tokens: list[Token], source: Source) -> list[Token]:
    """Make one token of a number and the unit that stands right behind it."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        if before is None or before.token_type is not TokenType.NUMBER:
            joined.append(token)
            continue
        unit, touches = token.text.lower(), before.end + 1 == token.start
        is_word = token.token_type not in {TokenType.STRING, TokenType.IDENTIFIER}
        if is_word and touches and unit.isidentifier():
            joined[-1] = _duration(before, token, source)
        elif is_word and unit in DURATION_UNITS and not touches:
            raise syntax_error(
                f"a duration has no blank: write {before.text}{token.text}", source.at(token.start)
            )
        else:
            joined.append(token)
    return joined


def _duration(number: Token, unit: Token, source: Source) -> Token:
    if unit.text.lower() not in DURATION_UNITS:
        raise syntax_error(f"'{unit.text[:40]}' is no unit of a duration", source.at(unit.start))
    return Token(
        TokenType.BIT_STRING,
        text=f"{number.text} {unit.text.lower()}",
        line=number.line,
        col=unit.col,
        start=number.start,
        end=unit.end,
    )
