"""``aws_cloudwatch_event_target``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.event_names import DEFAULT_BUS, bus_name, is_event_name
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import between, is_arn, is_json, length
from lab_utils.local_aws.provider.values import UNKNOWN, State

_DELIVERED = ("lambda", "sqs", "sns", "states", "events")
_NOT_DELIVERED = (
    "The embedded AWS delivers events to Lambda functions, SQS queues, SNS topics, state machines, "
    "event buses and API destinations only."
)
_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "dead_letter_config": ("DeadLetterConfig", {"arn": "Arn"}),
    "http_target": (
        "HttpParameters",
        {
            "header_parameters": "HeaderParameters",
            "path_parameter_values": "PathParameterValues",
            "query_string_parameters": "QueryStringParameters",
        },
    ),
    "input_transformer": (
        "InputTransformer",
        {"input_paths": "InputPathsMap", "input_template": "InputTemplate"},
    ),
    "retry_policy": (
        "RetryPolicy",
        {
            "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
            "maximum_retry_attempts": "MaximumRetryAttempts",
        },
    ),
    "sqs_target": ("SqsParameters", {"message_group_id": "MessageGroupId"}),
}
"""Each block's name in the API, and its arguments'."""
_ATTRIBUTES = {
    "arn": "Arn",
    "input": "Input",
    "input_path": "InputPath",
    "role_arn": "RoleArn",
    "target_id": "Id",
}
_WITHOUT_EFFECT = ("dead_letter_config", "retry_policy")
_REFUSED = (
    "appsync_target",
    "batch_target",
    "ecs_target",
    "kinesis_target",
    "redshift_target",
    "run_command_targets",
    "sagemaker_pipeline_target",
)


class EventTarget(AwsResource):
    """Where a rule of EventBridge sends its events."""

    type_name = "aws_cloudwatch_event_target"
    label = "EventBridge Target"
    service = "EventBridge"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"event_bus_name", "rule", "target_id"}),
        defaults={"event_bus_name": DEFAULT_BUS, "force_destroy": False},
        conflicts=(("input", "input_path", "input_transformer"),),
        no_effect=dict.fromkeys(_REFUSED, _NOT_DELIVERED),
        validators={
            "arn": (is_arn,),
            "dead_letter_config.arn": (is_arn,),
            "input": (is_json, length(0, 8192)),
            "input_path": (length(0, 256),),
            "input_transformer.input_template": (length(1, 8192),),
            "retry_policy.maximum_event_age_in_seconds": (between(0, 86400),),
            "retry_policy.maximum_retry_attempts": (between(0, 185),),
            "role_arn": (is_arn,),
            "rule": (is_event_name,),
            "target_id": (is_event_name,),
        },
        errors=(
            ErrorPath("ResourceNotFoundException", "rule"),
            ErrorPath("ValidationException", "arn"),
        ),
    )

    def validate(self, context: Context, config: State) -> None:
        """Refuse a target that nothing would reach; warn of what is stored, but not done."""
        arn = config["arn"]
        if arn is not UNKNOWN and arn and not _is_delivered(arn):
            context.error("The embedded AWS does not deliver to this target", _NOT_DELIVERED, _ARN)
        for name in _WITHOUT_EFFECT:
            if config[name]:
                context.warning(
                    f'Argument "{name}" has no effect on the embedded AWS',
                    "It is stored, but a delivery that fails is not repeated.",
                    (name,),
                )

    def create(self, context: Context, planned: State) -> State:
        """Put the target."""
        target_id = planned["target_id"] or unique_name()
        named = {**planned, "target_id": target_id}
        if not _is_delivered(planned["arn"]):
            raise ProviderError(
                "The embedded AWS does not deliver to this target", _NOT_DELIVERED, _ARN
            )
        _put(context, named)
        return {"id": _identifier(named), "target_id": target_id}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the target among those of the rule."""
        answer = context.client("events").list_targets_by_rule(
            Rule=state["rule"], EventBusName=bus_name(state["event_bus_name"]), Limit=100
        )
        target = next((t for t in answer["Targets"] if t["Id"] == state["target_id"]), None)
        if target is None:
            return None
        return {
            **{name: target.get(api) for name, api in _ATTRIBUTES.items()},
            **{name: _block(target.get(api), names) for name, (api, names) in _BLOCKS.items()},
        }

    def update(self, context: Context, _prior: State, planned: State) -> None:
        """Put the target anew."""
        _put(context, planned)

    def delete(self, context: Context, state: State) -> None:
        """Remove the target."""
        answer = context.client("events").remove_targets(
            Rule=state["rule"],
            EventBusName=bus_name(state["event_bus_name"]),
            Ids=[state["target_id"]],
            Force=bool(state["force_destroy"]),
        )
        _check(answer, "deleting", state)

    def import_(self, _context: Context, import_id: str) -> State:
        """Take ``rule/target`` or ``bus/rule/target``."""
        rest, _, target_id = import_id.rpartition("/")
        bus, _, rule = rest.rpartition("/")
        if not target_id or not rule or ("/" in bus and not bus.startswith(("arn:", "aws."))):
            raise ProviderError(
                f"unexpected format for ID ({import_id}), expected "
                "EVENTBUSNAME/RULENAME/TARGETID or RULENAME/TARGETID"
            )
        named = {"event_bus_name": bus or DEFAULT_BUS, "rule": rule, "target_id": target_id}
        return {"id": _identifier(named), **named}

    def display_name(self, state: State) -> str:
        """Return the id, or as much of it as is known."""
        return str(state["id"]) if isinstance(state.get("id"), str) else str(state.get("rule"))


_ARN = ("arn",)


def _is_delivered(arn: str) -> bool:
    service = (arn.split(":") + [""] * 3)[2]
    return service in _DELIVERED


def _identifier(state: State) -> str:
    bus = state["event_bus_name"]
    parts = [state["rule"], state["target_id"]]
    return "-".join(parts if bus in (None, DEFAULT_BUS) else [bus, *parts])


def _put(context: Context, planned: State) -> None:
    target = {api: planned[name] for name, api in _ATTRIBUTES.items() if planned[name]}
    for name, (api, arguments) in _BLOCKS.items():
        block = (planned[name] or [None])[0]
        if block is not None:
            given = {arguments[key]: value for key, value in block.items() if value is not None}
            target[api] = _whole_numbers(given)
    answer = context.client("events").put_targets(
        Rule=planned["rule"], EventBusName=bus_name(planned["event_bus_name"]), Targets=[target]
    )
    _check(answer, "creating", planned)


def _whole_numbers(given: State) -> State:
    return {key: int(one) if isinstance(one, float) else one for key, one in given.items()}


def _block(told: Mapping[str, Any] | None, names: Mapping[str, str]) -> list[State]:
    return [] if told is None else [{name: told.get(api) for name, api in names.items()}]


def _check(answer: Mapping[str, Any], doing: str, state: State) -> None:
    """Raise what the API says about a single target in an answer that is no error."""
    for entry in answer.get("FailedEntries", []):
        raise ProviderError(
            f"{doing} EventBridge Target ({_identifier(state)}): {entry.get('TargetId')}: "
            f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}"
        )


RESOURCES: tuple[type[AwsResource], ...] = (EventTarget,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
