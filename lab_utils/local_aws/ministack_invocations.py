"""Asynchronous invocations, whose retries ministack times by the wall clock and of its own."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lab_utils.local_aws.clock import LabClock
from lab_utils.local_aws.schedules.attempts import Outcome, Retrying

_LOG = logging.getLogger("lab.functions")
_LATEST = "$LATEST"
_NS_PER_S = 1e9
_WAITING = 4
"""For each event that may be at work, so many may be there: at work, or waiting for a retry."""


class Seats:
    """How many events may be at work at once, and how many may wait for that.

    Args:
        at_once: The most that are at work; None for any number.
    """

    def __init__(self, at_once: int | None) -> None:
        self._free = None if at_once is None else threading.BoundedSemaphore(at_once)
        self._places = None if at_once is None else threading.BoundedSemaphore(_WAITING * at_once)

    def enter(self) -> bool:
        """Return whether one more may be at work or wait; who may has to `leave`."""
        return self._places is None or self._places.acquire(blocking=False)

    def leave(self) -> None:
        """Give a place back."""
        if self._places is not None:
            self._places.release()

    def use(self, attempt: Callable[[], Outcome]) -> Outcome:
        """Return what an attempt comes to; it is throttled while all are at work."""
        if self._free is None:
            return attempt()
        if not self._free.acquire(blocking=False):
            return Outcome.THROTTLED
        try:
            return attempt()
        finally:
            self._free.release()


def mend_async_invocations(
    modules: Mapping[str, ModuleType], clock: LabClock, at_once: int | None = None
) -> None:
    """Let every asynchronous invocation be retried as Lambda does, in lab time.

    A function error is tried again after one minute and then after two, as often as the
    function's event invoke configuration says. What EventBridge invokes is among them.

    Args:
        modules: ministack's modules.
        clock: The lab clock.
        at_once: How many events may be at work at once; None for any number.
    """
    seats = Seats(at_once)
    functions: Any = modules["ministack.services.lambda_svc"]
    events: Any = modules["ministack.services.eventbridge"]

    def invoke(function: dict[str, Any], event: Any) -> None:
        invocation = _Invocation(modules, clock, function, event, seats)
        if not seats.enter():
            _LOG.warning("%s is not invoked with an event: too many wait", invocation.name)
            return
        # The caller's account and region belong to the thread as well.
        context = contextvars.copy_context()
        name = f"invocation-{invocation.name}"
        threading.Thread(target=context.run, args=(invocation.run,), name=name, daemon=True).start()

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = functions._get_func_record_for_ref(arn)
        if not function or not config:
            _LOG.warning("EventBridge may not invoke %s, which does not exist", name)
            return
        record = functions._execution_record_for_config(function, config)
        functions.invoke_async_with_retry(record, _as_json(payload))

    functions.invoke_async_with_retry = invoke
    events._dispatch_to_lambda = dispatch


class _Invocation:
    """One asynchronous invocation, from its first attempt to its last.

    Args:
        modules: ministack's modules.
        clock: The lab clock.
        function: ministack's record of the function.
        event: What it is invoked with.
        seats: Where it has a place, which it gives back at its end.
    """

    def __init__(
        self,
        modules: Mapping[str, ModuleType],
        clock: LabClock,
        function: dict[str, Any],
        event: Any,
        seats: Seats,
    ) -> None:
        self._seats = seats
        self._functions: Any = modules["ministack.services.lambda_svc"]
        self._responses: Any = modules["ministack.core.responses"]
        self._clock = clock
        self._function, self._event = function, event
        self._config: dict[str, Any] = dict(function.get("config") or function)
        self._started_ns = clock.now_ns()
        self._result: dict[str, Any] = {}
        self.name = str(self._config.get("FunctionName", ""))

    def run(self) -> None:
        """Try it until it succeeds or is given up, in the function's account and region."""
        _, _, _, region, account, *_ = self._config["FunctionArn"].split(":")
        with self._responses.request_scope(account, region):
            try:
                self._try()
            except Exception:  # noqa: BLE001 - the thread's outer edge: it must tell
                _LOG.exception("%s could not be invoked", self.name)
            finally:
                self._seats.leave()

    def _try(self) -> None:
        options = self._options()
        retries, oldest_s = (
            options.get(name) for name in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
        )
        retrying = Retrying(
            Retrying.most_retries if retries is None else int(retries),
            Retrying.oldest_s if oldest_s is None else float(oldest_s),
        )
        if retrying.run(lambda: self._seats.use(self._attempt), age_s=self._age_s, wait=self._wait):
            return
        _LOG.warning("%s failed and is not invoked again with this event", self.name)
        failed = (options.get("DestinationConfig") or {}).get("OnFailure") or {}
        dead_letters = self._config.get("DeadLetterConfig") or {}
        if arn := failed.get("Destination") or dead_letters.get("TargetArn"):
            self._functions._route_async_failure(arn, self.name, self._event, self._result)

    def _options(self) -> dict[str, Any]:
        """Return the event invoke configuration, which ministack keeps for each version."""
        of_versions = self._function.get("event_invoke_configs") or {}
        found = self._function.get("event_invoke_config") or of_versions.get(_LATEST)
        return dict(found or {})

    def _attempt(self) -> Outcome:
        """Invoke the function as it is now: it may have been deployed anew since the last time."""
        functions = self._functions
        function, config, _name = functions._get_func_record_for_ref(self._config["FunctionArn"])
        if not function or not config:
            _LOG.warning("%s was deleted before it could be invoked", self.name)
            return Outcome.DONE
        record = functions._execution_record_for_config(function, config)
        self._result = functions._execute_function(record, self._event)
        if self._result.get("throttle"):
            return Outcome.THROTTLED
        return Outcome.FAILED if self._result.get("error") else Outcome.DONE

    def _age_s(self) -> float:
        return (self._clock.now_ns() - self._started_ns) / _NS_PER_S

    def _wait(self, lab_seconds: float) -> None:
        time.sleep(self._clock.real_seconds(lab_seconds))


def _as_json(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload
