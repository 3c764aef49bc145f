"""Events of functions without an end take neither all processes nor all threads."""

from __future__ import annotations

from lab_utils.local_aws.ministack_invocations import Seats
from lab_utils.local_aws.schedules.attempts import Outcome


def test_an_event_is_throttled_while_all_seats_are_taken() -> None:
    seats = Seats(1)
    inner: list[Outcome] = []

    def work() -> Outcome:
        inner.append(seats.use(lambda: Outcome.DONE))
        return Outcome.FAILED

    assert seats.use(work) == Outcome.FAILED
    assert inner == [Outcome.THROTTLED]
    assert seats.use(lambda: Outcome.DONE) == Outcome.DONE


def test_of_events_that_wait_there_are_only_so_many() -> None:
    seats = Seats(2)
    assert [seats.enter() for _ in range(9)] == [True] * 8 + [False]
    seats.leave()
    assert seats.enter()


def test_where_nothing_is_limited_all_come_in() -> None:
    seats = Seats(None)
    assert all(seats.enter() for _ in range(100))
    assert seats.use(lambda: seats.use(lambda: Outcome.DONE)) == Outcome.DONE
    seats.leave()
