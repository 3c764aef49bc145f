"""A run of the house, on a clock and with connections of the test's own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from lab_utils.errors import MqttError
from lab_utils.house.commands import Command
from lab_utils.house.dispatches import Dispatch, readings_frame
from lab_utils.house.engine import Engine, State
from lab_utils.house.events import HousePlan, Snapshot
from lab_utils.house.journal import Journal
from lab_utils.house.model import HouseModel
from lab_utils.house.rooms import plan_rooms
from lab_utils.lab_time import Timeline
from lab_utils.mqtt_errors import OutageError

ROOMS = plan_rooms(2, 2)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN_NS = int(BEGIN.timestamp()) * 10**9


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s

    def ns(self) -> int:
        return round(self.now_s * 1e9)


@dataclass
class Connections:
    """Stands for a `Fleet`: everything arrives at once, unless the test says otherwise."""

    clock: Clock
    at: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    taken: list[tuple[float, Dispatch]] = field(default_factory=list)
    is_answering: bool = True
    answers_at_once: bool = True
    error: MqttError | None = None
    on_the_way: int = 0
    kept: int = 0
    absent: list[str] = field(default_factory=list)
    given_up: int = 0

    def offer(self, dispatch: Dispatch) -> bool:
        dispatch.write()
        self.taken.append((self.clock(), dispatch))
        if self.answers_at_once:
            dispatch.arrive()
        else:
            self.on_the_way += 1
        return True

    def wait(self, timeout_s: float) -> list[Command]:
        end = self.clock.now_s + timeout_s
        due = [one for one in self.at if one[0] <= end]
        if due:
            self.at.remove(due[0])
            self.clock.now_s = max(self.clock.now_s, due[0][0])
            due[0][1]()
        else:
            self.clock.now_s = end
        commands, self.commands = self.commands, []
        return commands

    def take_answers(self) -> None: ...
    def send_kept(self) -> None: ...
    def wake(self) -> None: ...

    def give_up(self) -> None:
        self.given_up += 1

    def trouble(self) -> MqttError | None:
        return self.error


@dataclass
class World:
    clock: Clock
    timeline: Timeline
    attempts: list[Callable[[], bool]] = field(default_factory=list)
    asked: int = 0
    speed_afterwards: int = 0

    def reconnect(self, _fleet: object) -> bool:
        return self.attempts.pop(0)() if self.attempts else False

    def ask_time(self) -> None:
        self.asked += 1
        speed = self.speed_afterwards or self.timeline.speed
        self.timeline = Timeline(speed, BEGIN_NS, self.clock.ns(), self.clock.ns)


class Run:
    def __init__(self, minutes: float, speed: int = 1, **connections: Any) -> None:
        self.clock = Clock()
        self.fleet = Connections(self.clock, **connections)
        timeline = Timeline(speed, BEGIN_NS, self.clock.ns(), self.clock.ns)
        self.world = World(self.clock, timeline)
        self.state = State(HouseModel(ROOMS, 7), {1: False, 2: False})
        self.journal = Journal(keeps_readings=True)
        self.said: list[str | Snapshot] = []
        self.engine = Engine(
            HousePlan(ROOMS, minutes, speed=speed),
            self.state,
            cast(Any, self.fleet),
            self.world,
            self.journal,
            self.said.append,
            self.clock,
        )

    def later(self, after_s: float, act: Callable[[], None]) -> None:
        self.fleet.at.append((self.clock.now_s + after_s, act))

    def command(self, zone_id: int, payload: bytes) -> None:
        self.fleet.commands.append(Command(self.world.timeline.now(), zone_id, payload))

    @property
    def lines(self) -> list[str]:
        return [one for one in self.said if isinstance(one, str)]

    @property
    def steps(self) -> list[Snapshot]:
        return [one for one in self.said if isinstance(one, Snapshot)]

    @property
    def step_times(self) -> list[float]:
        return sorted({round(at - 100, 6) for at, _ in self.fleet.taken})


ON, OFF = b'{"state": {"enabled": true}}', b'{"state": {"enabled": false}}'


@pytest.mark.parametrize("speed", [1, 60, 120])
def test_every_sensor_reads_every_five_lab_seconds_from_the_begin_on(speed: int) -> None:
    run = Run(2, speed)
    run.engine.run()
    assert run.step_times == pytest.approx([5 / speed * number for number in range(24)], abs=1e-5)
    assert run.clock() == pytest.approx(100 + 120 / speed)
    assert [one.room.sensor_id for _, one in run.fleet.taken] == [1, 2, 3, 4] * 24
    times = [one.time for one in run.journal.readings[::4]]
    expected = [BEGIN + timedelta(seconds=5 * number) for number in range(24)]
    off = [abs(at - due) for at, due in zip(times, expected, strict=True)]
    assert max(off) < timedelta(milliseconds=1)


@pytest.mark.parametrize(("minutes", "steps"), [(0.01, 1), (1 / 12, 1), (0.1, 2), (0.7, 9)])
def test_a_run_takes_the_steps_that_begin_within_its_minutes(minutes: float, steps: int) -> None:
    run = Run(minutes)
    run.engine.run()
    assert len(run.step_times) == steps


def test_an_air_conditioner_cools_from_the_step_after_its_command_and_a_switch_is_a_change() -> (
    None
):
    run = Run(1)
    run.later(12, lambda: run.command(1, ON))
    run.later(22, lambda: run.command(1, ON))
    run.later(31, lambda: run.command(2, OFF))
    run.later(41, lambda: run.command(1, OFF))
    run.engine.run()
    assert run.lines == [
        "ZONE 1 : AC SWITCH TO True",
        "ZONE 1 : AC SWITCH TO True",
        "ZONE 2 : AC SWITCH TO False",
        "ZONE 1 : AC SWITCH TO False",
    ]
    switches = [(one.zone_id, one.is_on) for one in run.journal.switches]
    assert switches == [(1, True), (1, False)]
    assert run.journal.switches[0].time == BEGIN + timedelta(seconds=12)
    room_c = [snapshot.room_c[1] for snapshot in run.steps]
    is_cooler = [later < earlier for earlier, later in itertools.pairwise(room_c)]
    assert is_cooler == [n in range(3, 9) for n in range(1, 12)]
    assert [len(snapshot.switches) for snapshot in run.steps] == [0, 0, 0, 1] + [0] * 5 + [1, 0, 0]
    assert [snapshot.is_on[1] for snapshot in run.steps] == [False] * 3 + [True] * 6 + [False] * 3


@pytest.mark.parametrize(
    "payload",
    [b"", b"on", b"[]", b"null", b"{}", b'{"state": true}', b'{"state": {"enabled": "true"}}',
     b'{"state": {"enabled": 1}}', b"\xff\xfe", b'{"state": {"desired": {"enabled": true}}}'],
)  # fmt: skip
def test_a_message_that_is_no_command_is_said_and_changes_nothing(payload: bytes) -> None:
    run = Run(0.5)
    run.later(7, lambda: run.command(2, payload))
    run.engine.run()
    assert len(run.lines) == 1
    assert "no command" in run.lines[0]
    assert '{"state": {"enabled": true}}' in run.lines[0]
    assert run.journal.switches == []
    assert run.state.is_on == {1: False, 2: False}
    assert len(run.step_times) == 6


def test_a_late_step_is_taken_at_once_and_the_grid_does_not_shift() -> None:
    run = Run(1)

    def stall() -> None:
        run.clock.now_s += 11

    run.later(12, stall)
    run.engine.run()
    assert run.step_times == [0, 5, 10, 23, 25, 30, 35, 40, 45, 50, 55]
    assert len(run.fleet.taken) == 48
    assert run.engine.worst_lag_s == pytest.approx(8)
    assert len(run.lines) == 1
    assert "8.0 s behind its clock" in run.lines[0]


def test_with_too_much_on_the_way_the_next_step_waits_for_answers() -> None:
    run = Run(5, answers_at_once=False)

    def answer_all() -> None:
        for _, one in run.fleet.taken:
            one.arrive()
        run.fleet.on_the_way, run.fleet.answers_at_once = 0, True

    run.later(280, answer_all)
    run.engine.run()
    assert run.step_times[49] == pytest.approx(245)
    assert run.step_times[50] == pytest.approx(280, abs=0.05)
    assert len(run.fleet.taken) == 240
    assert run.journal.tally.counts == {"sent": 240, "late": 0, "lost": 0}
    assert "behind its clock" in run.lines[0]


def break_off(run: Run, after_s: float) -> None:
    run.later(after_s, lambda: setattr(run.fleet, "is_answering", False))


def heal(run: Run) -> bool:
    run.fleet.is_answering = True
    return True


def test_in_an_outage_the_house_stands_still_and_goes_on_with_the_next_step() -> None:
    run, calm = Run(1), Run(1)
    break_off(run, 12)
    run.world.attempts = [lambda: False] * 30 + [lambda: heal(run)]
    run.engine.run()
    calm.engine.run()
    assert run.step_times == pytest.approx([0, 5, 10, *[42 + 5 * n for n in range(9)]], abs=0.3)
    assert run.world.asked == 1
    assert len(run.lines) == 2
    assert "the broker does not answer since 00:00:12" in run.lines[0]
    assert "`lab start` in a terminal" in run.lines[0]
    assert "answers again" in run.lines[1]
    waiting = [one for one in run.steps if not one.readings]
    assert len(waiting) == 31
    assert {one.remark for one in waiting} == {waiting[0].remark}
    assert "waits" in waiting[0].remark
    values = [one.temperature_c for _, one in run.fleet.taken]
    assert values == [one.temperature_c for _, one in calm.fleet.taken]


def test_an_outage_that_ends_by_itself_is_over_too() -> None:
    run = Run(1)
    break_off(run, 12)
    run.later(20, lambda: setattr(run.fleet, "is_answering", True))
    run.engine.run()
    assert len(run.step_times) == 12
    assert run.world.asked == 1


def test_a_broker_that_never_comes_back_ends_a_run_but_not_one_without_an_end() -> None:
    run = Run(1)
    began_s = run.clock()
    break_off(run, 12)
    with pytest.raises(OutageError, match="for 600 s"):
        run.engine.run()
    assert run.clock() - began_s == pytest.approx(612, abs=2)
    endless = Run(math.inf)
    break_off(endless, 12)
    endless.later(5_000, endless.engine.stop)
    endless.engine.run()
    assert endless.clock() - began_s >= 5_000


def test_a_lab_that_comes_back_at_another_speed_is_followed_and_that_is_said() -> None:
    run = Run(1, speed=60)
    break_off(run, 0.2)
    run.world.speed_afterwards = 1
    run.world.attempts = [lambda: heal(run)]
    run.engine.run()
    assert run.step_times[:3] == pytest.approx([0, 0.0833, 0.1667], abs=0.001)
    apart = [later - earlier for earlier, later in itertools.pairwise(run.step_times[3:])]
    assert apart == pytest.approx([5] * 8)
    assert "`lab start --speed 60` in a terminal" in run.lines[0]
    assert "at speed 1 now, not 60" in run.lines[1]
    assert run.steps[-2].seconds_left == pytest.approx(5)


def refuse() -> bool:
    raise MqttError("connect 'temp_1'", "The broker refused it.", "see the policy.")


def vanish() -> bool:
    raise OutageError("connect 'temp_1'", "Nothing answers.", "wait.")


def test_a_broker_that_is_there_and_refuses_ends_the_run_but_one_that_starts_does_not() -> None:
    run = Run(1)
    break_off(run, 12)
    run.world.attempts = [refuse, vanish, vanish, vanish, refuse, lambda: heal(run)]
    run.engine.run()
    assert len(run.step_times) == 12
    run = Run(1)
    break_off(run, 12)
    run.world.attempts = [refuse, refuse, refuse]
    with pytest.raises(MqttError, match="refused"):
        run.engine.run()
    assert len(run.step_times) == 3
    assert run.fleet.given_up == 1


def test_what_waiting_will_not_mend_ends_the_run_at_once() -> None:
    run = Run(10)
    error = MqttError("publish", "The broker refused it.", "see the policy.")
    run.later(12, lambda: setattr(run.fleet, "error", error))
    with pytest.raises(MqttError) as raised:
        run.engine.run()
    assert raised.value is error
    assert run.clock() < 113


def test_devices_that_lose_and_find_their_connection_are_named_once() -> None:
    run = Run(1)
    names = ["temp_1", "temp_2", "temp_3", "temp_4"]
    run.later(11, lambda: setattr(run.fleet, "absent", names))
    run.later(31, lambda: setattr(run.fleet, "absent", []))
    run.engine.run()
    assert run.lines == [
        "no connection: temp_1, temp_2, temp_3 and 1 more; readings are kept and sent later",
        "connected again: temp_1, temp_2, temp_3 and 1 more",
    ]
    remarks = [bool(one.remark) for one in run.steps]
    assert remarks == [False] * 3 + [True] * 4 + [False] * 5


def test_a_run_that_is_stopped_keeps_what_it_has_done() -> None:
    run = Run(math.inf)
    run.later(33, run.engine.stop)
    run.engine.run()
    assert run.engine.is_stopped
    assert len(run.step_times) == 7
    assert len(readings_frame(run.journal.readings)) == 28
    assert all(math.isinf(one.seconds_left) for one in run.steps)


def test_a_reading_that_is_never_acknowledged_is_lost_and_counted() -> None:
    run = Run(0.5, answers_at_once=False)
    run.engine.run()
    assert run.journal.tally.counts == {"sent": 0, "late": 0, "lost": 24}
    assert str(run.journal.tally) == "0 of 24 readings arrived, 24 were lost"
    assert run.clock() == pytest.approx(100 + 30 + 10, abs=0.1)
    assert set(readings_frame(run.journal.readings).status) == {"lost"}


def test_a_run_without_an_end_forgets_the_readings_that_have_arrived() -> None:
    journal = Journal(keeps_readings=False)
    late = Dispatch(BEGIN, ROOMS[0], 20.16, is_artefact=False, was_held_up=True)
    journal.add([late])
    for _ in range(3):
        one = Dispatch(BEGIN, ROOMS[0], 20.16, is_artefact=False)
        one.arrive()
        journal.add([one])
    assert sum(journal.tally.counts.values()) == 0
    late.arrive()
    journal.finish()
    assert journal.tally.counts == {"sent": 3, "late": 1, "lost": 0}
    assert journal.readings == []


def test_the_frame_of_no_readings_has_the_same_columns_and_types() -> None:
    run = Run(1)
    run.engine.run()
    full, empty = readings_frame(run.journal.readings), readings_frame([])
    assert list(full.dtypes.items()) == list(empty.dtypes.items())
    assert str(full.dtypes["time"]) == "datetime64[ns, UTC]"
    assert list(full.sensor_id[:4]) == [1, 2, 3, 4]
    assert list(full.zone_id[:4]) == [1, 1, 2, 2]
    assert list(full.room[:4]) == ["livingroom", "kitchen", "bedroom", "bathroom"]


def test_snapshots_count_up_the_minutes_and_down_the_seconds() -> None:
    run = Run(1, speed=60)
    run.engine.run()
    assert [one.elapsed_minutes for one in run.steps] == pytest.approx(
        [n / 12 for n in range(1, 13)]
    )
    assert run.steps[0].seconds_left == pytest.approx(55 / 60)
    assert run.steps[-1].seconds_left == 0
    assert [len(one.readings) for one in run.steps] == [4] * 12
    assert {one.status for one in run.steps[0].readings} == {"sent"}
