"""The entries of AWS IoT in the log group ``AWSIotLogsV2``.

Source:
    https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.actions.base import require_answer
from lab_utils.local_aws.rules.actions.storage import LOGS, logs_request
from lab_utils.local_aws.rules.definition import Rule
from lab_utils.local_aws.rules.logging_options import LEVELS, LoggingOptions, Source
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.roles import ActionFailedError, Permission, require_permission
from lab_utils.local_aws.rules.services import ActionServices
from lab_utils.local_aws.rules.watch import ActionReport, Watch

LOG_GROUP = "AWSIotLogsV2"
_BATCH_S = 0.1
_LARGEST_BATCH = 1000
_ALREADY_THERE = "ResourceAlreadyExistsException"
_ERROR, _INFO, _DEBUG = (LEVELS.index(level) for level in ("ERROR", "INFO", "DEBUG"))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    place: Place
    time_ms: int
    text: str


class LogGroup:
    """Writes entries to the log group, some at a time, under the role of the logging options.

    Args:
        options: Whose role it is.
        services: CloudWatch Logs and IAM.
        now_ms: Returns the lab's time, milliseconds since the epoch.
    """

    def __init__(
        self, options: LoggingOptions, services: ActionServices, now_ms: Callable[[], int]
    ) -> None:
        self._options = options
        self._services = services
        self._now_ms = now_ms
        self._stream = str(uuid.uuid4())
        self._entries: deque[_Entry] = deque()
        self._is_due = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def watch(self, message: Message) -> tuple[RuleLog, ...]:
        """Return who writes the entries of a message; nobody if none are asked for."""
        if not self._options.is_used:
            return ()
        level = self._options.level(message.place, source_of(message))
        return (RuleLog(self, message, level),) if level else ()

    def add(self, place: Place, level: int, fields: dict[str, Any]) -> None:
        """Take an entry, from any thread; it is written within a tenth of a second."""
        now_ms = self._now_ms()
        moment = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        entry = {"timestamp": f"{moment}.{now_ms % 1000:03d}", "logLevel": LEVELS[level], **fields}
        self._entries.append(_Entry(place, now_ms, json.dumps(entry)))
        if not self._is_due and self._loop is not None:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._loop.call_later, _BATCH_S, self._write_due)

    def start(self) -> None:
        """Write on the running loop from now on."""
        self._loop = asyncio.get_running_loop()

    async def flush(self) -> None:
        """Write what was taken so far."""
        by_place: dict[Place, list[_Entry]] = {}
        while self._entries:
            entry = self._entries.popleft()
            by_place.setdefault(entry.place, []).append(entry)
        for place, entries in by_place.items():
            for start in range(0, len(entries), _LARGEST_BATCH):
                await self._write(place, entries[start : start + _LARGEST_BATCH])

    def _write_due(self) -> None:
        self._is_due = False
        task = asyncio.get_running_loop().create_task(self.flush())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, place: Place, entries: list[_Entry]) -> None:
        stream = f"{self._stream}_{place.account}_0"
        names = {"logGroupName": LOG_GROUP, "logStreamName": stream}
        events = [{"timestamp": entry.time_ms, "message": entry.text} for entry in entries]
        put = {**names, "logEvents": events}
        try:
            if not await self._call(place, "PutLogEvents", put, stream, may_miss=True):
                await self._call(place, "CreateLogGroup", {"logGroupName": LOG_GROUP}, "")
                await self._call(place, "CreateLogStream", names, stream)
                await self._call(place, "PutLogEvents", put, stream)
        except ActionFailedError as error:
            _log.error("No entry in %s: %s", LOG_GROUP, error)

    async def _call(
        self,
        place: Place,
        operation: str,
        document: dict[str, Any],
        stream: str,
        *,
        may_miss: bool = False,
    ) -> bool:
        """Call CloudWatch Logs under the role; return whether group and stream were there.

        Raises:
            ActionFailedError: The role may not, or CloudWatch Logs refuses.
        """
        arn = place.arn("logs", f"log-group:{LOG_GROUP}:log-stream:{stream}")
        role_arn = self._options.role_arn(place)
        permission = Permission(LOGS, f"logs:{operation}", arn)
        require_permission(self._services.authority(place), role_arn, permission)
        answer = await self._services.request(place, logs_request(operation, document))
        if may_miss and answer.code() == "ResourceNotFoundException":
            return False
        if answer.code() != _ALREADY_THERE:
            require_answer(answer, LOGS)
        return True


class RuleLog(Watch):
    """The rules' entries for one message: a watch that writes what its level asks for.

    Args:
        group: Where entries go.
        message: The message.
        level: Up to which of ``LEVELS`` they are written.
    """

    def __init__(self, group: LogGroup, message: Message, level: int) -> None:
        self._group = group
        self._message = message
        self._level = level

    def matched(self, rule: Rule) -> None:
        """Write ``RuleMatch``."""
        if self._level >= _INFO:
            self._add(rule.name, _INFO, "RuleMatch")

    def started(self, rule: Rule, action: str) -> None:
        """Write ``StartingRuleExecution``."""
        if self._level >= _DEBUG:
            self._add(rule.name, _DEBUG, "StartingRuleExecution", ruleAction=action)

    def ended(self, rule: Rule, report: ActionReport) -> None:
        """Write ``RuleExecution``."""
        fields = {"ruleAction": report.name, "resources": report.resources}
        if report.details:
            fields["details"] = report.details
        level = _ERROR if report.details else _INFO
        if self._level >= level:
            self._add(rule.name, level, "RuleExecution", **fields)

    def sql_failed(self, rule: Rule, problem: str) -> None:
        """Write the ``RuleExecution`` of SQL that failed; AWS documents no entry of its own."""
        self._add(rule.name, _ERROR, "RuleExecution", details=problem)

    def called(self, rule: Rule, function: str, resources: dict[str, str], problem: str) -> None:
        """Write ``FunctionExecution``; a failed call is an error, so that it is seen."""
        level = _ERROR if problem else _DEBUG
        if self._level >= level:
            fields: dict[str, Any] = {"ruleAction": function, "resources": resources}
            if problem:
                fields["details"] = problem
            self._add(rule.name, level, "FunctionExecution", clientId="N/A", **fields)

    def throttled(self, rule: Rule) -> None:
        """Write ``RuleMessageThrottled``."""
        reason = {"reason": "RuleExecutionThrottled", "details": "Message of Rule throttled"}
        self._add(rule.name, _ERROR, "RuleMessageThrottled", **reason)

    def not_found(self, rule: str) -> None:
        """Write ``RuleNotFound``."""
        reason = {"reason": "RuleNotFound", "details": f"Rule {rule} not found"}
        self._add(rule, _ERROR, "RuleNotFound", **reason)

    def _add(self, rule: str, level: int, event_type: str, **fields: Any) -> None:
        message = self._message
        entry = {
            "traceId": message.trace_id,
            "accountId": message.place.account,
            "status": "Failure" if level == _ERROR else "Success",
            "eventType": event_type,
            "clientId": message.client_id or "N/A",
            "topicName": message.published_to,
            "ruleName": rule,
            **fields,
            "principalId": message.principal or "",
        }
        self._group.add(message.place, level, entry)


def source_of(message: Message) -> Source:
    """Return where a message comes from."""
    return Source(message.client_id or "", message.principal or "", message.source_ip)
