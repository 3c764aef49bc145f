"""Data ``aws_iot_endpoint``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import one_of
from lab_utils.local_aws.provider.values import State


class Endpoint(DataSource):
    """The host that the account's devices connect to."""

    type_name = "aws_iot_endpoint"
    label = "IoT Endpoint"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        validators={
            "endpoint_type": (
                one_of("iot:CredentialProvider", "iot:Data", "iot:Data-ATS", "iot:Jobs"),
            )
        },
        errors=(ErrorPath("InvalidRequestException", "endpoint_type"),),
    )

    def read(self, context: Context, config: State) -> State:
        """Ask AWS IoT."""
        kind = config["endpoint_type"]
        arguments = {"endpointType": kind} if kind else {}
        address = context.client("iot").describe_endpoint(**arguments)["endpointAddress"]
        return {"id": address, "endpoint_address": address}


RESOURCES: tuple[type[AwsResource], ...] = ()
DATA_SOURCES: tuple[type[DataSource], ...] = (Endpoint,)
