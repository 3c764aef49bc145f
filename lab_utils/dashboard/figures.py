"""The page's two figures: made once for a page, and from then on changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import (
    ColumnDataSource,
    DatetimeTickFormatter,
    HoverTool,
    Label,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from lab_utils.dashboard.colours import LIGHT, Scheme
from lab_utils.dashboard.view import AirConditioner, Line, View
from lab_utils.plots.axes import spread
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

HEIGHT_PX = 320
DASHES: tuple[list[int], ...] = ([], [7, 3], [2, 3], [9, 3, 2, 3])
"""The dash pattern of a line by its place in its zone, in pixels."""
_LANE_C = 2.2
_STEP_C = 5.0
_LABEL_PX, _LABEL_HEIGHT_PX = 52, 13
_USUAL_WIDTH_PX = 640
_CLOCK = {"minutes": "%H:%M", "hours": "%H:%M", "hourmin": "%H:%M", "days": "%d %b %H:%M"}


class LabFigure:
    """Lines of temperatures over lab time, with thresholds and the newest values' names.

    Args:
        title: The figure's name.
        name: What its lines are called, before their number.
        thresholds: What is marked: degrees and what they mean.
    """

    def __init__(self, title: str, name: str, thresholds: Sequence[tuple[float, str]]) -> None:
        self._name = name
        self.scheme = LIGHT
        self.plot = _new_plot(title)
        self.lines = ColumnDataSource(
            {key: [] for key in ("xs", "ys", "colour", "dash", "zone", "name")}
        )
        self.ends = ColumnDataSource({key: [] for key in ("x", "y", "place", "colour", "text")})
        self._marks = [self._threshold(*one) for one in thresholds]
        self._hovered = self.plot.multi_line(
            "xs", "ys", source=self.lines, line_color="colour", line_dash="dash", line_width=2
        )
        self._names = self.plot.text(
            "x", "place", "text", source=self.ends, text_color="colour", x_offset=5,
            text_baseline="middle", text_font_size="11px", level="annotation",
        )  # fmt: skip
        self.plot.scatter("x", "y", source=self.ends, size=5, color="colour")
        tooltip = "<b>@name</b> $snap_y{0.0} °C at $snap_x{%H:%M:%S}"
        self.plot.add_tools(
            HoverTool(
                renderers=[self._hovered],
                tooltips=tooltip,
                formatters={"$snap_x": "datetime"},
                line_policy="nearest",
            )
        )

    def paint(self, scheme: Scheme) -> None:
        """Draw on the ground that the reader's system prefers."""
        self.scheme = scheme
        plot = self.plot
        plot.background_fill_color = plot.border_fill_color = scheme.ground
        plot.outline_line_color = None
        for axis in plot.axis:
            axis.axis_label_text_color = axis.major_label_text_color = scheme.ink
            axis.axis_line_color = axis.major_tick_line_color = scheme.muted
            axis.minor_tick_line_color = None
        plot.ygrid.grid_line_color = scheme.faint
        plot.xgrid.grid_line_color = None
        for span, label in self._marks:
            span.line_color = label.text_color = scheme.muted

    def draw_lines(
        self, view: View, lines: Sequence[Line], degrees: Sequence[float], below_c: float = 0.0
    ) -> None:
        """Draw lines in the view's window, on a scale that holds them and these degrees.

        Args:
            view: What is shown.
            lines: Its lines.
            degrees: What the scale has to hold beside them.
            below_c: How much of the scale stays free below all of that, in degrees.
        """
        values = list(degrees)
        for line in lines:
            values += [np.nanmin(line.degrees), np.nanmax(line.degrees)]
        self._scale(min(values) - below_c, max(values))
        self._show_window(view)
        colours = [self.scheme.zone(line.zone_id) for line in lines]
        names = [f"{self._name}{line.key}" for line in lines]
        self.lines.data = {
            "xs": [line.times_ms for line in lines],
            "ys": [line.degrees for line in lines],
            "colour": colours,
            "dash": [DASHES[line.place % len(DASHES)] for line in lines],
            "zone": [line.zone_id for line in lines],
            "name": names,
        }
        self.ends.data = {
            "x": [line.times_ms[-1] for line in lines],
            "y": [line.newest_c for line in lines],
            "place": self._places([line.newest_c for line in lines]),
            "colour": colours,
            "text": names,
        }

    def _places(self, values: Sequence[float]) -> list[float]:
        """Return where the names of lines stand: beside their ends, but not on one another."""
        span_c = float(self.plot.y_range.end - self.plot.y_range.start)
        gap_c = span_c * _LABEL_HEIGHT_PX / (_inner(self.plot, "inner_height", HEIGHT_PX))
        order = sorted(range(len(values)), key=values.__getitem__)
        places = spread([values[one] for one in order], gap_c)
        return [place for _one, place in sorted(zip(order, places, strict=True))]

    def _show_window(self, view: View) -> None:
        """Show the window, and room for the names behind its end."""
        width_px = max(4 * _LABEL_PX, _inner(self.plot, "inner_width", _USUAL_WIDTH_PX))
        room = (view.end_ms - view.start_ms) * _LABEL_PX / (width_px - _LABEL_PX)
        self.plot.x_range.update(start=view.start_ms, end=view.end_ms + room)

    def _scale(self, low_c: float, high_c: float) -> None:
        """Show these degrees, in steps: a scale that moves with each reading is not read."""
        low = _STEP_C * np.floor((low_c - 0.5) / _STEP_C)
        high = _STEP_C * np.ceil((high_c + 0.5) / _STEP_C)
        self.plot.y_range.update(start=float(low), end=float(high))

    def _threshold(self, degrees: float, meaning: str) -> tuple[Any, Any]:
        span = Span(location=degrees, dimension="width", line_dash=[4, 3], level="underlay")
        label = Label(
            x=4, x_units="screen", y=degrees, y_offset=2, text=f"{meaning} {degrees:g} °C",
            text_font_size="11px",
        )  # fmt: skip
        self.plot.add_layout(span)
        self.plot.add_layout(label)
        return span, label


class RoomsFigure(LabFigure):
    """The temperatures of the rooms, the invalid readings, and when each AC was on."""

    def __init__(self) -> None:
        super().__init__(
            "rooms-figure",
            "temp_",
            (
                (ON_ABOVE_C, "on above"),
                (OFF_BELOW_C, "off below"),
                (INVALID_FROM_C, "invalid from"),
            ),
        )
        self.artefacts = ColumnDataSource({"x": [], "y": []})
        self._crosses = self.plot.scatter(
            "x", "y", source=self.artefacts, marker="x", size=7, line_width=1.5
        )
        self.lanes = ColumnDataSource({key: [] for key in _LANE_COLUMNS})
        self.plot.quad(
            left="left", right="right", top="top", bottom="bottom", source=self.lanes,
            fill_color="colour", line_color=None,
        )  # fmt: skip
        self.lane_names = ColumnDataSource({key: [] for key in ("x", "y", "text", "colour")})
        self.plot.text(
            "x", "y", "text", source=self.lane_names, text_color="colour", x_offset=5,
            text_baseline="middle", text_font_size="11px", level="annotation",
        )  # fmt: skip
        self.paint(LIGHT)

    def paint(self, scheme: Scheme) -> None:
        """Draw on the ground that the reader's system prefers."""
        super().paint(scheme)
        self._crosses.glyph.line_color = scheme.ink

    def update(self, view: View) -> None:
        """Draw what a page shows now."""
        times, degrees = view.artefacts
        lanes_c = _LANE_C * len(view.conditioners)
        held = [OFF_BELOW_C - 1, INVALID_FROM_C + 1, *degrees]
        self.draw_lines(view, view.rooms, held, lanes_c)
        self.artefacts.data = {"x": times, "y": degrees}
        bottom = float(self.plot.y_range.start)
        rows = [
            row
            for place, one in enumerate(reversed(view.conditioners))
            for row in _lane(one, bottom + _LANE_C * place, self.scheme)
        ]
        self.lanes.data = {
            key: [row[number] for row in rows] for number, key in enumerate(_LANE_COLUMNS)
        }
        shown = list(reversed(view.conditioners))
        self.lane_names.data = {
            "x": [view.end_ms] * len(shown),
            "y": [bottom + _LANE_C * (place + 0.5) for place in range(len(shown))],
            "text": [f"AC {one.zone_id}" for one in shown],
            "colour": [self.scheme.zone(one.zone_id) for one in shown],
        }


class MeansFigure(LabFigure):
    """The means of each zone and minute, and what the Lambda decided by its own."""

    def __init__(self) -> None:
        super().__init__(
            "means", "zone ", ((ON_ABOVE_C, "AC on above"), (OFF_BELOW_C, "AC off below"))
        )
        self.decisions = ColumnDataSource(
            {key: [] for key in ("x", "y", "marker", "size", "colour")}
        )
        self.plot.scatter(
            "x", "y", source=self.decisions, marker="marker", size="size",
            line_color="colour", fill_color="colour", line_width=1.5,
        )  # fmt: skip
        self.paint(LIGHT)

    def update(self, view: View) -> None:
        """Draw what a page shows now."""
        told = [one for one in view.decisions if one.mean_c is not None]
        means = [one.mean_c for one in told if one.mean_c is not None]
        self.draw_lines(view, view.means, [OFF_BELOW_C, ON_ABOVE_C, *means])
        marks = {True: ("triangle", 10), False: ("inverted_triangle", 10), None: ("circle", 4)}
        self.decisions.data = {
            "x": [one.time.timestamp() * 1000 for one in told],
            "y": means,
            "marker": [marks[one.is_on][0] for one in told],
            "size": [marks[one.is_on][1] for one in told],
            "colour": [self.scheme.zone(one.zone_id) for one in told],
        }


_LANE_COLUMNS = ("left", "right", "bottom", "top", "colour")


def _lane(
    one: AirConditioner, bottom_c: float, scheme: Scheme
) -> list[tuple[float, float, float, float, str]]:
    """Return a lane: faint where the log tells the state, in the zone's colour where it was on."""
    low, high = bottom_c + 0.15 * _LANE_C, bottom_c + 0.85 * _LANE_C
    known = [] if one.known is None else [(*one.known, low, high, scheme.faint)]
    return [*known, *((begin, end, low, high, scheme.zone(one.zone_id)) for begin, end in one.on)]


def _inner(plot: Any, side: str, usual_px: int) -> int:
    """Return a side of a plot's frame, in pixels, as the browser has told; it begins with 0."""
    try:
        return int(getattr(plot, side)) or usual_px
    except UnsetValueError:  # Before the browser has drawn it.
        return usual_px


def _new_plot(name: str) -> Any:
    plot = figure(
        name=name,
        height=HEIGHT_PX,
        min_width=200,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        x_range=Range1d(0, 1),
        y_range=Range1d(OFF_BELOW_C, INVALID_FROM_C),
        x_axis_label="lab time (UTC)",
        y_axis_label="°C",
        tools="",
        toolbar_location=None,
        lod_threshold=None,
    )
    plot.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minsec="%H:%M:%S", **_CLOCK)
    plot.xaxis.ticker.desired_num_ticks = 5
    plot.axis.major_label_text_font_size = plot.axis.axis_label_text_font_size = "12px"
    plot.axis.axis_label_text_font_style = "normal"
    return plot
