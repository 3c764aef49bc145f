"""Values of a notebook's variables in the text of a query."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from numbers import Integral
from typing import Any

import pandas as pd

from lab_utils.errors import QueryError

# What stands in quotes or in a comment comes first, so that braces in it stay as they are.
_PART = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|\{(?P<name>[^\W\d]\w*)\}")


def fill_in(sql: str, variables: Mapping[str, Any]) -> str:
    """Return SQL with the values of variables in place of their names in braces.

    Args:
        sql: The text; ``{name}`` within quotes or a comment stays as it is.
        variables: The values: texts, numbers, truth values, times or None.

    Raises:
        QueryError: There is no such variable, or its value cannot be written as SQL.
    """

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in variables:
            raise QueryError(
                "fill in the query",
                f"{match[0]} names no variable of this notebook.",
                "give it a value in a cell before, or mend the name.",
            )
        return literal(variables[name])

    return _PART.sub(value, sql)


def literal(value: object) -> str:
    """Return a value as Timestream's SQL writes it.

    Args:
        value: str, bool, int, a finite float, a time (one without a zone is taken for UTC), or
            None.

    Raises:
        QueryError: It is something else.

    Source:
        https://docs.aws.amazon.com/timestream/latest/developerguide/supported-data-types.html
    """
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Integral):  # NumPy's as well, as a column gives them.
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return repr(float(value))
    if isinstance(value, datetime) and not pd.isna(value):
        return f"timestamp '{_utc(value)}'"
    raise QueryError(
        "fill in the query",
        f"The value {value!r} is a {type(value).__name__}, which has no form in SQL here.",
        "give it as a text, a number, a truth value or a time.",
    )


def _utc(time: datetime) -> str:
    stamp = pd.Timestamp(time)
    utc = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond * 1000 + utc.nanosecond:09d}"
