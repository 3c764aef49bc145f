"""The house of the practical, as notebooks and `lab simulate` run it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from lab_utils.errors import SettingsError
from lab_utils.house.dispatches import Tally, readings_frame
from lab_utils.house.engine import Engine, State
from lab_utils.house.events import HousePlan, Room, Switch, Watcher
from lab_utils.house.fleet import Fleet
from lab_utils.house.journal import Journal
from lab_utils.house.model import START_C, START_SPREAD_C, HouseModel
from lab_utils.house.rooms import plan_rooms
from lab_utils.house.watching import Events, default_watcher, watch
from lab_utils.house.world import World
from lab_utils.session import Lab
from lab_utils.thresholds import INVALID_FROM_C

if TYPE_CHECKING:
    import pandas as pd


class HouseRun(NamedTuple):
    """What a run did; see `House.run`."""

    sent: pd.DataFrame
    switches: list[Switch]


class House:
    """The simulated house: sensors that read every 5 lab seconds, and air conditioners.

    Sensors are ``temp_1``, ``temp_2``, ...; air conditioners ``AC-1``, ...: each an MQTT client
    of its own with that client id. Rooms warm by 0.8 % a step; a zone's air conditioner cools
    them by 1.2 % near it and 0.8 % elsewhere; 5 % of the readings are artefacts of 40 to 50
    degrees. It begins at lab time, with everything switched off, and lasts as long as the object:
    a second `run` goes on where the first has ended. A new `House` begins anew, and with the same
    seed and the same switches it is the same.

    Args:
        lab: The lab to send to.
        zones: How many zones, each with an air conditioner.
        rooms_per_zone: How many rooms in each, every one with a sensor.
        seed: Of all that is random.
        start_c: About where the rooms begin, in degrees: each is up to 2 degrees warmer.
        report: Takes each line for the reader; prints it by default.

    Raises:
        SettingsError: A number that is none of a house.

    Attributes:
        rooms: The rooms, by sensor id.
        tally: How many of the last run's readings came to what.
        minutes_run: How many lab minutes it came to.
        worst_lag_s: How many real seconds the last run was behind its clock at most.
    """

    def __init__(
        self,
        lab: Lab,
        zones: int = 2,
        rooms_per_zone: int = 2,
        seed: int = 7,
        start_c: float = START_C,
        report: Callable[[str], None] = print,
    ) -> None:
        self._lab, self._report = lab, report
        self.rooms: tuple[Room, ...] = plan_rooms(zones, rooms_per_zone)
        _check_start(start_c)
        model = HouseModel(self.rooms, seed, start_c)
        self._state = State(model, {room.zone_id: False for room in self.rooms})
        self.tally = Tally()
        self.minutes_run = self.worst_lag_s = 0.0

    @property
    def room_c(self) -> dict[int, float]:
        """The true temperature of each room by sensor id, in degrees."""
        return self._state.model.room_c

    @property
    def is_on(self) -> Mapping[int, bool]:
        """Whether each zone's air conditioner is on, by zone id."""
        return dict(self._state.is_on)

    def run(
        self, minutes: float = 30, watcher: Watcher | None = None, *, keeps_readings: bool = True
    ) -> HouseRun:
        """Let the house live for some lab minutes; at speed 60, thirty take thirty seconds.

        An interrupt ends it early with what was done so far. When the broker does not answer the
        house stands still, says so, and goes on once it is there again; so the run takes as much
        longer. A reading that was not acknowledged is sent again, and may arrive twice.

        Args:
            minutes: Lab minutes; `math.inf` for a run that only an interrupt ends.
            watcher: Watches each step; by default a live figure in a notebook, else a line a
                lab minute.
            keeps_readings: Whether ``sent`` is wanted; a run without an end must do without.

        Returns:
            ``sent``, a row a reading in the order in which they were taken: ``time``
            (datetime64[ns, UTC], lab time), ``room``, ``sensor_id``, ``zone_id``,
            ``temperature`` in degrees, ``is_artefact``, and ``status``: ``sent`` (acknowledged),
            ``late`` (acknowledged, but not at the first attempt) or ``lost`` (given up). And
            ``switches``, the air conditioners' changes in order.

        Raises:
            SettingsError: Minutes that are no positive number.
            MqttError: No endpoint or certificate yet; a connection, subscription or publish that
                the broker refuses; another client with the same client id; an outage of more
                than ten real minutes.
        """
        _check_minutes(minutes)
        return self._live(minutes, watcher or default_watcher(self._report), keeps_readings)

    def _live(self, minutes: float, watcher: Watcher, keeps_readings: bool) -> HouseRun:
        world = World(self._lab)
        plan = HousePlan(self.rooms, minutes, speed=world.timeline.speed)
        fleet = Fleet(world.device, self.rooms, lambda: world.timeline.now())
        journal, events = Journal(keeps_readings), Events()
        engine = Engine(plan, self._state, fleet, world, journal, events.put)
        began, failure, is_watched = time.monotonic(), None, False
        try:
            fleet.connect()
            watcher.start(plan)
            is_watched = True
            failure = watch(engine, events, watcher, self._report)
        except KeyboardInterrupt:
            engine.stop()
        finally:
            fleet.close()
        self.tally, self.worst_lag_s = journal.tally, engine.worst_lag_s
        self.minutes_run = engine.elapsed_minutes
        result = HouseRun(readings_frame(journal.readings), journal.switches)
        if is_watched:  # It is not if the interrupt came while the devices connected.
            watcher.finish(*result, engine.is_stopped or failure is not None)
        self._report(_summary(engine, journal, time.monotonic() - began))
        if failure is not None:
            raise failure
        return result


def _summary(engine: Engine, journal: Journal, real_s: float) -> str:
    stopped = "stopped: " if engine.is_stopped else ""
    minutes, switches = round(engine.elapsed_minutes, 1), len(journal.switches)
    return (
        f"{stopped}{minutes:g} lab minutes in {real_s:.1f} s: {journal.tally}; "
        f"{switches} switch{'es' if switches != 1 else ''} of air conditioners"
    )


def _check_minutes(minutes: object) -> None:
    if _is_number(minutes) and minutes > 0:
        return
    raise SettingsError(
        "run the house",
        f"minutes is {minutes!r}; it has to be a positive number of lab minutes.",
        "write, for instance, house.run(minutes=30).",
    )


def _check_start(start_c: object) -> None:
    if _is_number(start_c) and 0 < start_c < INVALID_FROM_C - START_SPREAD_C:
        return
    raise SettingsError(
        "build the house",
        f"start_c is {start_c!r}; rooms begin above 0 and below "
        f"{INVALID_FROM_C - START_SPREAD_C:g} degrees.",
        "write, for instance, House(lab, start_c=30).",
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
