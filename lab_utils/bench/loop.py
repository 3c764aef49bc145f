"""``loop``: the practical's whole loop, house to Lambda to house, in lab time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lab_utils.bench import embedded
from lab_utils.bench.house_lab import (
    BenchLab,
    NoWatcher,
    be_quiet,
    count_readings,
    make_readings_way,
    make_schedule,
    scheduled_time,
)
from lab_utils.bench.outcome import BenchmarkError, Options, Outcome, Report, middle
from lab_utils.house.house import House, HouseRun
from lab_utils.mqtt import Message
from lab_utils.session import Lab

SPEED = 60
_SENSORS, _MINUTES, _LEAST_MINUTES, _ROUNDS = 4, 30, 1, 1
_READINGS_PER_MINUTE = 12
_MINUTE = timedelta(minutes=1)
_SEED = 7


@dataclass
class _Round:
    """What one run of the house showed.

    Attributes:
        minutes: Its lab minutes.
        real_s: The real seconds that it took.
        run: What the house tells.
        delays_s: From the minute's schedule to each command at an air conditioner, lab seconds.
        stored: How many of its readings are in Timestream.
    """

    minutes: float
    real_s: float
    run: HouseRun
    stored: int
    delays_s: list[float] = field(default_factory=list)


def loop(options: Options, report: Report) -> Outcome:
    """Run a house of four sensors for thirty lab minutes at speed 60, with the Lambda deployed.

    Each round has an embedded AWS of its own, and the house the same seed. Every reading has to
    be in Timestream in the end, or this fails. ``--size`` is the number of readings.

    Returns:
        The ratio ``real_time``: the real time of a run to what its lab minutes take at this
        speed; 1 is none lost. Figures: the delay from a minute's schedule to the command's
        arrival at the air conditioner in lab seconds (the first one starts the function), the
        switches, and the readings.
    """
    wanted = (options.size or 0) // (_SENSORS * _READINGS_PER_MINUTE)
    minutes = max(wanted, _LEAST_MINUTES) if options.size else _MINUTES
    rounds: list[_Round] = []
    for number in range(options.rounds or _ROUNDS):
        with _prepared_lab() as (lab, queue):
            rounds.append(_measure(lab, queue, minutes))
        report(f"round {number + 1}: {minutes} lab minutes in {rounds[-1].real_s:.1f} s")
    return _outcome(rounds)


@contextmanager
def _prepared_lab() -> Iterator[tuple[Lab, str]]:
    with embedded.temporary_workspace() as settings:
        lab = BenchLab(settings.workspace, SPEED)
        make_readings_way(lab)
        yield lab, make_schedule(lab)


def _measure(lab: Lab, queue: str, minutes: float) -> _Round:
    commands: list[datetime] = []
    timeline = lab.timeline()

    def on_message(_message: Message) -> None:
        commands.append(timeline.now())

    with lab.device("bench-listener") as listener:
        listener.subscribe("AC/+", on_message=on_message)
        house = House(lab, seed=_SEED, report=be_quiet)
        started = time.perf_counter()
        run = house.run(minutes, NoWatcher())
        real_s = time.perf_counter() - started
    scheduled = scheduled_time(lab, queue)
    delays_s = [((moment - scheduled) % _MINUTE).total_seconds() for moment in commands]
    return _Round(minutes, real_s, run, _stored(lab, len(run.sent)), delays_s)


def _stored(lab: Lab, sent: int) -> int:
    """Return how many readings are in Timestream.

    Raises:
        BenchmarkError: Not all that were sent.
    """
    stored = count_readings(lab)
    if stored == sent:
        return stored
    raise BenchmarkError(
        f"store {sent} readings",
        f"Timestream has {stored} of them.",
        "run it again with nothing else on the machine; if it stays so, readings get lost.",
    )


def _outcome(rounds: Sequence[_Round]) -> Outcome:
    delays_s = [delay for one in rounds for delay in one.delays_s]
    figures: dict[str, Any] = {
        "speed": SPEED,
        "rounds": len(rounds),
        "lab_minutes": rounds[0].minutes,
        "real_s": middle(one.real_s for one in rounds),
        "commands": len(delays_s),
        "delay_median_lab_s": middle(delays_s) if delays_s else None,
        "delay_worst_lab_s": max(delays_s, default=None),
        "switches": sum(len(one.run.switches) for one in rounds),
        "readings": sum(len(one.run.sent) for one in rounds),
        "stored": sum(one.stored for one in rounds),
    }
    ratios = {"real_time": middle(o.real_s / (o.minutes * 60 / SPEED) for o in rounds)}
    return Outcome(ratios, figures)
