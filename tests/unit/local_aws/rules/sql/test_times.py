from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab_utils.local_aws.rules.sql.values import UNDEFINED
from tests.unit.local_aws.rules.sql.asking import value_of

MOMENT = 1_450_396_800_123
"""2015-12-18T00:00:00.123Z, a Friday."""

WRITTEN = [
    ("G C yyyy yy y YYYY", "UTC", "AD 20 2015 15 2015 2015"),
    ("xxxx ww e", "UTC", "2015 51 5"),
    ("D DDDD", "UTC", "352 0352"),
    ("M MM MMM MMMM", "UTC", "12 12 Dec December"),
    ("E EEE EEEE", "UTC", "Fri Fri Friday"),
    ("a K h H k", "UTC", "AM 0 12 0 24"),
    ("a KK hh HH kk", "Asia/Tokyo", "AM 09 09 09 09"),
    ("a K h H k", "America/New_York", "PM 7 7 19 19"),
    ("m ss S SS SSS SSSSS", "UTC", "0 00 1 12 123 12300"),
    ("z zzzz Z ZZ ZZZ", "UTC", "UTC Coordinated Universal Time +0000 +00:00 UTC"),
    ("z zzzz Z", "America/Los_Angeles", "PST Pacific Standard Time -0800"),
    ("ZZ ZZZ", "Asia/Kolkata", "+05:30 Asia/Kolkata"),
    ("HH:mm Z", "+01:30", "01:30 +0130"),
    ("HH z", "-05:00", "19 -05:00"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "UTC", "2015-12-18T00:00:00.123Z"),
    ("'o''clock' '' [é] #", "UTC", "o'clock ' [é] #"),
    ("", "UTC", ""),
]


@pytest.mark.parametrize(("pattern", "zone", "expected"), WRITTEN)
def test_a_time_is_written_as_joda_time_does(pattern: str, zone: str, expected: str) -> None:
    payload = {"pattern": pattern, "zone": zone, "time": MOMENT}
    assert value_of("parse_time(pattern, time, zone)", payload) == expected


@pytest.mark.parametrize(
    "call",
    [
        "parse_time('yyyy-QQ', 0)",
        "parse_time('b', 0)",
        "parse_time('''', 0, 'Mars/Olympus')",
        "parse_time('yyyy', 0, 'America')",
        "parse_time('yyyy', 0, '../../etc/passwd')",
        "parse_time('yyyy', 0, '+25:00')",
        "parse_time('yyyy', 'today')",
        "parse_time('yyyy', NULL)",
        "parse_time(NULL, 0)",
        "parse_time('yyyy', 0, NULL)",
        "parse_time('yyyy', 1e30)",
        "parse_time('''yyyy', 0)",
    ],
)
def test_what_is_no_pattern_time_or_zone_is_not_written(call: str) -> None:
    assert value_of(call) is UNDEFINED


def test_a_time_before_1970_and_one_as_text_are_written() -> None:
    assert value_of("parse_time('yyyy-MM-dd HH:mm:ss.SSS', -1)") == "1969-12-31 23:59:59.999"
    assert value_of("parse_time('ss', '61000')") == "01"


READ = [
    ("2015-12-18", "yyyy-MM-dd", "2015-12-18T00:00:00"),
    ("18/12/15", "dd/MM/yy", "2015-12-18T00:00:00"),
    ("20151218123456", "yyyyMMddHHmmss", "2015-12-18T12:34:56"),
    ("2015-12-18T01:02:03.4567Z", "yyyy-MM-dd'T'HH:mm:ss.SSSSX", "2015-12-18T01:02:03.456"),
    ("2015-12-18T01:02+05", "yyyy-MM-dd'T'HH:mmX", "2015-12-17T20:02:00"),
    ("2015-12-18T01:02+0530", "yyyy-MM-dd'T'HH:mmXX", "2015-12-17T19:32:00"),
    ("2015-12-18T01:02-05:30", "yyyy-MM-dd'T'HH:mmXXX", "2015-12-18T06:32:00"),
    ("2015-12-18T01:02+0000", "yyyy-MM-dd'T'HH:mmZ", "2015-12-18T01:02:00"),
    ("2015-12-18T01:02Z", "yyyy-MM-dd'T'HH:mmZZZZZ", "2015-12-18T01:02:00"),
    ("2015-12-18 01:02 GMT+2", "yyyy-MM-dd HH:mm O", "2015-12-17T23:02:00"),
    ("2015-12-18 01:02 Europe/Paris", "yyyy-MM-dd HH:mm VV", "2015-12-18T00:02:00"),
    ("2015-12-18 01:02 PST", "yyyy-MM-dd HH:mm z", "2015-12-18T09:02:00"),
    ("2015-12-18 01:02 +02:00", "yyyy-MM-dd HH:mm VV", "2015-12-17T23:02:00"),
    ("Fri, 8 Jan 2016 11:05 PM", "EEE, d MMM yyyy hh:mm a", "2016-01-08T23:05:00"),
    ("Friday 08 January 2016 12 AM", "EEEE dd MMMM uuuu h a", "2016-01-08T00:00:00"),
    ("2016-060", "yyyy-DDD", "2016-02-29T00:00:00"),
    ("2015-02-31", "yyyy-MM-dd", "2015-02-28T00:00:00"),
    ("2015-12-31 24:00", "yyyy-MM-dd HH:mm", "2016-01-01T00:00:00"),
    ("2015-12-18 24", "yyyy-MM-dd kk", "2015-12-18T00:00:00"),
    ("2015-12-18 1000", "yyyy-MM-dd A", "2015-12-18T00:00:01"),
    ("AD 2015-12-18", "G yyyy-MM-dd", "2015-12-18T00:00:00"),
    ("2015-12-18", "yyyy-MM-dd['T'HH:mm][ HH]", "2015-12-18T00:00:00"),
    ("2015-12-18 07", "yyyy-MM-dd['T'HH:mm][ HH]", "2015-12-18T07:00:00"),
    ("9999-12-31", "yyyy-MM-dd", "9999-12-31T00:00:00"),
    ("2021-03-14 02:30 America/New_York", "yyyy-MM-dd HH:mm VV", "2021-03-14T07:30:00"),
    ("2021-11-07 01:30 America/New_York", "yyyy-MM-dd HH:mm VV", "2021-11-07T05:30:00"),
]


@pytest.mark.parametrize(("text", "pattern", "expected"), READ)
def test_a_time_is_read_as_the_jdk_does(text: str, pattern: str, expected: str) -> None:
    moment = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    payload = {"text": text, "pattern": pattern}
    found = value_of("time_to_epoch(text, pattern)", payload)
    assert found == elapsed // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2015-12-18 ", "yyyy-MM-dd"),
        ("15-12-18", "yyyy-MM-dd"),
        ("2015-13-18", "yyyy-MM-dd"),
        ("2015-12-00", "yyyy-MM-dd"),
        ("2015-12-32", "yyyy-MM-dd"),
        ("0000-12-18", "yyyy-MM-dd"),
        ("2015-366", "yyyy-DDD"),
        ("BC 2015-12-18", "G yyyy-MM-dd"),
        ("18 december 2015", "dd MMMM yyyy"),
        ("Thu 2015-12-18", "EEE yyyy-MM-dd"),
        ("2015-12-18 24:01", "yyyy-MM-dd HH:mm"),
        ("2015-12-18 12:60", "yyyy-MM-dd HH:mm"),
        ("2015-12-18 5", "yyyy-MM-dd h"),
        ("2015-12-18 Mars/Olympus", "yyyy-MM-dd VV"),
        ("12:00", "HH:mm"),
        ("2015", "yyyy"),
        ("2015-12-18", "yyyy-MM-dd'"),
        ("2015-12-18", "yyyy-MM-ddd"),
        ("2015-W51", "YYYY-'W'ww"),
        ("2015-12-18", "[yyyy-MM-dd"),
        ("", ""),
    ],
)
def test_what_a_pattern_does_not_fit_is_undefined(text: str, pattern: str) -> None:
    payload = {"text": text, "pattern": pattern}
    assert value_of("time_to_epoch(text, pattern)", payload) is UNDEFINED


def test_a_time_survives_being_written_and_read() -> None:
    call = "time_to_epoch(parse_time(p, t, z), p)"
    for zone in ("UTC", "Europe/Berlin", "America/Belize", "Asia/Kathmandu", "+03:00"):
        for step in range(60):
            time: Any = step * 41 * 86_400_000 + step * 3_723_457
            payload = {"p": "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "t": time, "z": zone}
            assert value_of(call, payload) == time
