"""The figures of the house: what their lines, bands and rooms hold, rather than pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import num2date
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from lab_utils.errors import PlotError
from lab_utils.house.events import Room, Switch
from lab_utils.plots import (
    plot_ac_bands,
    plot_decisions,
    plot_floor_plan,
    plot_invalid,
    plot_temperatures,
    plot_zone_means,
)
from lab_utils.plots.axes import spread
from lab_utils.plots.frames import tidy_readings
from lab_utils.plots.palette import temperature_colour, text_colour, zone_colour

START = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
NAMES = ("livingroom", "kitchen", "bedroom", "bathroom")


@pytest.fixture(autouse=True)
def _without_a_screen() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg"}):
        before = dict(mpl.rcParams)
        yield
        assert dict(mpl.rcParams) == before, "a figure changed matplotlib's settings"
    pyplot.close("all")


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def readings(rooms: int = 4, steps: int = 10) -> pd.DataFrame:
    """As the house sends them: each room warms by a degree a minute; the second step is wrong."""
    rows = [
        {
            "time": minute(step),
            "room": NAMES[sensor % 4] if sensor < 4 else f"room {sensor}",
            "sensor_id": sensor + 1,
            "zone_id": sensor // 2 + 1,
            "temperature": 45.5 if step == 1 else 20.0 + 3 * sensor + step,
            "is_artefact": step == 1,
            "status": "lost" if (step, sensor) == (4, 0) else "sent",
        }
        for step in range(steps)
        for sensor in range(rooms)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(time=frame["time"].astype("datetime64[ns, UTC]"))


def switches() -> list[Switch]:
    return [Switch(minute(2), 1, True), Switch(minute(4), 1, False), Switch(minute(7), 2, True)]


def line(axes: Axes, label: str) -> Line2D:
    [found] = [one for one in axes.lines if one.get_label() == label]
    return found


def degrees(found: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(found.get_ydata())]


def times(found: Line2D) -> list[datetime]:
    return [moment(day) for day in np.asarray(found.get_xdata())]


def moment(day: float) -> datetime:
    time: datetime = num2date(day)  # type: ignore[no-untyped-call]
    return time.replace(microsecond=0) + timedelta(seconds=round(time.microsecond / 1e6))


def lanes(axes: Axes) -> dict[str, list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]]:
    """Return the corners of each lane's bands."""
    return {
        str(one.get_label()): [np.array(path.vertices) for path in one.get_paths()]
        for one in axes.collections
        if isinstance(one, PolyCollection)
    }


def bands(axes: Axes) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return from when to when each lane is shaded."""
    return {
        label: [(moment(corners[:, 0].min()), moment(corners[:, 0].max())) for corners in shaded]
        for label, shaded in lanes(axes).items()
    }


def texts(axes: Axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


def test_each_room_has_a_line_of_its_readings_without_its_artefacts() -> None:
    axes = plot_temperatures(readings(), switches())
    bedroom = line(axes, "bedroom")
    assert degrees(bedroom) == [26.0, *(26.0 + step for step in range(2, 10))]
    assert times(bedroom) == [minute(step) for step in (0, *range(2, 10))]


def test_artefacts_are_markers_that_no_line_joins() -> None:
    artefacts = line(plot_temperatures(readings()), "artefact of a sensor")
    assert degrees(artefacts) == [45.5] * 4
    assert artefacts.get_linestyle() == "None"


def test_lost_readings_are_marked_on_their_line() -> None:
    axes = plot_temperatures(readings())
    assert times(line(axes, "lost, never sent")) == [minute(4)]
    assert degrees(line(axes, "lost, never sent")) == [24.0]
    assert 24.0 in degrees(line(axes, "livingroom"))


def test_a_legend_names_only_markers_that_there_are() -> None:
    def named(frame: pd.DataFrame) -> list[str]:
        legend = plot_temperatures(frame).get_legend()
        return [text.get_text() for text in legend.get_texts()] if legend else []

    whole = readings()
    assert named(whole) == ["artefact of a sensor", "lost, never sent"]
    assert named(whole[~whole["is_artefact"] & (whole["status"] == "sent")]) == []


def test_rooms_of_a_zone_share_its_colour_and_differ_by_their_dashes() -> None:
    axes = plot_temperatures(readings())
    colours = [line(axes, name).get_color() for name in NAMES]
    assert colours == [zone_colour(1)] * 2 + [zone_colour(2)] * 2
    assert colours[0] != colours[2]
    assert line(axes, "livingroom").get_linestyle() != line(axes, "kitchen").get_linestyle()


def test_a_line_over_another_one_leaves_its_border_visible() -> None:
    axes = plot_temperatures(readings())
    below, above = line(axes, "livingroom"), line(axes, "bedroom")
    assert axes.lines.index(below) < axes.lines.index(above)
    assert below.get_linewidth() >= above.get_linewidth() + 1


@pytest.mark.parametrize(
    ("minutes", "expected"), [(10, "10:02 10:04"), (30, "10:05 10:10"), (2, "10:00:30 10:01:00")]
)
def test_the_time_is_told_in_hours_and_minutes(minutes: int, expected: str) -> None:
    frame = readings(steps=2).assign(is_artefact=False)
    frame.loc[4:, "time"] += pd.Timedelta(minutes=minutes - 1)
    axes = plot_temperatures(frame)
    axes.get_figure(root=True).canvas.draw()  # type: ignore[union-attr]
    assert expected in " ".join(text.get_text() for text in axes.get_xticklabels())


def test_each_line_is_named_at_its_end_with_its_last_value() -> None:
    axes = plot_temperatures(readings())
    assert {"livingroom 29.0", "bathroom 38.0"} <= set(texts(axes).splitlines())


def test_the_thresholds_are_lines_with_their_meaning() -> None:
    axes = plot_temperatures(readings())
    for value, meaning in ((35, "AC on above 35 °C"), (20, "AC off below 20 °C"), (40, "invalid")):
        assert [value, value] in [degrees(one) for one in axes.lines]
        assert meaning in texts(axes)


def test_the_bands_are_the_switches_and_an_open_one_lasts_to_the_last_reading() -> None:
    axes = plot_temperatures(readings(), switches())
    assert bands(axes) == {
        "AC-1 on": [(minute(2), minute(4))],
        "AC-2 on": [(minute(7), minute(9))],
    }


def test_an_air_conditioner_that_goes_off_first_was_on_from_the_start() -> None:
    axes = plot_temperatures(readings(), [Switch(minute(3), 2, False)])
    assert bands(axes) == {"AC-1 on": [], "AC-2 on": [(minute(0), minute(3))]}


def test_no_data_are_behind_the_lanes() -> None:
    axes = plot_temperatures(readings(), switches())
    low, high = axes.get_ylim()
    lowest = min(min(degrees(line(axes, name))) for name in NAMES)
    tops = [corners[:, 1].max() for shaded in lanes(axes).values() for corners in shaded]
    assert (lowest - low) / (high - low) > max(tops) > 0


def test_a_querys_frame_is_drawn_as_it_comes() -> None:
    """Dimensions are texts, each reading is four rows, and nobody says what an artefact is."""
    frame = readings().drop(columns=["room", "is_artefact", "status"])
    frame = frame.astype({"sensor_id": "string", "zone_id": "string", "temperature": "string"})
    frame = pd.concat([frame] * 4).sort_values("time", ascending=False)
    axes = plot_temperatures(frame)
    assert degrees(line(axes, "temp_1")) == [20.0, *(20.0 + step for step in range(2, 10))]
    assert len(degrees(line(axes, "artefact of a sensor"))) == 4
    assert line(axes, "temp_3").get_color() == zone_colour(2)


def test_a_measures_value_is_a_temperature_and_a_zone_need_not_be_known() -> None:
    frame = readings().rename(columns={"temperature": "measure_value::double"})
    frame = frame.drop(columns=["zone_id", "room"]).convert_dtypes()
    axes = plot_temperatures(frame)
    assert degrees(line(axes, "temp_4"))[0] == 29.0
    assert bands(axes) == {}


def test_rows_without_a_value_are_left_out() -> None:
    frame = readings().convert_dtypes()
    frame.loc[0, "temperature"] = pd.NA
    assert len(tidy_readings(frame)) == len(frame) - 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda frame: frame.drop(columns="time").assign(x="10:00"), "time"),
        (lambda frame: frame.drop(columns="temperature"), "temperature"),
        (lambda frame: frame.drop(columns=["sensor_id", "room"]), "sensor_id"),
        (lambda frame: frame.assign(temperature="warm"), "temperature"),
    ],
)
def test_a_frame_that_lacks_a_column_is_refused_with_its_name(change, named) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PlotError, match=named):
        plot_temperatures(change(readings()))


@pytest.mark.parametrize("frame", [readings().iloc[:0], pd.DataFrame()], ids=["typed", "bare"])
def test_an_empty_frame_makes_a_figure_that_says_so(frame: pd.DataFrame) -> None:
    assert "There are no readings." in texts(plot_temperatures(frame))
    assert "There are no means" in texts(plot_zone_means(frame))


def test_a_figure_is_drawn_where_the_caller_wants_it() -> None:
    _figure, own = pyplot.subplots()
    assert plot_temperatures(readings(), ax=own) is own
    assert plot_zone_means(means(), ax=own) is own
    assert plot_floor_plan({}, {}, house(1, 1), ax=own) is own
    assert plot_decisions(decisions(), ax=own) is own
    assert plot_invalid(readings(), ax=own) is own
    assert len(pyplot.get_fignums()) == 1


def test_many_rooms_are_drawn_without_a_label_each_and_without_a_warning() -> None:
    for rooms, labels in ((12, 12), (60, 0)):
        axes = plot_temperatures(readings(rooms), switches())
        axes.get_figure(root=True).canvas.draw()  # type: ignore[union-attr]
        assert len([one for one in axes.lines if len(degrees(one)) == 9]) == rooms
        named = re.findall(r"^\w.* \d+\.\d$", texts(axes), re.M)
        assert len(named) == labels


def means() -> pd.DataFrame:
    """As Timestream gives them: a row a zone and minute, the zone a text."""
    rows = [(minute(m), str(zone), 30.0 + zone + m) for m in range(10) for zone in (2, 1)]
    frame = pd.DataFrame(rows, columns=["minute", "zone_id", "mean"])
    return frame.astype({"zone_id": "string", "mean": "Float64"}).assign(
        minute=frame["minute"].astype("datetime64[ns, UTC]")
    )


def test_each_zone_has_a_line_of_its_means_above_its_band() -> None:
    axes = plot_zone_means(means(), switches())
    assert degrees(line(axes, "zone 2")) == [32.0 + m for m in range(10)]
    assert line(axes, "zone 1").get_color() == zone_colour(1)
    assert bands(axes)["AC-1 on"] == [(minute(2), minute(4))]
    assert "zone 2: 41.0" in texts(axes)
    assert "invalid" not in texts(axes)


def test_the_only_column_of_numbers_is_the_mean_whatever_its_name() -> None:
    renamed = means().rename(columns={"mean": "how_warm", "minute": "binned"})
    renamed = renamed.astype({"binned": "datetime64[us, UTC]"})  # As pandas makes it of datetimes.
    assert degrees(line(plot_zone_means(renamed), "zone 1"))[0] == 31.0
    with pytest.raises(PlotError, match="how_warm, second"):
        plot_zone_means(renamed.assign(second=1.0))


def decisions(minutes: int = 10) -> pd.DataFrame:
    """Zone 1 is hot, mild, cold and mild; zone 2 is mild all the time."""
    says = {0: True, 1: pd.NA, 2: pd.NA, 3: False}
    rows = [(minute(m), "1", 36.0 - 2 * m, says.get(m, pd.NA)) for m in range(minutes)]
    rows += [(minute(m), "2", 30.0, pd.NA) for m in range(minutes)]
    frame = pd.DataFrame(rows, columns=["time", "zone_id", "mean", "enabled"])
    return frame.astype({"zone_id": "string", "enabled": "boolean"}).assign(
        time=frame["time"].astype("datetime64[ns, UTC]")
    )


def test_a_decision_is_marked_at_its_mean_and_a_zone_left_alone_otherwise() -> None:
    axes = plot_decisions(decisions(), switches())
    on, off = line(axes, "zone 1, decided: on"), line(axes, "zone 1, decided: off")
    assert (degrees(on), times(on)) == ([36.0], [minute(0)])
    assert (degrees(off), times(off)) == ([30.0], [minute(3)])
    assert len(degrees(line(axes, "zone 1, left as it is"))) == 8
    assert on.get_marker() != off.get_marker()


def test_the_lanes_show_what_was_and_frame_what_the_decisions_come_to() -> None:
    axes = plot_decisions(decisions(), switches())
    assert bands(axes)["AC-1 on"] == [(minute(2), minute(4))]
    assert bands(axes)["on by these decisions"] == [(minute(0), minute(3))]
    legend = axes.get_legend()
    assert legend is not None
    assert "AC was on" in [text.get_text() for text in legend.get_texts()]


def test_a_minute_is_decided_upon_at_its_end_and_a_first_off_was_no_on_before() -> None:
    frame = decisions().rename(columns={"time": "minute"})
    frame.loc[0, "enabled"] = False
    axes = plot_decisions(frame)
    assert times(line(axes, "zone 1, decided: off")) == [minute(1), minute(4)]
    assert bands(axes)["on by these decisions"] == []


def test_the_thresholds_of_decisions_are_those_that_were_given() -> None:
    axes = plot_decisions(decisions(), on_above_c=31, off_below_c=24.5)
    assert "AC on above 31 °C" in texts(axes)
    assert "AC off below 24.5 °C" in texts(axes)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda frame: frame.drop(columns="enabled"), "enabled"),
        (lambda frame: frame.drop(columns="enabled").assign(enabled="perhaps"), "true nor false"),
    ],
)
def test_decisions_that_are_none_are_refused(change, named) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PlotError, match=named):
        plot_decisions(change(decisions()))


def test_without_decisions_the_figure_says_so() -> None:
    assert "There are no decisions" in texts(plot_decisions(decisions().iloc[:0]))
    assert bands(plot_decisions(decisions().iloc[:0], switches()))["AC-1 on"]


def test_each_sensor_has_a_lane_with_its_invalid_readings_and_their_count() -> None:
    frame = readings()
    axes = plot_invalid(frame[frame["is_artefact"]])
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES)
    assert times(line(axes, "bedroom")) == [minute(1)]
    assert line(axes, "bedroom").get_color() == zone_colour(2)
    assert texts(axes).splitlines().count("1 reading") == 4
    assert texts(axes).splitlines().count("46") == 4


def test_invalid_readings_of_a_query_are_drawn_and_values_in_the_way_left_out() -> None:
    frame = readings(2, 60).assign(temperature=45.5)[["time", "sensor_id", "temperature"]]
    axes = plot_invalid(frame.astype({"sensor_id": "string", "temperature": "string"}))
    assert len(times(line(axes, "temp_1"))) == 60
    assert texts(axes).splitlines() == ["60 readings"] * 2
    close = plot_invalid(frame.iloc[:60].assign(time=frame["time"].iloc[:60]))
    assert 2 < texts(close).splitlines().count("46") <= 60


def test_without_invalid_readings_the_figure_says_so() -> None:
    assert "There are no invalid readings" in texts(plot_invalid(readings().iloc[:0]))


def test_bands_can_be_added_to_a_students_own_axes() -> None:
    _figure, axes = pyplot.subplots()
    frame = means()
    axes.plot(frame["minute"], frame["mean"])
    assert plot_ac_bands(axes, switches()) is axes
    assert bands(axes)["AC-2 on"] == [(minute(7), minute(9))]
    _figure, axes = pyplot.subplots()
    assert "no air conditioner was switched" in texts(plot_ac_bands(axes, []))


def house(zones: int, rooms: int) -> list[Room]:
    return [
        Room(f"room {number + 1}", number // rooms + 1, number + 1, number % rooms == 0)
        for number in range(zones * rooms)
    ]


def test_the_floor_plan_shows_each_rooms_temperature_and_each_ac() -> None:
    room_c = {1: 12.25, 2: 25.0, 3: 39.0}
    axes = plot_floor_plan(room_c, {1: True, 2: False}, house(2, 2))
    written = texts(axes).splitlines()
    assert {"12.2", "25.0", "39.0", "?", "AC on", "AC off", "zone 1", "room 4"} <= set(written)
    colours = [patch.get_facecolor()[:3] for patch in axes.patches]
    assert {temperature_colour(value) for value in room_c.values()} <= set(colours)


@pytest.mark.parametrize(("zones", "rooms"), [(1, 1), (2, 2), (4, 3), (3, 1), (20, 5), (100, 10)])
def test_rooms_are_as_many_as_there_are_and_none_is_over_another(zones: int, rooms: int) -> None:
    axes = plot_floor_plan({}, {}, house(zones, rooms))
    boxes = [
        (patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height())
        for patch in axes.patches
        if isinstance(patch, Rectangle) and patch.get_fill()
    ]
    assert len(boxes) == zones * rooms
    left, bottom, width, height = (np.array(side) for side in zip(*boxes, strict=True))
    is_beside = (left[:, None] + width[:, None] <= left + 1e-9) | (
        bottom[:, None] + height[:, None] <= bottom + 1e-9
    )
    is_apart = is_beside | is_beside.T
    assert is_apart[~np.eye(len(boxes), dtype=bool)].all()
    assert left.min() >= 0
    assert bottom.min() >= 0
    assert (left + width).max() <= 1
    assert (bottom + height).max() <= 1


def test_a_house_without_rooms_says_so() -> None:
    assert "There are no rooms." in texts(plot_floor_plan({}, {}, []))


def test_the_scale_of_colours_is_fixed_grows_lighter_and_text_on_it_can_be_read() -> None:
    def light(temperature_c: float) -> float:
        red, green, blue = temperature_colour(temperature_c)
        return float(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2)

    values = [light(value) for value in range(10, 41)]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert temperature_colour(-5) == temperature_colour(10)
    assert temperature_colour(60) == temperature_colour(40)
    for value in range(0, 50):
        ink = 1.0 if text_colour(value) == "white" else 0.01
        brighter, darker = sorted((light(value), ink), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) > 3.5, value


def test_labels_are_spread_without_overlap_near_where_they_belong() -> None:
    assert spread([1.0, 5.0], 1.0) == [1.0, 5.0]
    assert spread([3.0, 3.0, 3.0], 1.0) == [2.0, 3.0, 4.0]
    assert spread([2.0, 2.5], 1.0) == [1.75, 2.75]
    places = spread([0.0, 0.1, 0.9, 1.0, 7.0], 1.0)
    assert places == sorted(places)
    assert min(np.diff(places)) >= 1.0 - 1e-9
    assert places[-1] == 7.0
    assert spread([], 1.0) == []
