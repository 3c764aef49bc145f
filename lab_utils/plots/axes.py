"""What the figures share: an Axes in the house's style, its thresholds, its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from matplotlib import pyplot
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.dates import MINUTELY, AutoDateFormatter, AutoDateLocator
from matplotlib.text import Text

from lab_utils.plots.palette import FAINT, INK, MUTED
from lab_utils.thresholds import INVALID_FROM_C, OFF_BELOW_C, ON_ABOVE_C

LABEL_SIZE = 8.5
MOST_LABELS = 16
"""More lines than this get no label each: there is no room for them at the Axes' edge."""
_LABEL_AT = 1.03
"""Where labels begin, in widths of the Axes."""
_HOUR, _MINUTE, _SECOND = 1 / 24, 1 / 1440, 1 / 86400


def new_axes(width: float = 9.0, height: float = 4.5) -> Axes:
    """Return the Axes of a new figure, white in a dark notebook too; inches."""
    figure = pyplot.figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_facecolor("white")
    return axes


def style_temperatures(axes: Axes) -> None:
    """Give an Axes a scale of degrees, and of lab time in hours and minutes."""
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    formatter = AutoDateFormatter(locator, tz=UTC)  # type: ignore[no-untyped-call]
    formatter.scaled = {1.0: "%d %b", _HOUR: "%H:%M", _MINUTE: "%H:%M", _SECOND: "%H:%M:%S"}
    axes.xaxis_date(tz=UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel("lab time (UTC)", color=INK)
    axes.set_ylabel("temperature in °C", color=INK, loc="top")  # The lanes' labels are below.
    axes.tick_params(colors=INK, labelsize=LABEL_SIZE)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)


def draw_thresholds(
    axes: Axes,
    *,
    with_invalid: bool = True,
    on_above_c: float = ON_ABOVE_C,
    off_below_c: float = OFF_BELOW_C,
) -> None:
    """Draw the lines of the thresholds, each with its meaning beside it; degrees Celsius."""
    lines = [(on_above_c, "AC on above", "bottom"), (off_below_c, "AC off below", "top")]
    if with_invalid:
        lines.append((INVALID_FROM_C, "invalid from", "bottom"))
    for value, meaning, side in lines:
        axes.axhline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            f"{meaning} {value:g} °C",
            (0, value),
            xycoords=axes.get_yaxis_transform(),
            xytext=(5, 2.5 if side == "bottom" else -2.5),
            textcoords="offset points",
            color=MUTED,
            fontsize=LABEL_SIZE - 0.5,
            verticalalignment=side,
            zorder=1,
        )


def write_note(axes: Axes, text: str) -> Text:
    """Write a sentence into the middle of an Axes without data: why there are none."""
    axes.set_xticks([])
    return axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        color=INK,
        fontsize=LABEL_SIZE + 2,
        horizontalalignment="center",
        verticalalignment="center",
        bbox={"facecolor": "white", "edgecolor": MUTED, "boxstyle": "round,pad=0.5"},
    )


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Return places as near to the wanted ones as can be, in their order, a gap between each two.

    Places that would overlap share the middle of where they wanted to be.

    Args:
        wanted: The wanted places, ascending.
        gap: The least distance between two.
    """
    blocks: list[tuple[float, int]] = []
    for place in wanted:
        blocks.append((place, 1))
        while len(blocks) > 1:
            (low, lows), (high, highs) = blocks[-2:]
            if high - low >= gap * (lows + highs) / 2:
                break
            # The mean of the places less each one's offset in the block that they make.
            count = lows + highs
            middle = (low * lows + high * highs) / count
            blocks[-2:] = [(middle, count)]
    return [
        middle + gap * (number - (count - 1) / 2)
        for middle, count in blocks
        for number in range(count)
    ]


class EndLabels:
    """Labels beside an Axes, each at the height of its line's end, none over another."""

    def __init__(self, axes: Axes, colours: Mapping[int, str], *, is_animated: bool = False):
        self._axes = axes
        shown = colours if len(colours) <= MOST_LABELS else {}
        self.texts = {key: _end_label(axes, colour, is_animated) for key, colour in shown.items()}
        self.leaders = LineCollection(
            [],
            transform=axes.get_yaxis_transform(),
            colors=MUTED,
            linewidths=0.7,
            clip_on=False,
            animated=is_animated,
        )
        axes.add_collection(self.leaders, autolim=False)

    @property
    def artists(self) -> list[Artist]:
        """All of them, in the order of drawing."""
        return [self.leaders, *self.texts.values()]

    def update(self, values: Mapping[int, float], names: Mapping[int, str]) -> None:
        """Move each label to its value, and write its name; a line without a value has none."""
        shown = sorted((value, key) for key, value in values.items() if key in self.texts)
        places = spread([value for value, _key in shown], self._gap())
        for text in self.texts.values():
            text.set_text("")
        for (_value, key), place in zip(shown, places, strict=True):
            self.texts[key].set_text(names[key])
            self.texts[key].set_y(place)
        self.leaders.set_segments(
            [
                [(1.004, value), (_LABEL_AT - 0.004, place)]
                for (value, _key), place in zip(shown, places, strict=True)
            ]
        )

    def _gap(self) -> float:
        """Return the height of a label in degrees."""
        low, high = self._axes.get_ylim()
        figure = self._axes.get_figure(root=True)
        assert figure is not None
        inches = self._axes.get_position().height * figure.get_figheight()
        return (high - low) * LABEL_SIZE * 1.3 / 72 / inches


def _end_label(axes: Axes, colour: str, is_animated: bool) -> Text:
    return axes.text(
        _LABEL_AT,
        0.0,
        "",
        transform=axes.get_yaxis_transform(),
        color=colour,
        fontsize=LABEL_SIZE,
        verticalalignment="center",
        animated=is_animated,
    )
