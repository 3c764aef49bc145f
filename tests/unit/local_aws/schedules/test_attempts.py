from __future__ import annotations

from itertools import pairwise

from lab_utils.local_aws.schedules.attempts import Outcome, Retrying

DONE, FAILED, THROTTLED = Outcome.DONE, Outcome.FAILED, Outcome.THROTTLED


class Invocation:
    """An invocation whose attempts end as a test says, on a clock of its own."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.now_s = 0.0
        self.tried_at: list[float] = []

    def attempt(self) -> Outcome:
        self.tried_at.append(self.now_s)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def run(self, retrying: Retrying | None = None) -> bool:
        rules = retrying or Retrying()
        return rules.run(self.attempt, age_s=lambda: self.now_s, wait=self.wait)


def test_what_succeeds_is_not_tried_again() -> None:
    invocation = Invocation(DONE)
    assert invocation.run()
    assert invocation.tried_at == [0]


def test_a_function_error_is_retried_after_one_minute_and_then_after_two() -> None:
    invocation = Invocation(FAILED)
    assert not invocation.run()
    assert invocation.tried_at == [0, 60, 180]


def test_a_retry_that_succeeds_is_the_last() -> None:
    invocation = Invocation(FAILED, DONE)
    assert invocation.run()
    assert invocation.tried_at == [0, 60]


def test_a_function_may_ask_for_fewer_retries() -> None:
    for retries, tried_at in ((0, [0]), (1, [0, 60])):
        invocation = Invocation(FAILED)
        assert not invocation.run(Retrying(most_retries=retries))
        assert invocation.tried_at == tried_at


def test_an_event_that_would_be_too_old_is_given_up() -> None:
    invocation = Invocation(FAILED)
    assert not invocation.run(Retrying(oldest_s=100))
    assert invocation.tried_at == [0, 60]


def test_a_throttled_invocation_waits_longer_and_longer_and_keeps_its_retries() -> None:
    invocation = Invocation(*[THROTTLED] * 3, FAILED, FAILED, DONE)
    assert invocation.run()
    assert invocation.tried_at == [0, 1, 3, 7, 67, 187]


def test_throttling_ends_with_the_events_age() -> None:
    invocation = Invocation(THROTTLED)
    assert not invocation.run(Retrying(oldest_s=1000))
    assert invocation.tried_at[-1] <= 1000
    assert max(later - one for one, later in pairwise(invocation.tried_at)) == 300
