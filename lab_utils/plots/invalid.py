"""The invalid readings: when each sensor has failed to measure, and how often."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from lab_utils.plots.axes import LABEL_SIZE, new_axes, style_temperatures, write_note
from lab_utils.plots.days import days_of
from lab_utils.plots.frames import tidy_readings
from lab_utils.plots.palette import FAINT, INK, zone_colour

_MOST_VALUES, _WIDTH_OF_A_VALUE = 60, 0.025
"""More values than this are not written; a value's share of the Axes' width."""
_ROOM_INCHES, _LEAST_INCHES, _MOST_INCHES = 0.45, 2.0, 9.0


def plot_invalid(invalid: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a lane a sensor with a cross for each invalid reading, and how many there are.

    Args:
        invalid: ``time`` (datetime64[ns, UTC]), ``sensor_id`` or ``room``, ``temperature`` (°C),
            and ``zone_id`` if it is known: numbers or texts. Every row is taken for invalid.
        ax: Where to draw; a new figure by default.

    Raises:
        PlotError: A column is missing or holds something else.
    """
    tidy = tidy_readings(invalid)
    rooms = tidy.drop_duplicates("sensor_id").sort_values("sensor_id")
    height = min(_MOST_INCHES, max(_LEAST_INCHES, 1.2 + _ROOM_INCHES * len(rooms)))
    axes = ax or new_axes(9.0, height)
    style_temperatures(axes)
    axes.grid(visible=False)
    axes.set_ylabel("")
    axes.set_title("Invalid readings of each sensor, in °C", color=INK, loc="left", fontsize=11)
    places = {int(sensor): -place for place, sensor in enumerate(rooms["sensor_id"])}
    for sensor_id, rows in tidy.groupby("sensor_id"):
        _draw_lane(axes, rows, places[int(str(sensor_id))])
    axes.set_yticks(list(places.values()), [str(room) for room in rooms["room"]])
    axes.set_ylim(0.8 - max(1, len(rooms)), 0.8)
    if tidy.empty:
        write_note(axes, "There are no invalid readings with a time.")
    elif len(tidy) <= _MOST_VALUES:
        _write_values(axes, tidy, places)
    return axes


def _draw_lane(axes: Axes, rows: pd.DataFrame, place: int) -> None:
    colour = zone_colour(int(rows["zone_id"].iloc[0]) or 1)
    axes.axhline(place, color=FAINT, linewidth=0.8, zorder=1)
    axes.plot(
        days_of(rows["time"]),
        [place] * len(rows),
        linestyle="none",
        marker="x",
        markersize=6,
        markeredgewidth=1.6,
        color=colour,
        label=str(rows["room"].iloc[0]),
        zorder=3,
    )
    axes.text(
        1.01,
        place,
        f"{len(rows)} reading{'s' if len(rows) > 1 else ''}",
        transform=axes.get_yaxis_transform(),
        color=colour,
        fontsize=LABEL_SIZE,
        verticalalignment="center",
    )


def _write_values(axes: Axes, tidy: pd.DataFrame, places: dict[int, int]) -> None:
    """Write each temperature above its cross, unless the sensor's last one is in the way."""
    columns = zip(tidy["time"], tidy["sensor_id"], tidy["temperature"], strict=True)
    gap = (tidy["time"].max() - tidy["time"].min()) * _WIDTH_OF_A_VALUE
    written: dict[int, pd.Timestamp] = {}
    for time, sensor_id, temperature in columns:
        if sensor_id in written and time - written[sensor_id] < gap:
            continue
        written[sensor_id] = time
        axes.annotate(
            f"{temperature:.0f}",
            (time, places[int(sensor_id)]),
            xytext=(0, 5),
            textcoords="offset points",
            color=INK,
            fontsize=LABEL_SIZE - 1,
            horizontalalignment="center",
        )
