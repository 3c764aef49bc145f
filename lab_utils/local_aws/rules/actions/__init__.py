"""The actions of rules, one class for each that is supported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab_utils.local_aws.rules.actions.base import Action, InvalidActionError, Specification
from lab_utils.local_aws.rules.actions.dynamodb import DynamoDBAction, DynamoDBv2Action
from lab_utils.local_aws.rules.actions.function import LambdaAction
from lab_utils.local_aws.rules.actions.messaging import KinesisAction, SnsAction, SqsAction
from lab_utils.local_aws.rules.actions.republish import RepublishAction
from lab_utils.local_aws.rules.actions.storage import CloudwatchLogsAction, S3Action
from lab_utils.local_aws.rules.actions.timestream import TimestreamAction
from lab_utils.local_aws.rules.services import ActionServices

ACTIONS: Mapping[str, Callable[[Specification], Action]] = {
    kind.kind: kind
    for kind in (
        CloudwatchLogsAction,
        DynamoDBAction,
        DynamoDBv2Action,
        KinesisAction,
        LambdaAction,
        RepublishAction,
        S3Action,
        SnsAction,
        SqsAction,
        TimestreamAction,
    )
}


def parse_action(
    declared: Any, *, version: str, where: str, rule_arn: str, services: ActionServices
) -> Action:
    """Return an action as it was declared.

    Args:
        declared: The action as the API takes it, ``{kind: {...}}``.
        version: The version of the rule's SQL.
        where: The member that holds it, for messages.
        rule_arn: The rule.
        services: What the action reaches.

    Raises:
        InvalidActionError: It is not supported here, or AWS would not take it.
        SqlParseError: A template in it cannot be read.
    """
    kinds = [kind for kind in declared if declared[kind] is not None] if declared else []
    if not isinstance(declared, Mapping) or len(kinds) != 1:
        raise InvalidActionError(f"{where} has to name exactly one action.")
    kind = kinds[0]
    members = declared[kind]
    if kind not in ACTIONS:
        raise InvalidActionError(
            f"The action '{kind}' is not supported by the embedded AWS; supported are: "
            f"{', '.join(sorted(ACTIONS))}."
        )
    if not isinstance(members, Mapping):
        raise InvalidActionError(f"{where}.{kind} has to be an object.")
    return ACTIONS[kind](Specification(kind, members, version, where, rule_arn, services))
