"""Watching the loop with functions of many kinds, in a house without AWS and on a clock of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from fnmatch import fnmatch
from functools import partial
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest

from lab_utils.checks import closed_loop, loop_causes, loop_verdicts, weather
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.closed_loop import Observation, Scene
from lab_utils.errors import MqttError
from lab_utils.lab_time import Timeline
from lab_utils.mqtt import Message

SPEED = 5000
TIMELINE = Timeline(SPEED, 0, 0)
Readings = Mapping[int, list[float]]
"""The temperatures of the last minute by zone, the oldest first."""
Commands = dict[int, bool]
Controller = Callable[[Readings], Commands]


def no_client(service: str) -> Any:
    raise AssertionError(service)


def context() -> CheckContext:
    return CheckContext(no_client, {}, no_client, timeout_s=0.002, timeline=lambda: TIMELINE)


class House:
    """A house whose time goes on by five lab seconds with each reading of its first sensor.

    Every minute of it, beginning within the first one, the controller is asked.
    """

    def __init__(self, controller: Controller, first_tick_s: float = 40.0) -> None:
        self.lab_s = 0.0
        self._controller = controller
        self._tick_s = first_tick_s
        self._readings: list[tuple[float, int, float]] = []
        self.on_command: Callable[[int, Message], None] = lambda _zone, _message: None

    def monotonic(self) -> float:
        return self.lab_s / SPEED

    def publish_soon(self, topic: str, data: bytes) -> Future[None]:
        reading = json.loads(data)
        if topic.endswith("temp_1"):
            self._go_on()
        self._readings.append((self.lab_s, reading["zone_id"], reading["temperature"]))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def _go_on(self) -> None:
        self.lab_s += 5.0
        if self.lab_s < self._tick_s:
            return
        self._tick_s += 60.0
        found: dict[int, list[float]] = {}
        for at_s, zone, temperature_c in self._readings:
            if at_s > self.lab_s - 60.0:
                found.setdefault(zone, []).append(temperature_c)
        for zone, is_on in self._controller(found).items():
            payload = json.dumps({"state": {"enabled": is_on}}).encode()
            self.on_command(zone, Message(f"AC/AC-{zone}", payload))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Observation]:
    def watch(controller: Controller, first_tick_s: float = 40.0) -> Observation:
        house = House(controller, first_tick_s)

        @contextmanager
        def open_house(
            used: CheckContext, _weather: Any, on_command: Callable[[int, Message], None]
        ) -> Iterator[weather.Sensors]:
            house.on_command = on_command
            devices: Any = {f"temp_{number}": house for number in (1, 2, 3, 4)}
            yield weather.Sensors(used, devices, set())

        clock = SimpleNamespace(monotonic=house.monotonic)
        monkeypatch.setattr(closed_loop, "open_house", open_house)
        monkeypatch.setattr(closed_loop, "time", clock)
        monkeypatch.setattr(weather, "time", clock)
        return closed_loop.watch_loop(context(), lambda: False)

    return watch


def lost(observation: Observation) -> set[str]:
    judges = {name: judge for name, judge in vars(loop_verdicts).items() if name[:6] == "judge_"}
    return {name[6:] for name, judge in judges.items() if not judge(observation).passed}


def by(value: Callable[[list[float]], float]) -> Controller:
    """Return a controller that takes some other value than the mean."""
    return lambda found: decided({zone: value(readings) for zone, readings in found.items()})


def decided(values: Mapping[int, float]) -> Commands:
    return {zone: value > 35 for zone, value in values.items() if not 20 <= value <= 35}


def without_artefacts(found: Readings) -> Commands:
    return by(fmean)({zone: [one for one in r if one < 40] for zone, r in found.items()})


class Repeating:
    """Keeps the state, and tells it every minute."""

    def __init__(self) -> None:
        self.state: Commands = {}

    def __call__(self, found: Readings) -> Commands:
        self.state |= by(fmean)(found)
        return dict(self.state)


class OnChange(Repeating):
    """Tells a change only, and takes the air conditioners to be as they are in the beginning."""

    def __init__(self, **state: bool) -> None:
        super().__init__()
        self.state = {int(zone.removeprefix("zone_")): is_on for zone, is_on in state.items()}

    def __call__(self, found: Readings) -> Commands:
        known = dict(self.state)
        told = super().__call__(found)
        return {zone: is_on for zone, is_on in told.items() if known.get(zone) is not is_on}


@pytest.mark.parametrize("first_tick_s", [5.0, 25.0, 60.0])
@pytest.mark.parametrize(
    "make",
    [
        lambda: by(fmean),
        lambda: without_artefacts,
        Repeating,
        OnChange,
        lambda: OnChange(zone_1=False, zone_2=False),
        lambda: OnChange(zone_1=True, zone_2=True),
        lambda: OnChange(zone_1=True, zone_2=False),
    ],
)
def test_right_functions_lose_nothing_whenever_the_schedule_fires(
    watch: Callable[..., Observation], make: Callable[[], Controller], first_tick_s: float
) -> None:
    assert lost(watch(make(), first_tick_s)) == set()


def no_hysteresis(found: Readings) -> Commands:
    return {zone: fmean(readings) > 35 for zone, readings in found.items()}


def else_on(found: Readings) -> Commands:
    return {zone: fmean(readings) >= 20 for zone, readings in found.items()}


def at_35_too(found: Readings) -> Commands:
    means = {zone: fmean(readings) for zone, readings in found.items()}
    return {zone: mean >= 35 for zone, mean in means.items() if mean >= 35 or mean < 20}


def zero_without_data(found: Readings) -> Commands:
    return by(fmean)({zone: found.get(zone, [0.0]) for zone in (1, 2)})


def one_zone(found: Readings) -> Commands:
    return by(fmean)({zone: readings for zone, readings in found.items() if zone == 1})


def all_together(found: Readings) -> Commands:
    whole = [one for readings in found.values() for one in readings]
    return by(fmean)(dict.fromkeys(found, whole)) if whole else {}


def exchanged(found: Readings) -> Commands:
    return {3 - zone: is_on for zone, is_on in by(fmean)(found).items()}


def swapped(found: Readings) -> Commands:
    return {zone: not is_on for zone, is_on in by(fmean)(found).items()}


def hot_with_an_artefact(found: Readings) -> Commands:
    return by(lambda readings: 40 if max(readings) > 40 else fmean(readings))(found)


ALL = {"hot", "cold", "zones", "mild", "artefacts", "edges"}


@pytest.mark.parametrize("first_tick_s", [5.0, 25.0, 60.0])
@pytest.mark.parametrize(
    ("controller", "exercises"),
    [
        (lambda _found: {}, ALL),
        (lambda _found: {1: True, 2: False}, ALL),
        (lambda _found: {1: False, 2: True}, ALL),
        (lambda _found: {1: True, 2: True}, ALL),
        (all_together, ALL),
        (exchanged, ALL),
        (swapped, ALL),
        (no_hysteresis, {"mild"}),
        (else_on, {"mild"}),
        (at_35_too, {"edges"}),
        (zero_without_data, {"edges"}),
        (one_zone, {"zones", "artefacts"}),
        (hot_with_an_artefact, {"zones", "artefacts"}),
        (by(max), ALL),
        (by(lambda readings: readings[-1]), ALL - {"hot"}),
    ],
)
def test_wrong_functions_lose_what_they_get_wrong_whenever_the_schedule_fires(
    watch: Callable[..., Observation],
    controller: Controller,
    exercises: set[str],
    first_tick_s: float,
) -> None:
    assert lost(watch(controller, first_tick_s)) == exercises


SILENT = Observation(Scene({}, ()))


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> list[Observation]:
    """The observations that were made, in a loop whose wiring is what `WIRING` holds."""
    made: list[Observation] = []
    WIRING[:] = ["as it was"]

    def observe(_context: CheckContext) -> Observation:
        made.append(SILENT)
        return SILENT

    monkeypatch.setattr(loop_causes, "_observe", observe)
    monkeypatch.setattr(loop_causes, "_wiring", lambda _context: list(WIRING))
    return made


WIRING: list[str] = []


def test_the_checks_of_one_run_share_an_observation(observed: list[Observation]) -> None:
    run = context()
    for check in ("part4-hot", "part4-cold", "part4-zones"):
        loop_causes.observe_loop(run, check)
    assert len(observed) == 1


def test_checks_that_follow_each_other_share_it_while_nothing_is_changed(
    observed: list[Observation],
) -> None:
    memory: dict[str, Any] = {}
    for check in ("part4-hot", "part4-cold"):
        loop_causes.observe_loop(CheckContext(no_client, {}, no_client, memory=memory), check)
    assert len(observed) == 1
    WIRING[:] = ["another role"]
    loop_causes.observe_loop(CheckContext(no_client, {}, no_client, memory=memory), "part4-zones")
    assert len(observed) == 2


def test_who_asks_again_gets_a_new_observation(observed: list[Observation]) -> None:
    memory: dict[str, Any] = {}
    for _time in range(2):
        run = CheckContext(no_client, {}, no_client, memory=memory)
        loop_causes.observe_loop(run, "part4-hot")
    assert len(observed) == 2


def test_a_slow_observation_is_announced_and_a_quick_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_causes, "watch_loop", lambda *_all: SILENT)
    monkeypatch.setattr(loop_causes, "explain_silence", lambda *_all: Finding(False, "asleep"))
    lines: list[str] = []
    for speed in (60, 1):
        timeline = Timeline(speed, 0, 0)
        run = replace(context(), report=lines.append, timeline=partial(copy, timeline))
        assert loop_causes._observe(run).cause == "asleep"
    assert lines == ["The house is simulated, and the loop watched, for 5 to 15 minutes."]


class Broker:
    """Lets a device publish under the client ids of a pattern only."""

    def __init__(self, allowed: str) -> None:
        self._allowed = allowed
        self.connected: list[str] = []

    def device(self, client_id: str) -> Any:
        return SimpleNamespace(
            client_id=client_id,
            connect=lambda: self.connected.append(client_id),
            disconnect=lambda: self.connected.remove(client_id),
            publish=lambda: self._publish(client_id),
        )

    def _publish(self, client_id: str) -> None:
        if not fnmatch(client_id, self._allowed):
            raise MqttError("publish", "denied", "look at the policy")


def connected(broker: Broker) -> str:
    """Return under which client id a device stays connected that has to publish as temp_1."""
    run = CheckContext(no_client, {}, broker.device)
    device: Any = run.connect("temp_1", lambda one: vars(one)["publish"]())
    assert broker.connected == [device.client_id]
    return str(device.client_id)


def test_a_device_takes_the_sensors_own_id_only_where_the_policy_wants_it() -> None:
    assert connected(Broker("*")).startswith("temp_1-check-")
    assert connected(Broker("temp_1*")).startswith("temp_1-check-")
    assert connected(Broker("temp_1")) == "temp_1"


def test_a_device_that_may_not_do_what_it_has_to_stays_connected_under_no_id() -> None:
    broker = Broker("AC-1")
    with pytest.raises(MqttError, match="denied"):
        connected(broker)
    assert broker.connected == []
