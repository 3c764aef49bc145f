"""``aws_iot_thing_group``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iot_tags import (
    creation_tags,
    read_iot_tags,
    update_iot_tags,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.retries import retry_while
from lab_utils.local_aws.provider.validation import length
from lab_utils.local_aws.provider.values import State


class ThingGroup(AwsResource):
    """A group of things, perhaps under another one."""

    type_name = "aws_iot_thing_group"
    label = "IoT Thing Group"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "parent_group_name"}),
        recompute={"version": ("properties",)},
        validators={"name": (length(1, 128),), "parent_group_name": (length(1, 128),)},
        errors=(
            ErrorPath("InvalidRequestException", "parent_group_name", "parent"),
            ErrorPath("ResourceAlreadyExistsException|InvalidRequestException", "name"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the group."""
        arguments = {"thingGroupName": planned["name"], **creation_tags(planned)}
        if planned["parent_group_name"]:
            arguments["parentGroupName"] = planned["parent_group_name"]
        if planned["properties"]:
            arguments["thingGroupProperties"] = _properties(planned)
        context.client("iot").create_thing_group(**arguments)
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Describe the group."""
        told = context.client("iot").describe_thing_group(thingGroupName=state["id"])
        metadata = told.get("thingGroupMetadata", {})
        return {
            "name": told["thingGroupName"],
            "arn": told["thingGroupArn"],
            "version": told["version"],
            "parent_group_name": metadata.get("parentGroupName"),
            "metadata": [_metadata_block(metadata)] if metadata else [],
            "properties": _properties_block(told.get("thingGroupProperties", {}), state),
            **read_iot_tags(context, told["thingGroupArn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change the group's properties; the attributes are replaced as a whole."""
        update_iot_tags(context, prior, planned)
        if _properties(prior) != _properties(planned):
            context.client("iot").update_thing_group(
                thingGroupName=planned["name"],
                expectedVersion=prior["version"],
                thingGroupProperties=_properties(planned),
            )

    def delete(self, context: Context, state: State) -> None:
        """Delete the group; while its children are being deleted, try again."""
        iot = context.client("iot")
        retry_while(
            context,
            lambda _code, message: "there are still child groups attached" in message,
            lambda: iot.delete_thing_group(thingGroupName=state["id"]),
        )


def _properties(state: State) -> State:
    block = (state["properties"] or [{}])[0] or {}
    payload = (block.get("attribute_payload") or [{}])[0] or {}
    description = block.get("description")
    return {
        "attributePayload": {"attributes": payload.get("attributes") or {}},
        **({"thingGroupDescription": description} if description else {}),
    }


def _properties_block(told: Mapping[str, Any], state: State) -> list[State]:
    """Return the block; an empty one only if the state has it."""
    attributes = told.get("attributePayload", {}).get("attributes")
    description = told.get("thingGroupDescription")
    before = state["properties"] or []
    if not attributes and not description and not before:
        return []
    had_payload = before and before[0] and before[0]["attribute_payload"]
    payload = [{"attributes": attributes}] if attributes or had_payload else []
    return [{"description": description, "attribute_payload": payload}]


def _metadata_block(told: Mapping[str, Any]) -> State:
    created = told.get("creationDate")
    return {
        "creation_date": f"{created:%Y-%m-%dT%H:%M:%SZ}" if created else None,
        "parent_group_name": told.get("parentGroupName"),
        "root_to_parent_groups": [
            {"group_arn": one["groupArn"], "group_name": one["groupName"]}
            for one in told.get("rootToParentThingGroups", [])
        ],
    }


RESOURCES: tuple[type[AwsResource], ...] = (ThingGroup,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
