"""``aws_iot_thing``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import length
from lab_utils.local_aws.provider.values import State


class Thing(AwsResource):
    """A thing of the registry."""

    type_name = "aws_iot_thing"
    label = "IoT Thing"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name"}),
        recompute={"version": ("attributes", "thing_type_name")},
        validators={"name": (length(1, 128),), "thing_type_name": (length(1, 128),)},
        errors=(ErrorPath("ResourceAlreadyExistsException|InvalidRequestException", "name"),),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the thing."""
        arguments = {"thingName": planned["name"]}
        if planned["thing_type_name"]:
            arguments["thingTypeName"] = planned["thing_type_name"]
        if planned["attributes"]:
            arguments["attributePayload"] = {"attributes": planned["attributes"]}
        context.client("iot").create_thing(**arguments)
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Describe the thing."""
        thing = context.client("iot").describe_thing(thingName=state["id"])
        return {
            "name": thing["thingName"],
            "arn": thing["thingArn"],
            "attributes": thing.get("attributes") or None,
            "default_client_id": thing.get("defaultClientId"),
            "thing_type_name": thing.get("thingTypeName"),
            "version": thing["version"],
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change the thing's type and attributes; an empty value removes an attribute."""
        arguments: State = {"thingName": planned["name"]}
        if planned["thing_type_name"]:
            arguments["thingTypeName"] = planned["thing_type_name"]
        elif prior["thing_type_name"]:
            arguments["removeThingType"] = True
        arguments["attributePayload"] = {"attributes": planned["attributes"] or {}, "merge": False}
        context.client("iot").update_thing(**arguments)

    def delete(self, context: Context, state: State) -> None:
        """Delete the thing."""
        context.client("iot").delete_thing(thingName=state["id"])


RESOURCES: tuple[type[AwsResource], ...] = (Thing,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
