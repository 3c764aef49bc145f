"""From what a function's process writes to entries of its log."""

from __future__ import annotations

from lab_utils.local_aws.functions.model import LogEvent

_LONGEST_EVENT = 256 * 1024 - 26
"""What CloudWatch Logs takes, in bytes; longer messages become several."""


class OutputLines:
    """Collects entries: a line that was printed is one, and so is a message of the logger."""

    def __init__(self) -> None:
        self._events: list[LogEvent] = []
        self._rest = b""
        self._rest_ns = 0

    def printed(self, time_ns: int, data: bytes) -> None:
        """Take a piece of what was printed; a line counts from its first piece."""
        *lines, rest = (self._rest + data).split(b"\n")
        began_ns = self._rest_ns if self._rest else time_ns
        for line in lines:
            self._add(began_ns, line + b"\n")
            began_ns = time_ns
        self._rest, self._rest_ns = rest, began_ns
        if len(self._rest) >= _LONGEST_EVENT:
            self.end_line()

    def message(self, time_ns: int, data: bytes) -> None:
        """Take a message, whole; a line that was begun before it stays before it."""
        self.end_line()
        self._add(time_ns, data)

    def end_line(self) -> None:
        """End a line that was begun."""
        if self._rest:
            self._add(self._rest_ns, self._rest)
        self._rest = b""

    def take(self) -> list[LogEvent]:
        """Return the entries since the last call."""
        events, self._events = self._events, []
        return events

    def _add(self, time_ns: int, data: bytes) -> None:
        for start in range(0, len(data), _LONGEST_EVENT):
            text = data[start : start + _LONGEST_EVENT].decode("utf-8", "replace")
            self._events.append(LogEvent(time_ns, text))
