"""The rules engine: what becomes of each message that the broker takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lab_utils.local_aws.rules.actions.base import Action, Step
from lab_utils.local_aws.rules.definition import Rule, RuleBook
from lab_utils.local_aws.rules.externals import RuleExternals
from lab_utils.local_aws.rules.failures import error_document, failed, succeeded
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import ActionFailedError, require_permission
from lab_utils.local_aws.rules.services import ActionServices
from lab_utils.local_aws.rules.sql.context import MessageContext
from lab_utils.local_aws.rules.sql.errors import EvaluationError
from lab_utils.local_aws.rules.watch import ActionReport, Watch

Watchers = Sequence[Watch]
Prepared = list[tuple[Action, Step | Exception]]
Pending = list[tuple[Action, Step, Awaitable[None] | Future[Any]]]

_THREADS = 8
_MOST_WAITING = 1000
"""How many messages may wait for rules that call other services: our choice."""
_LAST_MOMENT_S = 1.0
_log = logging.getLogger(__name__)


class RuleEngine:
    """Runs the rules of an account and region on a message.

    Rules run before the publisher's PUBACK, but for those whose SQL calls other services: they
    run on threads, and what is slow of an action runs in the background. What fails goes to the
    log and to the rule's error action, never to another action, another rule or the publisher.

    Args:
        book: The rules.
        services: What actions and external functions reach.
        watchers: Returns who looks on for a message, the log apart from a trace.
    """

    def __init__(
        self, book: RuleBook, services: ActionServices, watchers: Callable[[Message], Watchers]
    ) -> None:
        self._book = book
        self._services = services
        self._watchers = watchers
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="rules")
        self._background: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def evaluate(self, message: Message, trace: Sequence[Watch] = ()) -> None:
        """Run every rule that takes the message's topic."""
        watchers = (*self._watchers(message), *trace)
        for rule in self._book.rules(message.place):
            if isinstance(rule, Rule) and rule.takes(message.topic):
                await self._run(rule, message, watchers)

    async def ingest(self, message: Message, name: str, trace: Sequence[Watch] = ()) -> None:
        """Run one rule on a message that was sent to it by Basic Ingest."""
        watchers = (*self._watchers(message), *trace)
        rule = self._book.find(message.place, name)
        if not isinstance(rule, Rule) or rule.is_disabled:
            _log.error("Rule %s not found, for a message on %s", name, message.published_to)
            for watch in watchers:
                watch.not_found(name)
            return
        await self._run(rule, message, watchers)

    async def close(self) -> None:
        """Give what runs in the background a moment to end, and the threads back."""
        if self._background:
            await asyncio.wait(set(self._background), timeout=_LAST_MOMENT_S)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, rule: Rule, message: Message, watchers: Watchers) -> None:
        for watch in watchers:
            watch.matched(rule)
        if rule.needs_thread:
            self._start_on_thread(rule, message, watchers)
            return
        context = message.context(rule.version)
        if rule.has_variables:
            context = message.new_context(rule.version)
        prepared = _evaluate(rule, message, context, watchers)
        if prepared or watchers:
            await self._act(_Run(rule, message, context, watchers), prepared)

    def _start_on_thread(self, rule: Rule, message: Message, watchers: Watchers) -> None:
        if self._waiting >= _MOST_WAITING:
            _log.error("Rule %s: too many messages wait for it", rule.name)
            for watch in watchers:
                watch.throttled(rule)
                watch.finished(rule)
            return
        self._waiting += 1
        self._in_background(self._run_on_thread(rule, message, watchers))

    async def _run_on_thread(self, rule: Rule, message: Message, watchers: Watchers) -> None:
        loop = asyncio.get_running_loop()
        externals = RuleExternals(rule, message, self._services, loop, watchers)
        context = message.new_context(rule.version, externals)
        try:
            prepared = await loop.run_in_executor(
                self._threads, _evaluate, rule, message, context, watchers
            )
        finally:
            self._waiting -= 1
        await self._act(_Run(rule, message, context, watchers), prepared)

    async def _act(self, run: _Run, prepared: Prepared) -> None:
        """Start every action, and report what failed once all have ended."""
        pending: Pending = []
        for action, step in prepared:
            try:
                outcome = self._start(run, action, step)
                if outcome is None or isinstance(step, Exception):
                    continue
                if step.is_awaited and isinstance(outcome, Awaitable):
                    await outcome
                    run.ended(succeeded(action, step))
                else:
                    pending.append((action, step, outcome))
            except Exception as error:  # noqa: BLE001 - the dispatcher is an outer edge; it records all
                run.failed(action, step, error)
        if not pending:
            await self._report(run)
        elif run.is_quiet() and len(pending) == 1 and isinstance(pending[0][2], Future):
            self._await_quietly(run, *pending[0][:2], pending[0][2])
        else:
            self._in_background(self._finish(run, pending))

    def _start(
        self, run: _Run, action: Action, step: Step | Exception
    ) -> Awaitable[None] | Future[Any] | None:
        for watch in run.watchers:
            watch.started(run.rule, action.log_name)
        if isinstance(step, Exception):
            raise step
        if step.permissions:
            self._require(run, action, step)
        outcome = step.perform()
        if outcome is None:
            run.ended(succeeded(action, step))
        return outcome

    def _require(self, run: _Run, action: Action, step: Step) -> None:
        authority = self._services.authority(run.message.place)
        if not run.watchers and authority.grants(action.role_arn, step.permissions):
            return
        for permission in step.permissions:
            try:
                require_permission(authority, action.role_arn, permission)
            except ActionFailedError as denial:
                for watch in run.watchers:
                    watch.asked(run.rule, permission, str(denial))
                raise
            for watch in run.watchers:
                watch.asked(run.rule, permission, "")

    def _await_quietly(self, run: _Run, action: Action, step: Step, future: Future[Any]) -> None:
        """Do nothing more unless a write fails: the path of nearly every message.

        What the future keeps does not lead back to it: it would be left to the cycle collector.
        """
        loop = asyncio.get_running_loop()
        future.add_done_callback(partial(self._stored, loop, run, action, step))

    def _stored(
        self,
        loop: asyncio.AbstractEventLoop,
        run: _Run,
        action: Action,
        step: Step,
        done: Future[Any],
    ) -> None:
        if not done.cancelled() and done.exception() is not None:
            finish = partial(self._finish, run, [(action, step, done)])
            loop.call_soon_threadsafe(lambda: self._in_background(finish()))

    async def _finish(self, run: _Run, pending: Pending) -> None:
        for action, step, outcome in pending:
            try:
                await (asyncio.wrap_future(outcome) if isinstance(outcome, Future) else outcome)
                run.ended(succeeded(action, step))
            except Exception as error:  # noqa: BLE001 - the dispatcher is an outer edge; it records all
                run.failed(action, step, error)
        await self._report(run)

    async def _report(self, run: _Run) -> None:
        """Run the rule's error action, if an action failed; then the rule is done."""
        action = run.rule.error_action
        if run.failures and action is not None:
            await self._run_error_action(run, action)
        for watch in run.watchers:
            watch.finished(run.rule)

    async def _run_error_action(self, run: _Run, action: Action) -> None:
        document = error_document(run.rule, run.message, run.failures)
        step: Step | Exception = ActionFailedError("")
        try:
            step = await self._prepared(run, action, document)
            outcome = self._start(run, action, step)
            if outcome is not None:
                await (asyncio.wrap_future(outcome) if isinstance(outcome, Future) else outcome)
                run.ended(succeeded(action, step))
        except Exception as error:  # noqa: BLE001 - the dispatcher is an outer edge; it records all
            run.failed(action, step, error)

    async def _prepared(self, run: _Run, action: Action, document: dict[str, Any]) -> Step:
        if not run.rule.needs_thread:
            return action.prepare(run.message, run.context, document)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, action.prepare, run.message, run.context, document
        )

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


@dataclass(slots=True)
class _Run:
    """One rule on one message."""

    rule: Rule
    message: Message
    context: MessageContext
    watchers: Watchers
    failures: list[ActionReport] = field(default_factory=list)

    def is_quiet(self) -> bool:
        """Return whether nobody asks how the actions end, as long as they end well."""
        return not self.failures and not self.watchers

    def ended(self, report: ActionReport) -> None:
        """Tell who looks on that an action has done its work."""
        for watch in self.watchers:
            watch.ended(self.rule, report)

    def failed(self, action: Action, step: Step | Exception, error: Exception) -> None:
        """Keep what failed, for the error action, and tell it."""
        report = failed(action, step, error, self.message)
        _log.error("Rule %s, %s: %s", self.rule.name, report.name, report.details)
        self.failures.append(report)
        self.ended(report)


def _evaluate(
    rule: Rule, message: Message, context: MessageContext, watchers: Watchers
) -> Prepared:
    """Return what a rule has to do for a message; nothing if its condition is not true."""
    try:
        passed = rule.statement.where(context)
        for watch in watchers:
            watch.filtered(rule, context, passed)
        if not passed:
            return []
        output = rule.statement.select(context)
        for watch in watchers:
            watch.selected(rule, output)
        return [(action, _prepare(action, message, context, output)) for action in rule.actions]
    except Exception as error:  # noqa: BLE001 - the dispatcher is an outer edge; it records all
        is_ours = isinstance(error, EvaluationError)
        problem = str(error) if is_ours else f"{type(error).__name__}: {error}"
        _log.error(
            "Rule %s: its SQL could not be evaluated: %s",
            rule.name,
            problem,
            exc_info=None if is_ours else error,
        )
        for watch in watchers:
            watch.sql_failed(rule, problem)
        return []


def _prepare(
    action: Action, message: Message, context: MessageContext, output: Any
) -> Step | Exception:
    try:
        return action.prepare(message, context, output)
    except Exception as error:  # noqa: BLE001 - the dispatcher is an outer edge; it records all
        return error
