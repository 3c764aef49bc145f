from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab_utils.local_aws.schedules.expressions import parse_rule_schedule, parse_schedule
from lab_utils.local_aws.schedules.timetable import Entry, Timetable

START = datetime(2026, 11, 28, 10, 0, 6, 250_000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(key: str = "rule", expression: str = "rate(1 minute)") -> Entry:
    return Entry(key, parse_rule_schedule(expression), START)


def planned(*entries: Entry, now: datetime = START) -> Timetable:
    timetable = Timetable(timedelta(minutes=5))
    timetable.plan(entries, now)
    return timetable


def moments(timetable: Timetable, now: datetime) -> list[datetime]:
    return [occurrence.moment for occurrence in timetable.take_due(now)]


def test_occurrences_do_not_drift_however_late_each_is_served() -> None:
    timetable = planned(entry())
    served: list[datetime] = []
    for number in range(1, 50_001):
        late = timedelta(milliseconds=number % 40_000)
        served += moments(timetable, START + number * MINUTE + late)
    assert served == [START + number * MINUTE for number in range(1, 50_001)]


def test_an_occurrence_is_served_once() -> None:
    timetable = planned(entry())
    assert moments(timetable, START + MINUTE - timedelta(microseconds=1)) == []
    assert moments(timetable, START + MINUTE) == [START + MINUTE]
    assert moments(timetable, START + MINUTE) == []
    assert timetable.next_moment() == START + 2 * MINUTE


def test_a_short_stall_loses_nothing() -> None:
    timetable = planned(entry())
    assert moments(timetable, START + 3 * MINUTE) == [START + n * MINUTE for n in (1, 2, 3)]


def test_after_a_long_sleep_the_old_ones_are_not_made_up_for() -> None:
    timetable = planned(entry(), entry("daily", "cron(0 12 * * ? *)"))
    awake = START + timedelta(hours=4)
    due = timetable.take_due(awake)
    daily = [one.moment for one in due if one.entry.key == "daily"]
    assert daily == [datetime(2026, 11, 28, 12, tzinfo=UTC)]
    every_minute = [one.moment for one in due if one.entry.key == "rule"]
    assert every_minute[-1] == awake
    assert all(moment > awake - timedelta(minutes=5) for moment in every_minute)
    assert len(every_minute) == 5


def test_what_is_restored_starts_with_its_next_occurrence_on_its_own_grid() -> None:
    restarted = START + timedelta(days=3, seconds=20)
    timetable = planned(entry(), now=restarted)
    assert moments(timetable, restarted) == []
    assert timetable.next_moment() == START + timedelta(days=3) + MINUTE


def test_changed_and_removed_entries_take_effect() -> None:
    timetable = planned(entry("one"), entry("two"))
    now = START + 0.5 * MINUTE
    timetable.plan([entry("one", "rate(2 minutes)")], now)
    assert timetable.next_moment() == START + 2 * MINUTE
    timetable.plan([], now)
    assert timetable.next_moment() is None
    assert moments(timetable, START + 10 * MINUTE) == []


def test_an_unchanged_entry_keeps_what_is_due_of_it() -> None:
    timetable = planned(entry())
    timetable.plan([entry()], START + 1.5 * MINUTE)
    assert moments(timetable, START + 1.5 * MINUTE) == [START + MINUTE]


def test_occurrences_of_several_are_served_in_order() -> None:
    timetable = planned(entry("slow", "cron(1/2 * * * ? *)"), entry("fast"))
    due = timetable.take_due(START + 2 * MINUTE)
    assert [one.entry.key for one in due] == ["slow", "fast", "fast"]
    assert due == sorted(due, key=lambda one: one.moment)


def test_a_single_moment_comes_once() -> None:
    once = Entry("once", parse_schedule("at(2026-11-28T10:05:00)"), START)
    timetable = planned(once)
    assert len(timetable.take_due(START + 5 * MINUTE)) == 1
    assert timetable.next_moment() is None
    timetable.plan([once], START + 6 * MINUTE)
    assert timetable.take_due(START + 9 * MINUTE) == []
