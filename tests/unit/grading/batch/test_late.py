"""What being late costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.late import LatePolicy, read_policy, rounded

DUE = datetime(2026, 11, 28, 22, 59, tzinfo=UTC)


def lateness(
    rule: str, after: timedelta, earned: float = 80, grace: float = 0
) -> tuple[object, ...]:
    late = read_policy(DUE, rule, grace).lateness(DUE + after, earned)
    return late.days, late.percent, late.penalty


def test_a_submission_at_the_very_moment_is_in_time() -> None:
    assert lateness("10%/day", timedelta()) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (timedelta(seconds=1), (1, 10.0, 8.0)),
        (timedelta(days=1), (1, 10.0, 8.0)),
        (timedelta(days=1, seconds=1), (2, 20.0, 16.0)),
        (timedelta(days=30), (30, 50.0, 40.0)),
    ],
)
def test_each_day_that_has_begun_costs_up_to_the_most(
    after: timedelta, told: tuple[object, ...]
) -> None:
    assert lateness("10%/day,max 50%", after) == told


def test_a_rule_may_count_hours_and_end_in_nothing() -> None:
    rule = "2.5%/hour, max 40%, zero after 2 days"
    assert lateness(rule, timedelta(hours=3)) == (1, 7.5, 6.0)
    assert lateness(rule, timedelta(days=2)) == (2, 40.0, 32.0)
    assert lateness(rule, timedelta(days=2, minutes=1)) == (3, 100.0, 80.0)


def test_who_is_later_than_the_grace_is_late_from_the_due_time() -> None:
    assert lateness("10%/day", timedelta(minutes=15), grace=15) == (0, 0.0, 0.0)
    assert lateness("10%/day", timedelta(days=1, minutes=5), grace=15) == (2, 20.0, 16.0)


def test_late_days_are_told_though_they_cost_nothing() -> None:
    assert lateness("off", timedelta(days=3)) == (3, 0.0, 0.0)


def test_nobody_is_late_where_no_time_is_known() -> None:
    assert read_policy(DUE, "10%/day").lateness(None, 80).penalty == 0
    assert LatePolicy().lateness(DUE, 80).days == 0


def test_a_due_time_counts_in_its_own_zone_also_when_the_clocks_change() -> None:
    paris = ZoneInfo("Europe/Paris")
    due = datetime(2026, 10, 24, 12, 0, tzinfo=paris)
    policy = read_policy(due, "10%/day")
    assert policy.lateness(datetime(2026, 10, 25, 11, 0, tzinfo=paris), 100).days == 1
    assert policy.lateness(datetime(2026, 10, 25, 11, 1, tzinfo=paris), 100).days == 2


@pytest.mark.parametrize(
    "rule",
    ["", "10", "10%", "%/day", "-5%/day", "10%/month", "max 50%", "10%/day,20%/day", "200%/day"],
)
def test_a_rule_that_says_nothing_is_refused_with_an_example(rule: str) -> None:
    with pytest.raises(BatchError) as caught:
        read_policy(DUE, rule or " ,")
    assert "10%/day" in caught.value.next_step


def test_a_rule_without_a_due_time_is_refused() -> None:
    with pytest.raises(BatchError, match="nothing says when"):
        read_policy(None, "10%/day")


def test_points_are_rounded_as_people_do() -> None:
    assert [rounded(2.675), rounded(0.125), rounded(1 / 3)] == [2.68, 0.13, 0.33]
