"""The mean temperature of each zone and minute, as the Lambda sees it, with the AC bands."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from lab_utils.house.events import Switch
from lab_utils.plots.ac_bands import AcBands, on_spans
from lab_utils.plots.axes import (
    EndLabels,
    draw_thresholds,
    new_axes,
    style_temperatures,
    write_note,
)
from lab_utils.plots.days import day_of, days_of
from lab_utils.plots.frames import tidy_means
from lab_utils.plots.palette import INK, room_dashes, zone_colour
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C

_MARGIN_C = 2.0
_MARKERS = "os^Dvp"


def plot_zone_means(
    means: pd.DataFrame, switches: Sequence[Switch] = (), ax: Axes | None = None
) -> Axes:
    """Draw each zone's mean temperatures, and below them when its air conditioner was on.

    Args:
        means: The result of a query: ``time`` or ``minute`` (datetime64[ns, UTC]), ``zone_id``
            (numbers or texts) and ``mean`` (°C), or another column of numbers if it is the only
            one. A row a zone and minute.
        switches: Those of `House.run`, by time.
        ax: Where to draw; a new figure by default.

    Raises:
        PlotError: A column is missing or holds something else.
    """
    axes = ax or new_axes()
    tidy = tidy_means(means)
    style_temperatures(axes)
    axes.set_title("Mean temperature of each zone", color=INK, loc="left", fontsize=11)
    axes.set_xlabel("lab time (UTC), each mean at the beginning of its minute", color=INK)
    zones = sorted({*tidy["zone_id"], *(switch.zone_id for switch in switches)})
    for place, zone_id in enumerate(zones):
        _draw_zone(axes, tidy[tidy["zone_id"] == zone_id], zone_id, place)
    values = [OFF_BELOW_C, ON_ABOVE_C, *tidy["mean"]]
    axes.set_ylim(min(values) - _MARGIN_C, max(values) + _MARGIN_C)
    draw_thresholds(axes, with_invalid=False)
    _draw_bands(axes, tidy, switches, zones)
    _label_ends(axes, tidy, zones)
    if tidy.empty:
        write_note(axes, "There are no means: the query has no rows.")
    return axes


def _draw_zone(axes: Axes, rows: pd.DataFrame, zone_id: int, place: int) -> None:
    axes.plot(
        rows["time"].to_numpy(),
        rows["mean"].to_numpy(),
        color=zone_colour(zone_id),
        linestyle=room_dashes(place),
        marker=_MARKERS[place % len(_MARKERS)],
        markersize=4,
        linewidth=1.7,
        label=f"zone {zone_id}",
        zorder=3,
    )


def _draw_bands(
    axes: Axes, tidy: pd.DataFrame, switches: Sequence[Switch], zones: Sequence[int]
) -> None:
    days = [*days_of(tidy["time"]), *(day_of(switch.time) for switch in switches)]
    if days and min(days) < max(days):
        axes.set_xlim(min(days), max(days))
    if days:
        AcBands(axes, zones).update(on_spans(switches, min(days), max(days)))


def _label_ends(axes: Axes, tidy: pd.DataFrame, zones: Sequence[int]) -> None:
    labels = EndLabels(axes, {zone_id: zone_colour(zone_id) for zone_id in zones})
    last = tidy.drop_duplicates("zone_id", keep="last")
    ends = dict(zip(last["zone_id"], last["mean"], strict=True))
    labels.update(ends, {key: f"zone {key}: {value:.1f}" for key, value in ends.items()})
