"""``aws_iot_thing_principal_attachment``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import one_of
from lab_utils.local_aws.provider.values import State

_SHARED, _EXCLUSIVE = "NON_EXCLUSIVE_THING", "EXCLUSIVE_THING"


class ThingPrincipalAttachment(AwsResource):
    """A certificate, or another principal, that belongs to a thing."""

    type_name = "aws_iot_thing_principal_attachment"
    label = "IoT Thing Principal Attachment"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"principal", "thing", "thing_principal_type"}),
        validators={"thing_principal_type": (one_of(_EXCLUSIVE, _SHARED),)},
        errors=(
            ErrorPath("ResourceNotFoundException", "principal", "principal"),
            ErrorPath("ResourceNotFoundException", "thing"),
            ErrorPath("InvalidRequestException", "principal"),
        ),
    )

    def validate(self, context: Context, config: State) -> None:
        """Refuse the exclusive attachment: the embedded AWS would not hold it exclusive."""
        if config["thing_principal_type"] == _EXCLUSIVE:
            context.error(
                f'"thing_principal_type" = "{_EXCLUSIVE}" has no effect on the embedded AWS',
                "Its registry lets a principal belong to several things. Leave the argument out.",
                ("thing_principal_type",),
            )

    def create(self, context: Context, planned: State) -> State:
        """Attach the principal."""
        context.client("iot").attach_thing_principal(
            thingName=planned["thing"], principal=planned["principal"]
        )
        return {"id": f"{planned['thing']}|{planned['principal']}"}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the principal among those of the thing."""
        thing, principal = _parts(state["id"])
        pages = (
            context.client("iot").get_paginator("list_thing_principals").paginate(thingName=thing)
        )
        if not any(principal in page["principals"] for page in pages):
            return None
        return {"thing": thing, "principal": principal, "thing_principal_type": _SHARED}

    def delete(self, context: Context, state: State) -> None:
        """Detach the principal."""
        context.client("iot").detach_thing_principal(
            thingName=state["thing"], principal=state["principal"]
        )

    def display_name(self, state: State) -> str:
        """Return both sides."""
        return f"{state.get('thing')}|{state.get('principal')}"


def _parts(identifier: str) -> tuple[str, str]:
    thing, separator, principal = identifier.partition("|")
    if not separator or "|" in principal:
        raise ProviderError(
            f"unexpected format for ID ({identifier}), expected thing|principal", ""
        )
    return thing, principal


RESOURCES: tuple[type[AwsResource], ...] = (ThingPrincipalAttachment,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
