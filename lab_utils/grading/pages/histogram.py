"""The picture of a class's points: where each bar of the histogram stands."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.grading.pages.measures import Spread

WIDTH, HEIGHT = 440, 192
_BASE, _TALLEST, _STEP = 148, 124, 44


@dataclass(frozen=True)
class Bar:
    """A bar, in the picture's own units; ``label`` is below it, ``count`` above."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    label: str
    count: int


@dataclass(frozen=True)
class Histogram:
    """A histogram: its bars from left to right, and the line that they stand on."""

    bars: tuple[Bar, ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = _BASE


def histogram_of(spread: Spread) -> Histogram:
    """Return the picture of the final points of a class."""
    most = max(1, *(one.count for one in spread.bins))
    bars = []
    for place, one in enumerate(spread.bins):
        height = round(_TALLEST * one.count / most)
        left = place * _STEP
        label = str(one.low) if place < len(spread.bins) - 1 else f"{one.low}-{one.high}"
        bars.append(
            Bar(left + 4, _BASE - height, _STEP - 8, height, left + _STEP // 2, label, one.count)
        )
    return Histogram(tuple(bars))
