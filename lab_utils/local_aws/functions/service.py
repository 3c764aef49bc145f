"""Runs functions: finds or makes an environment, lets it work, and writes its log.

Whatever Python version a function is configured with, it runs under the lab's own interpreter.
"""

from __future__ import annotations

import functools
import logging
import sysconfig
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.functions.child import Child
from lab_utils.local_aws.functions.environment import TASK_ROOT, Environment
from lab_utils.local_aws.functions.hosting import Hosting
from lab_utils.local_aws.functions.model import Function, Invocation, LogEvent, Outcome
from lab_utils.local_aws.functions.packages import sdk_folders
from lab_utils.local_aws.functions.pool import Pool
from lab_utils.local_aws.functions.variables import (
    Doors,
    function_variables,
    machine_variables,
)
from lab_utils.local_aws.place import Place
from lab_utils.settings import base_environment

_log = logging.getLogger(__name__)
_TAIL_BYTES = 4096
_AS_THEY_ARE = Hosting()
_AHEAD_NS = 5_000_000
"""How far the lab's time may be from the wall clock's before functions are shown it."""


class LogSink(Protocol):
    """Where functions' logs go."""

    def write(self, function: Function, stream: str, events: Sequence[LogEvent]) -> None:
        """Write events to a stream of the function's group, if its role may."""


class FunctionService:
    """Lambda's Python functions.

    Args:
        clock: The lab's time.
        doors: Where functions reach the embedded AWS.
        credentials: Returns the variables of a session of a function's role.
        sink: Where their logs go.
        hosting: How their processes are kept.
    """

    def __init__(
        self,
        clock: LabClock,
        doors: Doors,
        credentials: Callable[[Function], Mapping[str, str]],
        sink: LogSink,
        hosting: Hosting = _AS_THEY_ARE,
    ) -> None:
        self._clock = clock
        self._doors = doors
        self._credentials = credentials
        self._sink = sink
        self._sdk = sdk_folders()
        self._patience = hosting.patience
        self._prefix = [word.replace("{folder}", str(doors.code)) for word in hosting.prefix]
        # What dies with its parent dies, on Linux, with the very thread that has started it.
        self._starter = ThreadPoolExecutor(1, "function-starter")
        self._pool = Pool(self._launch)

    def run(self, function: Function, invocation: Invocation) -> tuple[Outcome, str]:
        """Let a function handle an event; return what came of it, and the end of its log."""
        known = self._pool.acquire(function)
        environment = known or self._new_environment(function)
        written = _Written(self._sink, environment)
        try:
            failed = None if known else self._start(environment, invocation)
            outcome = failed or environment.invoke(invocation, written.flush)
        except BaseException:
            environment.end()  # Its process may be in the middle of something: not to be kept.
            raise
        finally:
            written.flush()
            self._pool.release(environment)
            if known is None and function.wants_sdk:
                self.prepare()
        return outcome, written.tail()

    def prepare(self) -> None:
        """Be ready for a function's first event, if this machine has room for a process."""
        try:
            self._pool.prepare()
        except OSError as error:
            _log.warning("No process could be started for functions: %s", error)

    def forget(self, place: Place, name: str, version: str | None = None) -> None:
        """End a function's environments: its code or configuration is another, or it is gone."""
        self._pool.forget(place, name, version)

    def close(self) -> None:
        """End every process."""
        self._pool.close()
        self._starter.shutdown()

    def _new_environment(self, function: Function) -> Environment:
        stream = self._pool.stream_of_ended(function)
        environment = Environment(
            function,
            self._pool.process_for(function),
            self._clock,
            stream or self._new_stream(function),
            is_new=stream is None,
            patience=self._patience,
        )
        self._pool.add(environment)
        return environment

    def _start(self, environment: Environment, invocation: Invocation) -> Outcome | None:
        """Let an environment become its function; return the invocation's end if it cannot."""
        failed = environment.start(self._config(environment), invocation.request_id)
        if failed is not None:
            environment.fail(invocation.request_id, failed)
            environment.end()
        return failed

    def _config(self, environment: Environment) -> dict[str, Any]:
        function, doors = environment.function, self._doors
        credentials = self._credentials(function)
        return {
            "variables": function_variables(function, environment.stream, doors, credentials),
            "code": str(function.code),
            "layers": [str(layer) for layer in function.layers],
            "handler": function.handler,
            "runtime": function.runtime,
            "is_json_log": function.is_json_log,
            "log_level": function.log_level,
            "local_ports": doors.local_ports(),
            "aws_ports": doors.aws_ports(),
            "shown_paths": self._shown_paths(function),
        }

    def _shown_paths(self, function: Function) -> list[tuple[str, str]]:
        layers = [(str(layer), "/opt/python") for layer in function.layers]
        sdk = [(folder, "/var/runtime") for folder in sorted(set(self._sdk.values()))]
        version = function.runtime.removeprefix("python")
        library = (sysconfig.get_path("stdlib"), f"/var/lang/lib/python{version}")
        return [(str(function.code), TASK_ROOT), *layers, *sdk, library]

    def _launch(self, has_sdk: bool) -> Child:
        lab_ns, wall_ns = self._clock.now_ns(), time.time_ns()
        is_real = self._clock.speed == 1 and abs(lab_ns - wall_ns) < _AHEAD_NS
        setup = {
            "sdk": self._sdk,
            "has_sdk": has_sdk,
            "speed": 0 if is_real else self._clock.speed,
            "lab_ns": lab_ns,
            "monotonic_ns": time.monotonic_ns(),
        }
        variables = machine_variables(base_environment())
        start = functools.partial(
            Child, setup, variables, self._doors.code, self._clock.now_ns, self._prefix
        )
        return self._starter.submit(start).result()

    def _new_stream(self, function: Function) -> str:
        day = datetime.fromtimestamp(self._clock.now_ns() // 1_000_000_000, UTC)
        return f"{day:%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"


class _Written:
    """Writes an environment's events, and remembers the last of them."""

    def __init__(self, sink: LogSink, environment: Environment) -> None:
        self._sink = sink
        self._environment = environment
        self._tail = ""

    def flush(self) -> None:
        events = self._environment.take_events()
        if events:
            self._sink.write(self._environment.function, self._environment.stream, events)
            texts = [event.text for event in events if not event.text.startswith("INIT_")]
            self._tail = (self._tail + "".join(texts))[-_TAIL_BYTES:]

    def tail(self) -> str:
        return self._tail
