"""What a student is told when a Timestream query fails: AWS's words, and the place they name."""

from __future__ import annotations

import re

from botocore.exceptions import BotoCoreError, ClientError

from lab_utils.errors import QueryError

_PLACE = re.compile(r"\bline (\d+):(\d+)")
_WIDTH, _BEFORE = 96, 60
"""How much of a long line is shown, and how much of that before the place."""
_NAMES = (
    'SHOW DATABASES, SHOW TABLES FROM "iot" and DESCRIBE "iot"."temperaturesensor" tell what '
    "there is"
)
_ADVICE = (
    (
        "AccessDeniedException",
        "Only existing",
        "Timestream for LiveAnalytics takes no new customers: work on the embedded AWS "
        "(LAB_TARGET=local).",
    ),
    (
        "AccessDeniedException",
        "",
        "allow the action that the message names, and timestream:DescribeEndpoints on *.",
    ),
    (
        "",
        "does not exist",
        f"{_NAMES}; a column is there from the first record on that has it. Single quotes make a "
        "text, double quotes a name.",
    ),
    ("", "not found", f"{_NAMES}; apply the Terraform files that declare it, or mend the name."),
    (
        "",
        "cannot be applied to varchar",
        "dimensions are texts: make a number of it, as in CAST(temperature AS DOUBLE), or compare "
        "it with a text in single quotes.",
    ),
    (
        "ValidationException",
        "",
        "mend the SQL at the place that the message names; single quotes make a text, double "
        "quotes a name.",
    ),
)
"""By the error's code and a part of its message, of which either may be left open."""


def query_error(sql: str, error: ClientError | BotoCoreError) -> QueryError:
    """Return the error of a query that failed.

    Args:
        sql: The statement as it was sent.
        error: What boto3 raised.
    """
    attempted = "run the query"
    if not isinstance(error, ClientError):
        return QueryError(
            attempted,
            f"Timestream does not answer: {error}.",
            "run `lab status`; if the embedded AWS is down, `lab start` brings it back with its "
            "data.",
            sql=sql,
        )
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    place = find_place(message)
    happened = f"Timestream answered {code}: {message}"
    if place:
        happened = f"{happened}\n{point_at(sql, *place)}".rstrip()
    return QueryError(attempted, happened, _advice(code, message), sql=sql, code=code, place=place)


def interval_error(sql: str, error: Exception) -> QueryError:
    """Return the error of an interval that is longer than a Timedelta can hold."""
    return QueryError(
        "read the query's result",
        f"An interval is longer than the 292 years that a Timedelta can hold: {error}.",
        "select CAST(... AS VARCHAR) of it.",
        sql=sql,
    )


def waiting_error(sql: str, timeout_s: float, lack: str) -> QueryError:
    """Return the error of a query whose result did not become what was waited for."""
    return QueryError(
        "see in the query's result what was waited for",
        f"After {timeout_s:g} s {lack}",
        "check the rule: its topic filter, its WHERE, its role, its Timestream action; "
        "lab.trace(topic, payload) and the logs of AWS IoT (AWSIotLogsV2) say what failed.",
        sql=sql,
    )


def find_place(message: str) -> tuple[int, int] | None:
    """Return the line and column, from 1, that a message of Timestream names, or None."""
    match = _PLACE.search(message)
    return (int(match[1]), int(match[2])) if match else None


def point_at(sql: str, line: int, column: int) -> str:
    """Return a line of the SQL with a caret under one of its columns; "" if it is not there.

    Of a long line, the part around the place is shown.

    Args:
        sql: The statement.
        line: From 1.
        column: From 1, in characters; one behind the line's end is the end of the input.
    """
    lines = sql.split("\n")
    if not 1 <= line <= len(lines) or not 1 <= column <= len(lines[line - 1]) + 1:
        return ""
    text = lines[line - 1].rstrip("\r").replace("\t", " ")
    start = max(0, column - 1 - _BEFORE) if len(text) > _WIDTH else 0
    before, after = "..." if start else "", "..." if len(text) > start + _WIDTH else ""
    head = f"  {line} | {before}"
    caret = " " * (len(head) + column - 1 - start) + "^"
    return f"{head}{text[start : start + _WIDTH]}{after}\n{caret}"


def _advice(code: str, message: str) -> str:
    for its_code, words, advice in _ADVICE:
        if its_code in ("", code) and words in message:
            return advice
    return "see the message; if it does not say more, run the query again."
