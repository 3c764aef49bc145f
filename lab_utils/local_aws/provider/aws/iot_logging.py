"""``aws_iot_logging_options``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource, refuse_import
from lab_utils.local_aws.provider.validation import is_arn, one_of
from lab_utils.local_aws.provider.values import State


class LoggingOptions(AwsResource):
    """What AWS IoT logs in a region. There is one of it, and it cannot be deleted."""

    type_name = "aws_iot_logging_options"
    label = "IoT Logging Options"
    service = "IoT"
    gone = ("NotConfiguredException",)
    overlay: ClassVar[Overlay] = Overlay(
        validators={
            "default_log_level": (one_of("DEBUG", "INFO", "ERROR", "WARN", "DISABLED"),),
            "role_arn": (is_arn,),
        },
        errors=(ErrorPath("InvalidRequestException", "role_arn"),),
    )

    def create(self, context: Context, planned: State) -> State:
        """Set the options."""
        _set(context, planned)
        return {"id": context.region}

    def read(self, context: Context, _state: State) -> State:
        """Return the options."""
        options = context.client("iot").get_v2_logging_options()
        return {
            "default_log_level": options.get("defaultLogLevel"),
            "disable_all_logs": options.get("disableAllLogs", False),
            "role_arn": options.get("roleArn"),
        }

    def update(self, context: Context, _prior: State, planned: State) -> None:
        """Set the options."""
        _set(context, planned)

    def delete(self, _context: Context, _state: State) -> None:
        """Leave the options as they are, as the real provider does."""

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse, as the real provider does."""
        return refuse_import(self.type_name)


def _set(context: Context, planned: State) -> None:
    context.client("iot").set_v2_logging_options(
        defaultLogLevel=planned["default_log_level"],
        disableAllLogs=bool(planned["disable_all_logs"]),
        roleArn=planned["role_arn"],
    )


RESOURCES: tuple[type[AwsResource], ...] = (LoggingOptions,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
