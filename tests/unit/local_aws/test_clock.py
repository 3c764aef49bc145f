from __future__ import annotations

from lab_utils.local_aws.clock import UNSAVED_S, LabClock

SECOND = 1_000_000_000


class Hands:
    """The wall clock and the machine's own, as a test sets them."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_000 * SECOND, 5 * SECOND

    def pass_seconds(self, seconds: int) -> None:
        self.wall += seconds * SECOND
        self.monotonic += seconds * SECOND

    def clock(self, speed: int) -> LabClock:
        return LabClock(speed, wall_ns=lambda: self.wall, monotonic_ns=lambda: self.monotonic)


def test_at_speed_60_a_minute_passes_in_a_second() -> None:
    hands = Hands()
    clock = hands.clock(60)
    started = clock.now_ns()
    hands.pass_seconds(1)
    assert clock.now_ns() - started == 60 * SECOND
    assert clock.real_seconds(60) == 1


def test_at_speed_1_the_lab_tells_the_wall_clocks_time_even_after_it_was_set() -> None:
    hands = Hands()
    clock = hands.clock(1)
    hands.wall += 90 * SECOND
    assert clock.now_ns() == hands.wall


def test_a_wall_clock_that_is_set_back_does_not_take_the_lab_back() -> None:
    hands = Hands()
    clock = hands.clock(1)
    hands.pass_seconds(10)
    before = clock.now_ns()
    hands.wall -= 3_600 * SECOND
    assert clock.now_ns() >= before


def test_a_restarted_lab_goes_on_where_its_time_was() -> None:
    hands = Hands()
    fast = hands.clock(60)
    hands.pass_seconds(10)
    fast.stop()
    saved, reached = fast.read(), fast.now_ns()
    slow = hands.clock(1)
    slow.load(saved)
    assert slow.now_ns() == reached
    hands.pass_seconds(1)
    assert slow.now_ns() == reached + SECOND


def test_a_lab_that_was_killed_goes_on_no_earlier_than_where_its_time_was() -> None:
    hands = Hands()
    fast = hands.clock(60)
    hands.pass_seconds(1000)
    saved = fast.read()
    hands.pass_seconds(UNSAVED_S)
    reached = fast.now_ns()
    restarted = hands.clock(60)
    restarted.load(saved)
    assert restarted.now_ns() == reached
    hands.pass_seconds(600)
    later = hands.clock(60)
    later.load(saved)
    assert later.now_ns() == reached


def test_a_lab_that_was_stopped_stands_still_until_it_is_started() -> None:
    hands = Hands()
    fast = hands.clock(60)
    hands.pass_seconds(1000)
    fast.stop()
    saved, reached = fast.read(), fast.now_ns()
    hands.pass_seconds(600)
    restarted = hands.clock(60)
    restarted.load(saved)
    assert restarted.now_ns() == reached


def test_a_clock_that_was_saved_long_ago_starts_at_the_wall_clocks_time() -> None:
    hands = Hands()
    fast = hands.clock(60)
    hands.pass_seconds(10)
    saved = fast.read()
    hands.pass_seconds(1_000_000)
    clock = hands.clock(1)
    clock.load(saved)
    assert clock.now_ns() == hands.wall
