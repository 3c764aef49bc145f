"""``aws_iot_thing_type``."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iot_tags import (
    creation_tags,
    read_iot_tags,
    update_iot_tags,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.values import UNKNOWN, State

_MOST_SEARCHABLE = 3


def _is_type_name(name: str, value: Any) -> str | None:
    if re.search("[0-9A-Za-z_:-]+", value):
        return None
    return "only alphanumeric characters, colons, underscores and hyphens allowed in " + f'"{name}"'


def _is_description(name: str, value: Any) -> str | None:
    return f'"{name}" cannot be longer than 2028 characters' if len(value) > 2028 else None


class ThingType(AwsResource):
    """A type that things of the registry share."""

    type_name = "aws_iot_thing_type"
    label = "IoT Thing Type"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "properties"}),
        defaults={"deprecated": False},
        validators={"name": (_is_type_name,), "properties.description": (_is_description,)},
        errors=(ErrorPath("ResourceAlreadyExistsException|InvalidRequestException", "name"),),
    )

    def validate(self, context: Context, config: State) -> None:
        """Hold the searchable attributes to their number."""
        blocks = config["properties"]
        if blocks is UNKNOWN or not blocks:
            return
        names = blocks[0]["searchable_attributes"]
        if isinstance(names, list) and len(names) > _MOST_SEARCHABLE:
            context.error(
                "Too many list items",
                f"Attribute properties.0.searchable_attributes supports {_MOST_SEARCHABLE} item "
                f"maximum, but config has {len(names)} declared.",
                ("properties", 0, "searchable_attributes"),
            )

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Keep the properties when the files no longer name them: AWS cannot take them away."""
        if prior is not None and planned["properties"] == []:
            planned["properties"] = prior["properties"]

    def create(self, context: Context, planned: State) -> State:
        """Create the type, and deprecate it if asked to."""
        iot, name = context.client("iot"), planned["name"]
        properties = _properties(planned)
        more = {"thingTypeProperties": properties} if properties else {}
        iot.create_thing_type(thingTypeName=name, **more, **creation_tags(planned))
        context.keep(id=name)
        if planned["deprecated"]:
            iot.deprecate_thing_type(thingTypeName=name, undoDeprecate=False)
        return {"id": name}

    def read(self, context: Context, state: State) -> State:
        """Describe the type."""
        told = context.client("iot").describe_thing_type(thingTypeName=state["id"])
        properties = told.get("thingTypeProperties", {})
        block = {
            "description": properties.get("thingTypeDescription"),
            "searchable_attributes": properties.get("searchableAttributes", []),
        }
        return {
            "name": told["thingTypeName"],
            "arn": told["thingTypeArn"],
            "deprecated": told["thingTypeMetadata"]["deprecated"],
            "properties": [block] if any(block.values()) or state["properties"] else [],
            **read_iot_tags(context, told["thingTypeArn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Deprecate the type, or undo that."""
        update_iot_tags(context, prior, planned)
        if bool(prior["deprecated"]) != bool(planned["deprecated"]):
            context.client("iot").deprecate_thing_type(
                thingTypeName=planned["name"], undoDeprecate=not planned["deprecated"]
            )

    def delete(self, context: Context, state: State) -> None:
        """Deprecate and delete the type. AWS asks for five minutes between; the lab for none."""
        iot = context.client("iot")
        iot.deprecate_thing_type(thingTypeName=state["id"])
        iot.delete_thing_type(thingTypeName=state["id"])


def _properties(planned: State) -> State:
    block = (planned["properties"] or [{}])[0] or {}
    told = {
        "thingTypeDescription": block.get("description"),
        "searchableAttributes": block.get("searchable_attributes"),
    }
    return {name: value for name, value in told.items() if value}


RESOURCES: tuple[type[AwsResource], ...] = (ThingType,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
