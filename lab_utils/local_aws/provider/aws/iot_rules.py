"""``aws_iot_topic_rule``."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.aws.iot_rule_actions import (
    ERROR_ACTION,
    action_blocks,
    api_name,
    from_api,
    to_api,
)
from lab_utils.local_aws.provider.aws.iot_rule_checks import rule_validators
from lab_utils.local_aws.provider.aws.iot_tags import read_iot_tags, update_iot_tags
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import PlacedError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.schema import load_schemas
from lab_utils.local_aws.provider.values import UNKNOWN, Path, State

_NAME = "aws_iot_topic_rule"
_BATCHED = ("cloudwatch_logs", "firehose", "iot_analytics", "iot_events")
_DEFAULTS: dict[str, Any] = {
    **{f"{action}.batch_mode": False for action in _BATCHED},
    "republish.qos": 0,
    "sns.message_format": "RAW",
}


class TopicRule(AwsResource):
    """A rule: an SQL statement over messages, and what to do with what it yields."""

    type_name = _NAME
    label = "IoT Topic Rule"
    service = "IoT"
    # A rule that is not there is one that may not be seen, to AWS as well.
    gone = ("UnauthorizedException", "ResourceNotFoundException")
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name"}),
        defaults={
            **_DEFAULTS,
            **{f"{ERROR_ACTION}.{name}": value for name, value in _DEFAULTS.items()},
        },
        validators=rule_validators(ERROR_ACTION),
        errors=(
            ErrorPath("SqlParseException", "sql"),
            ErrorPath("ResourceAlreadyExistsException", "name"),
            ErrorPath("InvalidRequestException", "sql_version", "SQL version"),
            ErrorPath("InvalidRequestException", "name", "ruleName"),
        ),
    )

    def __init__(self) -> None:
        rule = load_schemas("aws")[_NAME]
        self._actions = action_blocks(rule)
        self._error_actions = action_blocks(rule.blocks[ERROR_ACTION].block)

    def validate(self, context: Context, config: State) -> None:
        """Hold an error action to exactly one action."""
        blocks = config[ERROR_ACTION]
        if blocks is UNKNOWN or not blocks:
            return
        values = {name: blocks[0].get(name) for name in self._error_actions}
        given = sorted(name for name, value in values.items() if value)
        if len(given) == 1 or UNKNOWN in values.values():
            return
        names = [f"{ERROR_ACTION}.0.{name}" for name in sorted(self._error_actions)]
        words = f'"{names[0]}": one of `{",".join(names)}` must be specified'
        if given:
            said = ",".join(f"{ERROR_ACTION}.0.{name}" for name in given)
            words = (
                f'"{ERROR_ACTION}.0.{given[0]}": only one of `{",".join(names)}` can be '
                f"specified, but `{said}` were specified."
            )
        context.error("Invalid combination of arguments", words, (ERROR_ACTION, 0))

    def create(self, context: Context, planned: State) -> State:
        """Create the rule."""
        tags = {"tags": urlencode(planned["tags_all"])} if planned["tags_all"] else {}
        iot = context.client("iot")
        self._send(iot.create_topic_rule, planned, tags)
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Return the rule with every action."""
        told = context.client("iot").get_topic_rule(ruleName=state["id"])
        rule = told["rule"]
        failing = rule.get("errorAction")
        return {
            "name": rule["ruleName"],
            "arn": told["ruleArn"],
            "description": rule.get("description"),
            "enabled": not rule["ruleDisabled"],
            "sql": rule["sql"],
            "sql_version": rule["awsIotSqlVersion"],
            **from_api(self._actions, rule["actions"]),
            ERROR_ACTION: [from_api(self._error_actions, [failing])] if failing else [],
            **read_iot_tags(context, told["ruleArn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Replace the rule's payload, unless only tags changed."""
        update_iot_tags(context, prior, planned)
        if self._payload(prior) != self._payload(planned):
            self._send(context.client("iot").replace_topic_rule, planned, {})

    def delete(self, context: Context, state: State) -> None:
        """Delete the rule."""
        context.client("iot").delete_topic_rule(ruleName=state["id"])

    def _send(self, call: Any, planned: State, more: State) -> None:
        try:
            call(ruleName=planned["name"], topicRulePayload=self._payload(planned), **more)
        except ClientError as error:
            path = self._action_path(planned, error.response["Error"]["Message"])
            if not path:
                raise
            raise PlacedError(error, path) from error

    def _payload(self, state: State) -> State:
        failing = (state[ERROR_ACTION] or [{}])[0] or {}
        error_actions = to_api(self._error_actions, failing)
        return {
            "sql": state["sql"],
            "awsIotSqlVersion": state["sql_version"],
            "description": state["description"] or "",
            "ruleDisabled": not state["enabled"],
            "actions": to_api(self._actions, state),
            **({"errorAction": error_actions[0]} if error_actions else {}),
        }

    def _action_path(self, planned: State, message: str) -> Path:
        """Return the action that an error message is about; a set's item has no address."""
        given = [name for name in self._actions if planned[name]]
        for name in given:
            roles = [item.get("role_arn") for item in planned[name]]
            if any(role and role in message for role in roles):
                return (name,)
        named = {f"'{api_name(name)}'": name for name in self._actions}
        found = next((name for quoted, name in named.items() if quoted in message), None)
        if found is None:
            return ()
        return (found,) if found in given else (ERROR_ACTION, 0)


RESOURCES: tuple[type[AwsResource], ...] = (TopicRule,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
