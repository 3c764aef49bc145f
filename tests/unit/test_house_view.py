"""The house in a notebook: how often it is drawn, where, and what its figure and words hold."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.collections import PolyCollection
from matplotlib.dates import num2date
from PIL import Image

from lab_utils import house_view
from lab_utils.house.events import HousePlan, Reading, Room, Snapshot, Switch
from lab_utils.house_figure import HEIGHT_PX, WIDTH_PX, HouseFigure
from lab_utils.house_view import CellOutput, NotebookView, is_watched

START = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
STEPS_A_MINUTE = 12


def plan_of(zones: int = 2, rooms: int = 2, minutes: float = 10) -> HousePlan:
    return HousePlan(
        tuple(
            Room(f"room {n + 1}", n // rooms + 1, n + 1, n % rooms == 0)
            for n in range(zones * rooms)
        ),
        minutes,
    )


def run_of(plan: HousePlan, steps: int) -> list[Snapshot]:
    """Return a house that warms a degree a minute, with an artefact in each tenth step."""
    snapshots = []
    for step in range(steps):
        time = START + timedelta(seconds=5 * step)
        value = {r.sensor_id: 15.0 + 5 * r.zone_id + step / STEPS_A_MINUTE for r in plan.rooms}
        is_artefact = step % 10 == 9
        readings = tuple(
            Reading(time, r, 44.0 if is_artefact else value[r.sensor_id], is_artefact, "sent")
            for r in plan.rooms
        )
        switches = (Switch(time, 1, True),) if step == 24 else ()
        is_on = {zone: zone == 1 and step >= 24 for zone in plan.zone_ids}
        left = (steps - step) / STEPS_A_MINUTE
        snapshots.append(
            Snapshot(time, step / STEPS_A_MINUTE, left, readings, value, is_on, switches, "")
        )
    return snapshots


def sent_of(snapshots: list[Snapshot]) -> pd.DataFrame:
    rows = [
        (one.time, one.room.name, one.room.sensor_id, one.room.zone_id, one.temperature_c,
         one.is_artefact, one.status)
        for snapshot in snapshots
        for one in snapshot.readings
    ]  # fmt: skip
    names = ["time", "room", "sensor_id", "zone_id", "temperature", "is_artefact", "status"]
    return pd.DataFrame(rows, columns=names)


class Stage:
    """A clock that the test moves, and a screen and a voice that only remember."""

    def __init__(self, cost_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.cost_s = cost_s
        self.shown_at: list[float] = []
        self.pictures: list[bytes] = []
        self.said: list[str] = []

    def view(self, *, is_live: bool = True) -> NotebookView:
        return NotebookView(
            is_live=is_live, clock=lambda: self.now_s, screen=self.screen, say=self.said.append
        )

    def screen(self, png: bytes, plan: HousePlan) -> None:
        assert plan.rooms
        self.shown_at.append(self.now_s)
        self.pictures.append(png)
        self.now_s += self.cost_s

    def play(self, view: NotebookView, snapshots: list[Snapshot], step_s: float) -> None:
        """Take the steps at their real times, or at once where drawing made them late."""
        begun_s = self.now_s
        for number, snapshot in enumerate(snapshots):
            self.now_s = max(self.now_s, begun_s + number * step_s)
            view.step(snapshot)


def test_frames_are_a_quarter_of_a_second_apart_however_fast_the_house_steps() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view()
    view.start(plan)
    stage.play(view, run_of(plan, 48), step_s=1 / 24)
    gaps = np.diff(stage.shown_at)
    assert gaps.min() >= 0.25
    assert gaps.max() <= 0.25 + 1 / 24 + 1e-9


def test_slow_drawing_takes_a_fifth_of_the_time_at_most() -> None:
    stage, plan = Stage(cost_s=0.4), plan_of()
    view = stage.view()
    view.start(plan)
    stage.play(view, run_of(plan, 120), step_s=1 / 12)
    assert np.diff(stage.shown_at).min() >= 2.0
    assert len(stage.shown_at) >= 5


def test_a_remark_is_shown_at_once_and_gone_at_once_but_not_each_change_of_it() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view()
    view.start(plan)
    quiet = run_of(plan, 12)
    before = len(stage.shown_at)
    for number, remark in enumerate(["", "waiting 1 s", "waiting 2 s", "waiting 3 s", "", ""]):
        stage.now_s += 0.01
        view.step(replace(quiet[number], remark=remark))
    assert len(stage.shown_at) - before == 2


def test_where_nobody_looks_on_there_is_one_picture_at_the_end() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view(is_live=False)
    snapshots = run_of(plan, 48)
    view.start(plan)
    stage.play(view, snapshots, step_s=1 / 12)
    assert stage.pictures == []
    view.finish(sent_of(snapshots), [Switch(START, 1, True)], False)
    assert len(stage.pictures) == 1


@pytest.mark.parametrize("is_live", [True, False])
def test_the_last_picture_is_finer_opaque_and_small(is_live: bool) -> None:
    stage, plan = Stage(), plan_of(4, 3, 30)
    view = stage.view(is_live=is_live)
    snapshots = run_of(plan, 360)
    view.start(plan)
    view.step(snapshots[-1])
    view.finish(sent_of(snapshots), [Switch(START, 1, True)], False)
    picture = Image.open(BytesIO(stage.pictures[-1]))
    assert picture.size == (2 * WIDTH_PX, 2 * HEIGHT_PX)
    assert "transparency" not in picture.info
    assert min(picture.convert("RGB").getpixel((2, 2))) >= 250  # type: ignore[arg-type]
    assert len(stage.pictures[-1]) < 200_000


def test_a_run_that_was_stopped_says_so_in_the_figure_and_in_words() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view()
    snapshots = run_of(plan, 36)
    view.start(plan)
    for snapshot in snapshots:
        view.step(snapshot)
    view.finish(sent_of(snapshots), [Switch(START, 1, True)], stopped=True)
    assert "stopped after 2.9 lab minutes" in view.figure.progress.get_text()
    assert "stopped after 3 lab minutes" in stage.said[0]


def test_a_run_without_a_step_has_a_figure_that_says_so() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view(is_live=False)
    view.start(plan)
    view.finish(sent_of([]), [], stopped=True)
    assert view.figure.remark.get_text() == "There are no readings."
    assert len(stage.pictures) == 1


def test_the_words_tell_each_zones_range_switches_artefacts_and_losses() -> None:
    stage, plan = Stage(), plan_of()
    view = stage.view(is_live=False)
    snapshots = run_of(plan, 25)
    sent = sent_of(snapshots)
    is_artefact = sent["is_artefact"]
    sent.loc[[sent.index[-1], sent.index[is_artefact][0]], "status"] = "lost"
    view.start(plan)
    view.step(snapshots[-1])
    view.finish(sent, list(snapshots[-1].switches), stopped=False)
    assert stage.said == [
        "In words: the house ran for 2 lab minutes. Zone 1: 20.0 to 22.0 °C; AC on at 10:02:00. "
        "Zone 2: 25.0 to 27.0 °C; AC never switched. Sensors made 8 artefacts. 2 readings got lost."
    ]


def figure_after(plan: HousePlan, snapshots: list[Snapshot]) -> HouseFigure:
    figure = HouseFigure(plan)
    figure.begin(snapshots[0])
    for snapshot in snapshots:
        figure.add(snapshot)
    figure.show(snapshots[-1])
    return figure


def test_the_moving_lines_hold_the_readings_without_artefacts() -> None:
    figure = figure_after(plan_of(), run_of(plan_of(), 30))
    values = np.asarray(figure.lines.lines[3].get_ydata())
    assert values.tolist() == [25.0 + n / STEPS_A_MINUTE for n in range(30) if n % 10 != 9]
    assert np.asarray(figure.lines.artefacts.get_ydata()).tolist() == [44.0] * 12


def test_the_moving_bands_are_the_switches_up_to_now() -> None:
    figure = figure_after(plan_of(), run_of(plan_of(), 37))
    assert band(figure.bands.collections[1]) == [(START + timedelta(minutes=2), 60)]
    assert band(figure.bands.collections[2]) == []
    assert figure.news.get_text() == "10:02:00 ZONE 1 : AC SWITCH TO True"


def test_an_air_conditioner_that_was_on_before_the_run_is_shaded_from_its_start() -> None:
    plan = plan_of()
    snapshots = [replace(one, is_on={1: False, 2: True}, switches=()) for one in run_of(plan, 13)]
    off = Switch(snapshots[6].time, 2, False)
    figure = figure_after(plan, snapshots)
    assert band(figure.bands.collections[1]) == []
    assert band(figure.bands.collections[2]) == [(START, 60)]
    snapshots[6] = replace(snapshots[6], switches=(off,))
    assert band(figure_after(plan, snapshots).bands.collections[2]) == [(START, 30)]
    on = Switch(START + timedelta(seconds=2), 2, True)
    snapshots[0] = replace(snapshots[0], switches=(on,))
    assert band(figure_after(plan, snapshots).bands.collections[2]) == [(on.time, 28)]


def test_the_time_axis_begins_with_the_run_and_has_its_length() -> None:
    plan = plan_of(minutes=10)
    first = replace(run_of(plan, 1)[0], elapsed_minutes=0.5)
    begin, end = (to_time(day) for day in figure_after(plan, [first]).axes.get_xlim())
    assert (begin, end) == (START - timedelta(minutes=0.5), START + timedelta(minutes=9.5))


def test_the_last_picture_ends_where_the_run_ended_outages_included() -> None:
    for stopped_at, begun_again in ((36, 36), (120, 130)):
        stage, plan = Stage(), plan_of()
        view = stage.view(is_live=False)
        snapshots = run_of(plan, stopped_at)
        late = [
            replace(one, time=one.time + timedelta(minutes=5)) for one in run_of(plan, begun_again)
        ]
        snapshots += late[stopped_at:]
        view.start(plan)
        for snapshot in snapshots:
            view.step(snapshot)
        view.finish(sent_of(snapshots), [], stopped=stopped_at == 36)
        begin, end = (to_time(day) for day in view.figure.axes.get_xlim())
        assert (begin, end) == (START, snapshots[-1].time)


def band(lane: PolyCollection) -> list[tuple[datetime, int]]:
    """Return since when a lane is shaded, and for how many seconds."""
    spans = [np.array(path.vertices)[:, 0] for path in lane.get_paths()]
    return [(to_time(days.min()), round((days.max() - days.min()) * 86400)) for days in spans]


def to_time(day: float) -> datetime:
    time: datetime = num2date(day)  # type: ignore[no-untyped-call]
    return time.replace(microsecond=0) + timedelta(seconds=round(time.microsecond / 1e6))


def test_progress_time_left_and_the_floor_plan_follow_the_last_step() -> None:
    figure = figure_after(plan_of(), run_of(plan_of(), 31))
    assert figure.progress.get_text() == "The house: lab minute 2.5 of 10"
    assert figure.time_left.get_text() == "about 0 s left"
    assert figure.floor_plan.values[4].get_text() == "27.5"
    assert [sign.get_text() for sign in figure.floor_plan.signs.values()] == ["AC on", "AC off"]


def test_a_long_remark_is_broken_into_lines_that_fit_into_the_figure() -> None:
    remark = "the broker does not answer since 05:07:44 lab time; the house waits for it"
    figure = figure_after(plan_of(), [replace(run_of(plan_of(), 1)[0], remark=remark)])
    figure.png()
    left, right = figure.axes.get_window_extent().intervalx
    written = figure.remark.get_window_extent()
    assert left < written.x0 < written.x1 < right
    assert figure.remark.get_text().split() == remark.split()


def test_a_run_without_an_end_has_no_time_left_and_an_axis_that_grows() -> None:
    plan = plan_of(minutes=float("inf"))
    snapshots = [replace(one, seconds_left=float("inf")) for one in run_of(plan, 40 * 12)]
    figure = figure_after(plan, snapshots[:12])
    first = figure.axes.get_xlim()
    for snapshot in snapshots[12:]:
        figure.add(snapshot)
    figure.show(snapshots[-1])
    last = figure.axes.get_xlim()
    assert figure.time_left.get_text() == ""
    assert figure.progress.get_text() == "The house: lab minute 39.9"
    assert last[0] == first[0]
    assert round((first[1] - first[0]) * 1440) == 30
    assert last[1] * 1440 > first[0] * 1440 + 39.9


def test_the_scale_grows_with_a_room_that_is_colder_than_expected() -> None:
    plan, cold = plan_of(), run_of(plan_of(), 1)
    readings = tuple(replace(one, temperature_c=-7.5) for one in cold[0].readings)
    figure = figure_after(plan, [replace(cold[0], readings=readings)])
    low, high = figure.axes.get_ylim()
    top = max(figure.bands._bottoms.values()) + figure.bands._lane
    assert low + top * (high - low) < -7.5


CHANGES: dict[str, dict[str, Any]] = {
    "a switch": {"switches": (Switch(START, 2, True),)},
    "an air conditioner's state": {"is_on": {1: True, 2: True}},
    "a colder room": {"temperature_c": -7.5},
    "a later time": {"time": START + timedelta(hours=1)},
    "progress": {"elapsed_minutes": 5.0, "seconds_left": 3.0},
    "temperatures": {"room_c": {1: 12.0}},
    "a remark": {"remark": "waiting"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_frame_shows_each_change_and_no_background_of_an_older_one(
    change: dict[str, Any],
) -> None:
    """What stays is drawn once: what may yet change has to draw it anew."""
    plan, (first, second) = plan_of(), run_of(plan_of(), 2)
    of_reading = {key: value for key, value in change.items() if key == "temperature_c"}
    readings = tuple(replace(one, **of_reading) for one in second.readings)
    others = {key: value for key, value in change.items() if key not in of_reading}
    changed = replace(second, readings=readings, **others)
    kept = figure_after(plan, [first])
    before = kept.png()
    kept.add(changed)
    kept.show(changed)
    assert kept.png() == figure_after(plan, [first, changed]).png()
    assert kept.png() != before


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a cell publishes, in a shell of the test's own."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    yield publisher.outputs
    InteractiveShell.clear_instance()


def test_a_cell_gets_one_output_that_is_updated_in_place(outputs: list[dict[str, Any]]) -> None:
    screen = CellOutput()
    for number in range(3):
        screen(b"PNG %d" % number, plan_of())
    assert [one.get("update", False) for one in outputs] == [False, True, True]
    assert len({one["transient"]["display_id"] for one in outputs}) == 1
    assert base64.b64decode(outputs[2]["data"]["image/png"]) == b"PNG 2"


def test_an_output_has_a_text_that_is_the_same_in_each_run_and_a_size(
    outputs: list[dict[str, Any]],
) -> None:
    for number in range(2):
        CellOutput()(b"PNG %d" % number, plan_of())
    first, second = outputs
    assert first["transient"] != second["transient"]
    assert first["data"]["text/plain"] == second["data"]["text/plain"]
    assert "4 rooms in 2 zones" in first["data"]["text/plain"]
    about = first["metadata"]["image/png"]
    assert (about["width"], about["height"]) == (WIDTH_PX, HEIGHT_PX)
    assert about["alt"] == first["data"]["text/plain"]


@pytest.mark.parametrize(
    ("request_of_cell", "expected"),
    [
        ({"content": {"allow_stdin": True}}, True),  # JupyterLab, VS Code
        ({"content": {"allow_stdin": False}}, False),  # papermill, nbconvert, nbval
        ({}, False),
        (None, False),  # No kernel: IPython in a terminal.
    ],
)
def test_somebody_looks_on_where_a_question_could_be_answered(
    monkeypatch: pytest.MonkeyPatch, request_of_cell: Mapping[str, Any] | None, expected: bool
) -> None:
    class Kernel:
        def get_parent(self) -> Any:
            return request_of_cell

    class Shell:
        kernel = Kernel() if request_of_cell is not None else None

    monkeypatch.setattr(house_view, "get_ipython", Shell)
    assert is_watched() is expected


def test_nobody_looks_on_outside_ipython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_view, "get_ipython", lambda: None)
    assert is_watched() is False
