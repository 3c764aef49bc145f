"""A house in a process of its own, so that its memory and computing time can be told apart.

Run as ``python -m lab_utils.bench.fleet_process WORKSPACE SERVER ZONES ROOMS MINUTES``; it prints
one JSON object, the fields of `FleetRun`. SERVER is the process id of the embedded AWS.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from lab_utils.bench.house_lab import BenchLab, NoWatcher, be_quiet
from lab_utils.bench.outcome import BenchmarkError
from lab_utils.house.house import House

if TYPE_CHECKING:
    from lab_utils.house.events import HousePlan


@dataclass(frozen=True)
class FleetRun:
    """What a house of some size took.

    Attributes:
        connect_s: Real seconds until all devices were connected.
        send_s: Real seconds from the first reading to the last answer.
        processor_s: For how long the process computed meanwhile.
        server_connect_s: For how long the embedded AWS computed while they connected.
        server_s: For how long it computed from the first reading to the last answer.
        memory_mb: Resident memory at the end.
        grown_mb: How much of it came with the devices and the readings.
        counts: How many readings were ``sent``, ``late`` and ``lost``.
    """

    connect_s: float
    send_s: float
    processor_s: float
    server_connect_s: float
    server_s: float
    memory_mb: float
    grown_mb: float
    counts: dict[str, int]


class _Moment:
    """What has passed so far, here and in the embedded AWS.

    Args:
        server: The process of the embedded AWS.
    """

    def __init__(self, server: psutil.Process) -> None:
        self.at_s, self.computed_s = time.perf_counter(), _computed_s(psutil.Process())
        self.server_s = _computed_s(server)


class _Clock(NoWatcher):
    """Notes when the house began to send."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self.began = _Moment(server)

    def start(self, _plan: HousePlan) -> None:
        """Take the time, all devices being connected."""
        self.began = _Moment(self._server)


def run_fleet(
    workspace: Path, server_pid: int, zones: int, rooms_per_zone: int, minutes: float
) -> FleetRun:
    """Return what a house took that ran in a process of its own.

    Raises:
        BenchmarkError: It failed.
    """
    numbers = [str(number) for number in (server_pid, zones, rooms_per_zone, minutes)]
    command = [sys.executable, "-m", __name__, str(workspace), *numbers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(
            f"run a house of {zones} zones with {rooms_per_zone} rooms each",
            done.stderr.strip()[-2000:],
            "see what it says.",
        )
    return FleetRun(**json.loads(done.stdout))


def _computed_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def _live(workspace: Path, server_pid: int, zones: int, rooms: int, minutes: float) -> FleetRun:
    lab, server = BenchLab(workspace), psutil.Process(server_pid)
    house = House(lab, zones, rooms, report=be_quiet)
    lab.device()  # boto3 takes a second to load, which is not the connections'.
    before_mb, started, clock = _memory_mb(), _Moment(server), _Clock(server)
    house.run(minutes, clock, keeps_readings=False)
    began, ended = clock.began, _Moment(server)
    return FleetRun(
        connect_s=began.at_s - started.at_s,
        send_s=ended.at_s - began.at_s,
        processor_s=ended.computed_s - began.computed_s,
        server_connect_s=began.server_s - started.server_s,
        server_s=ended.server_s - began.server_s,
        memory_mb=_memory_mb(),
        grown_mb=_memory_mb() - before_mb,
        counts=house.tally.counts,
    )


if __name__ == "__main__":
    _folder, _server, _zones, _rooms, _minutes = sys.argv[1:]
    _run = _live(Path(_folder), int(_server), int(_zones), int(_rooms), float(_minutes))
    print(json.dumps(asdict(_run)))
