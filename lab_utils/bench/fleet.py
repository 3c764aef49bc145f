"""``fleet``: many sensors in one process, and how their cost grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab_utils.bench import embedded
from lab_utils.bench.fleet_process import FleetRun, run_fleet
from lab_utils.bench.house_lab import BenchLab, count_readings, make_readings_way
from lab_utils.bench.outcome import BenchmarkError, Options, Outcome, Report

SPEED = 120
"""The fastest lab: a thousand sensors want 24,000 messages a second then, so what is measured is
what can be sustained."""
_SENSORS = (10, 100, 1000)
_ROOMS_PER_ZONE = 10
_MINUTES, _FEWEST_MINUTES = 5, 1
"""Lab minutes of each house; the fewest if none has a hundred sensors."""


@dataclass(frozen=True)
class _Size:
    """What a house of one size took, here and in the embedded AWS.

    Attributes:
        sensors: How many there are.
        fleet: What its own process took.
        sent: How many readings were acknowledged.
        stored: How many readings came to Timestream.
    """

    sensors: int
    fleet: FleetRun
    sent: int
    stored: int

    @property
    def house_us(self) -> float:
        """For how many microseconds the house computed for a message."""
        return self.fleet.processor_s / self.sent * 1e6

    @property
    def embedded_us(self) -> float:
        """For how many microseconds the embedded AWS computed for a message."""
        return self.fleet.server_s / self.sent * 1e6

    def figures(self) -> dict[str, Any]:
        """Return the figures by name, the number of sensors before it."""
        figures = {
            "messages": self.sent,
            "messages_per_s": self.sent / self.fleet.send_s,
            "connect_s": self.fleet.connect_s,
            "embedded_ms_per_connection": self.fleet.server_connect_s / self.sensors * 1000,
            "house_us_per_message": self.house_us,
            "embedded_us_per_message": self.embedded_us,
            "house_mb": self.fleet.memory_mb,
            "house_kb_per_sensor": self.fleet.grown_mb / self.sensors * 1000,
            "stored": self.stored,
        }
        return {f"{self.sensors}_sensors_{name}": value for name, value in figures.items()}


def fleet(options: Options, report: Report) -> Outcome:
    """Run houses of 10, 100 and 1,000 sensors for five lab minutes, each in one process.

    There is an air conditioner to ten sensors, and each is a connection of its own over mutual
    TLS. Readings go out with QoS 1 as fast as both sides can, and through a rule to Timestream.
    No reading may be lost or late, and each has to be in Timestream once in the end, or this
    fails. With ``--size``, only the houses of so many sensors at most are run.

    Returns:
        Ratios of the largest house to the smallest, 1 being as good: ``house`` and ``embedded``,
        the processor time a message takes here and in the embedded AWS. What a sensor takes in
        memory stands among the figures, with messages per second and connection time.
    """
    largest = options.size or _SENSORS[-1]
    minutes = _MINUTES if largest >= _SENSORS[1] else _FEWEST_MINUTES
    wanted = [number for number in _SENSORS if number <= largest] or [largest]
    with embedded.temporary_workspace() as settings:
        lab = BenchLab(settings.workspace, SPEED)
        make_readings_way(lab)
        sizes: list[_Size] = []
        for number in wanted:
            sizes.append(_measure(lab, number, minutes, sum(size.stored for size in sizes)))
            per_s = sizes[-1].sent / sizes[-1].fleet.send_s
            report(f"{sizes[-1].sensors} sensors: {per_s:.0f} messages/s")
    return _outcome(sizes, minutes)


def _measure(lab: BenchLab, wanted: int, minutes: int, stored_before: int) -> _Size:
    rooms = min(_ROOMS_PER_ZONE, wanted)
    zones = wanted // rooms
    server = embedded.process(lab.settings)
    run = run_fleet(lab.settings.workspace, server.pid, zones, rooms, minutes)
    stored = count_readings(lab) - stored_before
    sent = run.counts["sent"]
    if sent == sum(run.counts.values()) == stored:
        return _Size(zones * rooms, run, sent, stored)
    raise BenchmarkError(
        f"run {zones * rooms} sensors without losing a reading",
        f"The house counted {run.counts}, and {stored} came to Timestream.",
        "run it again with nothing else on the machine; if it stays so, readings get lost.",
    )


def _outcome(sizes: Sequence[_Size], minutes: int) -> Outcome:
    smallest, largest = sizes[0], sizes[-1]
    figures: dict[str, Any] = {"speed": SPEED, "lab_minutes": minutes}
    for size in sizes:
        figures |= size.figures()
    return Outcome(
        {
            "house": largest.house_us / smallest.house_us,
            "embedded": largest.embedded_us / smallest.embedded_us,
        },
        figures,
    )
