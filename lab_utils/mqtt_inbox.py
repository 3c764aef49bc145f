"""What a device receives: messages, and the inbox that collects those of a topic filter."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from lab_utils.errors import MqttError
from lab_utils.mqtt_errors import missing_messages

KEPT_MESSAGES = 100_000
"""How many messages an inbox holds; beyond, it drops the oldest."""


@dataclass(frozen=True)
class Message:
    """A message as it arrived.

    Attributes:
        topic: The topic it was published to.
        payload: Its bytes.
        received_at: When it arrived here, in UTC.
    """

    topic: str
    payload: bytes
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def json(self) -> Any:
        """Return the payload read as JSON.

        Raises:
            MqttError: It is not JSON; with the beginning of what it is.
        """
        try:
            return json.loads(self.payload)
        except ValueError as error:
            raise MqttError(
                f"read the message on {self.topic!r} as JSON",
                f"Its {len(self.payload)} bytes are not JSON ({error}): {self.payload[:80]!r}",
                "look at message.payload, and send a dict if it should be JSON.",
            ) from error


def is_match(topic_filter: str, topic: str) -> bool:
    """Return whether a topic is one that a topic filter names.

    As AWS IoT Core reads it: ``sensor/#`` does not match ``sensor`` (in the MQTT standard it
    does), and the group of a shared subscription, ``$share/group/filter``, plays no part.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
    """
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[0] == "$share" and len(wanted) > 2:
        wanted = wanted[2:]
    if wanted[-1] == "#":
        wanted.pop()
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        level in ("+", name) for level, name in zip(wanted, given, strict=True)
    )


class Inbox:
    """Collects the messages of one subscription; a context manager that ends it.

    Iterating goes over what has arrived so far, oldest first.

    Args:
        topic_filter: The subscription's topic filter.
        close: Ends the subscription.
        on_message: Called with each message instead of keeping it, in the connection's own
            thread: it must neither block nor wait for the device.
    """

    def __init__(
        self,
        topic_filter: str,
        close: Callable[[Inbox], None],
        on_message: Callable[[Message], None] | None = None,
    ) -> None:
        self.topic_filter = topic_filter
        self._close = close
        self._on_message = on_message
        self._messages: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._changed = threading.Condition()
        self._failure: Exception | None = None

    @property
    def messages(self) -> list[Message]:
        """What has arrived so far, oldest first."""
        return list(self)

    @property
    def failure(self) -> Exception | None:
        """Why no more is to be expected; None while that is not so."""
        return self._failure

    def deliver(self, message: Message) -> None:
        """Take a message; what a handler raises is kept for the next `wait`."""
        if self._on_message is None:
            with self._changed:
                self._messages.append(message)
                self._changed.notify_all()
            return
        try:
            self._on_message(message)
        except Exception as error:  # noqa: BLE001 - the handler is the caller's code: recorded
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Make waiting raise an error: no more is to be expected."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def wait(self, count: int = 1, timeout_s: float = 10.0) -> list[Message]:
        """Return everything that has arrived, as soon as it is at least so many messages.

        Args:
            count: How many messages to wait for.
            timeout_s: How long to wait, in seconds.

        Raises:
            MqttError: Fewer came in time, or the connection or subscription was lost for good.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._messages) >= count or self._failure, timeout_s)
            arrived = list(self._messages)
            if len(arrived) >= count:
                return arrived
            if self._failure:
                raise self._failure
        raise missing_messages(self.topic_filter, count, len(arrived), timeout_s)

    def wait_for(
        self, is_wanted: Callable[[Message], bool], timeout_s: float = 10.0
    ) -> Message | None:
        """Return the first message of a kind, or None if none came in time.

        Raises:
            MqttError: The connection or subscription was lost for good.
        """

        def found() -> Message | None:
            return next((message for message in self._messages if is_wanted(message)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._failure, timeout_s)
            if (message := found()) is None and self._failure:
                raise self._failure
            return message

    def close(self) -> None:
        """End the subscription; what has arrived stays."""
        self._close(self)

    def __iter__(self) -> Iterator[Message]:
        """Go over the messages that have arrived so far."""
        with self._changed:
            return iter(list(self._messages))

    def __len__(self) -> int:
        """Return how many messages have arrived."""
        return len(self._messages)

    def __enter__(self) -> Inbox:
        """Return the inbox, for ``with``."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the subscription."""
        self.close()
