"""A run of the house told in words, for who does not see its figure."""

from __future__ import annotations

from collections.abc import Sequence

from lab_utils.house.events import HousePlan, Snapshot, Switch
from lab_utils.plots.tracks import Tracks

_MOST_ZONES = 6


def caption(plan: HousePlan) -> str:
    """Return what the figure shows: the same sentence in each run of a plan."""
    rooms, zones = len(plan.rooms), len(plan.zone_ids)
    return (
        f"Figure: the temperatures of {_count(rooms, 'room')} in {_count(zones, 'zone')} over lab "
        "time, when each air conditioner was on, and the floor plan. It is told in words below."
    )


def in_words(
    plan: HousePlan,
    tracks: Tracks,
    switches: Sequence[Switch],
    last: Snapshot | None,
    stopped: bool,
) -> str:
    """Return what a run has led to: each zone's temperatures and switches, or all zones' many.

    Args:
        plan: What was to run.
        tracks: All readings.
        switches: All switches, by time.
        last: The last step; None if there was none.
        stopped: Whether the run was interrupted.
    """
    minutes = last.elapsed_minutes if last is not None else 0.0
    how = "stopped after" if stopped else "ran for"
    sentences = [f"In words: the house {how} {minutes:.0f} lab minutes."]
    if len(plan.zone_ids) <= _MOST_ZONES:
        sentences += [_zone_in_words(plan, zone, tracks, switches) for zone in plan.zone_ids]
    else:
        on = sum(switch.is_on for switch in switches)
        sentences.append(f"Air conditioners went on {on} times, off {len(switches) - on} times.")
    artefacts, lost = len(tracks.artefacts.days), len(tracks.lost.days)
    sentences.append(f"Sensors made {_count(artefacts, 'artefact')}.")
    if lost:
        sentences.append(f"{_count(lost, 'reading')} got lost.")
    return " ".join(sentences)


def _zone_in_words(
    plan: HousePlan, zone_id: int, tracks: Tracks, switches: Sequence[Switch]
) -> str:
    of_zone = [switch for switch in switches if switch.zone_id == zone_id]
    turns = [f"{'on' if one.is_on else 'off'} at {one.time:%H:%M:%S}" for one in of_zone]
    degrees = [
        value
        for room in plan.rooms
        if room.zone_id == zone_id and room.sensor_id in tracks.rooms
        for value in tracks.rooms[room.sensor_id].degrees
    ]
    span = f"{min(degrees):.1f} to {max(degrees):.1f} °C" if degrees else "no reading"
    return f"Zone {zone_id}: {span}; AC {', '.join(turns) or 'never switched'}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
