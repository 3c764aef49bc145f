"""What is wrong with a query, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """A place in a query's text; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class SqlError(Exception):
    """A query that Timestream refuses.

    Attributes:
        message: The text for the client.
        position: Where in the query, if known.
    """

    def __init__(self, message: str, position: Position | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def semantic_error(message: str, position: Position | None) -> SqlError:
    """Return an error in the form ``line 12:25: Column 'foo' does not exist``."""
    where = f"line {position}: " if position else ""
    return SqlError(f"{where}{message}", position)


def syntax_error(message: str, position: Position) -> SqlError:
    """Return an error in the form ``The query syntax is invalid at line 1:8``.

    What AWS writes after the position is not documented; the rest of the text is ours.
    """
    detail = f": {message}" if message else ""
    return SqlError(f"The query syntax is invalid at line {position}{detail}", position)
