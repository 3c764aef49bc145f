"""Casts from text that DuckDB does otherwise than Timestream, as macros."""

from __future__ import annotations

from lab_utils.local_aws.timestream.query.functions.failures import checked

# Date, time of day, hours and minutes of the offset.
_TIMESTAMP = (
    r"\s*(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d{1,9})?)?)?))?"
    r"\s*(?:Z|UTC|([+-]\d{2}):?(\d{2}))?\s*"
)

CAST_MACROS = (
    # DuckDB rounds '12.7' to a whole number; Timestream refuses it.
    "CREATE OR REPLACE MACRO ts_whole(x, kind) AS "
    + checked(
        (
            r"NOT regexp_full_match(x, '\s*[+-]?\d+\s*')",
            "'Cannot cast ''' || x || ''' to ' || kind",
        ),
        result="x",
    ),
    # The time of day may be short; an offset is applied, which DuckDB's cast leaves out.
    "CREATE OR REPLACE MACRO ts_full_time(x) AS x || CASE length(x) - length(replace(x, ':', ''))"
    " WHEN 0 THEN ':00:00' WHEN 1 THEN ':00' ELSE '' END",
    "CREATE OR REPLACE MACRO ts_offset_ns(hours, minutes) AS CASE hours WHEN '' THEN 0 ELSE"
    " (CAST(hours AS BIGINT) * 60 + CAST(left(hours, 1) || minutes AS BIGINT)) * 60000000000 END",
    "CREATE OR REPLACE MACRO ts_from_parts(p) AS make_timestamp_ns("
    "epoch_ns(CAST(p.d || ' ' || ts_full_time(coalesce(nullif(p.t, ''), '00')) AS TIMESTAMP_NS))"
    " - ts_offset_ns(p.h, p.m))",
    "CREATE OR REPLACE MACRO ts_timestamp(x) AS list_transform([x], lambda ts_x: "
    + checked(
        (
            f"NOT regexp_full_match(ts_x, '{_TIMESTAMP}', 'i')",
            "'Value cannot be cast to timestamp: ' || ts_x",
        ),
        result=f"ts_from_parts(regexp_extract(ts_x, '^{_TIMESTAMP}$', ['d', 't', 'h', 'm'], 'i'))",
    )
    + ")[1]",
)
