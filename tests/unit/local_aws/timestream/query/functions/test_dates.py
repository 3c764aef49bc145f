from __future__ import annotations

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import (
    NOW,
    answer,
    refusal,
    rows,
    value,
)


def test_the_time_is_the_one_that_the_query_is_given() -> None:
    assert value("now()") == value("current_timestamp") == value("localtimestamp") == NOW
    assert answer("current_date") == ("date", NOW[:10])
    assert answer("current_time") == answer("localtime") == ("time", NOW[11:])


def test_ago_takes_both_kinds_of_interval() -> None:
    assert answer("ago(1d)") == ("timestamp", "2023-11-13 22:13:20.123456789")
    assert value("ago(1ns)") == "2023-11-14 22:13:20.123456788"
    assert value("ago(1month)") == "2023-10-14 22:13:20.123456789"
    assert "function ago" in refusal("ago('7d')")


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        ("second", "2022-06-17 17:44:43.000000000"),
        ("minute", "2022-06-17 17:44:00.000000000"),
        ("hour", "2022-06-17 17:00:00.000000000"),
        ("day", "2022-06-17 00:00:00.000000000"),
        ("week", "2022-06-13 00:00:00.000000000"),
        ("month", "2022-06-01 00:00:00.000000000"),
        ("quarter", "2022-04-01 00:00:00.000000000"),
        ("YEAR", "2022-01-01 00:00:00.000000000"),
    ],
)
def test_date_trunc_goes_back_to_the_start_of_its_unit(unit: str, start: str) -> None:
    assert value(f"date_trunc('{unit}', TIMESTAMP '2022-06-17 17:44:43.771000678')") == start


@pytest.mark.parametrize(
    "query",
    [
        "date_trunc('fortnight', now())",
        "date_add('fortnight', 1, now())",
        "date_diff('fortnight', now(), now())",
    ],
)
def test_a_unit_that_does_not_exist_is_named(query: str) -> None:
    assert refusal(query) == "'fortnight' is not a valid TIMESTAMP field"
    assert value(f"try({query})") is None


def test_date_add_keeps_nanoseconds_and_the_last_day_of_a_month() -> None:
    start = "TIMESTAMP '2024-01-31 00:00:00.000000001'"
    assert value(f"date_add('month', 1, {start})") == "2024-02-29 00:00:00.000000001"
    assert value(f"date_add('quarter', -1, {start})") == "2023-10-31 00:00:00.000000001"
    assert value(f"date_add('week', 1, {start})") == "2024-02-07 00:00:00.000000001"


def test_date_add_to_a_date_gives_a_date_and_takes_no_hours() -> None:
    assert answer("date_add('day', 3, DATE '2022-05-30')") == ("date", "2022-06-02")
    assert refusal("date_add('hour', 3, DATE '2022-05-30')") == "'hour' is not a valid DATE field"


def test_date_add_to_a_time_goes_round_the_clock() -> None:
    assert answer("date_add('hour', 2, current_time)") == ("time", "00:13:20.123456789")
    assert value("date_add('hour', -23, current_time)") == "23:13:20.123456789"
    assert refusal("date_add('day', 2, current_time)") == "'day' is not a valid TIME field"


@pytest.mark.parametrize(
    ("unit", "first", "second", "difference"),
    [
        ("day", "2020-03-01 12:00", "2020-03-02 11:00", "0"),
        ("second", "2020-03-01 12:00:00.5", "2020-03-01 12:00:02.4", "1"),
        ("hour", "2020-03-02", "2020-03-01", "-24"),
        ("week", "2021-01-31", "2021-03-31", "8"),
        ("month", "2020-01-31", "2020-02-29", "1"),
        ("month", "2020-01-30", "2020-03-01", "1"),
        ("quarter", "2020-01-01", "2020-12-31", "3"),
        ("year", "2021-01-31", "2019-12-29", "-1"),
    ],
)
def test_date_diff_counts_whole_units(unit: str, first: str, second: str, difference: str) -> None:
    query = f"date_diff('{unit}', TIMESTAMP '{first}', TIMESTAMP '{second}')"
    assert answer(query) == ("bigint", difference)


def test_date_diff_of_dates_takes_dates_only_apart_in_days_or_more() -> None:
    assert value("date_diff('month', DATE '2020-01-01', DATE '2020-12-31')") == "11"
    assert "DATE field" in refusal("date_diff('hour', DATE '2020-01-01', DATE '2020-12-31')")


def test_bin_is_a_floor_also_before_1970() -> None:
    assert value("bin(TIMESTAMP '1969-12-31 10:15', 1d)") == "1969-12-31 00:00:00.000000000"
    assert value("bin(TIMESTAMP '2022-06-17 10:15', 1ns)") == "2022-06-17 10:15:00.000000000"
    assert value("bin('2022-06-17 10:15', 2h)") == "2022-06-17 10:00:00.000000000"


def test_bin_takes_a_positive_interval_of_days_or_seconds() -> None:
    assert refusal("bin(now(), 0s)") == "bin interval must be positive"
    assert refusal("bin(now(), 1month)").endswith(
        "line 1:8: Unexpected parameters (timestamp, interval year to month) for function bin."
        " Expected: bin(timestamp, interval day to second)"
    )


def test_durations_are_read_with_blanks_and_fractions() -> None:
    assert value("parse_duration('1 day')") == "1 00:00:00.000000000"
    assert value("parse_duration('1.5h')") == "0 01:30:00.000000000"
    assert answer("parse_duration('14month')") == ("interval year to month", "1-2")
    assert "Invalid duration: 1 fortnight" in refusal("parse_duration('1 fortnight')")


def test_a_computed_duration_is_one_of_days_and_seconds() -> None:
    column = "FROM (VALUES '42.8ms') AS t(c)"
    assert answer(f"parse_duration(t.c) {column}") == (
        "interval day to second",
        "0 00:00:00.042800000",
    )
    assert refusal(f"parse_duration(t.c || 'x') {column}") == "Invalid duration: 42.8msx"


def test_the_fields_of_intervals_and_times_are_read_like_those_of_timestamps() -> None:
    span = "interval '1 21:04:05.006000007' day to second"
    ((*fields,),) = rows(
        f"SELECT day({span}), hour({span}), minute({span}), second({span}), millisecond({span}),"
        f" nanosecond({span}), year(interval '2-7' year to month), month(interval '2-7' year to"
        " month), hour(current_time), nanosecond(current_time)"
    )
    assert [field for _, field in fields] == [
        *("1", "21", "4", "5", "6", "6000007", "2", "7", "22", "123456789")
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [("WEEK", "53"), ("YOW", "2020"), ("DOW", "5"), ("DOY", "1"), ("QUARTER", "1")],
)
def test_extract_follows_iso_weeks(field: str, expected: str) -> None:
    assert answer(f"extract({field} FROM DATE '2021-01-01')") == ("bigint", expected)


def test_unix_times_are_rounded_to_milliseconds() -> None:
    assert value("from_unixtime(1655487883.7714)") == "2022-06-17 17:44:43.771000000"
    assert value("to_iso8601(from_nanoseconds(1))") == "1970-01-01T00:00:00.000000001"


def test_a_null_gives_a_null() -> None:
    for query in ("bin(NULL, 1d)", "date_trunc('day', NULL)", "year(NULL)", "from_unixtime(NULL)"):
        assert value(query) is None
