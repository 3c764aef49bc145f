"""``aws_cloudwatch_event_rule``."""

from __future__ import annotations

from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.event_names import DEFAULT_BUS, bus_name, is_event_name
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.naming import prefix_of, unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.retries import retry_while
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import is_arn, is_json, length, one_of
from lab_utils.local_aws.provider.values import UNKNOWN, State

_ENABLED, _DISABLED = "ENABLED", "DISABLED"
_ENABLED_WITH_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class EventRule(AwsResource):
    """A rule of EventBridge: a schedule, or a pattern of events."""

    type_name = "aws_cloudwatch_event_rule"
    label = "EventBridge Rule"
    service = "EventBridge"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"event_bus_name", "name", "name_prefix"}),
        defaults={"event_bus_name": DEFAULT_BUS, "force_destroy": False},
        deprecated=frozenset({"is_enabled"}),
        json=frozenset({"event_pattern"}),
        at_least_one_of=(("event_pattern", "schedule_expression"),),
        conflicts=(("name", "name_prefix"), ("is_enabled", "state")),
        validators={
            "description": (length(0, 512),),
            "event_pattern": (is_json, length(0, 4096)),
            "name": (is_event_name,),
            "name_prefix": (is_event_name,),
            "role_arn": (is_arn,),
            "schedule_expression": (length(0, 256),),
            "state": (one_of(_ENABLED, _DISABLED, _ENABLED_WITH_ALL),),
        },
        errors=(
            ErrorPath("ValidationException", "schedule_expression", "ScheduleExpression"),
            ErrorPath("InvalidEventPatternException", "event_pattern"),
            ErrorPath("ResourceNotFoundException", "event_bus_name", "Event bus"),
        ),
    )

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Keep what neither ``state`` nor ``is_enabled`` says, and both in step."""
        before = prior or {"state": _ENABLED, "is_enabled": True}
        state, enabled = planned["state"], planned["is_enabled"]
        if UNKNOWN in (state, enabled):
            planned["state"] = planned["is_enabled"] = UNKNOWN
        elif state:
            planned["is_enabled"] = state != _DISABLED
        elif enabled is None or enabled == before["is_enabled"]:
            planned["state"], planned["is_enabled"] = before["state"], before["is_enabled"]
        else:
            planned["state"] = _ENABLED if enabled else _DISABLED

    def create(self, context: Context, planned: State) -> State:
        """Create the rule."""
        name = planned["name"] or unique_name(planned["name_prefix"] or "terraform-")
        tags = {"Tags": to_list(planned["tags_all"])} if planned["tags_all"] else {}
        context.client("events").put_rule(**_request(name, planned), **tags)
        bus = planned["event_bus_name"]
        return {"id": name if bus == DEFAULT_BUS else f"{bus}/{name}"}

    def read(self, context: Context, state: State) -> State:
        """Describe the rule and its tags."""
        events = context.client("events")
        bus, name = _parts(state["id"])
        rule = events.describe_rule(Name=name, EventBusName=bus_name(bus))
        tags = events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        return {
            "name": name,
            "name_prefix": prefix_of(name),
            "arn": rule["Arn"],
            "description": rule.get("Description"),
            "event_bus_name": bus,
            "event_pattern": rule.get("EventPattern"),
            "is_enabled": rule["State"] != _DISABLED,
            "role_arn": rule.get("RoleArn"),
            "schedule_expression": rule.get("ScheduleExpression"),
            "state": rule["State"],
            **read_tags(from_list(tags), state, context.tags),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Replace the rule, and change its tags."""
        events = context.client("events")
        change_tags(
            prior,
            planned,
            untag=lambda keys: events.untag_resource(ResourceARN=prior["arn"], TagKeys=keys),
            tag=lambda tags: events.tag_resource(ResourceARN=prior["arn"], Tags=to_list(tags)),
        )
        if _request(prior["name"], prior) != _request(prior["name"], planned):
            events.put_rule(**_request(prior["name"], planned))

    def delete(self, context: Context, state: State) -> None:
        """Delete the rule; while its targets are being removed, try again."""
        events = context.client("events")
        bus, name = _parts(state["id"])
        force = bool(state["force_destroy"])
        retry_while(
            context,
            lambda _code, message: "Rule can't be deleted since it has targets" in message,
            lambda: events.delete_rule(Name=name, EventBusName=bus_name(bus), Force=force),
        )


def _request(name: str, state: State) -> State:
    enabled: Any = state["is_enabled"]
    status = state["state"] or (None if enabled is None else _ENABLED if enabled else _DISABLED)
    given = {
        "Name": name,
        "Description": state["description"],
        "EventBusName": bus_name(state["event_bus_name"]),
        "EventPattern": state["event_pattern"],
        "RoleArn": state["role_arn"],
        "ScheduleExpression": state["schedule_expression"],
        "State": status,
    }
    return {name: value for name, value in given.items() if value}


def _parts(identifier: str) -> tuple[str, str]:
    """Return the bus, as the configuration names it, and the rule."""
    bus, _, name = identifier.rpartition("/")
    is_complete = name and not identifier.startswith("/")
    if not is_complete or ("/" in bus and not bus.startswith(("arn:", "aws.partner/"))):
        raise ProviderError(
            f"unexpected format for ID ({identifier}), expected EVENTBUSNAME/RULENAME or RULENAME"
        )
    return bus or DEFAULT_BUS, name


RESOURCES: tuple[type[AwsResource], ...] = (EventRule,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
