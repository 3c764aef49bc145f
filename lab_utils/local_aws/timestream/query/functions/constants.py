"""Arguments that must be constants, which are checked before the query runs."""

from __future__ import annotations

import re

from lab_utils.local_aws.timestream.query.coercion import Typed
from lab_utils.local_aws.timestream.query.functions.base import Call

_CAST = re.compile(r"CAST\((\S+) AS (?:BIGINT|DOUBLE)\)")


def constant_number(call: Call, value: Typed, what: str) -> float:
    """Return the value of a number that is written out in the query.

    Args:
        call: The call, for the error.
        value: The argument.
        what: What it is called in the error.

    Raises:
        SqlError: It is no literal.
    """
    number = number_of(value.sql)
    if number is None:
        raise call.error(f"{what} of {call.name} must be a constant")
    return number


def number_of(sql: str) -> float | None:
    """Return the number that DuckDB SQL writes out, None if it is more than a number."""
    text = _CAST.sub(r"\1", sql).strip("() ")
    try:
        return float(text)
    except ValueError:
        return None
