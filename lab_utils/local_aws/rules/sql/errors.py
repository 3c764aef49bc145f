"""What goes wrong in a rule's SQL: when it is written, and when it runs."""

from __future__ import annotations


class SqlParseError(Exception):
    """A statement or template that AWS IoT would not take.

    Attributes:
        message: What is wrong, in a sentence.
        line: The line of the first wrong character, from 1.
        column: Its column, from 1.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        """Keep the sentence and the place."""
        super().__init__(message, line, column)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        """Return the sentence with the place."""
        return f"{self.message} (line {self.line}, column {self.column})"


class EvaluationError(Exception):
    """A statement that cannot be run to its end: the rule runs no action."""


class ExternalFunctionError(EvaluationError):
    """A function that asks another service, and failed; `get_or_default` makes up for it."""
