"""The figure of a running house, redrawn again and again: what stays is drawn once."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from lab_utils.house.events import HousePlan, Snapshot, Switch
from lab_utils.plots.ac_bands import AcBands, on_spans
from lab_utils.plots.axes import LABEL_SIZE, draw_thresholds, style_temperatures
from lab_utils.plots.days import day_of
from lab_utils.plots.floor_plan import FloorPlan
from lab_utils.plots.frames import tidy_readings
from lab_utils.plots.palette import ALARM, FAINT, INK, MUTED
from lab_utils.plots.temperatures import RoomLines, draw_legend
from lab_utils.plots.tracks import Tracks

WIDTH_PX, HEIGHT_PX = 900, 500
"""The figure's size on a page."""
_DPI = 100
_LOW_C, _HIGH_C = 5.0, 52.0
_MINUTES_OF_A_DAY = 1440.0
_OPEN_WINDOW_MINUTES, _SHORTEST_MINUTES, _LATE_MINUTES = 30.0, 0.1, 0.5
"""The first window of a run without an end, the least one, and how far over its end is nothing."""
_NEWEST_LINES, _LETTERS_OF_A_LINE = 6, 48
_NO_SWITCH = "none yet"
_BAR = (0.07, 0.925, 0.51, 0.016)
"""Left, bottom, width and height of the progress bar, in shares of the figure."""


class HouseFigure:
    """Temperatures, AC bands, floor plan, progress and newest switches of one run.

    Args:
        plan: What is going to run.
    """

    def __init__(self, plan: HousePlan) -> None:
        self._plan = plan
        self.tracks = Tracks()
        self.switches: list[Switch] = []
        self.figure = Figure(
            figsize=(WIDTH_PX / _DPI, HEIGHT_PX / _DPI), dpi=_DPI, facecolor="white"
        )
        self._canvas = FigureCanvasAgg(self.figure)
        self._background: object | None = None
        self._window = (0.0, _OPEN_WINDOW_MINUTES / _MINUTES_OF_A_DAY)
        self._on_at_start: frozenset[int] = frozenset()
        self._low_c = _LOW_C
        self.axes = self.figure.add_axes((0.07, 0.11, 0.51, 0.78), facecolor="white")
        self._draw_temperatures()
        self.plan_axes = self.figure.add_axes((0.73, 0.38, 0.26, 0.56))
        self.floor_plan = FloorPlan(self.plan_axes, plan.rooms, is_animated=True)
        self.floor_plan.update({}, {})
        self.bar = self._draw_bar()
        left, bottom, width, _height = _BAR
        self.progress = self._write(left, bottom + 0.047, size=11)
        self.time_left = self._write(left + width, bottom + 0.047, side="right")
        self.news = self._write(0.735, 0.285, size=7, family="monospace", level="top")
        self.news.set_animated(False)  # Many letters that seldom change.
        self.news.set_text(_NO_SWITCH)
        self.figure.text(0.735, 0.31, "newest switches", color=INK, fontsize=LABEL_SIZE)
        self.remark = self._write(left + width / 2, 0.85, side="center", size=10, level="top")
        self.remark.set_bbox({"facecolor": ALARM, "edgecolor": INK, "boxstyle": "round,pad=0.4"})
        self.progress.set_text("The house: not yet started")

    def begin(self, first: Snapshot) -> None:
        """Take when the run began, and which air conditioners were on then."""
        start = day_of(first.time) - first.elapsed_minutes / _MINUTES_OF_A_DAY
        minutes = self._plan.minutes if math.isfinite(self._plan.minutes) else _OPEN_WINDOW_MINUTES
        self._set_window(start, start + minutes / _MINUTES_OF_A_DAY)
        self.axes.tick_params(axis="x", labelbottom=True)
        switched = {switch.zone_id: switch for switch in reversed(first.switches)}
        self._on_at_start = frozenset(
            zone_id
            for zone_id, is_on in first.is_on.items()
            if (not switched[zone_id].is_on if zone_id in switched else is_on)
        )

    def add(self, snapshot: Snapshot) -> None:
        """Take one step."""
        self.tracks.add(day_of(snapshot.time), snapshot.readings)
        self.switches.extend(snapshot.switches)

    def show(self, snapshot: Snapshot) -> None:
        """Show the run as it is at a step that was taken."""
        now = day_of(snapshot.time)
        start, end = self._window
        if now > end + _LATE_MINUTES / _MINUTES_OF_A_DAY:  # An outage, or a run without an end.
            self._set_window(start, start + 1.3 * (now - start))
        self._show_data(now)
        if self.floor_plan.update(snapshot.room_c, snapshot.is_on):
            self._background = None
        self._show_progress(snapshot.elapsed_minutes)
        left = snapshot.seconds_left
        self.time_left.set_text(f"about {left:.0f} s left" if math.isfinite(left) else "")
        self.remark.set_text(textwrap.fill(snapshot.remark, _LETTERS_OF_A_LINE))

    def show_result(
        self, sent: pd.DataFrame, switches: Sequence[Switch], last: Snapshot | None, stopped: bool
    ) -> None:
        """Show what a run has led to.

        Args:
            sent: What was sent, as `House.run` returns it.
            switches: All switches.
            last: The last step; None if there was none.
            stopped: Whether it was interrupted.
        """
        self.tracks = Tracks.of_frame(tidy_readings(sent))
        self.switches = list(switches)
        if last is not None:
            self.show(last)
            self._set_window(self._window[0], day_of(last.time))
        draw_legend(self.axes, self.lines.legend_handles(self.tracks))
        self._background = None
        elapsed = last.elapsed_minutes if last is not None else 0.0
        self.progress.set_text(
            f"The house: stopped after {elapsed:.1f} lab minutes"
            if stopped
            else f"The house: {elapsed:.0f} lab minutes"
        )
        self.time_left.set_text("")
        self.remark.set_text("" if self.tracks.span else "There are no readings.")

    def png(self, dpi: float = _DPI) -> bytes:
        """Return the figure as PNG, opaque.

        Args:
            dpi: 100 gives as many pixels as the figure has on a page.
        """
        canvas: Any = self._canvas  # Agg's own methods have no types.
        if self._background is None or self.figure.dpi != dpi:
            self.figure.set_dpi(dpi)
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._background)
        for artist in self._artists():
            self.figure.draw_artist(artist)
        return _encode(np.asarray(canvas.buffer_rgba()), 1 if dpi == _DPI else 9)

    def _artists(self) -> list[Artist]:
        bands = self.bands.collections.values()
        texts = (self.bar, self.progress, self.time_left)
        remark = [self.remark] if self.remark.get_text() else []
        return [*bands, *self.lines.artists, *self.floor_plan.artists, *texts, *remark]

    def _show_data(self, now: float) -> None:
        if self.tracks.lowest_c < self._low_c:
            self._low_c = 5 * math.floor(self.tracks.lowest_c / 5 - 0.2)
            self.bands.fit(self._low_c, _HIGH_C)
            self._background = None
        self.lines.update(self.tracks)
        self.bands.update(on_spans(self.switches, self._window[0], now, self._on_at_start))
        newest = "\n".join(switch_line(switch) for switch in self.switches[-_NEWEST_LINES:])
        newest = newest or _NO_SWITCH
        if newest != self.news.get_text():
            self.news.set_text(newest)
            self._background = None

    def _show_progress(self, elapsed: float) -> None:
        minutes = self._plan.minutes
        share = min(1.0, elapsed / minutes) if minutes > 0 else 1.0
        of = f" of {minutes:g}" if math.isfinite(minutes) else ""
        self.progress.set_text(f"The house: lab minute {elapsed:.1f}{of}")
        self.bar.set_width(_BAR[2] * share)

    def _set_window(self, start: float, end: float) -> None:
        self._window = (start, max(end, start + _SHORTEST_MINUTES / _MINUTES_OF_A_DAY))
        self.axes.set_xlim(*self._window)
        self._background = None

    def _draw_temperatures(self) -> None:
        self.axes.set_ylim(_LOW_C, _HIGH_C)
        self.axes.set_xlim(*self._window)
        style_temperatures(self.axes)
        draw_thresholds(self.axes)
        self.axes.tick_params(axis="x", labelbottom=False)  # Until the time is known.
        self.lines = RoomLines(self.axes, self._plan.rooms, is_animated=True)
        draw_legend(self.axes, [self.lines.artefacts])
        self.bands = AcBands(self.axes, self._plan.zone_ids, is_animated=True)

    def _draw_bar(self) -> Rectangle:
        left, bottom, width, height = _BAR
        for share, colour, is_animated in ((1.0, FAINT, False), (0.0, MUTED, True)):
            bar = Rectangle(
                (left, bottom), width * share, height, color=colour, linewidth=0,
                transform=self.figure.transFigure, animated=is_animated,
            )  # fmt: skip
            self.figure.add_artist(bar)
        return bar

    def _write(
        self,
        x: float,
        y: float,
        *,
        side: str = "left",
        level: str = "center",
        size: float = LABEL_SIZE,
        family: str = "sans-serif",
    ) -> Text:
        return self.figure.text(
            x, y, "", color=INK, fontsize=size, family=family, horizontalalignment=side,
            verticalalignment=level, animated=True, zorder=6,
        )  # fmt: skip


def _encode(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], effort: int) -> bytes:
    """Return an image as PNG of 256 colours: fewer bytes, in less time, than with all."""
    image = Image.fromarray(pixels).convert("RGB")
    stream = BytesIO()
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(stream, "PNG", compress_level=effort)
    return stream.getvalue()


def switch_line(switch: Switch) -> str:
    """Return a switch in the practical's words, after its lab time."""
    return f"{switch.time:%H:%M:%S} ZONE {switch.zone_id} : AC SWITCH TO {switch.is_on}"
