"""``lab simulate``: the house in a terminal."""

from __future__ import annotations

import argparse
import math
import signal
import sys
from typing import Any

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.house.events import Switch
from lab_utils.house.house import House
from lab_utils.house.watchers import LinesWatcher, TerminalWatcher
from lab_utils.session import Lab

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C has ended."""


def simulate(arguments: argparse.Namespace) -> int:
    """Run the house, and return 0; 130 if it was interrupted before its time.

    Without ``--minutes`` it runs until Ctrl-C (or SIGTERM), as the practical's simulation does,
    and that is then its proper end.
    """
    settings, stream = settings_of(arguments), sys.stderr if arguments.json else sys.stdout

    def print_line(line: str) -> None:
        print(line, file=stream, flush=True)

    terminal = TerminalWatcher(stream)
    report = terminal.report if stream.isatty() else print_line
    watcher = terminal if stream.isatty() else LinesWatcher(print_line)
    lab = Lab(settings.target, settings.workspace, report=report)
    house = House(lab, arguments.zones, arguments.rooms, arguments.seed, report=report)
    is_endless = arguments.minutes is None
    minutes = math.inf if is_endless else arguments.minutes
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    done = house.run(minutes, watcher, keeps_readings=False)
    if arguments.json:
        print_json(_answer(house, done.switches))
    return 0 if is_endless or house.minutes_run >= minutes else INTERRUPTED


def _answer(house: House, switches: list[Switch]) -> dict[str, Any]:
    return {
        "minutes": round(house.minutes_run, 3),
        "rooms": len(house.rooms),
        "readings": house.tally.counts,
        "switches": [
            {"time": one.time.isoformat(), "zone_id": one.zone_id, "is_on": one.is_on}
            for one in switches
        ],
    }
