"""The execution environments there are, and one process that waits to become the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from lab_utils.local_aws.functions.child import Child
from lab_utils.local_aws.functions.environment import Environment
from lab_utils.local_aws.functions.model import Function
from lab_utils.local_aws.place import Place

Key = tuple[Place, str, str, str]

_IDLE_S = 300.0
_SWEEP_S = 30.0


class Pool:
    """Keeps environments for the next invocation, each used by one at a time.

    Args:
        launch: Starts a process that has the AWS SDK loaded, or one that has not.
        now_s: A clock that never goes back, seconds.
    """

    def __init__(
        self, launch: Callable[[bool], Child], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._launch = launch
        self._now_s = now_s
        self._guard = threading.Lock()
        self._idle: dict[Key, list[Environment]] = {}
        self._busy: set[Environment] = set()
        self._streams: dict[Key, list[str]] = {}
        self._spare: Child | None = None
        self._spare_since_s = 0.0
        self._is_closed = False
        self._sweeper: threading.Timer | None = None

    def acquire(self, function: Function) -> Environment | None:
        """Return an environment of the function that is free, if there is one."""
        with self._guard:
            idle = self._idle.get(function.key, [])
            while idle:
                environment = idle.pop()
                if environment.is_alive():
                    self._busy.add(environment)
                    return environment
                environment.end()
                self._streams.setdefault(function.key, []).append(environment.stream)
        return None

    def add(self, environment: Environment) -> None:
        """Count a new environment as used."""
        with self._guard:
            self._busy.add(environment)

    def release(self, environment: Environment) -> None:
        """Keep an environment for the next invocation, or its log stream if its process ended."""
        key = environment.function.key
        with self._guard:
            is_wanted = environment in self._busy and not self._is_closed
            self._busy.discard(environment)
            is_alive = environment.is_alive()
            if is_wanted and is_alive:
                environment.idle_since_s = self._now_s()
                self._idle.setdefault(key, []).append(environment)
                self._sweep_later()
                return
            if is_wanted:
                self._streams.setdefault(key, []).append(environment.stream)
        environment.end()

    def stream_of_ended(self, function: Function) -> str | None:
        """Return the log stream of an environment whose process ended, to go on in it."""
        with self._guard:
            streams = self._streams.get(function.key)
            return streams.pop() if streams else None

    def process_for(self, function: Function) -> Child:
        """Return a process to become a function; the one that waits, if it fits."""
        if not function.wants_sdk:
            return self._launch(False)
        with self._guard:
            spare, self._spare = self._spare, None
        if spare is not None and spare.is_alive():
            return spare
        return self._launch(True)

    def prepare(self) -> None:
        """See to it that a process waits to become a function."""
        with self._guard:
            if self._spare is None and not self._is_closed:
                self._spare = self._launch(True)
                self._spare_since_s = self._now_s()
                self._sweep_later()

    def forget(self, place: Place, name: str, version: str | None = None) -> None:
        """End the environments of a function, or let them end with what they do now.

        Args:
            place: Its account and region.
            name: Its name.
            version: The one version that is meant, or None for all.
        """
        with self._guard:
            ended: list[Environment] = []
            for key in [*self._idle, *self._streams]:
                if key[:2] == (place, name) and version in (None, key[2]):
                    ended += self._idle.pop(key, [])
                    self._streams.pop(key, None)
            self._busy = {
                e
                for e in self._busy
                if e.function.key[:2] != (place, name) or version not in (None, e.function.version)
            }
        for environment in ended:
            environment.end()

    def close(self) -> None:
        """End every process."""
        with self._guard:
            self._is_closed = True
            if self._sweeper is not None:
                self._sweeper.cancel()
            environments = [e for idle in self._idle.values() for e in idle] + list(self._busy)
            self._idle.clear()
            spare, self._spare = self._spare, None
        for environment in environments:
            environment.end()
        if spare is not None:
            spare.end()

    def _sweep_later(self) -> None:
        if self._sweeper is None and not self._is_closed:
            self._sweeper = threading.Timer(_SWEEP_S, self.sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def sweep(self) -> None:
        """End what nobody has used for a while."""
        oldest_s = self._now_s() - _IDLE_S
        with self._guard:
            self._sweeper = None
            ended = [e for idle in self._idle.values() for e in idle if e.idle_since_s < oldest_s]
            for environment in ended:
                self._idle[environment.function.key].remove(environment)
            if not any(self._idle.values()) and self._spare_since_s < oldest_s:
                spare, self._spare = self._spare, None
            else:
                spare = None
            if self._spare is not None or any(self._idle.values()):
                self._sweep_later()
        if spare is not None:
            spare.end()
        for environment in ended:
            environment.end()
