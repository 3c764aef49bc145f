"""Regular expressions, by RE2: no look-around, no back references, but never slow.

What else Java writes otherwise is rewritten: ``(?<name>...)`` in patterns, ``$1``, ``${name}``
and ``\\$`` in replacements; a named group needs a literal pattern.

Source: Timestream developer guide, "Regular expression functions".
"""

from __future__ import annotations

import re

from lab_utils.local_aws.timestream.query.coercion import Typed, can_coerce, coerce
from lab_utils.local_aws.timestream.query.functions.base import Call, Entry, Signature
from lab_utils.local_aws.timestream.query.functions.failures import once, quoted, unless_null
from lab_utils.local_aws.timestream.query.functions.lambdas import apply
from lab_utils.local_aws.timestream.query.types import BIGINT, BOOLEAN, VARCHAR, array

_REPLACE_FORMS = (
    "regexp_replace(varchar, varchar), regexp_replace(varchar, varchar, varchar), "
    "regexp_replace(varchar, varchar, function(array(varchar), varchar))"
)
# A group that captures: "(" not escaped, not in a class, and not "(?:" or the like.
_PARENTHESIS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|(\((?!\?)|\(\?P?<(?![=!])(?P<name>\w+)>)")
_REFERENCE = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}", re.DOTALL)


def _replace(call: Call) -> Typed:
    arguments = call.arguments
    if len(arguments) not in (2, 3):
        raise call.wrong_arguments(_REPLACE_FORMS)
    fixed = [argument.typed() for argument in arguments if not argument.is_lambda]
    if any(a.is_lambda for a in arguments[:2]) or not all(
        can_coerce(value.type, VARCHAR) for value in fixed
    ):
        raise call.wrong_arguments(_REPLACE_FORMS)
    text, pattern = (coerce(value, VARCHAR) for value in fixed[:2])
    if len(arguments) == 3 and arguments[2].is_lambda:
        return _replace_by_function(call, text, pattern)
    replacement = _references(call, pattern, fixed[2]) if len(fixed) == 3 else "''"
    sql = f"ts_regexp_replace({text.sql}, {pattern.sql}, {replacement})"
    return Typed(sql, VARCHAR)


def _replace_by_function(call: Call, text: Typed, pattern: Typed) -> Typed:
    """Put what the function makes of each match's groups between the parts around it."""
    body = call.arguments[2].bind(array(VARCHAR))
    if not can_coerce(body.type, VARCHAR):
        raise call.wrong_arguments(_REPLACE_FORMS)
    count = len(_groups(call, pattern))
    groups = ", ".join(f"ts_m[{number}][ts_i]" for number in range(1, count + 1))
    matches = ", ".join(
        f"regexp_extract_all(ts_text, ts_pattern({pattern.sql}), {number})"
        for number in range(1, count + 1)
    )
    hits = f"len(regexp_extract_all(ts_text, ts_pattern({pattern.sql})))"
    made = apply(body.sql, f"CAST([{groups}] AS VARCHAR[])")
    # The function's results and the parts take turns; there is one part more.
    parts = f"regexp_split_to_array(ts_text, ts_pattern({pattern.sql}))"
    replaced = (
        f"list_transform([CAST([{matches}] AS VARCHAR[][])], lambda ts_m:"
        f" list_transform([{parts}], lambda ts_p: array_to_string(list_transform("
        f"range(1, {hits} + 1), lambda ts_i: ts_p[ts_i] || ts_made({made}, len(ts_p))), '')"
        f" || ts_p[-1])[1])[1]"
    )
    return Typed(once(text.sql, "ts_text", replaced), VARCHAR)


def _groups(call: Call, pattern: Typed) -> list[str | None]:
    """Return the names of a literal pattern's groups, in order."""
    if not isinstance(pattern.literal, str):
        raise call.error(f"the pattern of {call.name} with named groups must be a literal")
    return [m["name"] for m in _PARENTHESIS.finditer(pattern.literal) if m[1]]


def _references(call: Call, pattern: Typed, replacement: Typed) -> str:
    """Return a replacement with ``$1`` as RE2's ``\\1``."""
    if not isinstance(replacement.literal, str):
        return f"ts_replacement({coerce(replacement, VARCHAR).sql})"

    def rewrite(match: re.Match[str]) -> str:
        if match[1]:
            return "\\\\" if match[1] == "\\" else match[1]
        if match[2]:
            return f"\\{match[2]}"
        names = _groups(call, pattern)
        if match[3] not in names:
            raise call.error(f"No group with name {{{match[3]}}}")
        return f"\\{names.index(match[3]) + 1}"

    return quoted(_REFERENCE.sub(rewrite, replacement.literal))


def _extract(sql: str, returns: str = "") -> list[Signature]:
    kind = VARCHAR if returns else array(VARCHAR)
    pattern = f"{sql}({{0}}, ts_pattern({{1}}), "
    return [
        Signature((VARCHAR, VARCHAR), kind, f"{pattern}0){returns}"),
        Signature((VARCHAR, VARCHAR, BIGINT), kind, f"{pattern}CAST({{2}} AS INTEGER)){returns}"),
    ]


FUNCTIONS: dict[str, Entry] = {
    "regexp_extract_all": _extract("regexp_extract_all"),
    # Null without a match; DuckDB's own regexp_extract gives an empty text.
    "regexp_extract": _extract("regexp_extract_all", "[1]"),
    "regexp_like": [
        Signature((VARCHAR, VARCHAR), BOOLEAN, "regexp_matches({0}, ts_pattern({1}))"),
    ],
    "regexp_replace": _replace,
    "regexp_split": [
        Signature((VARCHAR, VARCHAR), array(VARCHAR), "ts_regexp_split({0}, {1})"),
    ],
}

MACROS = (
    "CREATE OR REPLACE MACRO ts_pattern(pattern) AS"
    r" regexp_replace(pattern, '(^|[^\\])\(\?<(\w)', '\1(?P<\2', 'g')",
    "CREATE OR REPLACE MACRO ts_made(made, parts) AS CASE WHEN made IS NULL"
    " OR ts_is_too_long(strlen(made) * parts) THEN '' ELSE made END",
    # A replacement may stand after every character, and hold the whole text.
    "CREATE OR REPLACE MACRO ts_regexp_replace(text, pattern, swap) AS CASE WHEN NOT"
    " ts_is_too_long((strlen(text) + 1) * strlen(swap))"
    " THEN regexp_replace(text, ts_pattern(pattern),"
    " ts_short(swap, strlen(text) + 1), 'g') END",
    "CREATE OR REPLACE MACRO ts_regexp_split(text, pattern) AS "
    + unless_null("pattern", result="regexp_split_to_array(text, ts_pattern(pattern))"),
    "CREATE OR REPLACE MACRO ts_replacement(text) AS"
    r" replace(regexp_replace(text, '(^|[^\\])\$(\d)', '\1\\\2', 'g'), '\$', '$')",
)
