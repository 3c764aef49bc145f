"""A run of the house: step after step on a fixed grid of time."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lab_utils.house.commands import Command
from lab_utils.house.dispatches import Dispatch
from lab_utils.house.events import LATE, SENT, HousePlan, Reading, Snapshot, Switch
from lab_utils.house.fleet import Fleet
from lab_utils.house.journal import Journal
from lab_utils.house.model import HouseModel
from lab_utils.house.outages import AbsenceNotes, Surroundings, gave_up_waiting, wait_out

SETTLE_S, SETTLE_STOPPED_S = 10.0, 2.0
"""How long the last answers are waited for at the end, and after an interrupt; real seconds."""

TOLERATED_LAG_S = 2.0
"""So far behind its grid, in real seconds, and the house says so."""

STEPS_ON_THE_WAY, LEAST_ON_THE_WAY = 4, 200
"""The next step waits while more messages than so many steps' are without an answer."""

PATIENCE_S = 600.0
"""So long an outage is waited for in a run that has an end; real seconds, our choice.

In batch nobody is there to interrupt a run whose broker never comes back.
"""

_BREATH_S, _LOOK_S = 0.02, 0.25
"""How long to listen when answers are waited for, and how often to look at the connections."""

Emit = Callable[[str | Snapshot], None]


@dataclass
class State:
    """What a house is like; it lasts from one run to the next.

    Attributes:
        model: Its rooms.
        is_on: Its air conditioners by zone id.
    """

    model: HouseModel
    is_on: dict[int, bool]


class Engine:
    """Runs a house once, in a thread of its own: who watches slowly delays no reading.

    Each step is due on a grid that begins with the run. Steps that come late are taken as soon as
    they can be, and none is left out. While nothing is heard of the broker the house stands
    still, and the grid begins anew afterwards: no reading is invented.

    Args:
        plan: What to run.
        state: The house.
        fleet: Its connections.
        world: Where lab time and the broker are found again after an outage.
        journal: Takes what was done.
        emit: Takes lines for the reader, and a snapshot at each step.
        monotonic: A clock that never goes back, seconds.
    """

    def __init__(
        self,
        plan: HousePlan,
        state: State,
        fleet: Fleet,
        world: Surroundings,
        journal: Journal,
        emit: Emit,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._state, self._fleet, self._world = plan, state, fleet, world
        self._journal, self._emit, self._monotonic = journal, emit, monotonic
        self._absence = AbsenceNotes(emit)
        self._zero, self._taken = 0.0, 0
        self._new_switches: list[Switch] = []
        self._is_behind, self._looked_at = False, -math.inf
        self.is_stopped = False
        self.worst_lag_s = 0.0

    @property
    def elapsed_minutes(self) -> float:
        """How many lab minutes of the house have passed."""
        return self._taken * self._plan.step_s / 60

    def stop(self) -> None:
        """End the run soon, from another thread."""
        self.is_stopped = True
        self._fleet.wake()

    def run(self) -> None:
        """Take all steps, and wait for the last answers.

        Raises:
            MqttError: The broker refuses a device, another client has taken its id, or nothing
                was heard of the broker for `PATIENCE_S`.
        """
        self._zero = self._monotonic()
        try:
            for _ in _numbers(self._plan):
                if not self._wait_until_due():
                    break
                self._take_step()
            else:
                self._wait_until_due()
            self._settle(SETTLE_STOPPED_S if self.is_stopped else SETTLE_S)
        finally:
            self._fleet.give_up()
            self._journal.finish()

    def _wait_until_due(self) -> bool:
        """Return True once the next step is due and may be taken, False once stopped."""
        most = max(LEAST_ON_THE_WAY, STEPS_ON_THE_WAY * len(self._plan.rooms))
        while not self.is_stopped:
            self._hear()
            if not self._fleet.is_answering:
                self._stand_still()
                continue
            self._send_kept()
            left_s = self._due() - self._monotonic()
            if left_s <= 0 and self._fleet.on_the_way < most:
                return True
            self._listen(min(left_s, _LOOK_S) if left_s > 0 else _BREATH_S)
        return False

    def _due(self) -> float:
        return self._zero + self._taken * self._step_real_s()

    def _step_real_s(self) -> float:
        return self._world.timeline.real_seconds(self._plan.step_s)

    def _hear(self) -> None:
        """Take in what the broker has answered, and now and then how the connections are."""
        self._fleet.take_answers()
        if self._monotonic() - self._looked_at < _LOOK_S:
            return
        self._looked_at = self._monotonic()
        trouble = self._fleet.trouble()
        if trouble is not None:
            raise trouble

    def _send_kept(self) -> None:
        """Say which devices are not connected, and send what the others have kept."""
        self._absence.take(self._fleet.absent)
        self._fleet.send_kept()

    def _listen(self, timeout_s: float) -> None:
        for command in self._fleet.wait(timeout_s):
            self._obey(command)

    def _obey(self, command: Command) -> None:
        self._emit(str(command))
        is_on = command.is_on
        if is_on is None or is_on == self._state.is_on[command.zone_id]:
            return
        self._state.is_on[command.zone_id] = is_on
        switch = Switch(command.time, command.zone_id, is_on)
        self._journal.switches.append(switch)
        self._new_switches.append(switch)

    def _take_step(self) -> None:
        self._note_lag(self._monotonic() - self._due())
        now = self._world.timeline.now()
        measured = self._state.model.step(self._state.is_on)
        dispatches = [
            Dispatch(now, room, one.temperature_c, one.is_artefact)
            for room, one in zip(self._plan.rooms, measured, strict=True)
        ]
        were_sent = [self._fleet.offer(dispatch) for dispatch in dispatches]
        self._journal.add(dispatches)
        self._taken += 1
        readings = tuple(
            Reading(now, one.room, one.temperature_c, one.is_artefact, SENT if was_sent else LATE)
            for one, was_sent in zip(dispatches, were_sent, strict=True)
        )
        self._show(readings, self._absence.remark)

    def _note_lag(self, lag_s: float) -> None:
        self.worst_lag_s = max(self.worst_lag_s, lag_s)
        if lag_s < TOLERATED_LAG_S or self._is_behind:
            return
        self._is_behind = True
        a_second = len(self._plan.rooms) / self._step_real_s()
        self._emit(
            f"the house is {lag_s:.1f} s behind its clock: this machine cannot keep up with "
            f"{a_second:.0f} readings a second. None is left out, but the run takes longer; a "
            "slower lab (`lab stop`, `lab start --speed 10`) or fewer rooms help"
        )

    def _show(self, readings: tuple[Reading, ...], remark: str) -> None:
        left = self._plan.minutes - self.elapsed_minutes
        snapshot = Snapshot(
            time=readings[0].time if readings else self._world.timeline.now(),
            elapsed_minutes=self.elapsed_minutes,
            seconds_left=max(0.0, self._world.timeline.real_seconds(left * 60)),
            readings=readings,
            room_c=self._state.model.room_c,
            is_on=dict(self._state.is_on),
            switches=tuple(self._new_switches),
            remark=remark,
        )
        self._new_switches = []
        self._emit(snapshot)

    def _stand_still(self) -> None:
        """Wait through an outage, and begin the grid anew with the step that is due next."""
        is_endless = math.isinf(self._plan.minutes)
        deadline = math.inf if is_endless else self._monotonic() + PATIENCE_S

        def look(remark: str) -> bool:
            if self._monotonic() > deadline:
                raise gave_up_waiting(PATIENCE_S)
            self._show((), remark)
            self._hear()
            return self.is_stopped

        wait_out(self._fleet, self._world, self._emit, look, self._listen)
        self._zero = self._monotonic() - self._taken * self._step_real_s()

    def _settle(self, patience_s: float) -> None:
        deadline = self._monotonic() + patience_s
        while self._monotonic() < deadline:
            self._hear()
            self._send_kept()
            if not self._fleet.on_the_way and not self._fleet.kept:
                return
            self._listen(_BREATH_S)


def _numbers(plan: HousePlan) -> Iterable[int]:
    """Return the steps of a run: as many as begin within its minutes."""
    if math.isinf(plan.minutes):
        return itertools.count()
    return range(max(1, math.ceil(round(plan.minutes * 60 / plan.step_s, 6))))
