"""``aws_timestreamwrite_table``."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from lab_utils.local_aws.provider.api_form import ApiForm
from lab_utils.local_aws.provider.aws.timestream_names import (
    NAME_CHECKS,
    read_timestream_tags,
    tag_arguments,
    update_timestream_tags,
)
from lab_utils.local_aws.provider.computed import plan_computed_blocks
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.schema import Block, load_schemas
from lab_utils.local_aws.provider.validation import between, is_arn, one_of
from lab_utils.local_aws.provider.values import UNKNOWN, State

_NAME = "aws_timestreamwrite_table"
_S3 = "magnetic_store_write_properties.magnetic_store_rejected_data_location.s3_configuration"
_KEY = "schema.composite_partition_key"
_DAYS = "retention_properties.magnetic_store_retention_period_in_days"
_HOURS = "retention_properties.memory_store_retention_period_in_hours"


def _api_name(name: str) -> str:
    """Return ``kms_key_id`` as ``KmsKeyId``."""
    return re.sub(r"(?:^|_)(\w)", lambda found: found[1].upper(), name)


_FORM = ApiForm(
    _api_name,
    lists=frozenset({"composite_partition_key"}),
    sent_when_false=frozenset({"enable_magnetic_store_writes"}),
)


class Table(AwsResource):
    """A table of Timestream for LiveAnalytics; its id is ``table_name:database_name``."""

    type_name = _NAME
    label = "Timestream Table"
    service = "Timestream Write"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"database_name", "table_name", f"{_KEY}.name", f"{_KEY}.type"}),
        defaults={"magnetic_store_write_properties.enable_magnetic_store_writes": False},
        validators={
            "database_name": NAME_CHECKS,
            "table_name": NAME_CHECKS,
            _DAYS: (between(1, 73000),),
            _HOURS: (between(1, 8766),),
            f"{_S3}.encryption_option": (one_of("SSE_S3", "SSE_KMS"),),
            f"{_S3}.kms_key_id": (is_arn,),
            f"{_KEY}.enforcement_in_record": (one_of("REQUIRED", "OPTIONAL"),),
            f"{_KEY}.type": (one_of("DIMENSION", "MEASURE"),),
        },
        errors=(
            ErrorPath("ConflictException", "table_name"),
            ErrorPath("ResourceNotFoundException", "database_name"),
        ),
    )

    def __init__(self) -> None:
        self._options = Block({}, load_schemas("aws")[_NAME].blocks)

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Plan what AWS has, or will tell, for each block that is left out."""
        plan_computed_blocks(prior, planned, *self._options.blocks)
        _plan_partition_key(prior, planned["schema"])

    def create(self, context: Context, planned: State) -> State:
        """Create the table."""
        context.client("timestream-write").create_table(
            DatabaseName=planned["database_name"],
            TableName=planned["table_name"],
            **self._to_api(planned),
            **tag_arguments(planned),
        )
        return {"id": _table_id(planned)}

    def read(self, context: Context, state: State) -> State:
        """Describe the table and its tags."""
        client = context.client("timestream-write")
        table = client.describe_table(**_names(state["id"]))["Table"]
        return {
            "arn": table["Arn"],
            "database_name": table["DatabaseName"],
            "table_name": table["TableName"],
            **_FORM.from_api(self._options, table),
            **read_timestream_tags(context, table["Arn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change the blocks that differ, and tags."""
        before, after = self._to_api(prior), self._to_api(planned)
        changes = {name: value for name, value in after.items() if before.get(name) != value}
        if changes:
            context.client("timestream-write").update_table(**_names(prior["id"]), **changes)
        update_timestream_tags(context, prior, planned)

    def delete(self, context: Context, state: State) -> None:
        """Delete the table with its records."""
        context.client("timestream-write").delete_table(**_names(state["id"]))

    def import_(self, _context: Context, import_id: str) -> State:
        """Return the id, ``table_name:database_name``."""
        _names(import_id)
        return {"id": import_id}

    def display_name(self, state: State) -> str:
        """Return the table's id, which is known before it exists."""
        return super().display_name(state) or _table_id(state)

    def _to_api(self, state: State) -> State:
        """Return the arguments that the blocks stand for; one that says nothing is not sent."""
        told = _FORM.to_api(self._options, state)
        return {name: value for name, value in told.items() if value}


def _plan_partition_key(prior: State | None, schema: Any) -> None:
    """Keep the partition key of AWS where the ``schema`` block names none."""
    if schema is UNKNOWN or not schema or schema[0]["composite_partition_key"] != []:
        return
    known = prior["schema"][0]["composite_partition_key"] if prior and prior["schema"] else UNKNOWN
    schema[0]["composite_partition_key"] = known


def _table_id(state: State) -> str:
    return f"{state['table_name']}:{state['database_name']}"


def _names(table_id: str) -> dict[str, str]:
    """Return the arguments that name a table.

    Raises:
        ProviderError: The id has not the two names.
    """
    table, _, database = table_id.partition(":")
    if not table or not database:
        raise ProviderError(
            f"unexpected format of ID ({table_id}), expected table_name:database_name"
        )
    return {"DatabaseName": database, "TableName": table}


RESOURCES: tuple[type[AwsResource], ...] = (Table,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
