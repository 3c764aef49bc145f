"""The closed loop as it runs: readings go in, and what the air conditioners are told comes out."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lab_utils.checks.base import CheckContext
from lab_utils.checks.functions import ZONES
from lab_utils.checks.weather import (
    COLD,
    COLD_WITH_ARTEFACTS,
    HOT,
    LIMIT,
    MILD_AFTER_COLD,
    MILD_AFTER_HOT,
    Sensors,
    Weather,
    open_house,
)
from lab_utils.house import commands
from lab_utils.house.events import STEP_S
from lab_utils.mqtt import Message

_MINUTE_S = 60.0
_PATIENCE_S = 3 * _MINUTE_S
"""Lab seconds until a zone has to be switched: one until the older readings have left the last
minute, one until the schedule fires, and one to spare."""
_ARTEFACT_S = 35.0
"""After so many lab seconds a first artefact has been sent, and a function may have seen it."""
_MILD_S, _EDGES_S = 70.0, 115.0
"""The scenes begin when a command has come, so the schedule fires next after about 60 lab seconds,
and then after 120 and 180, when the last minute holds readings of the last scene alone."""
_LATE_S = 40.0
"""Until then a command of the last scene can be an answer to the one before."""
_SLACK_S, _SHORT_SLACK_S = 2.0, 0.15
"""What a function takes is time of this computer, not of the lab."""
SHORTEST_S = 2 * _MINUTE_S + _MILD_S + _EDGES_S
LONGEST_S = 4 * _PATIENCE_S + _MILD_S + _EDGES_S
_FIRST = {1: HOT, 2: COLD_WITH_ARTEFACTS}
COMMAND_HINT = f"an air conditioner takes {commands.WANTED}, or false instead of true, as JSON."
_WRONG = {1: True, 2: False}
"""What would change the zones in the last two scenes: zone 1 is off by then, and zone 2 on."""


@dataclass(frozen=True)
class Command:
    """What came on a zone's command topic.

    Attributes:
        zone: The zone.
        is_on: What the air conditioner was told; None where the message tells nothing.
        after_s: Lab seconds since the scene began.
        text: The message.
    """

    zone: int
    is_on: bool | None
    after_s: float
    text: str


@dataclass(frozen=True)
class Scene:
    """What the zones had for a while, and what their air conditioners were told meanwhile.

    Attributes:
        weather: By zone; a zone without sends nothing.
        commands: In the order of their arrival.
    """

    weather: Mapping[int, Weather]
    commands: tuple[Command, ...]

    def last(self, zone: int) -> bool | None:
        """Return what a zone was told last; None for nothing."""
        told = [one.is_on for one in self.commands if one.zone == zone and one.is_on is not None]
        return told[-1] if told else None

    def unread(self, zone: int) -> str:
        """Return the last message to a zone, if it tells its air conditioner nothing; else ""."""
        last = [one for one in self.commands if one.zone == zone][-1:]
        return "".join(one.text for one in last if one.is_on is None)

    def first_s(self, zone: int, is_on: bool) -> float:
        """Return after how many lab seconds a zone was first told something; never is infinity."""
        told = [one.after_s for one in self.commands if (one.zone, one.is_on) == (zone, is_on)]
        return min(told, default=math.inf)


@dataclass(frozen=True)
class Observation:
    """What the loop did.

    Attributes:
        first: Zone 1 was hot, and zone 2 cold with artefacts.
        swapped: Then zone 1 was cold and zone 2 hot.
        mild: Then both zones were mild, zone 1 switched off and zone 2 on; None where no zone had
            followed, so that nothing could be learnt.
        edges: At last zone 1 was at the limit, and zone 2 sent nothing; or None.
        cause: Why the loop stays silent; "" where it does not.
        hint: What to do about it.
        strangers: How many readings of the same zones others have sent meanwhile.
    """

    first: Scene
    swapped: Scene | None = None
    mild: Scene | None = None
    edges: Scene | None = None
    cause: str = ""
    hint: str = ""
    strangers: int = 0

    def is_switched_on(self, zone: int) -> bool:
        """Return whether a zone was switched on by its heat, and not while it was cold."""
        hot, cold = self.told(zone)
        return hot is True and cold is not True

    def is_switched_off(self, zone: int) -> bool:
        """Return whether a zone was switched off by its cold, and not while it was hot."""
        hot, cold = self.told(zone)
        return cold is False and hot is not False

    def told(self, zone: int) -> tuple[bool | None, bool | None]:
        """Return what a zone was told last while it was hot, and while it was cold."""
        first = self.first.last(zone)
        swapped = self.swapped.last(zone) if self.swapped else None
        return (first, swapped) if zone == 1 else (swapped, first)

    @property
    def follows(self) -> bool:
        """Whether some zone is both switched on and switched off."""
        return any(self.is_switched_on(zone) and self.is_switched_off(zone) for zone in ZONES)

    @property
    def stands_artefacts(self) -> bool:
        """Whether a cold zone was switched off although some of its readings were artefacts."""
        return self.first.last(2) is False

    @property
    def mild_change(self) -> bool | None:
        """What a mild zone was wrongly told, or None."""
        for zone, is_on in _WRONG.items():
            if self.mild and self.mild.first_s(zone, is_on) < math.inf:
                return is_on
            if self.edges and self.edges.first_s(zone, is_on) < _LATE_S:
                return is_on
        return None

    def changes_at_an_edge(self, zone: int) -> bool:
        """Return whether a zone was switched in the last scene, and not while it was mild."""
        if self.edges is None or self.mild_change is _WRONG[zone]:
            return False
        return self.edges.first_s(zone, _WRONG[zone]) < math.inf


def watch_loop(context: CheckContext, is_broken: Callable[[], bool]) -> Observation:
    """Return what the loop does with readings that the checks send.

    The schedule alone drives it; each zone is hot once and cold once, so that a function that
    does not look at the readings is found out.

    Args:
        context: What the check may use.
        is_broken: Whether there is a reason for silence, so that watching on has no sense.

    Raises:
        MqttError: The devices cannot do what those of the house do.
    """
    stage = _Stage(context)
    with open_house(context, _FIRST, stage.take) as sensors:
        stage.sensors = sensors
        return replace(_watch(stage, is_broken), strangers=len(sensors.strangers))


def _watch(stage: _Stage, is_broken: Callable[[], bool]) -> Observation:
    first = stage.play_first()
    if not first.commands and is_broken():
        return Observation(first)
    seen = Observation(first, stage.play_swapped())
    if _has_late_comer(seen):
        # A function may tell a change only, and have known the first state from before.
        seen = Observation(stage.play_first(), stage.play_swapped())
    if not seen.follows:
        return seen
    mild = stage.play({1: MILD_AFTER_COLD, 2: MILD_AFTER_HOT}, _MILD_S, _SHORT_SLACK_S)
    edges = stage.play({1: LIMIT}, _EDGES_S, _SHORT_SLACK_S)
    return replace(seen, mild=mild, edges=edges)


def _has_late_comer(seen: Observation) -> bool:
    """Return whether a zone was told nothing at first, and all zones what they should later."""
    swapped = seen.swapped
    is_right_now = swapped is not None and (swapped.last(1), swapped.last(2)) == (False, True)
    return is_right_now and any(seen.first.last(zone) is None for zone in ZONES)


def _is_never(_scene: Scene) -> bool:
    return False


def _has_told(wanted: Mapping[int, bool], after_s: float = 0.0) -> Callable[[Scene], bool]:
    """Return whether the zones were told what they should last, the last thing not too early."""

    def has_told(scene: Scene) -> bool:
        is_late = bool(scene.commands) and scene.commands[-1].after_s >= after_s
        return is_late and all(scene.last(zone) is is_on for zone, is_on in wanted.items())

    return has_told


class _Stage:
    """Plays scenes: sends readings every five lab seconds, and collects commands."""

    sensors: Sensors

    def __init__(self, context: CheckContext) -> None:
        self._timeline = context.timeline()
        self._slack_s = min(_SLACK_S, context.timeout_s)
        self._changed = threading.Condition()
        self._arrived: list[tuple[int, Message, float]] = []

    def take(self, zone: int, message: Message) -> None:
        """Take a message of a zone's command topic."""
        with self._changed:
            self._arrived.append((zone, message, time.monotonic()))
            self._changed.notify_all()

    def play_first(self) -> Scene:
        """Return a scene in which zone 1 is hot, and zone 2 cold with artefacts."""
        wanted = _has_told({1: True, 2: False}, _ARTEFACT_S)
        return self.play(_FIRST, _PATIENCE_S, self._slack_s, wanted)

    def play_swapped(self) -> Scene:
        """Return a scene in which zone 1 is cold, without artefacts, and zone 2 hot."""
        wanted = _has_told({1: False, 2: True})
        return self.play({1: COLD, 2: HOT}, _PATIENCE_S, self._slack_s, wanted)

    def play(
        self,
        weather: Mapping[int, Weather],
        lab_s: float,
        slack_s: float,
        is_done: Callable[[Scene], bool] = _is_never,
    ) -> Scene:
        """Return a scene, which ends when it is done or its time is over.

        Args:
            weather: The zones' temperatures.
            lab_s: How long it may take, in lab seconds.
            slack_s: What is added, in seconds of the wall clock.
            is_done: Whether all has been seen.
        """
        real_seconds = self._timeline.real_seconds
        before, began = len(self._arrived), time.monotonic()
        end = began + real_seconds(lab_s) + slack_s
        due = began

        def scene() -> Scene:
            return Scene(weather, self._commands(before, began))

        while not is_done(scene()) and time.monotonic() < end:
            self.sensors.publish(weather)
            due = max(due + real_seconds(STEP_S), time.monotonic())
            with self._changed:
                left_s = max(0.0, min(due, end) - time.monotonic())
                self._changed.wait_for(lambda: is_done(scene()), left_s)
        return scene()

    def _commands(self, before: int, began: float) -> tuple[Command, ...]:
        with self._changed:
            arrived = self._arrived[before:]
        return tuple(
            Command(zone, _state(zone, message), after_s, _text(message))
            for zone, message, at in arrived
            for after_s in [(at - began) * self._timeline.speed]
        )


def _state(zone: int, message: Message) -> bool | None:
    """Return what a message tells an air conditioner, or None if it is no such message."""
    return commands.Command(message.received_at, zone, message.payload).is_on


def _text(message: Message) -> str:
    return message.payload[:80].decode("utf-8", "replace")
