"""The page in words: what its figures show, for whoever does not see them, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lab_utils.dashboard.snapshot import InvalidReadings, Lack, Snapshot
from lab_utils.dashboard.view import A_MINUTE, AirConditioner, Line, View
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C

Row = tuple[str, ...]
_NEWEST_LINES = 8


@dataclass(frozen=True)
class Part:
    """A part of the page in words.

    Attributes:
        says: A sentence.
        rows: A table's rows.
        marks: What each row looks like in the figure: colour and dashes; for a key.
        is_lacking: Whether the sentence says why there is nothing.
    """

    says: str
    rows: tuple[Row, ...] = ()
    marks: tuple[tuple[int, int], ...] = field(default=())
    is_lacking: bool = False


def rooms_in_words(snapshot: Snapshot, view: View, minutes: int) -> Part:
    """Return the rooms' temperatures: sensor, zone, newest value, its time, how it changes."""
    if isinstance(snapshot.readings, Lack):
        return Part(str(snapshot.readings), is_lacking=True)
    if not view.rooms:
        return Part(f"No valid reading in {_window(minutes)}.", is_lacking=True)
    warmest = max(view.rooms, key=lambda one: one.newest_c)
    coolest = min(view.rooms, key=lambda one: one.newest_c)
    wrong = len(view.artefacts[0])
    says = (
        f"In {_window(minutes)} {_count(len(view.rooms), 'sensor')} told temperatures; "
        f"{_when(snapshot, view)} from "
        f"{coolest.newest_c:.1f} °C (temp_{coolest.key}) to {warmest.newest_c:.1f} °C "
        f"(temp_{warmest.key}). {_count(wrong, 'invalid reading')} in that time."
    )
    rows = tuple(
        (f"temp_{one.key}", str(one.zone_id), f"{one.newest_c:.1f}", _clock(one.newest_at),
         _trend(one))
        for one in view.rooms
    )  # fmt: skip
    return Part(says, rows, tuple((one.zone_id, one.place) for one in view.rooms))


def _when(snapshot: Snapshot, view: View) -> str:
    """Return of when the newest readings are: sensors that fell silent have no "now"."""
    newest = max(one.newest_at for one in view.rooms)
    if snapshot.now - newest <= A_MINUTE:
        return "now"
    return f"nothing new since {_clock(newest)}; then"


def zones_in_words(snapshot: Snapshot, view: View, minutes: int) -> Part:
    """Return the zones: newest mean, what that means for its air conditioner, what the log says."""
    if isinstance(snapshot.means, Lack):
        return Part(str(snapshot.means), is_lacking=True)
    means = {one.key: one for one in view.means}
    if not means:
        return Part(f"No mean in {_window(minutes)}.", is_lacking=True)
    told = [f"zone {key}: {one.newest_c:.1f} °C" for key, one in means.items()]
    says = (
        f"The newest means of a minute: {', '.join(told)}. Above {ON_ABOVE_C:g} °C the Lambda "
        f"switches the air conditioner on, below {OFF_BELOW_C:g} °C off, and between it stays."
    )
    rows = tuple(
        (str(one.zone_id), *_mean_cells(means.get(one.zone_id)), _switched(one))
        for one in view.conditioners
    )
    return Part(says, rows, tuple((one.zone_id, 0) for one in view.conditioners))


def lambda_in_words(snapshot: Snapshot, view: View) -> Part:
    """Return the newest lines of the Lambda's log that tell a decision, the newest first."""
    if isinstance(snapshot.decisions, Lack):
        return Part(str(snapshot.decisions), is_lacking=True)
    newest = view.decisions[-_NEWEST_LINES:][::-1]
    if not newest:
        return Part("The Lambda decided nothing in this window.", is_lacking=True)
    return Part(
        "What the Lambda's log says, newest first.",
        tuple((_clock(one.time), one.line) for one in newest),
    )


def invalid_in_words(snapshot: Snapshot) -> Part:
    """Return what DynamoDB holds of invalid readings: sensor, count, highest."""
    found = snapshot.invalid
    if isinstance(found, Lack):
        return Part(str(found), is_lacking=True)
    return Part(_invalid_sentence(found), tuple(_invalid_row(*row) for row in found.by_sensor))


def _invalid_sentence(found: InvalidReadings) -> str:
    more = "" if found.is_all else "more than "
    return (
        f"The DynamoDB table holds {more}{_count(found.count, 'invalid reading')}, since it was "
        "made: its items have no time."
    )


def _invalid_row(sensor: str, count: int, highest_c: float) -> Row:
    name = f"temp_{sensor}" if sensor.isdigit() else sensor
    return name, str(count), f"{highest_c:.1f}"


def _mean_cells(mean: Line | None) -> tuple[str, str, str]:
    if mean is None:
        return "none", "", "stays"
    return f"{mean.newest_c:.1f}", _clock(mean.newest_at - A_MINUTE)[:5], _meaning(mean.newest_c)


def _meaning(mean_c: float) -> str:
    if mean_c > ON_ABOVE_C:
        return "goes on"
    if mean_c < OFF_BELOW_C:
        return "goes off"
    return "stays"


def _switched(one: AirConditioner) -> str:
    if one.is_on is None or one.since is None:
        return "not told"
    return f"{'on' if one.is_on else 'off'} since {_clock(one.since)[:5]}"


def _trend(line: Line) -> str:
    """Return how a line changed within its window."""
    change = line.newest_c - float(line.degrees[0])
    if abs(change) < 0.05:
        return "steady"
    return f"{'up' if change > 0 else 'down'} {abs(change):.1f}"


def _window(minutes: int) -> str:
    return "the last lab minute" if minutes == 1 else f"the last {minutes} lab minutes"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def switches_in_words(conditioners: Sequence[AirConditioner]) -> str:
    """Return the state of all air conditioners: short, for who listens to the page."""
    told = [
        f"AC {one.zone_id} {'on' if one.is_on else 'off'}"
        for one in conditioners
        if one.is_on is not None
    ]
    return ", ".join(told)
