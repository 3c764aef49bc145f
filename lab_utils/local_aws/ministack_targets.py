"""EventBridge's targets, where ministack asks nobody before it invokes a function."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lab_utils.local_aws.ministack_authority import function_allows

_LOG = logging.getLogger("lab.events")
_PRINCIPAL = "events.amazonaws.com"


def mend_event_targets(modules: Mapping[str, ModuleType]) -> None:
    """Let a rule invoke only a function whose policy allows it.

    AWS counts the other invocations as failed, and tells nobody; here a line of ``aws.log`` does.
    EventBridge Scheduler, which has a role instead, is left alone.

    Args:
        modules: ministack's modules.

    Source:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    events: Any = modules["ministack.services.eventbridge"]
    invoke = events._invoke_target

    def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], *view: Any) -> None:
        arn, source = target.get("Arn", ""), rule.get("Arn", "")
        is_ours = ":lambda:" in arn and ":events:" in source
        if is_ours and not function_allows(modules, _PRINCIPAL, arn, source):
            _LOG.warning("Rule %s may not invoke %s: add a permission to it", source, arn)
            return
        invoke(target, event, rule, *view)

    events._invoke_target = invoke_target
