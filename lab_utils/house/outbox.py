"""A sensor's connection, and the readings that it has not delivered yet."""

from __future__ import annotations

from bisect import insort
from collections import deque
from concurrent.futures import Future
from typing import Protocol

from lab_utils.house.dispatches import Dispatch
from lab_utils.house.events import Room
from lab_utils.house.topics import sensor_name, sensor_topic

KEPT_READINGS = 720
"""How many readings a sensor keeps in an outage: one lab hour's. Then it gives up the oldest."""

MOST_ON_THE_WAY = 100
"""How many messages of one connection may wait for their answer: AWS's limit."""


class Connection(Protocol):
    """What a outbox needs of a device."""

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""

    def publish_soon(self, topic: str, data: bytes) -> Future[None]:
        """Publish without waiting."""


Answer = tuple["Outbox", Dispatch, BaseException | None]


class Outbox:
    """Sends one sensor's readings in the order in which they were taken.

    Used by one thread; the broker's answers come in others, and go to a queue.

    Args:
        room: The sensor's room.
        device: Its connection.
        answers: Takes what became of each message.
    """

    def __init__(self, room: Room, device: Connection, answers: deque[Answer]) -> None:
        self.device = device
        self.on_the_way = 0
        self._answers = answers
        self._topic = sensor_topic(sensor_name(room.sensor_id))
        self._kept: list[Dispatch] = []

    @property
    def kept(self) -> int:
        """How many readings wait for the connection."""
        return len(self._kept)

    def offer(self, dispatch: Dispatch) -> bool:
        """Send a reading, or keep it for later; return whether it was sent."""
        dispatch.write()
        is_free = self.on_the_way < MOST_ON_THE_WAY
        if self._kept or not is_free or not self.device.is_connected:
            self.keep(dispatch)
            return False
        self._send(dispatch)
        return True

    def keep(self, dispatch: Dispatch) -> None:
        """Keep a reading until the connection stands; beyond what can be kept, give one up."""
        dispatch.was_held_up = True
        insort(self._kept, dispatch, key=lambda one: one.time)
        if len(self._kept) > KEPT_READINGS:
            self._kept.pop(0).give_up()

    def send_kept(self) -> int:
        """Send what was kept, as far as the connection takes it; return how many."""
        if not self._kept or not self.device.is_connected:
            return 0
        count = max(0, MOST_ON_THE_WAY - self.on_the_way)
        sent, self._kept = self._kept[:count], self._kept[count:]
        for dispatch in sent:
            self._send(dispatch)
        return len(sent)

    def give_up(self) -> None:
        """Give up all that was kept."""
        for dispatch in self._kept:
            dispatch.give_up()
        self._kept = []

    def _send(self, dispatch: Dispatch) -> None:
        self.on_the_way += 1

        def on_answer(answer: Future[None]) -> None:
            self._answers.append((self, dispatch, answer.exception()))

        self.device.publish_soon(self._topic, dispatch.payload).add_done_callback(on_answer)
