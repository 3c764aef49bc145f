"""The practical's loop does the same at any speed, in lab time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from lab_utils import House
from lab_utils.bench.house_lab import (
    BenchLab,
    NoWatcher,
    be_quiet,
    make_readings_way,
    make_schedule,
)
from lab_utils.embedded import local_control
from lab_utils.house.events import HousePlan, Snapshot
from lab_utils.lab_time import Timeline
from lab_utils.settings import Settings
from tests.integration.ticks import MINUTE

MINUTES, START_C, SEED = 8, 33.0, 9
"""With this seed each switch has a minute of its own, by a reading more or less in the mean."""
SPEEDS = (120, 60)
TOLERATED = timedelta(seconds=75)
"""A decision may fall on the next minute if the machine is slow: a lab second is 8 ms at best."""


class OnTheGrid(NoWatcher):
    """Lets a house begin in the same phase of the minute, and notes its first step."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.began: datetime | None = None

    def start(self, _plan: HousePlan) -> None:
        now = self._timeline.now()
        time.sleep(self._timeline.real_seconds(60 - (now.timestamp() - 5) % 60))

    def step(self, snapshot: Snapshot) -> None:
        self.began = self.began or snapshot.time


@pytest.fixture
def workspace(lab_workspace: Settings) -> Settings:
    lab_workspace.workspace.mkdir(parents=True, exist_ok=True)
    return lab_workspace


def switches_at(settings: Settings, speed: int) -> list[tuple[int, bool, timedelta]]:
    """Return zone, state and time since the first reading of a house's switches."""
    local_control().stop(settings)
    lab = BenchLab(settings.workspace, speed)
    if not lab.client("events").list_rules()["Rules"]:
        make_readings_way(lab)
        make_schedule(lab)
    watcher = OnTheGrid(lab.timeline())
    run = House(lab, seed=SEED, start_c=START_C, report=be_quiet).run(MINUTES, watcher)
    assert watcher.began is not None
    assert set(run.sent["status"]) == {"sent"}
    return sorted((one.zone_id, one.is_on, one.time - watcher.began) for one in run.switches)


def test_a_seeded_house_switches_at_the_same_lab_times(workspace: Settings) -> None:
    fast, slow = (switches_at(workspace, speed) for speed in SPEEDS)
    assert [one[:2] for one in fast] == [(1, False), (1, True), (2, False), (2, True)]
    assert [one[:2] for one in slow] == [one[:2] for one in fast]
    apart = [abs(a[2] - b[2]) for a, b in zip(fast, slow, strict=True)]
    assert max(apart) <= TOLERATED, f"{fast} and {slow}"
    assert min(one[2] for one in slow) < 3 * MINUTE
