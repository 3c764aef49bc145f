"""Timestream's tables and databases: what is planned, kept and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.timestream import database, partition_key, retention, table
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Client = Callable[..., Any]
Make = Callable[..., TerraformWorkspace]
DATABASE = "aws_timestreamwrite_database.it"
TABLE = "aws_timestreamwrite_table.it"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/8d2a2e33-5d3c-4b6c-a8f2-{:012d}"
DEFAULT_RETENTION = [
    {
        "memory_store_retention_period_in_hours": 6,
        "magnetic_store_retention_period_in_days": 73000,
    }
]
BY_MEASURE = [
    {"composite_partition_key": [{"enforcement_in_record": "", "name": "", "type": "MEASURE"}]}
]


def test_a_table_without_blocks_has_what_aws_gives_it(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(table("plain_db", "plain"))
    unknown = workspace.plan()[TABLE].after_unknown
    assert {"retention_properties", "magnetic_store_write_properties", "schema"} <= set(unknown)
    workspace.apply()
    state = workspace.state(TABLE)
    assert state["id"] == "plain:plain_db"
    assert state["arn"].endswith("database/plain_db/table/plain")
    assert state["retention_properties"] == DEFAULT_RETENTION
    assert state["magnetic_store_write_properties"] == [
        {"enable_magnetic_store_writes": False, "magnetic_store_rejected_data_location": []}
    ]
    assert _filled(state["schema"]) == BY_MEASURE
    workspace.destroy()


def test_blocks_that_are_taken_out_stay_as_they_are(
    terraform_workspace: Make, aws_client: Client
) -> None:
    blocks = retention(12, 7) + partition_key("REQUIRED")
    blocks += "magnetic_store_write_properties { enable_magnetic_store_writes = true }"
    workspace = terraform_workspace(table("kept_db", "kept", blocks))
    workspace.apply()
    workspace.write(table("kept_db", "kept"))
    assert workspace.plan() == {}
    workspace.write(table("kept_db", "kept", "schema {}"))
    assert workspace.plan() == {}
    told = aws_client("timestream-write").describe_table(DatabaseName="kept_db", TableName="kept")
    assert told["Table"]["RetentionProperties"]["MemoryStoreRetentionPeriodInHours"] == 12
    assert told["Table"]["MagneticStoreWriteProperties"] == {"EnableMagneticStoreWrites": True}
    assert told["Table"]["Schema"] == {
        "CompositePartitionKey": [
            {"Type": "DIMENSION", "Name": "zone_id", "EnforcementInRecord": "REQUIRED"}
        ]
    }
    workspace.destroy()


def test_only_what_differs_is_changed(terraform_workspace: Make, aws_client: Client) -> None:
    writes = "magnetic_store_write_properties { enable_magnetic_store_writes = false }"
    workspace = terraform_workspace(table("some_db", "some", retention(12, 7) + writes))
    workspace.apply()
    workspace.write(table("some_db", "some", retention(24, 7) + writes))
    change = workspace.plan()[TABLE]
    assert change.actions == ["update"]
    assert change.after is not None
    assert change.before is not None
    differing = {name for name in change.after if change.after[name] != change.before[name]}
    assert differing == {"retention_properties"}
    workspace.apply()
    told = aws_client("timestream-write").describe_table(DatabaseName="some_db", TableName="some")
    assert told["Table"]["RetentionProperties"] == {
        "MemoryStoreRetentionPeriodInHours": 24,
        "MagneticStoreRetentionPeriodInDays": 7,
    }
    workspace.destroy()


@pytest.mark.parametrize(
    ("before", "after", "replacing"),
    [
        (("zone_id", "DIMENSION"), ("room_id", "DIMENSION"), "name"),
        ((None, "MEASURE"), ("zone_id", "DIMENSION"), "type"),
    ],
)
def test_another_partition_key_replaces_the_table(
    before: tuple[str | None, str],
    after: tuple[str | None, str],
    replacing: str,
    terraform_workspace: Make,
) -> None:
    workspace = terraform_workspace(table("key_db", "key", _key(*before)))
    workspace.apply()
    assert workspace.plan() == {}
    workspace.write(table("key_db", "key", _key(*after)))
    change = workspace.plan()[TABLE]
    assert change.actions == ["delete", "create"]
    paths = [path[-1] for path in change.replace_paths]
    assert replacing in paths
    assert "enforcement_in_record" not in paths
    workspace.destroy()


def test_a_database_keeps_the_key_that_it_was_given(
    terraform_workspace: Make, aws_client: Client
) -> None:
    workspace = terraform_workspace(database("key_of_db"))
    workspace.apply()
    assert workspace.state(DATABASE)["kms_key_id"].startswith("arn:aws:kms:eu-west-1:")
    for number in (1, 2):
        key = KEY.format(number)
        workspace.write(database("key_of_db", f'kms_key_id = "{key}"'))
        assert workspace.plan()[DATABASE].actions == ["update"]
        workspace.apply()
        assert workspace.plan() == {}
        told = aws_client("timestream-write").describe_database(DatabaseName="key_of_db")
        assert told["Database"]["KmsKeyId"] == key
    workspace.write(database("key_of_db"))
    assert workspace.plan() == {}
    workspace.destroy()


def test_tags_of_the_provider_go_to_both(terraform_workspace: Make, aws_client: Client) -> None:
    provider = 'provider "aws" {\n default_tags { tags = { course = "iot", part = "0" } }\n}\n'
    workspace = terraform_workspace(provider + table("tags_db", "tagged", "tags = { part = 3 }"))
    workspace.apply()
    assert workspace.plan() == {}
    client = aws_client("timestream-write")
    tags = {
        address: client.list_tags_for_resource(ResourceARN=workspace.state(address)["arn"])["Tags"]
        for address in (DATABASE, TABLE)
    }
    assert _plain(tags[DATABASE]) == {"course": "iot", "part": "0"}
    assert _plain(tags[TABLE]) == {"course": "iot", "part": "3"}
    workspace.write(table("tags_db", "tagged"))
    workspace.apply()
    assert client.list_tags_for_resource(ResourceARN=workspace.state(TABLE)["arn"])["Tags"] == []
    workspace.destroy()


def test_a_resource_lives_in_the_region_that_it_names(
    terraform_workspace: Make, aws_client: Client
) -> None:
    workspace = terraform_workspace(
        database("far_away", 'region = "us-east-1"')
        + """
        provider "aws" {
          alias  = "east"
          region = "us-east-2"
        }
        resource "aws_timestreamwrite_database" "east" {
          provider      = aws.east
          database_name = "far_away"
        }
    """
    )
    workspace.apply()
    assert workspace.plan() == {}
    assert ":us-east-1:" in workspace.state(DATABASE)["arn"]
    assert ":us-east-2:" in workspace.state("aws_timestreamwrite_database.east")["arn"]
    here = aws_client("timestream-write").list_databases()["Databases"]
    assert "far_away" not in [one["DatabaseName"] for one in here]
    workspace.destroy()


def test_the_database_counts_its_tables(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(table("counted", "one_table"))
    workspace.apply()
    workspace.run("apply", "-refresh-only", "-auto-approve", "-input=false")
    assert workspace.state(DATABASE)["table_count"] == 1
    workspace.destroy()


def test_a_database_with_tables_that_terraform_does_not_know_stays(
    terraform_workspace: Make, aws_client: Client
) -> None:
    client = aws_client("timestream-write")
    workspace = terraform_workspace(database("not_empty"))
    workspace.apply()
    client.create_table(DatabaseName="not_empty", TableName="by_hand")
    with pytest.raises(TerraformFailedError) as failure:
        workspace.destroy()
    assert "deleting Timestream Database (not_empty)" in failure.value.summaries
    assert "ValidationException" in failure.value.summaries
    client.delete_table(DatabaseName="not_empty", TableName="by_hand")
    workspace.destroy()


ERRORS = {
    "a short name": (
        database("it"),
        "expected length of database_name to be in the range (3 - 64), got it",
        "database_name =",
    ),
    "a name with a blank": (
        table("error_db", "the table"),
        "must only include alphanumeric, underscore, period, or hyphen characters",
        "table_name    =",
    ),
    "a key that is no ARN": (
        database("error_db", 'kms_key_id = "alias/mine"'),
        '"kms_key_id" (alias/mine) is an invalid ARN',
        "kms_key_id =",
    ),
    "a short memory": (
        table("error_db", "error", retention(0, 1)),
        "expected memory_store_retention_period_in_hours to be in the range (1 - 8766), got 0",
        "memory_store_retention_period_in_hours  =",
    ),
    "a long memory": (
        table("error_db", "error", retention(1, 73001)),
        "expected magnetic_store_retention_period_in_days to be in the range (1 - 73000)",
        "magnetic_store_retention_period_in_days =",
    ),
    "half a retention": (
        table(
            "error_db",
            "error",
            "retention_properties {\n memory_store_retention_period_in_hours = 1\n}",
        ),
        'The argument "magnetic_store_retention_period_in_days" is required',
        "retention_properties {",
    ),
    "two partition keys": (
        table(
            "error_db",
            "error",
            'schema {\n composite_partition_key {\n type = "MEASURE"\n }\n'
            ' composite_partition_key {\n type = "MEASURE"\n }\n}',
        ),
        'No more than 1 "composite_partition_key" blocks are allowed',
        "composite_partition_key {",
    ),
    "a partition key of another type": (
        table("error_db", "error", 'schema {\n composite_partition_key {\n type = "TIME"\n }\n}'),
        'expected type to be one of ["DIMENSION" "MEASURE"], got TIME',
        "type =",
    ),
    "an encryption that S3 does not have": (
        table(
            "error_db",
            "error",
            "magnetic_store_write_properties {\n magnetic_store_rejected_data_location {\n"
            ' s3_configuration {\n encryption_option = "NONE"\n }\n }\n}',
        ),
        'expected encryption_option to be one of ["SSE_S3" "SSE_KMS"], got NONE',
        "encryption_option =",
    ),
    "a database that is not there": (
        """
        resource "aws_timestreamwrite_table" "it" {
          database_name = "nowhere"
          table_name    = "error"
        }
        """,
        "creating Timestream Table (error:nowhere): operation error Timestream Write: CreateTable",
        "database_name =",
    ),
    "a name that is taken": (
        database("taken_db")
        + """
        resource "aws_timestreamwrite_database" "again" {
          database_name = aws_timestreamwrite_database.it.id
        }
        """,
        "creating Timestream Database (taken_db): operation error Timestream Write: "
        "CreateDatabase, https response error StatusCode: 409",
        "database_name =",
    ),
}


@pytest.mark.parametrize(("hcl", "words", "snippet"), ERRORS.values(), ids=ERRORS)
def test_an_error_says_what_and_where(
    hcl: str, words: str, snippet: str, terraform_workspace: Make
) -> None:
    workspace = terraform_workspace(hcl)
    with pytest.raises(TerraformFailedError) as failure:
        workspace.apply()
    assert words in failure.value.summaries
    assert snippet in failure.value.snippets
    workspace.write("")
    workspace.apply()


def test_an_import_id_without_the_database_is_refused(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(table("import_db", "imported"))
    with pytest.raises(TerraformFailedError) as failure:
        workspace.run("import", "-input=false", TABLE, "imported")
    assert "expected table_name:database_name" in str(failure.value)


def _key(name: str | None, kind: str) -> str:
    named = f'name = "{name}"\n enforcement_in_record = "REQUIRED"' if name else ""
    return f'schema {{\n composite_partition_key {{\n type = "{kind}"\n {named}\n }}\n}}'


def _filled(schema: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a schema with empty text for null, which are the same to the provider."""
    return [
        {
            "composite_partition_key": [
                {name: value or "" for name, value in key.items()}
                for key in one["composite_partition_key"]
            ]
        }
        for one in schema
    ]


def _plain(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
