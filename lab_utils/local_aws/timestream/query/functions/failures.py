"""How the SQL of a function is put together: its failures, nulls, and repeated arguments.

DuckDB's own ``error()`` is volatile, and TRY refuses what is volatile. A cast that cannot
work is not, and TRY turns it into null as Timestream does.
"""

from __future__ import annotations

FAILURE_MARK = "!"
"""Stands before our text in DuckDB's ``Could not convert string '!text' to BOOL``."""

# Our choice. Timestream's varchar has 2 KB, and a row of a result 1 MB; DuckDB does not count
# what a text takes while it is made.
LONGEST_TEXT = 10_000_000
TOO_LONG = f"'A value would be larger than {LONGEST_TEXT} bytes'"

MACROS = (
    f"CREATE OR REPLACE MACRO ts_fail(text) AS CAST('{FAILURE_MARK}' || text AS BOOLEAN)",
    "CREATE OR REPLACE MACRO ts_is_too_long(bytes) AS"
    f" CASE WHEN bytes > {LONGEST_TEXT} THEN ts_fail({TOO_LONG}) ELSE false END",
    # DuckDB may compute a branch that a check forbids, to see whether it is constant: what is
    # too long must be short in there.
    "CREATE OR REPLACE MACRO ts_short(text, times) AS"
    f" CASE WHEN strlen(text) * times > {LONGEST_TEXT} THEN '' ELSE text END",
    # DuckDB's least and greatest pass over nulls.
    "CREATE OR REPLACE MACRO ts_clamp(x, low, high) AS"
    " CASE WHEN x < low THEN low WHEN x > high THEN high ELSE x END",
)


def quoted(text: str) -> str:
    """Return a text as a DuckDB literal."""
    return "'" + text.replace("'", "''") + "'"


def checked(*checks: tuple[str, str], result: str) -> str:
    """Return DuckDB SQL of a result that is only computed after some checks.

    Args:
        checks: Pairs of a condition (DuckDB SQL) that must not be true, and the SQL of the
            text to fail with if it is.
        result: DuckDB SQL of the result.
    """
    cases = " ".join(f"WHEN {condition} THEN ts_fail({text})" for condition, text in checks)
    return f"CASE WHEN CASE {cases} END THEN NULL ELSE {result} END"


def unless_null(*names: str, result: str) -> str:
    """Return DuckDB SQL of a result that is null if one of some values is."""
    return f"CASE WHEN {' AND '.join(f'{name} IS NOT NULL' for name in names)} THEN {result} END"


def once(value: str, name: str, body: str) -> str:
    """Return DuckDB SQL of a body in which a name stands for a value computed once.

    Inside a lambda DuckDB takes no subquery, but a name for its value. And a macro that names
    an argument several times makes nested calls grow by as much at each level.
    """
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def named(macro: str, *parameters: str) -> str:
    """Return the call of a macro whose arguments have been computed once."""
    packed = ", ".join(f"v{index} := {name}" for index, name in enumerate(parameters))
    names = ", ".join(f"q.v{index}" for index in range(len(parameters)))
    return once(f"struct_pack({packed})", "q", f"{macro}({names})")
