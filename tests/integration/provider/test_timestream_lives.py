"""The lives of the Timestream resource types."""

from __future__ import annotations

from tests.integration.provider.lifecycle import Client, Lead, Life, is_there
from tests.integration.provider.timestream import database, partition_key, retention, table

LATE_WRITES = """
    magnetic_store_write_properties {
      enable_magnetic_store_writes = true
      magnetic_store_rejected_data_location {
        s3_configuration {
          bucket_name       = "life-rejected"
          encryption_option = "SSE_S3"
          object_key_prefix = "late"
        }
      }
    }
"""


def retain_for_a_day(client: Client) -> None:
    """Change the retention of the table ``life-table``."""
    client("timestream-write").update_table(
        DatabaseName="life_tables",
        TableName="life-table",
        RetentionProperties={
            "MemoryStoreRetentionPeriodInHours": 24,
            "MagneticStoreRetentionPeriodInDays": 1,
        },
    )


def enforce_no_more(client: Client) -> None:
    """Make the partition key of the table of keys an option."""
    key = {"Type": "DIMENSION", "Name": "zone_id", "EnforcementInRecord": "OPTIONAL"}
    client("timestream-write").update_table(
        DatabaseName="life_keys",
        TableName="life-table",
        Schema={"CompositePartitionKey": [key]},
    )


def has_database(client: Client) -> bool:
    """Return whether one of the databases is there."""
    describe = client("timestream-write").describe_database
    return any(is_there(describe, DatabaseName=name) for name in ("life_one", "life-two"))


def has_table(client: Client, database_name: str) -> bool:
    """Return whether one of the tables is there."""
    describe = client("timestream-write").describe_table
    return any(
        is_there(describe, DatabaseName=database_name, TableName=name)
        for name in ("life-table", "life-table-2")
    )


LIVES = {
    "database": Life(
        address="aws_timestreamwrite_database.it",
        created=database("life_one"),
        updated=database("life_one", 'tags = { part = "3" }'),
        replaced=database("life-two", 'tags = { part = "3" }'),
        drift=lambda client: client("timestream-write").tag_resource(
            ResourceARN=client("timestream-write").describe_database(DatabaseName="life_one")[
                "Database"
            ]["Arn"],
            Tags=[{"Key": "part", "Value": "4"}],
        ),
        drifted=frozenset({"tags", "tags_all"}),
        vanish=lambda client: client("timestream-write").delete_database(DatabaseName="life_one"),
        exists=has_database,
        import_id=lambda state: str(state["database_name"]),
    ),
    "table": Life(
        address="aws_timestreamwrite_table.it",
        created=table("life_tables", "life-table"),
        updated=table(
            "life_tables", "life-table", retention(12, 7) + LATE_WRITES + "tags = { part = 3 }"
        ),
        replaced=table("life_tables", "life-table-2", retention(12, 7)),
        drift=retain_for_a_day,
        drifted=frozenset({"retention_properties"}),
        vanish=lambda client: client("timestream-write").delete_table(
            DatabaseName="life_tables", TableName="life-table"
        ),
        exists=lambda client: has_table(client, "life_tables"),
        import_id=lambda state: f"{state['table_name']}:{state['database_name']}",
    ),
    "table with a partition key": Life(
        address="aws_timestreamwrite_table.it",
        created=table("life_keys", "life-table", partition_key("OPTIONAL")),
        updated=table("life_keys", "life-table", partition_key("REQUIRED")),
        replaced=table(
            "life_keys", "life-table", partition_key("REQUIRED").replace("zone_id", "sensor_id")
        ),
        drift=enforce_no_more,
        drifted=frozenset({"schema"}),
        vanish=lambda client: client("timestream-write").delete_table(
            DatabaseName="life_keys", TableName="life-table"
        ),
        exists=lambda client: has_table(client, "life_keys"),
    ),
}


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)
