"""The colours of the page's figures, on light ground and on dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab_utils.plots.palette import FAINT, INK, MUTED, zone_colour

_ON_DARK: Final = ("#ff9248", "#6cb6ff", "#3fc99a", "#d99ad2", "#d8c64a", "#bdbdbd")
"""The same hues as those on light ground, bright enough for a dark one."""


@dataclass(frozen=True)
class Scheme:
    """What a figure is drawn with.

    Attributes:
        ground: Of the figure.
        ink: Of texts.
        muted: Of axes and thresholds.
        faint: Of the grid, and of an air conditioner's lane while it is off.
        is_dark: Whether the ground is dark.
    """

    ground: str
    ink: str
    muted: str
    faint: str
    is_dark: bool

    def zone(self, zone_id: int) -> str:
        """Return the colour of a zone."""
        return _ON_DARK[(zone_id - 1) % len(_ON_DARK)] if self.is_dark else zone_colour(zone_id)


LIGHT = Scheme("#ffffff", INK, MUTED, FAINT, is_dark=False)
DARK = Scheme("#1b1d21", "#ececec", "#a8a8a8", "#34373d", is_dark=True)


def zone_colours(scheme: Scheme) -> list[str]:
    """Return the colours of the zones, which begin anew after the last one."""
    return [scheme.zone(zone_id) for zone_id in range(1, len(_ON_DARK) + 1)]
