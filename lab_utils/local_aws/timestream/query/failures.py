"""What a running query can fail with, in Timestream's words instead of DuckDB's."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from lab_utils.local_aws.timestream.errors import (
    InternalServerException,
    QueryExecutionException,
    TimestreamError,
    ValidationException,
)
from lab_utils.local_aws.timestream.query.functions.failures import FAILURE_MARK

_LOG = logging.getLogger(__name__)
_TYPES = {
    "INT64": "BIGINT",
    "INT32": "INTEGER",
    "BOOL": "BOOLEAN",
    "TIMESTAMP_NS": "TIMESTAMP",
}

Answer = Callable[[re.Match[str]], TimestreamError]


def _says(text: str) -> Answer:
    return lambda match: ValidationException(match.expand(text))


def _cannot_cast(match: re.Match[str]) -> TimestreamError:
    kind = _TYPES.get(match[2], match[2])
    return ValidationException(f"Cannot cast '{match[1]}' to {kind}")


def _overflow(match: re.Match[str]) -> TimestreamError:
    kind = _TYPES.get(match[2], match[2]).lower()
    return ValidationException(f"{kind} {match[1]} overflow: {match[3]}")


def _out_of_memory(_: re.Match[str]) -> TimestreamError:
    return QueryExecutionException(
        "The query needs more memory than the embedded AWS gives a query. Read fewer rows or "
        "columns, or group them earlier."
    )


# The first that is found in DuckDB's text answers.
_RULES: tuple[tuple[re.Pattern[str], Answer], ...] = tuple(
    (re.compile(pattern, re.DOTALL), answer)
    for pattern, answer in (
        (rf"Could not convert string '{FAILURE_MARK}(.*)' to BOOL", _says(r"\1")),
        (
            r"executing the UDF: \w+: (.*?)(?:\n\nAt:|\n|$)",
            _says(r"\1"),
        ),
        (
            r"Table with name table_\d+ does not exist|has been altered",
            _says("A table of the query was deleted or changed while it ran. Run it again."),
        ),
        (r"Maximum grouping set count", _says("The query has too many grouping sets")),
        (r"Division by zero", _says("Division by zero")),
        (r"Could not convert string '(.*?)' to (\w+)", _cannot_cast),
        (
            r"invalid (timestamp|date|time) field format: \"(.*?)\"",
            _says(r"Value cannot be cast to \1: \2"),
        ),
        (
            r"(timestamp|date|time) field value out of range: \"(.*?)\"",
            _says(r"Value cannot be cast to \1: \2"),
        ),
        (r"Overflow in (\w+) of (\w+) \((.*?)\)", _overflow),
        (
            r"value (\S+) can't be cast because the value is out of range for the destination type"
            r" (\w+)",
            lambda match: ValidationException(
                f"Out of range for {_TYPES.get(match[2], match[2]).lower()}: {match[1]}"
            ),
        ),
        (
            r"More than one row returned by a subquery",
            _says("Scalar sub-query has returned multiple rows"),
        ),
        (
            r"Out of Memory|could not allocate|failed to allocate|max_temp_directory_size",
            _out_of_memory,
        ),
        (r"[Mm]ax(imum)? expression depth", _says("The query is nested too deeply")),
        (
            r"Invalid Input Error: ((?:missing|no argument|invalid|bad|unexpected|trailing)"
            r" [^\n]*)",
            _says(r"Invalid regular expression: \1"),
        ),
        (r"(Pattern has \d+ groups\. Cannot access group -?\d+)", _says(r"\1")),
        (r"Out of Range Error", _says("A value is out of its type's range")),
        (r"Conversion Error", _says("A value cannot be cast to the type that is wanted")),
    )
)


def failure(text: str) -> TimestreamError:
    """Return the error for what DuckDB said while it ran a translated query.

    Args:
        text: DuckDB's words.
    """
    for pattern, answer in _RULES:
        match = pattern.search(text)
        if match:
            return answer(match)
    _LOG.error("a translated query failed in DuckDB: %s", text)
    if "Connection" in text or "not open" in text:
        return InternalServerException("The store was closed while the query ran. Run it again.")
    return QueryExecutionException("The embedded AWS cannot run this query; its log says why.")
