"""Who watches the house in plain text, and how a run's thread and its watcher get on."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from lab_utils.errors import MqttError
from lab_utils.house import watching
from lab_utils.house.dispatches import readings_frame
from lab_utils.house.events import HousePlan, Reading, Snapshot
from lab_utils.house.rooms import plan_rooms
from lab_utils.house.watchers import LinesWatcher, TerminalWatcher, status_line
from lab_utils.house.watching import Events, default_watcher, watch

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROOMS = plan_rooms(2, 2)


def snapshot(elapsed_minutes: float, remark: str = "", zones: int = 2) -> Snapshot:
    rooms = plan_rooms(zones, 2)
    return Snapshot(
        time=BEGIN,
        elapsed_minutes=elapsed_minutes,
        seconds_left=29.6,
        readings=() if remark else (Reading(BEGIN, rooms[0], 20.16, False, "sent"),),
        room_c={room.sensor_id: 20.0 + room.sensor_id for room in rooms},
        is_on={room.zone_id: room.zone_id == 2 for room in rooms},
        switches=(),
        remark=remark,
    )


def test_a_status_line_tells_time_left_means_and_air_conditioners() -> None:
    line = status_line(HousePlan(ROOMS, 30), snapshot(0.5))
    assert line == ("minute 0.5 of 30, 30 s left; zone 1 21.5 °C, AC off; zone 2 23.5 °C, AC on")
    endless = status_line(HousePlan(ROOMS, math.inf), snapshot(0.5, "the broker is away"))
    assert endless.startswith("minute 0.5; zone 1")
    assert endless.endswith("; the broker is away")
    many = status_line(HousePlan(plan_rooms(100, 2), 30), snapshot(0.5, zones=100))
    assert many.endswith("and 96 zones more")
    assert len(many) < 200


def test_lines_come_once_a_lab_minute_however_fast_it_goes() -> None:
    lines: list[str] = []
    watcher = LinesWatcher(lines.append)
    watcher.start(HousePlan(ROOMS, 3))
    for step in range(1, 37):
        watcher.step(snapshot(step / 12))
    watcher.step(snapshot(3, "waiting"))
    assert [line.split(";")[0][:10] for line in lines] == [
        "minute 0.1", "minute 1.0", "minute 2.0", "minute 3.0",
    ]  # fmt: skip


def test_on_a_terminal_lines_stand_above_one_status_line_that_goes_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = io.StringIO()
    watcher = TerminalWatcher(stream)
    watcher.report("Embedded AWS: ...")
    watcher.start(HousePlan(ROOMS, 30))
    watcher.step(snapshot(0.5))
    watcher.report("ZONE 1 : AC SWITCH TO True")
    watcher.step(snapshot(0.6))
    watcher.finish(readings_frame([]), [], stopped=False)
    watcher.report("30 lab minutes")
    shown = [line.rsplit("\r\x1b[K", 1)[-1] for line in stream.getvalue().split("\n")]
    assert shown == ["Embedded AWS: ...", "ZONE 1 : AC SWITCH TO True", "30 lab minutes", ""]
    assert stream.getvalue().count("minute 0.5 of 30, 30 s left; zone 1 21.") == 2
    assert "zone 2" not in stream.getvalue()


class FakeEngine:
    """Says what it was given, then waits to be stopped or ends."""

    def __init__(self, events: Events, *said: str | Snapshot, error: Exception | None = None):
        self._events, self._said, self._error = events, said, error
        self._halt = threading.Event()
        self.waits = False
        self.is_stopped = False

    def run(self) -> None:
        for one in self._said:
            self._events.put(one)
        if self.waits:
            assert self._halt.wait(20)
            self._events.put("stopped")
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        self.is_stopped = True
        self._halt.set()


class Watching:
    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        self.minutes: list[float] = []
        self._act = act

    def start(self, plan: HousePlan) -> None: ...

    def step(self, snapshot: Snapshot) -> None:
        self.minutes.append(snapshot.elapsed_minutes)
        self._act()

    def finish(self, sent: Any, switches: Any, stopped: bool) -> None: ...


def run(engine: FakeEngine, events: Events, watcher: Watching, lines: list[str]) -> Any:
    return watch(cast(Any, engine), events, watcher, lines.append)


def test_what_an_engine_says_is_handed_on_in_order_and_in_full() -> None:
    events, lines = Events(), list[str]()
    engine, watcher = FakeEngine(events, "a", snapshot(1), snapshot(2), "b"), Watching()
    assert run(engine, events, watcher, lines) is None
    assert (watcher.minutes, lines) == ([1, 2], ["a", "b"])
    assert not engine.is_stopped


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_stops_the_engine_and_its_last_words_are_heard() -> None:
    events, lines = Events(), list[str]()
    engine = FakeEngine(events, snapshot(1))
    engine.waits = True
    assert run(engine, events, Watching(interrupt), lines) is None
    assert engine.is_stopped
    assert lines == ["stopped"]


def test_a_second_interrupt_is_not_held_back() -> None:
    events = Events()
    engine = FakeEngine(events, snapshot(1), snapshot(2))
    engine.waits = True
    with pytest.raises(KeyboardInterrupt):
        run(engine, events, Watching(interrupt), [])
    assert engine.is_stopped


def test_a_watcher_that_fails_stops_the_engine() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    events = Events()
    engine = FakeEngine(events, snapshot(1))
    engine.waits = True
    with pytest.raises(ZeroDivisionError):
        run(engine, events, Watching(fail), [])
    assert engine.is_stopped
    assert not [one for one in threading.enumerate() if one.name == "house"]


def test_an_error_of_the_broker_is_returned_and_any_other_is_raised() -> None:
    events = Events()
    refused = MqttError("publish", "refused.", "see.")
    assert run(FakeEngine(events, error=refused), events, Watching(), []) is refused
    with pytest.raises(ZeroDivisionError):
        run(FakeEngine(events, error=ZeroDivisionError()), events, Watching(), [])


def test_outside_a_kernel_lines_are_printed_and_in_one_a_figure_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(default_watcher(print), LinesWatcher)
    monkeypatch.setattr(watching, "_is_kernel", lambda: True)
    assert type(default_watcher(print)).__name__ == "NotebookView"
