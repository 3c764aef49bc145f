"""The timer on a real event loop, in which seconds of the lab are milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.schedules.expressions import Rate
from lab_utils.local_aws.schedules.timer import LabTimer
from lab_utils.local_aws.schedules.timetable import Entry, Occurrence

EVERY_S = 6
DEADLINE_S = 10.0


@dataclass
class Bench:
    """A timer whose schedules a test sets, and what it has served."""

    clock: LabClock = field(default_factory=lambda: LabClock(120))
    entries: list[Entry] = field(default_factory=list)
    served: list[tuple[datetime, datetime]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.timer = LabTimer(self.clock, lambda: self.entries, self.serve)
        self.changed = asyncio.Event()

    def serve(self, occurrence: Occurrence) -> None:
        if occurrence.entry.key in self.failing:
            raise RuntimeError("the target is gone")
        self.served.append((occurrence.moment, self.clock.now()))
        self.changed.set()

    def every(self, seconds: float, key: str = "rule") -> Entry:
        return Entry(key, Rate(timedelta(seconds=seconds)), self.clock.now())

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


def test_each_occurrence_is_served_at_its_time_and_none_is_lost() -> None:
    async def run() -> Bench:
        bench = Bench()
        bench.entries.append(bench.every(EVERY_S))
        bench.timer.start()
        await bench.until(lambda: len(bench.served) >= 10)
        bench.timer.stop()
        return bench

    bench = asyncio.run(run())
    start = bench.entries[0].counted_from
    due = [start + timedelta(seconds=EVERY_S * number) for number in range(1, 11)]
    assert [moment for moment, _ in bench.served] == due
    assert all(served >= moment for moment, served in bench.served)


def test_a_new_schedule_is_served_without_waiting_for_the_next_look() -> None:
    async def run() -> Bench:
        bench = Bench()
        bench.entries.append(bench.every(86_400, "daily"))
        bench.timer.start()
        bench.entries.append(bench.every(EVERY_S))
        bench.timer.look()
        await bench.until(lambda: bool(bench.served))
        bench.timer.stop()
        return bench

    bench = asyncio.run(run())
    assert bench.served[0][0] == bench.entries[1].counted_from + timedelta(seconds=EVERY_S)


def test_a_schedule_that_fails_does_not_stop_the_others() -> None:
    async def run() -> Bench:
        bench = Bench(failing={"broken"})
        bench.entries += [bench.every(EVERY_S, "broken"), bench.every(EVERY_S)]
        bench.timer.start()
        await bench.until(lambda: len(bench.served) >= 3)
        bench.timer.stop()
        return bench

    assert len(asyncio.run(run()).served) >= 3


def test_a_stopped_timer_serves_nothing_any_more() -> None:
    async def run() -> Bench:
        bench = Bench()
        bench.timer.start()
        bench.timer.stop()
        bench.entries.append(bench.every(EVERY_S))
        bench.timer.look()
        await asyncio.sleep(bench.clock.real_seconds(3 * EVERY_S))
        return bench

    assert asyncio.run(run()).served == []
