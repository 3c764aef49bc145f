"""An execution environment: one process that became one function."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.child import ENDED, RAW, Child
from lab_utils.local_aws.functions.hosting import TimeLimit
from lab_utils.local_aws.functions.model import Function, Invocation, LogEvent, Outcome
from lab_utils.local_aws.functions.output_lines import OutputLines
from lab_utils.local_aws.functions.platform_log import Usage, platform_log
from lab_utils.local_aws.functions.runtime.channel import (
    INIT_FAILED,
    INVOKE,
    OUTPUT,
    READY,
    RECORD,
    RESULT,
    START,
    Frame,
)

TASK_ROOT = "/var/task"
"""Where a package is on Lambda, and what logs and errors show."""
LARGEST_ANSWER = 6 * 1024 * 1024 + 100
"""Bytes of an answer that Lambda takes."""
LARGEST_LOG = 4 * 1024 * 1024
"""Characters of the log of one invocation that the lab keeps; on AWS there is no such limit."""
_TOO_MUCH = (
    f"The lab keeps {LARGEST_LOG // 1024**2} MB of an invocation's log; what follows is left out.\n"
)
_INIT_S = 10.0
_DRAIN_S = 0.25
_FLUSH_S = 1.0
_MOMENT_S = 0.01
_LONG_S = 1.0
"""Who computes for longer than that lets others go first."""


@dataclass
class _Wait:
    """What is waited for: an answer and, behind it, the end of what was printed."""

    request_id: str
    limit: TimeLimit
    mark: bytes | None = None
    is_marked: bool = False
    answer: Frame | None = None
    _drain_s: float = 0.0

    def answered(self, frame: Frame) -> None:
        self.answer, self._drain_s = frame, time.monotonic() + _DRAIN_S

    def is_complete(self) -> bool:
        return self.answer is not None and (self.is_marked or self.mark is None)

    def until_s(self) -> float:
        if self.answer is not None:
            return self._drain_s
        return time.monotonic() + self.limit.left_s()


class Environment:
    """An execution environment of a function.

    Args:
        function: What it runs.
        child: A process that waits to become a function.
        clock: The lab's time.
        stream: The name of its log stream.
        is_new: Whether it is no restart in an environment whose process ended.
        patience: How many times its limit of time the function may take on a busy machine.
    """

    def __init__(
        self,
        function: Function,
        child: Child,
        clock: LabClock,
        stream: str,
        *,
        is_new: bool,
        patience: float = 1.0,
    ) -> None:
        self.function = function
        self.stream = stream
        self.idle_since_s = time.monotonic()
        self._child = child
        self._clock = clock
        self._log = platform_log(function)
        self._is_new = is_new
        self._patience = patience
        self._lines, self._raw_lines = OutputLines(), OutputLines()
        self._raw = b""
        self._events: list[LogEvent] = []
        self._written: list[LogEvent] = []
        self._room = LARGEST_LOG
        self._last_ns = 0
        self._init_ms: float | None = None
        self._peak_mb = 0

    def start(self, config: dict[str, Any], request_id: str) -> Outcome | None:
        """Become the function; return why that failed, or None.

        Args:
            config: What :meth:`runtime.loop.Runtime.run` is told.
            request_id: The invocation that it is started for.
        """
        began_s = time.monotonic()
        if self._is_new:
            self._note(self._log.init_start(self._clock.now_ns()))
        self._child.send(START, json.dumps(config).encode())
        limit = self._limit(_INIT_S + self.function.timeout_s)
        outcome = self._await_answer(_Wait(request_id, limit))
        duration_ms = (time.monotonic() - began_s) * 1000
        self._peak_mb = self._child.memory_mb()
        if not outcome.error_type:
            self._init_ms = duration_ms if self._is_new else None
            return None
        phase = "init" if self._is_new else "invoke"
        now_ns = self._clock.now_ns()
        self._note(self._log.init_report(now_ns, duration_ms, phase, outcome))
        return outcome

    def invoke(self, invocation: Invocation, flush: Callable[[], None]) -> Outcome:
        """Handle an event.

        Args:
            invocation: The event.
            flush: Called now and then while the handler runs: there may be events to write.
        """
        function, mark = self.function, f"\0{uuid.uuid4().hex}\0"
        self._room = LARGEST_LOG
        self._note(self._log.start(self._clock.now_ns(), invocation.request_id))
        began_s = time.monotonic()
        self._child.send(INVOKE, self._request(invocation, mark))
        limit = self._limit(function.timeout_s)
        wait = _Wait(invocation.request_id, limit, mark.encode())
        outcome = self._await_answer(wait, flush)
        self._report(invocation.request_id, (time.monotonic() - began_s) * 1000, outcome)
        self._init_ms, self._is_new = None, False
        return outcome

    def fail(self, request_id: str, outcome: Outcome) -> None:
        """Note an invocation for which the environment did not even start."""
        self._note(self._log.start(self._clock.now_ns(), request_id))
        self._report(request_id, 0.0, outcome)

    def take_events(self) -> list[LogEvent]:
        """Return what is to be logged since the last call."""
        self._settle()
        events, self._events = self._events, []
        code = str(self.function.code)
        return [LogEvent(e.time_ns, e.text.replace(code, TASK_ROOT)) for e in events]

    def is_alive(self) -> bool:
        """Return whether its process runs."""
        return self._child.is_alive()

    def end(self) -> None:
        """End its process."""
        self._child.end()

    def _limit(self, limit_s: float) -> TimeLimit:
        return TimeLimit(limit_s, self._patience, self._child.computed_s)

    def _request(self, invocation: Invocation, mark: str) -> bytes:
        head = {
            "request_id": invocation.request_id,
            "arn": invocation.arn,
            "client_context": invocation.client_context,
            "variables": dict(invocation.variables),
            "timeout_s": self.function.timeout_s,
            "mark": mark,
            "lab_ns": self._clock.now_ns(),
            "monotonic_ns": time.monotonic_ns(),
        }
        return json.dumps(head).encode() + b"\n" + invocation.payload

    def _await_answer(self, wait: _Wait, flush: Callable[[], None] | None = None) -> Outcome:
        next_flush_s = time.monotonic() + _FLUSH_S
        # A function may print without an end: the limit holds whether or not something came.
        while not wait.is_complete() and time.monotonic() < wait.until_s():
            # Not less than a moment: what is left may grow while it is waited for.
            until_s = max(wait.until_s(), time.monotonic() + _MOMENT_S)
            frame = self._child.receive(min(until_s, next_flush_s))
            if frame is not None and frame.kind == ENDED:
                return self._ended(wait)
            if frame is not None:
                self._take(frame, wait)
            if time.monotonic() >= next_flush_s:
                if wait.limit.computed_s() > _LONG_S:
                    self._child.give_way()
                if flush is not None:
                    flush()
                next_flush_s = time.monotonic() + _FLUSH_S
        self._end_lines()
        return self._timed_out(wait) if wait.answer is None else _outcome(wait.answer)

    def _take(self, frame: Frame, wait: _Wait) -> None:
        if self._room <= 0 and frame.kind in (OUTPUT, RECORD):
            return
        if frame.kind == OUTPUT:
            self._lines.printed(frame.time_ns, frame.body)
        elif frame.kind == RECORD:
            self._lines.message(frame.time_ns, frame.body)
        elif frame.kind == RAW:
            wait.is_marked = self._take_raw(frame, wait.mark) or wait.is_marked
        else:
            wait.answered(frame)
        self._keep(self._lines)

    def _take_raw(self, frame: Frame, mark: bytes | None) -> bool:
        """Take bytes that went past Python's own streams, up to the mark at their end."""
        data, is_marked = self._raw + frame.body, False
        if mark is not None and mark in data:
            data, _, self._raw = data.partition(mark)
            is_marked = True
        else:
            begin = data.rfind(b"\0", -len(mark or b""))
            cut = begin if mark is not None and begin >= 0 else len(data)
            data, self._raw = data[:cut], data[cut:]
        if data:
            self._raw_lines.printed(frame.time_ns, data)
        self._keep(self._raw_lines)
        return is_marked

    def _end_lines(self) -> None:
        for lines in (self._lines, self._raw_lines):
            lines.end_line()
            self._keep(lines)

    def _keep(self, lines: OutputLines) -> None:
        """Keep what was written, until it is more than the lab keeps: a function may never end."""
        for event in lines.take():
            if self._room > 0:
                self._room -= len(event.text)
                text = event.text if self._room > 0 else _TOO_MUCH
                self._written.append(LogEvent(event.time_ns, text))

    def _ended(self, wait: _Wait) -> Outcome:
        self._end_lines()
        self._child.end()
        if wait.answer is not None and wait.answer.kind != READY:
            outcome = _outcome(wait.answer)
            return Outcome(outcome.payload, outcome.error_type, outcome.status, is_over=True)
        text = self._child.exit_text()
        return _fault(wait.request_id, "Runtime.ExitError", text, "error")

    def _timed_out(self, wait: _Wait) -> Outcome:
        self._peak_mb = max(self._peak_mb, self._child.memory_mb())
        self._child.end()
        text = f"Task timed out after {self.function.timeout_s:.2f} seconds"
        return _fault(wait.request_id, "Sandbox.Timedout", text, "timeout")

    def _report(self, request_id: str, duration_ms: float, outcome: Outcome) -> None:
        now_ns = self._clock.now_ns()
        if outcome.is_over:
            self._note(self._log.failure(now_ns, request_id, outcome))
        self._peak_mb = max(self._peak_mb, self._child.memory_mb())
        self._note(self._log.end(request_id))
        usage = Usage(duration_ms, self._init_ms, self._peak_mb)
        self._note(self._log.report(now_ns, request_id, usage, outcome))

    def _note(self, text: str | None) -> None:
        """Add an entry of Lambda's own, behind all that was written before it."""
        self._settle()
        if text is not None:
            self._add(LogEvent(self._clock.now_ns(), text))

    def _settle(self) -> None:
        """Add what was written: it came through two pipes, and is put in order."""
        written, self._written = self._written, []
        for event in sorted(written, key=lambda event: event.time_ns):
            self._add(event)

    def _add(self, event: LogEvent) -> None:
        """Add an entry; the clocks of two processes do not turn the order round."""
        self._last_ns = max(self._last_ns, event.time_ns)
        self._events.append(LogEvent(self._last_ns, event.text))


def _outcome(answer: Frame) -> Outcome:
    if answer.kind in (READY, RESULT):
        if len(answer.body) > LARGEST_ANSWER:
            return _too_large()
        return Outcome(answer.body)
    error_type = str(json.loads(answer.body)["errorType"])
    return Outcome(answer.body, error_type, "error", is_over=answer.kind == INIT_FAILED)


def _too_large() -> Outcome:
    text = f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
    error = {"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"}
    return Outcome(json.dumps(error).encode(), error["errorType"], "error")


def _fault(request_id: str, error_type: str, text: str, status: str) -> Outcome:
    error = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {text}"}
    return Outcome(json.dumps(error).encode(), error_type, status, is_over=True)
