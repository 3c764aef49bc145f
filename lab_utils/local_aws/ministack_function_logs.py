"""Functions' logs in ministack's CloudWatch Logs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from lab_utils.local_aws.functions.model import Function, LogEvent
from lab_utils.local_aws.ministack_authority import MinistackAuthority
from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.roles import Permission

_LOG = logging.getLogger("lab.functions")
_SERVICE = "AmazonCloudWatchLogs"


class MinistackLogSink:
    """Writes functions' logs as their roles may.

    Args:
        modules: ministack's modules.

    Source:
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self._modules = modules
        self._logs: Any = modules["ministack.services.cloudwatch_logs"]
        self._responses: Any = modules["ministack.core.responses"]
        self._authorities: dict[Place, MinistackAuthority] = {}
        self._told: set[tuple[str, str]] = set()

    def write(self, function: Function, stream: str, events: Sequence[LogEvent]) -> None:
        """Write events, or a line of ``aws.log`` that says which permission lacks."""
        with self._responses.request_scope(function.place.account, function.place.region):
            lacking = self._lacking(function, stream)
            if lacking is not None:
                self._tell(function, lacking)
                return
            self._append(function.log_group, stream, events)

    def _lacking(self, function: Function, stream: str) -> Permission | None:
        """Return what the role may not, making the group and the stream if it may."""
        group = function.log_group
        group_arn = function.place.arn("logs", f"log-group:{group}:log-stream:")
        wanted = [Permission(_SERVICE, "logs:PutLogEvents", f"{group_arn}{stream}")]
        known = self._logs._log_groups.get(group)
        if known is None or stream not in known["streams"]:
            wanted.insert(0, Permission(_SERVICE, "logs:CreateLogStream", f"{group_arn}{stream}"))
        if known is None:
            wanted.insert(0, Permission(_SERVICE, "logs:CreateLogGroup", group_arn))
        authority = self._authority(function.place)
        for permission in wanted:
            if not authority.allows(function.role_arn, permission):
                return permission
            if permission.action == "logs:CreateLogGroup":
                self._logs._create_log_group({"logGroupName": group})
            elif permission.action == "logs:CreateLogStream":
                names = {"logGroupName": group, "logStreamName": stream}
                self._logs._create_log_stream(names)
        return None

    def _append(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        now_ms = events[-1].time_ms
        entries = [
            {"timestamp": event.time_ms, "message": event.text, "ingestionTime": now_ms}
            for event in events
        ]
        self._logs._append_log_events(self._logs._log_groups[group]["streams"][stream], entries)
        self._logs._fanout_to_subscription_filters(
            group, stream, [{"timestamp": e.time_ms, "message": e.text} for e in events]
        )

    def _authority(self, place: Place) -> MinistackAuthority:
        known = self._authorities.get(place)
        if known is None:
            known = self._authorities[place] = MinistackAuthority(self._modules, place)
        return known

    def _tell(self, function: Function, lacking: Permission) -> None:
        told = (function.role_arn, lacking.action)
        if told in self._told:
            return
        self._told.add(told)
        _LOG.warning(
            "The function %s logs nothing: its role %s may not %s on %s",
            function.name,
            function.role_arn,
            lacking.action,
            lacking.resource,
        )
