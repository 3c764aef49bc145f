"""The plan of the house: its rooms by zone, coloured by their temperature."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from lab_utils.house.events import Room
from lab_utils.plots.axes import new_axes, write_note
from lab_utils.plots.palette import FAINT, INK, MUTED, temperature_colour, text_colour, zone_colour

Box = tuple[float, float, float, float]
"""Left, bottom, width and height, in shares of the Axes."""
_MOST_NAMES, _MOST_VALUES = 12, 64
_HEAD, _NAME, _GAP = 0.2, 0.35, 0.03
"""A zone's name and sign, its share of the zone; a room's name, its share of the room; gaps."""
_LETTERS_OF_A_NAME = 11


class FloorPlan:
    """The rooms of an Axes, which shows nothing else."""

    def __init__(self, axes: Axes, rooms: Sequence[Room], *, is_animated: bool = False) -> None:
        self._axes, self._is_animated = axes, is_animated
        self._inches = _size(axes)
        self.rooms: dict[int, Rectangle] = {}
        self._outlines: list[Rectangle] = []
        self.values: dict[int, Text] = {}
        self.signs: dict[int, Text] = {}
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set_axis_off()
        by_zone = [
            (zone_id, list(of_zone))
            for zone_id, of_zone in groupby(
                sorted(rooms, key=lambda room: (room.zone_id, room.sensor_id)),
                key=lambda room: room.zone_id,
            )
        ]
        boxes = _grid((0.0, 0.0, 1.0, 1.0), len(by_zone), self._inches)
        for (zone_id, of_zone), box in zip(by_zone, boxes, strict=False):
            self._draw_zone(zone_id, of_zone, box, len(rooms))

    @property
    def artists(self) -> list[Artist]:
        """All that change, in the order of drawing."""
        return [*self.rooms.values(), *self._outlines, *self.values.values()]

    def update(self, room_c: Mapping[int, float], is_on: Mapping[int, bool]) -> bool:
        """Colour the rooms, write their temperatures, and tell whether each AC is on.

        Returns:
            Whether a sign changed: those are not among the artists, since they seldom do.
        """
        for sensor_id, rectangle in self.rooms.items():
            value = room_c.get(sensor_id)
            rectangle.set_facecolor("white" if value is None else temperature_colour(value))
            if sensor_id in self.values:
                self.values[sensor_id].set_text("?" if value is None else f"{value:.1f}")
                self.values[sensor_id].set_color(INK if value is None else text_colour(value))
        changes = [_show_sign(sign, is_on.get(zone_id)) for zone_id, sign in self.signs.items()]
        return any(changes)

    def _draw_zone(self, zone_id: int, rooms: Sequence[Room], box: Box, count: int) -> None:
        left, bottom, width, height = _within(box)
        head = height * _HEAD
        is_roomy = width * self._inches[0] > 0.75
        size = _font_size(head * self._inches[1], width * self._inches[0] / (14 if is_roomy else 7))
        name = f"zone {zone_id}" if is_roomy else f"{zone_id}"
        middle = bottom + height - head / 2
        self._write(left, middle, name, size, zone_colour(zone_id), "left", False)
        sign = self._write(
            left + width - size / 72 * 0.3 / self._inches[0],
            middle, "", 0.85 * size, INK, "right", False,
        )  # fmt: skip
        self.signs[zone_id] = sign
        self._draw_rooms(rooms, (left, bottom, width, height - head), count)
        outline = Rectangle(
            (left, bottom), width, height - head, fill=False, color=zone_colour(zone_id),
            linewidth=1.5, animated=self._is_animated, zorder=4,
        )  # fmt: skip
        self._outlines.append(outline)
        self._axes.add_patch(outline)

    def _draw_rooms(self, rooms: Sequence[Room], box: Box, count: int) -> None:
        for room, cell in zip(rooms, _grid(box, len(rooms), self._inches), strict=False):
            left, bottom, width, height = cell
            if count <= _MOST_NAMES:
                self._write_name(room, (left, bottom + height * (1 - _NAME), width, height * _NAME))
                height *= 1 - _NAME
            rectangle = Rectangle(
                (left, bottom), width, height, facecolor="white", edgecolor="white",
                linewidth=0.5, animated=self._is_animated, zorder=2,
            )  # fmt: skip
            self._axes.add_patch(rectangle)
            self.rooms[room.sensor_id] = rectangle
            if count <= _MOST_VALUES:
                self._write_value(room, (left, bottom, width, height))

    def _write_name(self, room: Room, box: Box) -> None:
        left, bottom, width, height = box
        letters = max(_LETTERS_OF_A_NAME, len(room.name))
        size = _font_size(height * self._inches[1], width * self._inches[0] / letters)
        self._write(left + width / 2, bottom + height / 2, room.name, size, INK, "center", False)

    def _write_value(self, room: Room, box: Box) -> None:
        left, bottom, width, height = box
        size = _font_size(height * self._inches[1], width * self._inches[0] / 5)
        self.values[room.sensor_id] = self._write(
            left + width / 2, bottom + height / 2, "", size, INK, "center", self._is_animated
        )

    def _write(
        self, x: float, y: float, text: str, size: float, colour: str, side: str, animated: bool
    ) -> Text:
        return self._axes.text(
            x, y, text, fontsize=size, color=colour, horizontalalignment=side,
            verticalalignment="center", animated=animated, zorder=5,
        )  # fmt: skip


def plot_floor_plan(
    room_c: Mapping[int, float],
    is_on: Mapping[int, bool],
    rooms: Sequence[Room],
    ax: Axes | None = None,
) -> Axes:
    """Draw the rooms of each zone with their temperature in °C, and whether each AC is on.

    The colours reach from dark blue at 10 °C and below to yellow at 40 °C and above, always.

    Args:
        room_c: The temperature of each room in °C, by sensor id; one that is missing is ``?``.
        is_on: Whether each air conditioner is on, by zone id; one that is missing is ``?``.
        rooms: The rooms, any number in any number of zones.
        ax: Where to draw, for nothing else; a new figure by default.
    """
    axes = ax or new_axes(5.0, 4.0)
    FloorPlan(axes, rooms).update(room_c, is_on)
    if not rooms:
        write_note(axes, "There are no rooms.")
    return axes


def _show_sign(sign: Text, is_on: bool | None) -> bool:
    """Write the sign of an AC, white on dark when it is on; return whether it is another one."""
    before, text = sign.get_text(), "AC ?" if is_on is None else "AC on" if is_on else "AC off"
    if text == before:
        return False
    sign.set_text(text)
    sign.set_color("white" if is_on else MUTED)
    ground = INK if is_on else FAINT
    sign.set_bbox({"facecolor": ground, "edgecolor": "none", "boxstyle": "round,pad=0.25"})
    return True


def _size(axes: Axes) -> tuple[float, float]:
    """Return width and height of an Axes in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    place = axes.get_position()
    return place.width * figure.get_figwidth(), place.height * figure.get_figheight()


def _grid(box: Box, count: int, inches: tuple[float, float]) -> Iterator[Box]:
    """Yield boxes of equal size, row by row from the top: about twice as wide as high."""
    left, bottom, width, height = box
    shape = width * inches[0] / (height * inches[1])
    columns = min(range(1, count + 1), key=lambda n: _unfitness(n, count, shape), default=1)
    rows = math.ceil(count / columns)
    for place in range(count):
        row, column = divmod(place, columns)
        yield (
            left + width * column / columns,
            bottom + height * (rows - 1 - row) / rows,
            width / columns,
            height / rows,
        )


def _unfitness(columns: int, count: int, shape: float) -> float:
    """Return how far a grid is from boxes 1.6 times as wide as high, with none of them empty."""
    rows = math.ceil(count / columns)
    return abs(math.log(shape * rows / columns / 1.6)) + 2 * (rows * columns - count) / count


def _within(box: Box) -> Box:
    left, bottom, width, height = box
    gap = _GAP * min(width, height)
    return left + gap, bottom + gap, width - 2 * gap, height - 2 * gap


def _font_size(high: float, letter: float) -> float:
    """Return the size in points of a text so high and with letters so wide, both in inches."""
    return max(3.0, min(12.0, 72 * high * 0.7, 72 * letter / 0.6))
