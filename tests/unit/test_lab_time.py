from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab_utils.lab_time import Timeline, moment_of

NOON_NS = 1_795_867_200_000_000_000
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND_NS = 1_000_000_000


class Hand:
    """The machine's own clock, as a test sets it."""

    def __init__(self) -> None:
        self.now_ns = 5 * SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


def test_a_moment_is_read_to_the_microsecond() -> None:
    assert moment_of(NOON_NS + 1_500) == NOON + timedelta(microseconds=1)


def test_lab_time_goes_on_from_one_answer_at_the_labs_speed() -> None:
    hand = Hand()
    timeline = Timeline.read(60, lambda: NOON_NS, hand)
    assert timeline.now() == NOON
    hand.now_ns += SECOND_NS // 2
    assert timeline.now() == NOON + timedelta(seconds=30)
    assert timeline.real_seconds(30) == 0.5


def test_an_answer_is_of_the_middle_of_its_journey_and_of_slow_ones_the_quickest_counts() -> None:
    hand, took_ms = Hand(), iter([400, 100, 300, 2, 1])

    def answer() -> int:
        delay_ms = next(took_ms)
        hand.now_ns += delay_ms * 1_000_000
        return NOON_NS

    timeline = Timeline.read(60, answer, hand)
    assert timeline.now() == NOON + timedelta(seconds=60 * 0.001)
    assert next(took_ms) == 1
    took_ms = iter([400, 100, 300, 200, 200])
    assert Timeline.read(60, answer, hand).now() == NOON + timedelta(seconds=60 * (0.05 + 0.7))


def test_real_aws_has_the_wall_clocks_time() -> None:
    before = datetime.now(UTC)
    timeline = Timeline.of_wall_clock()
    assert timeline.speed == 1
    assert before <= timeline.now() <= datetime.now(UTC)
