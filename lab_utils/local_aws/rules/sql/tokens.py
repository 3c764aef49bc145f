"""Rule SQL cut into words, one at a time, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from lab_utils.local_aws.rules.sql.errors import SqlParseError

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[^\W\d]\w*)
      | (?P<variable>@\w+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<comment>--|/\*)
      | (?P<symbol><>|<=|>=|[-+*/%(),.=<>{}\[\]:])
    )""",
    re.VERBOSE,
)
LONGEST_NUMBER: Final = 2_000
"""Digits of a number in a statement (our choice; 34 of them count)."""


@dataclass(slots=True)
class Token:
    """One word of a statement.

    Attributes:
        kind: number, word, variable, text, symbol or end.
        text: As it stands; a text's without its quotes.
        key: The text in upper case for a word, the text for a symbol, else empty.
        start: The index of its first character.
        end: The index after its last.
    """

    kind: str
    text: str
    key: str
    start: int
    end: int


class Tokens:
    """The words from one place of a text on; nothing is read before it is asked for."""

    def __init__(self, source: str, start: int = 0) -> None:
        """Stand before the first word."""
        self.source = source
        self.token = self._read(start)
        self.previous_end = start

    def advance(self) -> Token:
        """Return the word where we stand, and go to the next."""
        passed = self.token
        self.previous_end = passed.end
        if passed.kind != "end":
            self.token = self._read(passed.end)
        return passed

    def peek(self, distance: int = 1) -> Token:
        """Return a word after the one where we stand."""
        token = self.token
        for _ in range(distance):
            token = self._read(token.end)
        return token

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        """Refuse the text at an index, by default where we stand."""
        place = self.token.start if at is None else at
        line = self.source.count("\n", 0, place) + 1
        column = place - (self.source.rfind("\n", 0, place) + 1) + 1
        raise SqlParseError(message, line, column)

    def _read(self, position: int) -> Token:
        match = _TOKEN.match(self.source, position)
        if match is None:
            return self._end(position)
        kind = str(match.lastgroup)
        text, start = match[kind], match.start(kind)
        if kind == "comment":
            self.fail("AWS IoT SQL has no comments.", start)
        if kind == "number":
            self._check_number(match)
        if kind == "text":
            quote = text[0]
            return Token(kind, text[1:-1].replace(quote * 2, quote), "", start, match.end())
        key = text.upper() if kind == "word" else text if kind == "symbol" else ""
        return Token(kind, text, key, start, match.end())

    def _end(self, position: int) -> Token:
        """Return the end of the text, if nothing but space follows."""
        start = len(self.source) - len(self.source[position:].lstrip())
        if start < len(self.source):
            self._refuse_character(start)
        return Token("end", "", "", start, start)

    def _check_number(self, match: re.Match[str]) -> None:
        digits, start = match["number"], match.start("number")
        if len(digits) > LONGEST_NUMBER:
            self.fail(f"A number has at most {LONGEST_NUMBER} digits.", start)
        following = self.source[match.end() : match.end() + 1]
        if following.isalnum() or following == "_":
            self.fail(
                f"'{digits}{following}' is no number, and no name: names begin with a letter.",
                start,
            )

    def _refuse_character(self, start: int) -> NoReturn:
        character = self.source[start]
        if character in "'\"":
            self.fail(f"The text that begins here has no closing {character}.", start)
        hints = {
            ";": "A rule holds one statement, without a semicolon.",
            "!": "The operator for 'not equal' is <>.",
            "@": "A variable is an @ and a name of letters, digits and underscores.",
        }
        self.fail(hints.get(character, f"The character {character!r} has no meaning here."), start)
