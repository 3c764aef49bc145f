"""What one page shows of a snapshot: its zone, its window, ready to draw and to tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from lab_utils.dashboard.snapshot import Decision, Snapshot

ALL_ZONES = 0
WINDOWS = (1, 5, 15, 60)
"""The windows that can be chosen, in lab minutes."""
A_MINUTE = timedelta(minutes=1)
MOST_POINTS = 400
"""A line gets no more points than this: a screen has no more to show them with."""
_GAP_MS = 60_000.0
"""Where readings are further apart, a line is broken: nothing is known of the time between."""

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Span = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line of a figure: milliseconds since 1970, UTC, and degrees Celsius.

    Attributes:
        key: The sensor's id, or the zone's of a line of means.
        zone_id: The zone.
        place: The line's place in its zone, from 0, which its dashes show.
        newest_c: The newest value.
        newest_at: Its time.
    """

    key: int
    zone_id: int
    place: int
    times_ms: Floats
    degrees: Floats
    newest_c: float
    newest_at: datetime


@dataclass(frozen=True)
class AirConditioner:
    """What the Lambda's log tells of one air conditioner, in milliseconds since 1970.

    Attributes:
        zone_id: Its zone.
        is_on: Whether it was switched on last; None where the log never says.
        since: When it was switched so, as far as the log reaches.
        on: When it was on, within the window.
        known: The part of the window for which the log tells it; None for none of it.
    """

    zone_id: int
    is_on: bool | None
    since: datetime | None
    on: tuple[Span, ...]
    known: Span | None


@dataclass(frozen=True)
class View:
    """What is drawn and told.

    Attributes:
        zones: All zones that there are, chosen or not.
        rooms: A line a sensor.
        artefacts: The invalid readings: milliseconds, degrees.
        means: A line a zone.
        decisions: Those of the Lambda within the window.
    """

    start_ms: float
    end_ms: float
    zones: tuple[int, ...]
    rooms: tuple[Line, ...]
    artefacts: tuple[Floats, Floats]
    means: tuple[Line, ...]
    conditioners: tuple[AirConditioner, ...]
    decisions: tuple[Decision, ...]


def view_of(snapshot: Snapshot, zone: int, minutes: int) -> View:
    """Return what a page shows of a snapshot.

    Args:
        snapshot: What was read.
        zone: The zone that was chosen, or `ALL_ZONES`.
        minutes: The window, in lab minutes.
    """
    end_ms = milliseconds(snapshot.now)
    start_ms = end_ms - minutes * 60_000
    readings, means = _table(snapshot.readings), _table(snapshot.means)
    decisions = snapshot.decisions if isinstance(snapshot.decisions, tuple) else ()
    zones = _zones(readings, decisions)
    shown = zones if zone == ALL_ZONES else (zone,)
    readings = _within(readings, shown, start_ms)
    means = _within(_at_minutes_end(means), shown, start_ms)
    valid = readings[~readings["is_artefact"]] if len(readings) else readings
    wrong = readings[readings["is_artefact"]] if len(readings) else readings
    switched = [one for one in decisions if one.zone_id in shown]
    return View(
        start_ms,
        end_ms,
        zones,
        _lines(valid, "sensor_id", "temperature", end_ms),
        (_times(wrong), wrong["temperature"].to_numpy(float) if len(wrong) else np.array([])),
        _lines(means, "zone_id", "mean", end_ms),
        tuple(_conditioner(one, switched, start_ms, end_ms) for one in shown),
        tuple(one for one in switched if milliseconds(one.time) >= start_ms),
    )


def milliseconds(moment: datetime) -> float:
    """Return a moment in milliseconds since 1970, UTC."""
    return moment.timestamp() * 1000


def _table(part: object) -> pd.DataFrame:
    return part if isinstance(part, pd.DataFrame) else pd.DataFrame()


def _zones(readings: pd.DataFrame, decisions: Iterable[Decision]) -> tuple[int, ...]:
    told = {one.zone_id for one in decisions}
    return tuple(sorted(told | (set(readings["zone_id"]) if len(readings) else set())))


def _within(frame: pd.DataFrame, zones: Sequence[int], start_ms: float) -> pd.DataFrame:
    if frame.empty:
        return frame
    start = pd.Timestamp(start_ms, unit="ms")
    return frame[frame["zone_id"].isin(zones) & (frame["time"] >= start)]


def _times(frame: pd.DataFrame) -> Floats:
    if frame.empty:
        return np.array([])
    return frame["time"].to_numpy("datetime64[us]").astype(np.float64) / 1000


def _at_minutes_end(means: pd.DataFrame) -> pd.DataFrame:
    """Return means at their minutes' ends: as the Lambda, they know what was before."""
    return means.assign(time=means["time"] + A_MINUTE) if len(means) else means


def _lines(frame: pd.DataFrame, key: str, value: str, end_ms: float) -> tuple[Line, ...]:
    """Return a line for each key, by time; the newest minute may not be over, but is drawn now."""
    lines, places = [], dict[int, int]()
    for _key, rows in frame.groupby(key) if len(frame) else ():
        zone_id = int(rows["zone_id"].iloc[-1])
        places[zone_id] = places.get(zone_id, -1) + 1
        times, degrees = _times(rows), rows[value].to_numpy(float)
        newest = datetime.fromtimestamp(times[-1] / 1000, UTC)
        points = _broken(*_thinned(np.minimum(times, end_ms), degrees))
        line = Line(
            int(rows[key].iloc[-1]), zone_id, places[zone_id], *points, float(degrees[-1]), newest
        )
        lines.append(line)
    return tuple(lines)


def _thinned(times: Floats, degrees: Floats) -> tuple[Floats, Floats]:
    """Return every n-th point and the newest one."""
    step = -(-len(times) // MOST_POINTS)
    kept = slice((len(times) - 1) % step, None, step)
    return times[kept], degrees[kept]


def _broken(times: Floats, degrees: Floats) -> tuple[Floats, Floats]:
    """Return a line with a point that is none in each gap; what is thinned has wider ones."""
    steps = np.diff(times)
    usual = float(np.quantile(steps, 0.25)) if len(steps) else 0.0
    gaps = np.flatnonzero(steps > max(_GAP_MS, 3 * usual)) + 1
    return np.insert(times, gaps, times[gaps - 1] + 1), np.insert(degrees, gaps, np.nan)


def _conditioner(
    zone_id: int, decisions: Sequence[Decision], start_ms: float, end_ms: float
) -> AirConditioner:
    is_on: bool | None = None
    since: datetime | None = None
    on: list[Span] = []
    told = [one for one in decisions if one.zone_id == zone_id]
    for one in told:
        if one.is_on is None or one.is_on == is_on:
            continue
        if is_on and since is not None:
            on.append((milliseconds(since), milliseconds(one.time)))
        is_on, since = one.is_on, one.time
    if is_on and since is not None:
        on.append((milliseconds(since), end_ms))
    first = next((milliseconds(one.time) for one in told if one.is_on is not None), None)
    known = None if first is None else (max(first, start_ms), end_ms)
    within = tuple((max(begin, start_ms), end) for begin, end in on if end > start_ms)
    return AirConditioner(zone_id, is_on, since, within, known)
