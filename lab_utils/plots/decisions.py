"""What was decided about each zone by its means, beside what its air conditioner really did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lab_utils.house.events import Switch
from lab_utils.plots.ac_bands import AcBands, on_spans
from lab_utils.plots.axes import (
    LABEL_SIZE,
    EndLabels,
    draw_thresholds,
    new_axes,
    style_temperatures,
    write_note,
)
from lab_utils.plots.days import day_of, days_of
from lab_utils.plots.frames import tidy_decisions
from lab_utils.plots.palette import INK, MUTED, room_dashes, zone_colour
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C

_MARGIN_C = 2.0
_TITLE_PAD = 24
"""Points between the Axes and its title: the legend is there."""
_MARKS = {True: ("^", "decided: on"), False: ("v", "decided: off"), None: ("o", "left as it is")}


def plot_decisions(
    decisions: pd.DataFrame,
    switches: Sequence[Switch] = (),
    ax: Axes | None = None,
    *,
    on_above_c: float = ON_ABOVE_C,
    off_below_c: float = OFF_BELOW_C,
) -> Axes:
    """Draw each zone's means with what was decided by them, and below when its AC was on.

    A mean above the one threshold points up, below the other down, in between it is a dot. In
    the lanes, colour is when the air conditioner was on, a frame when the decisions would have
    it on, each kept until the next.

    Args:
        decisions: ``time``, or ``minute`` (decided upon at its end), both datetime64[ns, UTC];
            ``zone_id`` (numbers or texts), ``mean`` (°C) and ``enabled`` (true, false or NA).
        switches: Those of `House.run`, by time.
        ax: Where to draw; a new figure by default.
        on_above_c: The upper threshold of the decisions, in °C.
        off_below_c: The lower one.

    Raises:
        PlotError: A column is missing or holds something else.
    """
    axes = ax or new_axes()
    tidy = tidy_decisions(decisions)
    _name(axes)
    zones = sorted({*tidy["zone_id"], *(switch.zone_id for switch in switches)})
    for place, zone_id in enumerate(zones):
        _draw_zone(axes, tidy[tidy["zone_id"] == zone_id], zone_id, place)
    values = [off_below_c, on_above_c, *tidy["mean"]]
    axes.set_ylim(min(values) - _MARGIN_C, max(values) + _MARGIN_C)
    draw_thresholds(axes, with_invalid=False, on_above_c=on_above_c, off_below_c=off_below_c)
    _draw_lanes(axes, tidy, switches, zones)
    _label_ends(axes, tidy, zones)
    _draw_legend(axes, tidy)
    if tidy.empty:
        write_note(axes, "There are no decisions: the query has no rows.")
    return axes


def _name(axes: Axes) -> None:
    style_temperatures(axes)
    title = "What was decided by each mean"
    axes.set_title(title, color=INK, loc="left", fontsize=11, pad=_TITLE_PAD)
    axes.set_xlabel("lab time (UTC), each mean when it was decided upon", color=INK)


def _draw_zone(axes: Axes, rows: pd.DataFrame, zone_id: int, place: int) -> None:
    colour = zone_colour(zone_id)
    times, means = days_of(rows["time"]), rows["mean"].to_numpy()
    axes.plot(times, means, color=colour, linestyle=room_dashes(place), linewidth=1.4, zorder=3)
    for enabled, (_marker, meaning) in _MARKS.items():
        chosen = _are(rows["enabled"], enabled)
        axes.plot(
            times[chosen],
            means[chosen],
            linestyle="none",
            color=colour,
            label=f"zone {zone_id}, {meaning}",
            zorder=4,
            **_mark(enabled, colour),
        )


def _mark(enabled: bool | None, colour: str) -> dict[str, Any]:
    """Return how a decision is drawn: small and hollow where nothing changes."""
    is_said = enabled is not None
    return {
        "marker": _MARKS[enabled][0],
        "markersize": 8 if is_said else 4,
        "markerfacecolor": colour if is_said else "white",
    }


def _are(column: pd.Series[bool], enabled: bool | None) -> list[bool]:
    """Return which rows say this; None is for those that say nothing."""
    return [pd.isna(one) if enabled is None else one is enabled for one in column.astype(object)]


def _draw_lanes(
    axes: Axes, tidy: pd.DataFrame, switches: Sequence[Switch], zones: Sequence[int]
) -> None:
    days = [*days_of(tidy["time"]), *(day_of(switch.time) for switch in switches)]
    if not days:
        return
    if min(days) < max(days):
        axes.set_xlim(min(days), max(days))
    bands = AcBands(axes, zones)
    bands.update(on_spans(switches, min(days), max(days)))
    changes = list(_changes(tidy))
    bands.outline(on_spans(changes, min(days), max(days)), "on by these decisions")


def _changes(tidy: pd.DataFrame) -> list[Switch]:
    """Return the decisions that change something."""
    before = tidy.groupby("zone_id")["is_on"].shift(fill_value=False)
    changed = tidy[tidy["is_on"] != before]
    columns = zip(changed["time"], changed["zone_id"], changed["is_on"], strict=True)
    return [Switch(time, int(zone), bool(is_on)) for time, zone, is_on in columns]


def _label_ends(axes: Axes, tidy: pd.DataFrame, zones: Sequence[int]) -> None:
    labels = EndLabels(axes, {zone_id: zone_colour(zone_id) for zone_id in zones})
    last = tidy.drop_duplicates("zone_id", keep="last")
    ends = dict(zip(last["zone_id"], last["mean"], strict=True))
    labels.update(ends, {key: f"zone {key}: {value:.1f}" for key, value in ends.items()})


def _draw_legend(axes: Axes, tidy: pd.DataFrame) -> None:
    """Explain the marks that there are, and what colour and frame of the lanes mean."""
    if tidy.empty:
        return
    marks = [
        Line2D([], [], linestyle="none", color=INK, label=meaning, **_mark(enabled, INK))
        for enabled, (_marker, meaning) in _MARKS.items()
        if any(_are(tidy["enabled"], enabled))
    ]
    lanes = [
        Patch(facecolor=MUTED, label="AC was on"),
        Patch(facecolor="none", edgecolor=INK, linewidth=1.6, label="on by these decisions"),
    ]
    axes.legend(
        handles=[*marks, *lanes],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=5,
        frameon=False,
        fontsize=LABEL_SIZE,
        labelcolor=INK,
        borderaxespad=0.1,
        columnspacing=1.2,
        handletextpad=0.5,
    )
