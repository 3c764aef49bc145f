"""All the connections of a house: a client for each sensor, one for each air conditioner."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from lab_utils.errors import MqttError
from lab_utils.house.commands import Command
from lab_utils.house.dispatches import Dispatch
from lab_utils.house.events import Room
from lab_utils.house.outbox import Answer, Outbox
from lab_utils.house.topics import command_topic, cooler_name, sensor_name
from lab_utils.mqtt import Device, Inbox, Message
from lab_utils.mqtt_errors import OutageError

SILENT_S = 10.0
"""So long without an answer to anything, and the broker counts as gone."""

REFUSED_S = 5.0
"""So long a connection may be refused before that is believed: a broker that starts hangs up."""

_HANDS = 32
"""How many connections are made at once, in threads that end with it."""

_ATTEMPTS = 3
"""How often a device tries to connect to a broker that does not answer."""

_ANOTHER_HOUSE = (
    "stop the other house first (another notebook's, `lab simulate`, a simulation.py): both use "
    "the same client ids. Then run this one again."
)


class Fleet:
    """The devices of a house, connected under the practical's client ids.

    Used by one thread, which learns here what the SDK's threads have heard.

    Args:
        first: A device of the endpoint; the others are made after it.
        rooms: The rooms with their sensors.
        now: Returns the lab time, with which commands are stamped.
        monotonic: A clock that never goes back, seconds.

    Attributes:
        on_the_way: How many messages wait for the broker's answer.
        absent: The client ids that `trouble` has found without a connection.
    """

    def __init__(
        self,
        first: Device,
        rooms: Sequence[Room],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now, self._monotonic = now, monotonic
        self._answers: deque[Answer] = deque()
        self._commands: deque[Command] = deque()
        self._woken = threading.Event()
        self._zone_ids = sorted({room.zone_id for room in rooms})
        self._sensors, self._coolers = self._make_devices(first, [r.sensor_id for r in rooms])
        self._outboxes = {
            room.sensor_id: Outbox(room, device, self._answers)
            for room, device in zip(rooms, self._sensors, strict=True)
        }
        self._holding: set[Outbox] = set()
        self._inboxes: list[Inbox] = []
        self.on_the_way, self.absent = 0, list[str]()
        self._heard_at = monotonic()
        self._absent_since: dict[str, float] = {}
        self._refusal: MqttError | None = None

    @property
    def kept(self) -> int:
        """How many readings wait for a connection."""
        return sum(outbox.kept for outbox in self._holding)

    @property
    def is_answering(self) -> bool:
        """Whether any connection stands, and what was sent is being answered."""
        if not any(device.is_connected for device in self._devices()):
            return False
        return not self.on_the_way or self._monotonic() - self._heard_at < SILENT_S

    def connect(self) -> None:
        """Connect all devices, many at once, and subscribe the air conditioners.

        Raises:
            MqttError: One cannot connect or subscribe; all are disconnected then.
        """
        try:
            _for_each(self._sensors, _connect)
            _for_each(list(zip(self._zone_ids, self._coolers, strict=True)), self._listen)
        except BaseException:
            self.close()
            raise
        self._heard_at = self._monotonic()
        self._absent_since, self.absent = {}, []

    def reconnect(self, first: Device) -> None:
        """Connect all devices anew, maybe elsewhere; what they have not delivered is kept.

        Raises:
            MqttError: One cannot connect or subscribe.
        """
        self.close()
        sensor_ids = list(self._outboxes)
        self._sensors, self._coolers = self._make_devices(first, sensor_ids)
        for outbox, device in zip(self._outboxes.values(), self._sensors, strict=True):
            outbox.device = device
        self.connect()

    def close(self) -> None:
        """Disconnect all; harmless if they are not connected."""
        self._inboxes = []
        _for_each(self._devices(), lambda device: device.disconnect())

    def offer(self, dispatch: Dispatch) -> bool:
        """Send a reading, or keep it for later; return whether it was sent."""
        outbox = self._outboxes[dispatch.room.sensor_id]
        was_sent = outbox.offer(dispatch)
        self._count_sent(int(was_sent))
        if not was_sent:
            self._holding.add(outbox)
        return was_sent

    def send_kept(self) -> None:
        """Send what was kept, where the connection stands."""
        for outbox in self._holding:
            self._count_sent(outbox.send_kept())
        self._holding = {outbox for outbox in self._holding if outbox.kept}

    def give_up(self) -> None:
        """Give up what was kept."""
        for outbox in self._holding:
            outbox.give_up()
        self._holding = set()

    def take_answers(self) -> None:
        """Take note of what the broker has answered since the last time."""
        while self._answers:
            outbox, dispatch, error = self._answers.popleft()
            outbox.on_the_way -= 1
            self.on_the_way -= 1
            if error is None:
                self._heard_at = self._monotonic()
                dispatch.arrive()
            elif isinstance(error, OutageError):
                outbox.keep(dispatch)
                self._holding.add(outbox)
            else:
                dispatch.give_up()
                self._refusal = self._refusal or _as_mqtt_error(error)

    def wait(self, timeout_s: float) -> list[Command]:
        """Return commands as soon as some have come, none once the time has passed.

        Args:
            timeout_s: In real seconds.
        """
        self._woken.wait(max(0.0, timeout_s))
        self._woken.clear()
        commands: list[Command] = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    def wake(self) -> None:
        """End a `wait`, from another thread."""
        self._woken.set()

    def trouble(self) -> MqttError | None:
        """Look at all connections; return what waiting will not mend, else None.

        That is a refusal that stays one, or a client id that was taken over.
        """
        now = self._monotonic()
        gone = [device for device in self._devices() if not device.is_connected]
        self.absent = [device.client_id for device in gone]
        self._absent_since = {one: self._absent_since.get(one, now) for one in self.absent}
        if self._refusal is not None:
            return self._refusal
        for device in gone:
            error = device.trouble
            if error is not None and device.is_taken_over:
                return MqttError(error.attempted, error.happened, _ANOTHER_HOUSE)
            if error is not None and self._is_lasting(device, error):
                return error
        failures = [inbox.failure for inbox in self._inboxes if inbox.failure is not None]
        return _as_mqtt_error(failures[0]) if failures else None

    def _count_sent(self, count: int) -> None:
        if count and not self.on_the_way:
            self._heard_at = self._monotonic()  # Until now there was nothing to be answered.
        self.on_the_way += count

    def _is_lasting(self, device: Device, error: MqttError) -> bool:
        absent_s = self._monotonic() - self._absent_since[device.client_id]
        return absent_s >= REFUSED_S and not isinstance(error, OutageError)

    def _make_devices(
        self, first: Device, sensor_ids: Sequence[int]
    ) -> tuple[list[Device], list[Device]]:
        sensors = [first.sibling(sensor_name(sensor_id)) for sensor_id in sensor_ids]
        return sensors, [first.sibling(cooler_name(zone_id)) for zone_id in self._zone_ids]

    def _devices(self) -> list[Device]:
        return [*self._sensors, *self._coolers]

    def _listen(self, cooler: tuple[int, Device]) -> None:
        zone_id, device = cooler

        def on_message(message: Message) -> None:
            self._commands.append(Command(self._now(), zone_id, message.payload))
            self._woken.set()

        _connect(device)
        self._inboxes.append(device.subscribe(command_topic(zone_id), on_message=on_message))


def _connect(device: Device) -> None:
    """Connect a device; a broker that is busy with all the others may take too long at first."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return device.connect()
        except OutageError:
            continue
    return device.connect()


def _for_each(things: Sequence[Any], act: Callable[[Any], None]) -> None:
    """Do the same with many things at once; the first error ends it."""
    with ThreadPoolExecutor(min(_HANDS, len(things)), thread_name_prefix="house") as pool:
        futures: list[Future[None]] = [pool.submit(act, thing) for thing in things]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _as_mqtt_error(error: BaseException) -> MqttError:
    if isinstance(error, MqttError):
        return error
    return MqttError("send a reading", f"{type(error).__name__}: {error}.", "see the message.")
