"""When each zone's air conditioner was on: a lane a zone below the temperatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from lab_utils.house.events import Switch
from lab_utils.plots.axes import LABEL_SIZE
from lab_utils.plots.days import day_of
from lab_utils.plots.palette import FAINT, INK, zone_colour

Span = tuple[float, float]
_LANE, _MOST_LANES, _GAP = 0.055, 0.3, 0.25
"""A lane's share of the Axes' height, that of all lanes, and what of a lane stays free."""


def on_spans(
    switches: Iterable[Switch], start: float, until: float, on_at_start: Iterable[int] = ()
) -> dict[int, list[Span]]:
    """Return when each zone's air conditioner was on, oldest first.

    Args:
        switches: By time. Where a zone's first one goes off, it was on from the start; where its
            last one goes on, it is on until the end.
        start: The first time that is shown, in matplotlib's days.
        until: The last one.
        on_at_start: The zones that are known to have been on at the start.
    """
    is_on = dict.fromkeys(on_at_start, start)
    spans: dict[int, list[Span]] = {zone_id: [] for zone_id in is_on}
    for switch in switches:
        time = day_of(switch.time)
        of_zone = spans.setdefault(switch.zone_id, [])
        if switch.is_on:
            is_on.setdefault(switch.zone_id, time)
        elif switch.zone_id in is_on or not of_zone:
            of_zone.append((is_on.pop(switch.zone_id, start), time))
    for zone_id, since in is_on.items():
        spans[zone_id].append((since, max(since, until)))
    return spans


class AcBands:
    """The lanes of an Axes, which widens its scale downwards to make room for them."""

    def __init__(self, axes: Axes, zone_ids: Sequence[int], *, is_animated: bool = False) -> None:
        self._axes = axes
        self._lane = min(_LANE, _MOST_LANES / max(1, len(zone_ids)))
        self._bottoms = {
            zone_id: self._lane * (len(zone_ids) - 1 - place)
            for place, zone_id in enumerate(zone_ids)
        }
        self.fit(*axes.get_ylim())
        self.collections = {
            zone_id: self._draw_lane(axes, zone_id, is_animated) for zone_id in zone_ids
        }
        self._label_lanes(axes)

    def fit(self, low: float, high: float) -> None:
        """Show the degrees between two above the lanes, with ticks for them only."""
        share = self._lane * len(self._bottoms)
        self._axes.set_ylim(low, high)
        self._axes.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
        self._axes.set_yticks([tick for tick in self._axes.get_yticks() if low <= tick <= high])
        self._axes.set_ylim(high - (high - low) / (1 - share), high)

    def update(self, spans: Mapping[int, Sequence[Span]]) -> None:
        """Shade each zone's lane where its air conditioner is on."""
        for zone_id, collection in self.collections.items():
            collection.set_verts(self._boxes(zone_id, spans))

    def outline(self, spans: Mapping[int, Sequence[Span]], label: str) -> PolyCollection:
        """Frame each zone's lane where it would be on by another account, and return the frames.

        Args:
            spans: By zone.
            label: What the account is called.
        """
        frames = PolyCollection(
            [box for zone_id in self._bottoms for box in self._boxes(zone_id, spans)],
            transform=self._axes.get_xaxis_transform(),
            facecolor="none",
            edgecolor=INK,
            linewidth=1.6,
            label=label,
            clip_on=False,
            zorder=3,
        )
        self._axes.add_collection(frames, autolim=False)
        return frames

    def _boxes(self, zone_id: int, spans: Mapping[int, Sequence[Span]]) -> list[list[Span]]:
        """Return the corners of a zone's spans in its lane."""
        low = self._bottoms[zone_id] + self._lane * _GAP / 2
        high = low + self._lane * (1 - _GAP)
        return [
            [(begin, low), (begin, high), (end, high), (end, low)]
            for begin, end in spans.get(zone_id, [])
        ]

    def _draw_lane(self, axes: Axes, zone_id: int, is_animated: bool) -> PolyCollection:
        low, height = self._bottoms[zone_id] + self._lane * _GAP / 2, self._lane * (1 - _GAP)
        axes.add_artist(
            Rectangle((0, low), 1, height, transform=axes.transAxes, color=FAINT, zorder=1)
        )
        band = PolyCollection(
            [],
            transform=axes.get_xaxis_transform(),
            facecolor=zone_colour(zone_id),
            label=f"AC-{zone_id} on",
            animated=is_animated,
            zorder=2,
        )
        axes.add_collection(band, autolim=False)
        return band

    def _label_lanes(self, axes: Axes) -> None:
        """Write as many labels as there is room for, evenly."""
        each = max(1, round(_LANE / self._lane))
        for zone_id in list(self._bottoms)[::each]:
            axes.text(
                -0.01,
                self._bottoms[zone_id] + self._lane / 2,
                f"AC {zone_id}",
                transform=axes.transAxes,
                color=zone_colour(zone_id),
                fontsize=LABEL_SIZE,
                horizontalalignment="right",
                verticalalignment="center",
            )


def plot_ac_bands(
    axes: Axes, switches: Sequence[Switch], zone_ids: Sequence[int] | None = None
) -> Axes:
    """Shade below the lines of an Axes when each zone's air conditioner was on; return the Axes.

    Call it after the lines were drawn: the lanes reach as far as they do.

    Args:
        axes: With lab time on its horizontal axis, as dates.
        switches: Those of `House.run`, by time.
        zone_ids: The zones that get a lane, empty or not; by default those that were switched.
    """
    shown = sorted({switch.zone_id for switch in switches} if zone_ids is None else zone_ids)
    low, high = axes.dataLim.intervalx
    if not low <= high:  # No data: the limits are infinite, the wrong way round.
        low, high = axes.get_xlim()
    AcBands(axes, shown).update(on_spans(switches, low, high))
    if not switches:
        axes.text(
            0.99,
            0.01,
            "no air conditioner was switched",
            transform=axes.transAxes,
            fontsize=LABEL_SIZE,
            horizontalalignment="right",
            verticalalignment="bottom",
        )
    return axes
