"""The rules engine's entries in the log group ``AWSIotLogsV2``."""

from __future__ import annotations

import json
import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.logging_options import LoggingOptions
from lab_utils.local_aws.rules.roles import (
    ActionFailedError,
    Permission,
    RoleAuthority,
    require_permission,
)

LOG_GROUP = "AWSIotLogsV2"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """The message that a rule was working on, as log entries name it."""

    rule: str
    topic: str
    client_id: str
    principal_id: str
    trace_id: str


@dataclass(frozen=True)
class Failure:
    """An action that failed."""

    action: str
    resources: dict[str, str]
    details: str


class LogService(Protocol):
    """CloudWatch Logs and IAM, as far as the log needs them."""

    def authority(self, place: Place) -> RoleAuthority:
        """Return IAM as AWS IoT sees it."""

    async def put_log_event(self, place: Place, group: str, stream: str, text: str) -> None:
        """Write one event; the group and the stream are made if they are missing."""


@dataclass
class RuleLog:
    """Writes entries where the logging options ask for them."""

    options: LoggingOptions
    service: LogService
    _stream: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def failed(self, place: Place, message: Message, failure: Failure) -> None:
        """Write the ``RuleExecution`` entry of a failed action, and always a line in our log.

        Source:
            https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html
        """
        _log.error("Rule %s, %s: %s", message.rule, failure.action, failure.details)
        if not self.options.writes(place, "ERROR"):
            return
        group_arn = place.arn("logs", f"log-group:{LOG_GROUP}:*")
        needed = Permission("AWSLogs", "logs:PutLogEvents", group_arn)
        try:
            role_arn = self.options.role_arn(place)
            require_permission(self.service.authority(place), role_arn, needed)
        except ActionFailedError as error:
            _log.error("No entry in %s: %s", LOG_GROUP, error)
            return
        text = json.dumps(_execution_entry(place, message, failure))
        stream = f"{self._stream}_{place.account}_0"
        await self.service.put_log_event(place, LOG_GROUP, stream, text)


def _execution_entry(place: Place, message: Message, failure: Failure) -> dict[str, Any]:
    now = datetime.fromtimestamp(time.time(), UTC)
    return {
        "timestamp": now.strftime("%Y-%m-%d %H:%M:%S.") + f"{now.microsecond // 1000:03d}",
        "logLevel": "ERROR",
        "traceId": message.trace_id,
        "accountId": place.account,
        "status": "Failure",
        "eventType": "RuleExecution",
        "clientId": message.client_id,
        "topicName": message.topic,
        "ruleName": message.rule,
        "ruleAction": failure.action,
        "resources": failure.resources,
        "principalId": message.principal_id,
        "details": failure.details,
    }
