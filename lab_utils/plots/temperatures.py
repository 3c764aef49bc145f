"""The temperatures of the rooms over lab time, with artefacts, thresholds and AC bands."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lab_utils.house.events import Room, Switch
from lab_utils.plots.ac_bands import AcBands, on_spans
from lab_utils.plots.axes import (
    LABEL_SIZE,
    EndLabels,
    draw_thresholds,
    new_axes,
    style_temperatures,
    write_note,
)
from lab_utils.plots.frames import tidy_readings
from lab_utils.plots.palette import INK, room_dashes, zone_colour
from lab_utils.plots.tracks import Tracks
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C

_MARGIN_C = 2.0
_MANY_ROOMS = 24


class RoomLines:
    """The lines of an Axes, one a room, and the markers of what is no temperature of it.

    Moving lines are labelled with the rooms' names only: their values change all the time, and
    stand in the floor plan beside them.
    """

    def __init__(self, axes: Axes, rooms: Sequence[Room], *, is_animated: bool = False) -> None:
        self._has_values = not is_animated
        self.lines = _draw_lines(axes, rooms, is_animated)
        size = 5 if len(rooms) <= _MANY_ROOMS else 2.5
        self.artefacts = _draw_markers(axes, "x", "artefact of a sensor", size, is_animated)
        self.lost = _draw_markers(axes, "v", "lost, never sent", size, is_animated)
        self._rooms = {room.sensor_id: room for room in rooms}
        colours = {room.sensor_id: zone_colour(room.zone_id) for room in rooms}
        self.labels = EndLabels(axes, colours, is_animated=is_animated)

    @property
    def artists(self) -> list[Artist]:
        """All of them, in the order of drawing."""
        return [*self.lines.values(), self.artefacts, self.lost, *self.labels.artists]

    def update(self, tracks: Tracks) -> None:
        """Draw readings, and name each room at the end of its line."""
        for sensor_id, track in tracks.rooms.items():
            if sensor_id in self.lines:
                self.lines[sensor_id].set_data(*track.arrays())
        self.artefacts.set_data(*tracks.artefacts.arrays())
        self.lost.set_data(*tracks.lost.arrays())
        ends = {key: track.degrees[-1] for key, track in tracks.rooms.items()}
        self.labels.update(ends, {key: self._label(key, value) for key, value in ends.items()})

    def _label(self, sensor_id: int, value: float) -> str:
        name = self._rooms[sensor_id].name
        return f"{name} {value:.1f}" if self._has_values else name

    def legend_handles(self, tracks: Tracks) -> list[Line2D]:
        """Return what no label explains: the markers that there are."""
        of_artefacts = [self.artefacts] if tracks.artefacts.days else []
        return [*of_artefacts, *([self.lost] if tracks.lost.days else [])]


def plot_temperatures(
    readings: pd.DataFrame, switches: Sequence[Switch] = (), ax: Axes | None = None
) -> Axes:
    """Draw a line a room, in its zone's colour, and below them when each zone's AC was on.

    Artefacts are crosses apart from the lines, lost readings triangles on them. The thresholds
    are dashed lines with their meaning.

    Args:
        readings: What `House.run` sent, or the result of a query: ``time`` (datetime64[ns, UTC]),
            ``temperature`` or ``measure_value::double`` (°C, numbers or texts), ``sensor_id`` or
            ``room``, and if known ``zone_id``, ``is_artefact`` (else 40 °C and more are
            artefacts) and ``status``.
        switches: Those of `House.run`, by time.
        ax: Where to draw; a new figure by default.

    Raises:
        PlotError: A column is missing or holds something else.
    """
    axes = ax or new_axes()
    tidy = tidy_readings(readings)
    style_temperatures(axes)
    tracks = Tracks.of_frame(tidy)
    rooms = _rooms_of(tidy)
    axes.set_title("The house: temperature of each room", color=INK, loc="left", fontsize=11)
    lines = RoomLines(axes, rooms)
    _frame_data(axes, tracks)
    draw_thresholds(axes)
    zones = sorted({room.zone_id for room in rooms if room.zone_id > 0})
    if zones:
        low, high = tracks.span or axes.get_xlim()
        AcBands(axes, zones).update(on_spans(switches, low, high))
    lines.update(tracks)
    draw_legend(axes, lines.legend_handles(tracks))
    if tidy.empty:
        write_note(axes, "There are no readings.")
    return axes


def _frame_data(axes: Axes, tracks: Tracks) -> None:
    """Set the scale: all readings and both thresholds, artefacts included, are within it."""
    lowest = min(OFF_BELOW_C, tracks.lowest_c)
    highest = max([INVALID_FROM_C, *tracks.artefacts.degrees])
    axes.set_ylim(lowest - _MARGIN_C, highest + _MARGIN_C)
    if tracks.span is not None and tracks.span[0] < tracks.span[1]:
        axes.set_xlim(*tracks.span)


def draw_legend(axes: Axes, handles: Sequence[Line2D]) -> None:
    """Explain markers in a line above the Axes; nothing if there are none."""
    if handles:
        axes.legend(
            # Copies that are always drawn: the markers of a moving figure are not.
            handles=[_legend_marker(handle) for handle in handles],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=4,
            frameon=False,
            fontsize=LABEL_SIZE,
            labelcolor=INK,
            borderaxespad=0.1,
        )


def _legend_marker(line: Line2D) -> Line2D:
    shown = Line2D([], [], linestyle="none", label=str(line.get_label()))
    shown.set(marker=line.get_marker(), color=INK, markerfacecolor="white", markersize=5)
    return shown


def _draw_lines(axes: Axes, rooms: Sequence[Room], is_animated: bool) -> dict[int, Line2D]:
    places: dict[int, int] = {}
    widths = _widths(rooms)
    lines = {}
    for room in rooms:
        place = places[room.zone_id] = places.get(room.zone_id, -1) + 1
        (lines[room.sensor_id],) = axes.plot(
            [],
            [],
            color=zone_colour(room.zone_id),
            linestyle=room_dashes(place) if len(rooms) <= _MANY_ROOMS else "-",
            linewidth=widths[room.zone_id],
            label=room.name,
            animated=is_animated,
            zorder=3,
        )
    return lines


def _widths(rooms: Sequence[Room]) -> dict[int, float]:
    """Return each zone's width of lines: what is drawn over another line does not hide it."""
    if len(rooms) > _MANY_ROOMS:
        return dict.fromkeys((room.zone_id for room in rooms), 0.7)
    zones = sorted({room.zone_id for room in rooms})
    return {zone: 3.0 - 1.5 * place / max(1, len(zones) - 1) for place, zone in enumerate(zones)}


def _draw_markers(axes: Axes, marker: str, label: str, size: float, is_animated: bool) -> Line2D:
    (line,) = axes.plot(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgewidth=size / 4,
        markerfacecolor="white",
        color=INK,
        label=label,
        animated=is_animated,
        zorder=4,
    )
    return line


def _rooms_of(tidy: pd.DataFrame) -> list[Room]:
    """Return the rooms that readings come from, by sensor id."""
    rows = tidy.drop_duplicates("sensor_id", keep="last").sort_values("sensor_id")
    columns = zip(rows["room"], rows["zone_id"], rows["sensor_id"], strict=True)
    return [Room(str(name), int(zone), int(sensor), False) for name, zone, sensor in columns]
