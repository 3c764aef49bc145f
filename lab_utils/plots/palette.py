"""The colours and lines of the figures: a colour a zone, a dash pattern a room of it."""

from __future__ import annotations

from typing import Final

from matplotlib import colormaps

INK: Final = "#1a1a1a"
MUTED: Final = "#5c5c5c"
FAINT: Final = "#e9e9e9"
ALARM: Final = "#fff3bf"
"""The ground of a remark; the text on it is `INK`."""

_ZONES = ("#d55e00", "#005a9c", "#00805d", "#8e4585", "#7a6a00", "#404040")
"""Told apart with each kind of colour blindness, and dark enough for text on white."""

Dashes = str | tuple[float, tuple[float, ...]]
_DASHES: tuple[Dashes, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))

Colour = tuple[float, float, float]
_COLDEST_C, _HOTTEST_C = 10.0, 40.0
_TEMPERATURES: tuple[Colour, ...] = tuple(
    (red, green, blue) for red, green, blue, _alpha in colormaps["plasma"](range(256)).tolist()
)


def zone_colour(zone_id: int) -> str:
    """Return the colour of a zone: the same in each figure, whatever zones it shows."""
    return _ZONES[(zone_id - 1) % len(_ZONES)]


def room_dashes(place: int) -> Dashes:
    """Return the dash pattern of a room by its place in its zone, from 0."""
    return _DASHES[place % len(_DASHES)]


def temperature_colour(temperature_c: float) -> Colour:
    """Return the colour of a temperature: dark blue up to 10 °C, over red to yellow from 40 °C."""
    share = (temperature_c - _COLDEST_C) / (_HOTTEST_C - _COLDEST_C)
    return _TEMPERATURES[round(255 * min(1.0, max(0.0, share)))]


def text_colour(temperature_c: float) -> str:
    """Return what can be read on the colour of a temperature: black or white."""
    red, green, blue = temperature_colour(temperature_c)
    is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
    return INK if is_light else "white"
