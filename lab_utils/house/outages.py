"""What the house does, and says, while it hears nothing of the broker or of one device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from lab_utils.errors import MqttError
from lab_utils.house.fleet import Fleet
from lab_utils.lab_time import Timeline
from lab_utils.mqtt_errors import OutageError

LOOK_S = 1.0
"""How often an outage is looked at, in real seconds."""

ATTEMPTS = 3
"""So often a broker that is there may refuse the devices before that is believed."""

_NAMED = 3


class Surroundings(Protocol):
    """What an outage needs of the `World`."""

    timeline: Timeline

    def reconnect(self, fleet: Fleet) -> bool:
        """Connect a fleet anew if the broker is there."""

    def ask_time(self) -> None:
        """Ask for the lab's time anew."""


def wait_out(
    fleet: Fleet,
    world: Surroundings,
    emit: Callable[[str], None],
    look: Callable[[str], bool],
    listen: Callable[[float], None],
) -> None:
    """Return once the broker is heard of again, or the house is stopped.

    Args:
        fleet: The connections.
        world: Finds the broker and lab time again.
        emit: Takes lines for the reader.
        look: Takes what to say meanwhile; returns whether the house is stopped.
        listen: Waits for some real seconds.

    Raises:
        MqttError: The broker is there and refuses the devices.
    """
    before = world.timeline
    remark = f"the broker does not answer since {_clock(before)} lab time; the house waits for it"
    start = f"`lab start{_speed_option(before)}`"
    emit(f"{remark}. If the embedded AWS is gone, {start} in a terminal starts it again")
    refusals = 0
    while not look(remark):
        try:
            if fleet.is_answering or world.reconnect(fleet):
                world.ask_time()
                emit(_goes_on(before, world.timeline))
                return
        except OutageError:
            pass
        except MqttError:
            refusals += 1
            if refusals == ATTEMPTS:
                raise
        listen(LOOK_S)


def gave_up_waiting(waited_s: float) -> OutageError:
    """Return the error of a broker that did not come back."""
    return OutageError(
        "run the house to its end",
        f"Nothing was heard of the broker for {waited_s:g} s.",
        "start the embedded AWS again (`lab status` tells whether it runs), then run the house "
        "again: the same House goes on where it was.",
    )


def _goes_on(before: Timeline, now: Timeline) -> str:
    line = f"the broker answers again; the house goes on, at {_clock(now)} lab time"
    if now.speed == before.speed:
        return line
    return (
        f"{line}. The lab's time runs at speed {now.speed} now, not {before.speed}, and the house "
        f"with it; `lab stop` and `lab start{_speed_option(before)}` bring the other back"
    )


def _clock(timeline: Timeline) -> str:
    return f"{timeline.now():%H:%M:%S}"


def _speed_option(timeline: Timeline) -> str:
    return "" if timeline.speed == 1 else f" --speed {timeline.speed}"


class AbsenceNotes:
    """Says once that some devices have lost their connection, and once that they have it again.

    Args:
        emit: Takes lines for the reader.

    Attributes:
        remark: What there is to say now; "" for nothing.
    """

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._absent: set[str] = set()
        self.remark = ""

    def take(self, absent: Sequence[str]) -> None:
        """Take which client ids have no connection."""
        if set(absent) == self._absent:
            return
        back = [name for name in self._absent if name not in absent]
        self._absent = set(absent)
        self.remark = ""
        if absent:
            self.remark = f"no connection: {_listed(absent)}; readings are kept and sent later"
            self._emit(self.remark)
        elif back:
            self._emit(f"connected again: {_listed(sorted(back))}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
