"""Every example that AWS prints with its result, page by page.

Source: Timestream developer guide, "Query language reference". Where a page prints something
that cannot be, the difference is said beside it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal

MOMENT = "'2019-10-12 23:10:34.000000000'"
FOUR = "FROM (VALUES 1, 2, 3, 4) AS t(c)"
FIVE = "FROM (VALUES 1, 2, 3, 4, 8) AS t(c1)"
TRUTHS = "FROM (VALUES true, true, false, true) AS t(c)"
LETTERS = "FROM (VALUES (('a', 1)), (('b', 2)), (('c', 3)), (('d', 4))) AS t(c1, c2)"
PAIRS = "FROM (VALUES ((1, 1)), ((2, 2)), ((3, 3)), ((4, 4))) AS t(c1, c2)"

Example = tuple[str, str, Any]

DATE_TIME_FUNCTIONS: list[Example] = [
    ("current_timezone()", "varchar", "UTC"),
    ("date(TIMESTAMP '2022-07-07 17:44:43.771000000')", "date", "2022-07-07"),
    ("last_day_of_month(TIMESTAMP '2022-07-07 17:44:43.771000000')", "date", "2022-07-31"),
    (
        "from_iso8601_timestamp('2022-06-17T08:04:05.000000000+05:00')",
        "timestamp",
        "2022-06-17 03:04:05.000000000",
    ),
    ("from_iso8601_date('2022-07-17')", "date", "2022-07-17"),
    ("to_iso8601(from_iso8601_date('2022-06-17'))", "varchar", "2022-06-17"),
    ("from_milliseconds(1)", "timestamp", "1970-01-01 00:00:00.001000000"),
    ("from_nanoseconds(300000001)", "timestamp", "1970-01-01 00:00:00.300000001"),
    ("from_unixtime(1)", "timestamp", "1970-01-01 00:00:01.000000000"),
    ("to_milliseconds(INTERVAL '2' DAY + INTERVAL '3' HOUR)", "bigint", "183600000"),
    ("to_milliseconds(TIMESTAMP '2022-06-17 17:44:43.771000000')", "bigint", "1655487883771"),
    ("to_nanoseconds(INTERVAL '2' DAY + INTERVAL '3' HOUR)", "bigint", "183600000000000"),
    ("to_nanoseconds(TIMESTAMP '2022-06-17 17:44:43.771000678')", "bigint", "1655487883771000678"),
    ("to_unixtime('2022-06-17 17:44:43.771000000')", "double", "1.6554878837710001E9"),
    (
        "date_trunc('minute', TIMESTAMP '2022-06-17 17:44:43.771000000')",
        "timestamp",
        "2022-06-17 17:44:00.000000000",
    ),
    (
        "date_add('hour', 9, TIMESTAMP '2022-06-17 00:00:00')",
        "timestamp",
        "2022-06-17 09:00:00.000000000",
    ),
    ("date_diff('day', DATE '2020-03-01', DATE '2020-03-02')", "bigint", "1"),
    ("parse_duration('42.8ms')", "interval day to second", "0 00:00:00.042800000"),
    ("typeof(parse_duration('42.8ms'))", "varchar", "interval day to second"),
    ("bin(TIMESTAMP '2022-06-17 10:15:20', 5m)", "timestamp", "2022-06-17 10:15:00.000000000"),
    ("bin(TIMESTAMP '2022-06-17 10:15:20', 1d)", "timestamp", "2022-06-17 00:00:00.000000000"),
    ("bin(TIMESTAMP '2022-06-17 10:15:20', 10day)", "timestamp", "2022-06-17 00:00:00.000000000"),
    ("bin(TIMESTAMP '2022-06-17 10:15:20', 30day)", "timestamp", "2022-05-28 00:00:00.000000000"),
    ("parse_duration('1day')", "interval day to second", "1 00:00:00.000000000"),
    ("1day", "interval day to second", "1 00:00:00.000000000"),
    ("parse_duration('1d')", "interval day to second", "1 00:00:00.000000000"),
    ("1d", "interval day to second", "1 00:00:00.000000000"),
    ("1year", "interval year to month", "1-0"),
    ("12month", "interval year to month", "1-0"),
    ("8month", "interval year to month", "0-8"),
    (
        "date_format(TIMESTAMP '2019-10-20 10:20:20', '%Y-%m-%d %H:%i:%s')",
        "varchar",
        "2019-10-20 10:20:20",
    ),
    (
        "date_parse('2019-10-20 10:20:20', '%Y-%m-%d %H:%i:%s')",
        "timestamp",
        "2019-10-20 10:20:20.000000000",
    ),
    (
        "format_datetime(parse_datetime('1968-01-13 12', 'yyyy-MM-dd HH'), 'yyyy-MM-dd HH')",
        "varchar",
        "1968-01-13 12",
    ),
    (
        "parse_datetime('2019-12-29 10:10 PST', 'uuuu-LL-dd HH:mm z')",
        "timestamp",
        "2019-12-29 18:10:00.000000000",
    ),
    (f"extract(YEAR FROM {MOMENT})", "bigint", "2019"),
    (f"day({MOMENT})", "bigint", "12"),
    (f"day_of_month({MOMENT})", "bigint", "12"),
    (f"day_of_week({MOMENT})", "bigint", "6"),
    (f"day_of_year({MOMENT})", "bigint", "285"),
    (f"dow({MOMENT})", "bigint", "6"),
    (f"doy({MOMENT})", "bigint", "285"),
    (f"hour({MOMENT})", "bigint", "23"),
    (f"millisecond({MOMENT})", "bigint", "0"),
    (f"minute({MOMENT})", "bigint", "10"),
    (f"month({MOMENT})", "bigint", "10"),
    ("nanosecond(TIMESTAMP '2022-07-07 17:44:43.162')", "bigint", "162000000"),
    (f"quarter({MOMENT})", "bigint", "4"),
    (f"second({MOMENT})", "bigint", "34"),
    (f"week({MOMENT})", "bigint", "41"),
    (f"week_of_year({MOMENT})", "bigint", "41"),
    (f"year({MOMENT})", "bigint", "2019"),
    (f"year_of_week({MOMENT})", "bigint", "2019"),
    (f"yow({MOMENT})", "bigint", "2019"),
]

DATE_TIME_OPERATORS: list[Example] = [
    ("date '2022-05-21' + interval '2' day", "date", "2022-05-23"),
    ("date '2022-05-21' + 2d", "date", "2022-05-23"),
    ("date '2022-05-21' + 2day", "date", "2022-05-23"),
    ("interval '4' year + interval '2' month", "interval year to month", "4-2"),
    ("typeof(interval '4' year + interval '2' month)", "varchar", "interval year to month"),
    ("typeof(date '2022-05-21' + interval '2' day)", "varchar", "date"),
    (
        "timestamp '2022-06-17 01:00' - interval '7' hour",
        "timestamp",
        "2022-06-16 18:00:00.000000000",
    ),
    ("typeof(timestamp '2022-06-17 01:00' - interval '7' hour)", "varchar", "timestamp"),
    ("interval '6' day - interval '4' hour", "interval day to second", "5 20:00:00.000000000"),
]

DAYS = [f"2023-04-0{day} 19:26:12.941000000" for day in range(2, 7)]
ARRAY_FUNCTIONS: list[Example] = [
    ("array_distinct(ARRAY[1,2,2,3])", "array(integer)", ["1", "2", "3"]),
    ("array_intersect(ARRAY[1,2,3], ARRAY[3,4,5])", "array(integer)", ["3"]),
    ("array_union(ARRAY[1,2,3], ARRAY[3,4,5])", "array(integer)", ["1", "2", "3", "4", "5"]),
    ("array_except(ARRAY[1,2,3], ARRAY[3,4,5])", "array(integer)", ["1", "2"]),
    ("array_join(ARRAY[1,2,3], ';', '')", "varchar", "1;2;3"),
    ("array_max(ARRAY[1,2,3])", "integer", "3"),
    ("array_min(ARRAY[1,2,3])", "integer", "1"),
    ("array_position(ARRAY[3,4,5,9], 5)", "bigint", "3"),
    ("array_remove(ARRAY[3,4,5,9], 4)", "array(integer)", ["3", "5", "9"]),
    ("array_sort(ARRAY[6,8,2,9,3])", "array(integer)", ["2", "3", "6", "8", "9"]),
    ("arrays_overlap(ARRAY[6,8,2,9,3], ARRAY[6,8])", "boolean", "true"),
    ("cardinality(ARRAY[6,8,2,9,3])", "bigint", "5"),
    (
        "concat(ARRAY[6,8,2,9,3], ARRAY[11,32], ARRAY[6,8,2,0,14])",
        "array(integer)",
        ["6", "8", "2", "9", "3", "11", "32", "6", "8", "2", "0", "14"],
    ),
    ("element_at(ARRAY[6,8,2,9,3], 1)", "integer", "6"),
    ("repeat(1, 3)", "array(integer)", ["1", "1", "1"]),
    ("reverse(ARRAY[6,8,2,9,3])", "array(integer)", ["3", "9", "2", "8", "6"]),
    ("sequence(3, 8)", "array(bigint)", ["3", "4", "5", "6", "7", "8"]),
    ("sequence(3, 15, 2)", "array(bigint)", ["3", "5", "7", "9", "11", "13", "15"]),
    (f"sequence('{DAYS[0]}', '{DAYS[-1]}', 1d)", "array(timestamp)", DAYS),
    (f"sequence('{DAYS[0]}', '{DAYS[-1]}')", "array(timestamp)", DAYS),
    (f"sequence('{DAYS[0]}', '{DAYS[-1]}', 2d)", "array(timestamp)", DAYS[::2]),
    ("slice(ARRAY[6,8,2,9,3], 1, 3)", "array(integer)", ["6", "8", "2"]),
    (
        "zip(ARRAY[6,8,2,9,3], ARRAY[15,24])",
        "array(row(integer, integer))",
        [("6", "15"), ("8", "24"), ("2", None), ("9", None), ("3", None)],
    ),
]

BITWISE_FUNCTIONS: list[Example] = [
    ("bit_count(19, 8)", "bigint", "3"),
    ("bitwise_and(12, 7)", "bigint", "4"),
    ("bitwise_not(12)", "bigint", "-13"),
    ("bitwise_or(12, 7)", "bigint", "15"),
    ("bitwise_xor(12, 7)", "bigint", "11"),
]

REGEX_FUNCTIONS: list[Example] = [
    (r"regexp_extract_all('example expect complex', 'ex\w')", "array(varchar)", ["exa", "exp"]),
    (
        r"regexp_extract_all('example expect complex', '(ex)(\w)', 2)",
        "array(varchar)",
        ["a", "p"],
    ),
    (r"regexp_extract('example expect', 'ex\w')", "varchar", "exa"),
    (r"regexp_extract('example expect', '(ex)(\w)', 2)", "varchar", "a"),
    ("regexp_like('example', 'ex')", "boolean", "true"),
    # Printed without the blank that stands before the match.
    ("regexp_replace('example expect', 'expect')", "varchar", "example "),
    ("regexp_replace('example expect', 'expect', 'surprise')", "varchar", "example surprise"),
    (r"regexp_replace('example', '(\w)', x -> upper(x[1]))", "varchar", "EXAMPLE"),
    ("regexp_split('example', 'x')", "array(varchar)", ["e", "ample"]),
]

AGGREGATES: list[Example] = [
    (f"arbitrary(t.c) {FOUR}", "integer", "1"),
    (f"array_agg(t.c) {FOUR}", "array(integer)", ["1", "2", "3", "4"]),
    (f"avg(t.c) {FOUR}", "double", "2.5"),
    (f"bool_and(t.c) {TRUTHS}", "boolean", "false"),
    (f"every(t.c) {TRUTHS}", "boolean", "false"),
    (f"bool_or(t.c) {TRUTHS}", "boolean", "true"),
    (f"count(t.c) {TRUTHS}", "bigint", "4"),
    (f"count(*) {TRUTHS}", "bigint", "4"),
    (f"count_if(t.c) {TRUTHS}", "bigint", "3"),
    (f"geometric_mean(t.c) {FOUR}", "double", "2.213363839400643"),
    (f"max_by(t.c1, t.c2) {LETTERS}", "varchar", "d"),
    (f"max_by(t.c1, t.c2, 2) {LETTERS}", "array(varchar)", ["d", "c"]),
    (f"min_by(t.c1, t.c2) {LETTERS}", "varchar", "a"),
    (f"min_by(t.c1, t.c2, 2) {LETTERS}", "array(varchar)", ["a", "b"]),
    (f"max(t.c) {FOUR}", "integer", "4"),
    (f"max(t.c, 2) {FOUR}", "array(integer)", ["4", "3"]),
    (f"min(t.c) {FOUR}", "integer", "1"),
    (f"min(t.c, 2) {FOUR}", "array(integer)", ["1", "2"]),
    (f"sum(t.c) {FOUR}", "bigint", "10"),
    ("bitwise_and_agg(t.c) FROM (VALUES 1, -3) AS t(c)", "bigint", "1"),
    ("bitwise_or_agg(t.c) FROM (VALUES 1, -3) AS t(c)", "bigint", "-3"),
    ("approx_distinct(t.c) FROM (VALUES 1, 2, 3, 4, 8) AS t(c)", "bigint", "5"),
    ("approx_distinct(t.c, 0.2) FROM (VALUES 1, 2, 3, 4, 8) AS t(c)", "bigint", "5"),
    (f"approx_percentile(t.c, 0.4) {FOUR}", "integer", "2"),
    (f"approx_percentile(t.c, ARRAY[0.1, 0.8, 0.8]) {FOUR}", "array(integer)", ["1", "4", "4"]),
    (f"approx_percentile(t.c, 1, 0.1) {FOUR}", "integer", "1"),
    (f"approx_percentile(t.c, 1, ARRAY[0.1, 0.8, 0.8]) {FOUR}", "array(integer)", ["1", "4", "4"]),
    (f"approx_percentile(t.c, 1, 0.1, 0.5) {FOUR}", "integer", "1"),
    (f"corr(t.c1, t.c2) {PAIRS}", "double", "1.0"),
    (f"covar_pop(t.c1, t.c2) {PAIRS}", "double", "1.25"),
    (f"covar_samp(t.c1, t.c2) {PAIRS}", "double", "1.6666666666666667"),
    (f"regr_intercept(t.c1, t.c2) {PAIRS}", "double", "0.0"),
    (f"regr_slope(t.c1, t.c2) {PAIRS}", "double", "1.0"),
    (f"skewness(t.c1) {FIVE}", "double", "0.8978957037987335"),
    (f"stddev_pop(t.c1) {FIVE}", "double", "2.4166091947189146"),
    (f"stddev_samp(t.c1) {FIVE}", "double", "2.701851217221259"),
    (f"stddev(t.c1) {FIVE}", "double", "2.701851217221259"),
    (f"var_pop(t.c1) {FIVE}", "double", "5.840000000000001"),
    (f"var_samp(t.c1) {FIVE}", "double", "7.300000000000001"),
    (f"variance(t.c1) {FIVE}", "double", "7.300000000000001"),
]

EXAMPLES = [
    *DATE_TIME_FUNCTIONS,
    *DATE_TIME_OPERATORS,
    *ARRAY_FUNCTIONS,
    *BITWISE_FUNCTIONS,
    *REGEX_FUNCTIONS,
    *AGGREGATES,
]


@pytest.mark.parametrize(("query", "kind", "expected"), EXAMPLES, ids=lambda part: str(part)[:60])
def test_a_printed_example_gives_its_printed_result(query: str, kind: str, expected: Any) -> None:
    assert answer(query) == (kind, expected)


def test_shuffle_keeps_the_elements() -> None:
    kind, elements = answer("shuffle(ARRAY[6,8,2,9,3])")
    assert kind == "array(integer)"
    assert sorted(elements) == ["2", "3", "6", "8", "9"]


def test_bit_count_names_the_number_that_does_not_fit() -> None:
    assert refusal("bit_count(19, 2)") == (
        "Number must be representable with the bits specified."
        " 19 can not be represented with 2 bits"
    )
