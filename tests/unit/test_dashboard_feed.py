"""The dashboard's one reader: looks are shared, never pile up, and survive an outage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lab_utils.dashboard.feed import Feed
from lab_utils.dashboard.snapshot import Lack, Snapshot
from lab_utils.errors import TargetError

NOTHING = Lack("nothing", "")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class ScriptedReader:
    """Answers when it is let, as it is told."""

    interval_s = 0.0

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.answers: list[Exception | None] = []
        self.may_answer = threading.Semaphore(0)
        self.is_asked = threading.Semaphore(0)

    def read(self, minutes: int) -> Snapshot:
        self.asked.append(minutes)
        self.is_asked.release()
        assert self.may_answer.acquire(timeout=10)
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error
        return Snapshot(NOON, NOON, 0.1, 60, minutes, NOTHING, NOTHING, NOTHING, NOTHING)

    def answer(self, error: Exception | None = None) -> None:
        self.answers.append(error)
        self.may_answer.release()

    def wait_for_question(self) -> None:
        assert self.is_asked.acquire(timeout=10)


@pytest.fixture
def reader() -> ScriptedReader:
    return ScriptedReader()


@pytest.fixture
def feed(reader: ScriptedReader) -> Iterator[Feed]:
    feed = Feed(reader, monotonic=lambda: 0.0)
    feed.start()
    yield feed
    reader.may_answer.release(100)
    feed.close()


class Told:
    """Counts what a page was told."""

    def __init__(self) -> None:
        self._times = threading.Semaphore(0)

    def __call__(self) -> None:
        self._times.release()

    def wait(self) -> None:
        assert self._times.acquire(timeout=10)


def test_pages_share_looks_as_far_back_as_the_widest_window(
    feed: Feed, reader: ScriptedReader
) -> None:
    first, second = Told(), Told()
    near, far = feed.watch(first), feed.watch(second)
    near.want(5)
    reader.wait_for_question()
    far.want(60)
    reader.answer()
    first.wait()
    second.wait()
    assert feed.state.looks == 1
    reader.wait_for_question()
    assert reader.asked == [5, 60]


def test_a_slow_look_is_followed_by_one_more_however_much_was_asked_for_meanwhile(
    feed: Feed, reader: ScriptedReader
) -> None:
    told = Told()
    watch = feed.watch(told)
    for minutes in (1, 5, 15, 60, 15):
        watch.want(minutes)
    reader.wait_for_question()
    for minutes in (60, 1, 60, 5):
        watch.want(minutes)
    assert len(reader.asked) == 1
    reader.answer()
    told.wait()
    reader.wait_for_question()
    assert reader.asked[1:] == [5]


def test_nobody_who_wants_to_see_means_no_look(feed: Feed, reader: ScriptedReader) -> None:
    told = Told()
    watch = feed.watch(told)
    watch.want(5)
    reader.wait_for_question()
    watch.want(0)
    reader.answer()
    told.wait()
    other = feed.watch(Told())
    assert not reader.is_asked.acquire(timeout=0.05)
    other.want(1)
    reader.wait_for_question()
    assert reader.asked == [5, 1]


def test_an_outage_keeps_the_data_and_its_own_beginning_and_ends_by_itself(
    feed: Feed, reader: ScriptedReader
) -> None:
    told = Told()
    feed.watch(told).want(5)
    reader.answer()
    told.wait()
    seen = feed.state.snapshot
    assert seen is not None
    states = []
    for _ in range(2):
        reader.answer(TargetError("look", "It is gone.", "Start it."))
        told.wait()
        states.append(feed.state)
    assert states[0].gone_since == states[1].gone_since is not None
    assert states[1].snapshot is seen
    assert states[1].gone_why == "It is gone. Start it."
    reader.answer()
    told.wait()
    assert feed.state.gone_since is None
    assert feed.state.snapshot is not seen


def test_a_reader_that_fails_is_told_to_the_pages(
    monkeypatch: pytest.MonkeyPatch, feed: Feed, reader: ScriptedReader
) -> None:
    failed: list[Any] = []
    hook: Callable[[Any], None] = failed.append
    monkeypatch.setattr(threading, "excepthook", hook)
    told = Told()
    feed.watch(told).want(5)
    reader.answer(ZeroDivisionError("a defect"))
    told.wait()
    assert feed.state.is_broken
