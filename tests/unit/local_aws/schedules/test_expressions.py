from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from lab_utils.local_aws.schedules.cron import ScheduleError
from lab_utils.local_aws.schedules.expressions import (
    Bounded,
    Schedule,
    parse_rule_schedule,
    parse_schedule,
)

START = datetime(2026, 11, 28, 10, 0, 30, tzinfo=UTC)  # a Saturday


def first(schedule: Schedule, count: int, after: datetime = START) -> list[str]:
    """Return the first occurrences after a moment, as texts to the minute."""
    found: list[str] = []
    moment: datetime | None = after
    while len(found) < count:
        moment = schedule.next_after(moment or after, START)
        if moment is None:
            break
        found.append(moment.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(1 hour)", 3600),
        ("rate(12 hours)", 43_200),
        ("rate(1 day)", 86_400),
        ("rate(7 days)", 604_800),
    ],
)
def test_a_rate_is_counted_from_its_start(expression: str, seconds: int) -> None:
    schedule, interval = parse_rule_schedule(expression), timedelta(seconds=seconds)
    assert schedule.next_after(START, START) == START + interval
    assert schedule.next_after(START + interval, START) == START + 2 * interval
    late = START + 10_000 * interval + timedelta(seconds=7)
    assert schedule.next_after(late, START) == START + 10_001 * interval


def test_a_rate_whose_start_is_still_to_come_waits_for_it() -> None:
    schedule = parse_rule_schedule("rate(1 minute)")
    before = START - timedelta(hours=1)
    assert schedule.next_after(before, START) == START + timedelta(minutes=1)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(30 seconds)",
        "rate(1 week)",
        "rate(-1 minutes)",
        "rate(1.5 hours)",
        "rate( 1 minute )",
        "rate(99999999999999 days)",
        "Rate(1 minute)",
        "1 minute",
        "at(2026-11-28T10:00:00)",
        "cron(* * * * *)",
        "cron(0 10 * * ? * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 10 0 * ? *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 * 13 ? *)",
        "cron(0 10 * JUNE ? *)",
        "cron(0 10 * ANF ? *)",
        "cron(0 10 ? * 0 *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 ? * UND *)",
        "cron(0 10 ? * 3#1,6#3 *)",
        "cron(0 10 ? * 3#6 *)",
        "cron(0 10 * * ? 1969)",
        "cron(0 10 * * ? 2200)",
        "cron(0/0 10 * * ? *)",
        "cron(? 10 * * ? *)",
        "cron(0 10 0W * ? *)",
        "cron(0,,5 10 * * ? *)",
        "cron()",
        "rate(1 minute) ",
        "",
    ],
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError):
        parse_rule_schedule(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-11-29 10:00", "2026-11-30 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-11-28 12:15", "2026-11-29 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-11-30 18:00", "2026-12-01 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-12-01 08:00", "2027-01-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-11-28 10:15", "2026-11-28 10:30", "2026-11-28 10:45"]),
        ("cron(1/10 * * * ? *)", ["2026-11-28 10:01", "2026-11-28 10:11"]),
        ("cron(0/5 8-17 ? * mon-fri *)", ["2026-11-30 08:00", "2026-11-30 08:05"]),
        ("cron(5,35 14 * * ? *)", ["2026-11-28 14:05", "2026-11-28 14:35", "2026-11-29 14:05"]),
        ("cron(15 10 ? * 6L 2019-2026)", ["2026-12-25 10:15"]),
        ("cron(15 10 ? * 6L 2019-2022)", []),
        ("cron(0 0 ? 3 6L 2028)", ["2028-03-31 00:00"]),
        ("cron(0 9 ? * 2#1 *)", ["2026-12-07 09:00", "2027-01-04 09:00"]),
        ("cron(0 9 ? * MON#5 *)", ["2026-11-30 09:00", "2027-03-29 09:00"]),
        ("cron(0 0 L * ? *)", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00"]),
        ("cron(0 0 LW JAN ? *)", ["2027-01-29 00:00", "2028-01-31 00:00"]),
        ("cron(0 0 ? * L *)", ["2026-12-05 00:00", "2026-12-12 00:00"]),
        ("cron(0 0 6W 12 ? *)", ["2026-12-07 00:00", "2027-12-06 00:00"]),
        ("cron(0 0 1W AUG ? 2026-2027)", ["2027-08-02 00:00"]),
        ("cron(0 0 1W 5 ? *)", ["2027-05-03 00:00", "2028-05-01 00:00"]),
        ("cron(0 0 31W 2-3 ? 2027)", ["2027-03-31 00:00"]),
        ("cron(0 0 31W 10 ? *)", ["2027-10-29 00:00", "2028-10-31 00:00"]),
        ("cron(0 0 29 FEB ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 29 2 ? 2097/1)", ["2104-02-29 00:00"]),
        ("cron(0 0 31 2 ? *)", []),
        ("cron(30 23 31 12 ? *)", ["2026-12-31 23:30", "2027-12-31 23:30"]),
        ("cron(0 0 1 1 ? 2027/50)", ["2027-01-01 00:00", "2077-01-01 00:00"]),
        ("cron(0 6 ? * FRI-MON *)", ["2026-11-29 06:00", "2026-11-30 06:00", "2026-12-04 06:00"]),
        ("cron(* * * * ? *)", ["2026-11-28 10:01", "2026-11-28 10:02"]),
    ],
)
def test_a_cron_expression_tells_its_next_occurrences(expression: str, expected: list[str]) -> None:
    # One more is asked for where no more are expected.
    count = len(expected) if len(expected) > 1 else 1
    assert first(parse_rule_schedule(expression), count) == expected


def test_an_occurrence_comes_after_the_moment_never_at_it() -> None:
    schedule = parse_rule_schedule("cron(* * * * ? *)")
    at_ten = START.replace(second=0)
    assert schedule.next_after(at_ten, START) == at_ten + timedelta(minutes=1)
    shortly_before = at_ten - timedelta(microseconds=1)
    assert schedule.next_after(shortly_before, START) == at_ten


def test_a_cron_of_the_scheduler_follows_its_zone() -> None:
    berlin = parse_schedule("cron(30 2 * * ? *)", "Europe/Berlin")
    before_summer = datetime(2027, 3, 27, 0, 0, tzinfo=UTC)
    assert first(berlin, 3, before_summer) == [
        "2027-03-27 01:30",
        "2027-03-28 01:30",  # 02:30 does not exist on this day
        "2027-03-29 00:30",
    ]
    nightly = parse_schedule("cron(0/30 2 * * ? *)", "Europe/Berlin")
    times = [START.replace(month=10, day=25, hour=0, minute=0, second=0)]
    while len(times) < 4:
        found = nightly.next_after(times[-1], START)
        assert found is not None
        times.append(found)
    assert all(earlier < later for earlier, later in pairwise(times))


def test_an_hour_that_comes_twice_counts_once() -> None:
    berlin = parse_schedule("cron(30 2 * * ? *)", "Europe/Berlin")
    in_the_second = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert first(berlin, 1, in_the_second) == ["2026-10-26 01:30"]


def test_a_bounded_schedule_may_be_due_at_both_bounds() -> None:
    begin = datetime(2026, 11, 28, 10, 5, tzinfo=UTC)
    every_minute = parse_rule_schedule("cron(* * * * ? *)")
    bounded = Bounded(every_minute, begin, begin + timedelta(minutes=1))
    assert first(bounded, 3) == ["2026-11-28 10:05", "2026-11-28 10:06"]
    assert first(Bounded(every_minute, None, None), 1) == ["2026-11-28 10:01"]


def test_the_scheduler_knows_a_single_moment() -> None:
    once = parse_schedule("at(2026-11-28T12:00:00)", "Europe/Berlin")
    assert first(once, 2) == ["2026-11-28 11:00"]
    over = parse_schedule("at(2026-11-28T10:00:00)")
    assert over.next_after(START, START) is None


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("at(2026-13-28T12:00:00)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("rate(1 minute)", "Mars/Olympus"),
        ("cron(0 10 * * ? *)", "../etc/passwd"),
    ],
)
def test_what_the_scheduler_cannot_read_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(expression, zone)
