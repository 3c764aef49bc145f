"""Who watches a run in plain text: lines in a log, or one status line on a terminal."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from lab_utils.house.events import HousePlan, Snapshot, Switch

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_ZONES = 4
_CLEAR_LINE = "\r\x1b[K"


class LinesWatcher:
    """Prints a line each lab minute.

    Args:
        report: Takes each line.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._plan: HousePlan | None = None
        self._next_minute = 0

    def start(self, plan: HousePlan) -> None:
        """Take what is going to run."""
        self._plan, self._next_minute = plan, 0

    def step(self, snapshot: Snapshot) -> None:
        """Print where the house is, if a lab minute has passed."""
        if self._plan is None or not snapshot.readings:
            return
        if snapshot.elapsed_minutes >= self._next_minute:
            self._next_minute = math.floor(snapshot.elapsed_minutes) + 1
            self._report(status_line(self._plan, snapshot))

    def finish(self, sent: pd.DataFrame, switches: list[Switch], stopped: bool) -> None:
        """Nothing: the house says the rest itself."""


class TerminalWatcher:
    """Keeps one status line up to date under the lines that are printed.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._plan: HousePlan | None = None
        self._status = ""

    def report(self, line: str) -> None:
        """Print a line above the status line."""
        self._stream.write(f"{_CLEAR_LINE}{line}\n{self._status}")
        self._stream.flush()

    def start(self, plan: HousePlan) -> None:
        """Take what is going to run."""
        self._plan = plan

    def step(self, snapshot: Snapshot) -> None:
        """Show where the house is."""
        if self._plan is not None:
            width = shutil.get_terminal_size().columns - 1
            # A line that wraps could not be taken away again.
            self._status = status_line(self._plan, snapshot)[:width]
            self._stream.write(_CLEAR_LINE + self._status)
            self._stream.flush()

    def finish(self, sent: pd.DataFrame, switches: list[Switch], stopped: bool) -> None:  # noqa: ARG002
        """Take the status line away."""
        self._status = ""
        self._stream.write(_CLEAR_LINE)
        self._stream.flush()


def status_line(plan: HousePlan, snapshot: Snapshot) -> str:
    """Return where the house is in one line: time, each zone's mean and its air conditioner."""
    parts = [_progress(plan, snapshot), *_zones(plan, snapshot)]
    if snapshot.remark:
        parts.append(snapshot.remark)
    return "; ".join(parts)


def _progress(plan: HousePlan, snapshot: Snapshot) -> str:
    elapsed = f"minute {snapshot.elapsed_minutes:.1f}"
    if math.isinf(plan.minutes):
        return elapsed
    return f"{elapsed} of {plan.minutes:g}, {snapshot.seconds_left:.0f} s left"


def _zones(plan: HousePlan, snapshot: Snapshot) -> list[str]:
    zone_ids = plan.zone_ids
    lines = []
    for zone_id in zone_ids[:_SHOWN_ZONES]:
        rooms = [room.sensor_id for room in plan.rooms if room.zone_id == zone_id]
        mean_c = sum(snapshot.room_c[sensor_id] for sensor_id in rooms) / len(rooms)
        switched = "on" if snapshot.is_on[zone_id] else "off"
        lines.append(f"zone {zone_id} {mean_c:.1f} °C, AC {switched}")
    more = len(zone_ids) - _SHOWN_ZONES
    return [*lines, f"and {more} zones more"] if more > 0 else lines
