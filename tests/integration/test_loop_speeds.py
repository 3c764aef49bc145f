"""The practical's loop does the same at any speed, in lab time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from lab_utils import House
from lab_utils.bench.house_lab import (
    FUNCTION,
    SCHEDULE,
    BenchLab,
    NoWatcher,
    be_quiet,
    make_readings_way,
    make_schedule,
    scheduled_time,
)
from lab_utils.embedded import local_control
from lab_utils.house.events import HousePlan, Snapshot
from lab_utils.settings import Settings
from tests.integration.ticks import MINUTE

MINUTES, START_C, SEED, FIRST_TICK_S = 9, 36.0, 5, 33.0
"""So begun, each mean that the schedule's function sees is half a degree or more from either
threshold, whether it is quick or takes 20 lab seconds: one reading more or less decides nothing."""
SPEEDS = (60, 30)
TOLERATED = timedelta(seconds=30)
"""What a function takes is real time: 0.5 s are half a minute at speed 60."""


class OnTheGrid(NoWatcher):
    """Lets a house begin at the same time before its schedule's first run, and notes when.

    The schedule is enabled only then: an invocation that came before, and took long, would see
    the first readings.
    """

    def __init__(self, lab: BenchLab, scheduled: datetime) -> None:
        self._lab, self._scheduled = lab, scheduled
        self.began: datetime | None = None

    def start(self, _plan: HousePlan) -> None:
        timeline = self._lab.timeline()
        since_tick = timeline.now() - self._scheduled + timedelta(seconds=FIRST_TICK_S)
        time.sleep(timeline.real_seconds((-since_tick % MINUTE).total_seconds()))
        self._lab.client("events").enable_rule(Name=SCHEDULE)

    def step(self, snapshot: Snapshot) -> None:
        self.began = self.began or snapshot.time


@dataclass(frozen=True)
class Loop:
    """The practical's loop in a workspace, and one of the times at which its schedule runs."""

    settings: Settings
    scheduled: datetime

    def switches_at(self, speed: int) -> list[tuple[int, bool, timedelta]]:
        """Return zone, state and time since the first reading of a house's switches."""
        local_control().stop(self.settings)
        lab = BenchLab(self.settings.workspace, speed)
        lab.invoke(FUNCTION)  # It has started by the time the house begins.
        watcher = OnTheGrid(lab, self.scheduled)
        run = House(lab, seed=SEED, start_c=START_C, report=be_quiet).run(MINUTES, watcher)
        lab.client("events").disable_rule(Name=SCHEDULE)
        assert watcher.began is not None
        assert set(run.sent["status"]) == {"sent"}
        return sorted((one.zone_id, one.is_on, one.time - watcher.began) for one in run.switches)


@pytest.fixture
def loop(lab_workspace: Settings) -> Loop:
    lab_workspace.workspace.mkdir(parents=True, exist_ok=True)
    lab = BenchLab(lab_workspace.workspace, max(SPEEDS))
    make_readings_way(lab)
    scheduled = scheduled_time(lab, make_schedule(lab))
    lab.client("events").disable_rule(Name=SCHEDULE)
    return Loop(lab_workspace, scheduled)


def test_a_seeded_house_switches_at_the_same_lab_times(loop: Loop) -> None:
    fast, slow = (loop.switches_at(speed) for speed in SPEEDS)
    assert [one[:2] for one in fast] == [(1, False), (1, True), (2, False), (2, True)]
    assert [one[:2] for one in slow] == [one[:2] for one in fast]
    apart = [abs(a[2] - b[2]) for a, b in zip(fast, slow, strict=True)]
    assert max(apart) <= TOLERATED, f"{fast} and {slow}"
    assert min(one[2] for one in slow) < MINUTE
