from __future__ import annotations

import pytest

from tests.unit.local_aws.timestream.query.functions.answers import answer, refusal, value

MOMENT = "TIMESTAMP '2019-01-02 13:04:05.123456789'"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%a %W", "Wed Wednesday"),
        ("%b %M %c %m", "Jan January 1 01"),
        ("%d %e %j", "02 2 002"),
        ("%H %k %h %I %l", "13 13 01 01 1"),
        ("%i %s %S %f", "04 05 05 123456"),
        ("%p %r %T", "PM 01:04:05 PM 13:04:05"),
        ("%v %x %Y %y", "01 2019 2019 19"),
        ("100%% %z", "100% z"),
    ],
)
def test_date_format_knows_the_mysql_letters(pattern: str, text: str) -> None:
    assert answer(f"date_format({MOMENT}, '{pattern}')") == ("varchar", text)


def test_date_format_refuses_the_letters_that_presto_refuses() -> None:
    for letter in "DUuVwX":
        assert refusal(f"date_format({MOMENT}, '%{letter}')") == (
            f"%{letter} not currently supported in date format string"
        )


@pytest.mark.parametrize(
    ("text", "pattern", "moment"),
    [
        ("2019-10-20 10:20:20.123456789", "%Y-%m-%d %H:%i:%s.%f", "2019-10-20 10:20:20.123456789"),
        ("2019-10-20 10:20:20.5", "%Y-%m-%d %T.%f", "2019-10-20 10:20:20.500000000"),
        ("20191020", "%Y%m%d", "2019-10-20 00:00:00.000000000"),
        ("jan 5 70 1:02:03 pm", "%b %e %y %r", "1970-01-05 13:02:03.000000000"),
        ("2019 012", "%Y %j", "2019-01-12 00:00:00.000000000"),
    ],
)
def test_date_parse_reads_what_the_mysql_letters_say(text: str, pattern: str, moment: str) -> None:
    assert answer(f"date_parse('{text}', '{pattern}')") == ("timestamp", moment)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy yy y", "2019 19 2019"),
        ("M MM MMM MMMM L", "1 01 Jan January 1"),
        ("d dd D DDD", "2 02 2 002"),
        ("E EEEE e", "Wed Wednesday 3"),
        ("x w ww", "2019 1 01"),
        ("H HH h K k", "13 13 1 1 13"),
        ("m mm s ss a", "4 04 5 05 PM"),
        ("S SSS SSSSSSSSS", "1 123 123456789"),
        ("z Z ZZ", "UTC +0000 +00:00"),
        ("yyyy-MM-dd''T''HH ''''", "2019-01-02T13 '"),
        ("G C", "AD 20"),
    ],
)
def test_format_datetime_knows_the_joda_letters(pattern: str, text: str) -> None:
    assert answer(f"format_datetime({MOMENT}, '{pattern}')") == ("varchar", text)


@pytest.mark.parametrize(
    ("text", "pattern", "moment"),
    [
        ("2019/01/02 03:04:05.678 +0130", "yyyy/MM/dd HH:mm:ss.SSS Z", "2019-01-02 01:34:05.678"),
        ("2019-07-01 12 Europe/Paris", "yyyy-MM-dd HH z", "2019-07-01 10:00:00"),
        ("Jan 2 2019 12 AM", "MMM d yyyy h a", "2019-01-02 00:00:00"),
        ("03:04", "HH:mm", "1970-01-01 03:04:00"),
        ("29 Feb", "d MMM", "2000-02-29 00:00:00"),
        ("2019-366", "yyyy-DDD", None),
        ("2020 53 5", "x w e", "2021-01-01 00:00:00"),
    ],
)
def test_parse_datetime_reads_what_the_joda_letters_say(
    text: str, pattern: str, moment: str | None
) -> None:
    query = f"parse_datetime('{text}', '{pattern}')"
    if moment is None:
        assert refusal(query).startswith(f'Cannot parse "{text}"')
    else:
        assert value(query) == (f"{moment}." if "." not in moment else moment).ljust(29, "0")


def test_what_does_not_fit_the_pattern_is_quoted() -> None:
    assert refusal("date_parse('nonsense', '%Y')") == 'Invalid format: "nonsense"'
    assert refusal("parse_datetime('x', 'yyyy')") == 'Invalid format: "x"'
    assert refusal("date_parse('2019-13-01', '%Y-%m-%d')").startswith('Cannot parse "2019-13-01"')
    assert refusal(f"format_datetime({MOMENT}, 'bb')") == "Illegal pattern component: bb"
    for zone in ("XYZ", "America"):
        assert refusal(f"parse_datetime('2019 {zone}', 'yyyy z')") == (
            f"The datetime zone id '{zone}' is not recognised"
        )
    assert "1677" in refusal("date_parse('1500-01-01', '%Y-%m-%d')")


def test_try_turns_a_text_that_does_not_fit_into_null() -> None:
    assert value("try(date_parse('nonsense', '%Y'))") is None


def test_patterns_may_come_from_a_column() -> None:
    query = f"date_format({MOMENT}, t.c) FROM (VALUES '%Y') AS t(c)"
    assert value(query) == "2019"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022", "2022-01-01 00:00:00.000000000"),
        ("2022-06", "2022-06-01 00:00:00.000000000"),
        ("2022-06-17", "2022-06-17 00:00:00.000000000"),
        ("2022-06-17T08", "2022-06-17 08:00:00.000000000"),
        ("2022-06-17T08:04:05.123456789Z", "2022-06-17 08:04:05.123456789"),
        ("2022-06-17T08:04:05,5-0530", "2022-06-17 13:34:05.500000000"),
        ("2022-W24-5T01+02", "2022-06-16 23:00:00.000000000"),
        ("2022-168", "2022-06-17 00:00:00.000000000"),
    ],
)
def test_iso_8601_is_read_in_all_its_forms(text: str, moment: str) -> None:
    assert value(f"from_iso8601_timestamp('{text}')") == moment


def test_other_texts_are_not_iso_8601() -> None:
    assert refusal("from_iso8601_timestamp('2022-06-17 08:04')") == (
        'Invalid format: "2022-06-17 08:04"'
    )
    assert refusal("from_iso8601_date('17.06.2022')") == 'Invalid format: "17.06.2022"'
    assert value("from_iso8601_date('2022-W24-5')") == "2022-06-17"
