"""``aws_timestreamwrite_database``."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.local_aws.provider.aws.timestream_names import (
    NAME_CHECKS,
    read_timestream_tags,
    tag_arguments,
    update_timestream_tags,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.validation import is_arn
from lab_utils.local_aws.provider.values import State


class Database(AwsResource):
    """A database of Timestream for LiveAnalytics."""

    type_name = "aws_timestreamwrite_database"
    label = "Timestream Database"
    service = "Timestream Write"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"database_name"}),
        validators={"database_name": NAME_CHECKS, "kms_key_id": (is_arn,)},
        errors=(
            ErrorPath("ConflictException", "database_name"),
            ErrorPath("ValidationException", "kms_key_id", "kmsKeyId"),
            ErrorPath("ValidationException", "kms_key_id", "KMS"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the database."""
        name, key = planned["database_name"], planned["kms_key_id"]
        context.client("timestream-write").create_database(
            DatabaseName=name,
            **({"KmsKeyId": key} if key else {}),
            **tag_arguments(planned),
        )
        return {"id": name}

    def read(self, context: Context, state: State) -> State:
        """Describe the database and its tags."""
        client = context.client("timestream-write")
        database = client.describe_database(DatabaseName=state["id"])["Database"]
        return {
            "arn": database["Arn"],
            "database_name": database["DatabaseName"],
            "kms_key_id": database.get("KmsKeyId"),
            "table_count": database.get("TableCount", 0),
            **read_timestream_tags(context, database["Arn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change the key and tags."""
        if prior["kms_key_id"] != planned["kms_key_id"]:
            context.client("timestream-write").update_database(
                DatabaseName=prior["id"], KmsKeyId=planned["kms_key_id"]
            )
        update_timestream_tags(context, prior, planned)

    def delete(self, context: Context, state: State) -> None:
        """Delete the database; AWS refuses while it has tables."""
        context.client("timestream-write").delete_database(DatabaseName=state["id"])

    def display_name(self, state: State) -> str:
        """Return the database's name."""
        return super().display_name({**state, "name": state.get("database_name")})


RESOURCES: tuple[type[AwsResource], ...] = (Database,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
