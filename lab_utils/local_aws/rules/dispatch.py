"""Where the broker hands messages, actions and failures to the rules engine."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.actions import ActionRunner, ActionServices
from lab_utils.local_aws.rules.logging_options import LoggingOptions
from lab_utils.local_aws.rules.logs import Failure, LogService, Message, RuleLog
from lab_utils.local_aws.rules.roles import ActionFailedError

_PREFIX = f"{ActionFailedError.__name__}: "
_log = logging.getLogger(__name__)


class RuleServices(ActionServices, LogService, Protocol):
    """What actions and the rules' log reach."""


class RuleDispatch:
    """Stands between the broker's rule loop and the services.

    Args:
        services: What actions and the log reach.
        options: Whether log entries are written.
        identity: Returns the message's principal and trace id.
        evaluate: Evaluates all rules for a message.
        run_error_action: Runs a rule's error action, if it has one.
    """

    def __init__(
        self,
        services: RuleServices,
        options: LoggingOptions,
        *,
        identity: Callable[[], tuple[str | None, str]],
        evaluate: Callable[..., Awaitable[None]],
        run_error_action: Callable[..., Awaitable[None]],
    ) -> None:
        self._runner = ActionRunner(services)
        self._rule_log = RuleLog(options, services)
        self._identity = identity
        self._evaluate = evaluate
        self._run_error_action = run_error_action

    async def evaluate(
        self,
        account: str,
        region: str,
        topic: str,
        payload: bytes,
        client_id: str | None = None,
    ) -> None:
        """Evaluate all rules for a message; no rule can harm the client that published it."""
        try:
            await self._evaluate(account, region, topic, payload, client_id)
        except Exception:  # noqa: BLE001 - the rule dispatcher is an outer edge; it records all
            _log.exception("The rules for a message on %r could not be evaluated", topic)

    async def run_action(
        self, account: str, region: str, rule: str, action: dict[str, Any], event: Any
    ) -> None:
        """Run one action.

        Raises:
            ActionFailedError: It did not do its work.
        """
        await self._runner.run(Place(account, region), rule, action, event)

    async def report_failures(
        self,
        account: str,
        region: str,
        rule: dict[str, Any],
        topic: str,
        payload: bytes,
        client_id: str | None,
        failures: list[dict[str, str]],
    ) -> None:
        """Log what failed, then run the rule's error action."""
        principal, trace_id = self._identity()
        message = Message(
            rule=str(rule.get("ruleName", "")),
            topic=topic,
            client_id=client_id or "N/A",
            principal_id=principal or "",
            trace_id=trace_id,
        )
        for failure in failures:
            failure["errorMessage"] = failure["errorMessage"].removeprefix(_PREFIX)
            entry = Failure(
                action=failure["failedAction"],
                resources={"FailedResource": failure["failedResource"]},
                details=failure["errorMessage"],
            )
            await self._rule_log.failed(Place(account, region), message, entry)
        await self._run_error_action(account, region, rule, topic, payload, client_id, failures)
