"""What DynamoDB tables can do beyond their life: indexes, billing, stream and options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.provider.lifecycle import is_there
from tests.integration.provider.workspace import TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
IT = "aws_dynamodb_table.it"


def table(more: str, billing: str = "PAY_PER_REQUEST", attributes: str = "id:S") -> str:
    """Return the HCL of a table with the key ``id``."""
    pairs = [one.split(":") for one in attributes.split()]
    blocks = "\n".join(f'attribute {{\n name = "{n}"\n type = "{t}"\n}}' for n, t in pairs)
    return f"""
        resource "aws_dynamodb_table" "it" {{
          name         = "table-options"
          billing_mode = "{billing}"
          hash_key     = "id"
          {blocks}
          {more}
        }}
    """


def index(name: str, key: str, projection: str = 'projection_type = "ALL"', more: str = "") -> str:
    """Return the HCL of a global index."""
    return f"""
        global_secondary_index {{
          name     = "{name}"
          hash_key = "{key}"
          {projection}
          {more}
        }}
    """


CAPACITY = "read_capacity = 2\nwrite_capacity = 3\n"
INCLUDED = 'projection_type = "INCLUDE"\nnon_key_attributes = ["temperature", "sensor"]'
STEPS = {
    "indexes come, change and go": [
        table(""),
        table(index("by-zone", "zone"), attributes="id:S zone:N"),
        table(index("by-zone", "zone") + index("by-day", "day"), attributes="id:S zone:N day:S"),
        table(
            index("by-zone", "zone", INCLUDED) + index("by-day", "day", more='range_key = "zone"'),
            attributes="id:S zone:N day:S",
        ),
        table(index("by-day", "day"), attributes="id:S day:S"),
        table(""),
    ],
    "billing changes with every index": [
        table(index("by-zone", "zone"), attributes="id:S zone:N"),
        table(
            CAPACITY + index("by-zone", "zone", more=CAPACITY),
            "PROVISIONED",
            attributes="id:S zone:N",
        ),
        table(
            CAPACITY + index("by-zone", "zone", more=CAPACITY.replace("2", "7")),
            "PROVISIONED",
            attributes="id:S zone:N",
        ),
        table(
            CAPACITY.replace("2", "5") + index("by-zone", "zone", more=CAPACITY),
            "PROVISIONED",
            attributes="id:S zone:N",
        ),
        table(index("by-zone", "zone"), attributes="id:S zone:N"),
    ],
    "the stream changes": [
        table('stream_enabled = true\nstream_view_type = "NEW_IMAGE"'),
        table('stream_enabled = true\nstream_view_type = "KEYS_ONLY"'),
        table("stream_enabled = false"),
        table('stream_enabled = true\nstream_view_type = "OLD_IMAGE"'),
    ],
    "time to live is switched": [
        table(""),
        table('ttl {\n attribute_name = "expires"\n enabled = true\n}'),
        table('ttl {\n attribute_name = "expires"\n enabled = false\n}'),
        table('ttl {\n attribute_name = "ends"\n enabled = true\n}'),
    ],
    "recovery is switched": [
        table("point_in_time_recovery {\n enabled = true\n recovery_period_in_days = 7\n}"),
        table("point_in_time_recovery {\n enabled = true\n recovery_period_in_days = 9\n}"),
        table("point_in_time_recovery {\n enabled = false\n}"),
        table("point_in_time_recovery {\n enabled = true\n}"),
    ],
    "encryption is switched": [
        table(""),
        table("server_side_encryption {\n enabled = true\n}"),
        table("server_side_encryption {\n enabled = false\n}"),
        table("server_side_encryption {\n enabled = true\n}"),
    ],
    "class, limits and tags change": [
        table('table_class = "STANDARD_INFREQUENT_ACCESS"\ntags = { part = "2" }'),
        table("on_demand_throughput {\n max_read_request_units = 5\n}"),
        table("on_demand_throughput {\n max_write_request_units = 6\n}"),
        table("on_demand_throughput {\n max_write_request_units = -1\n}"),
    ],
}


@pytest.fixture(autouse=True)
def no_table(aws_client: Callable[..., Any]) -> Iterator[None]:
    """Removes what a test that fails leaves behind, for the sake of the next."""
    yield
    client = aws_client("dynamodb")
    if is_there(client.describe_table, TableName="table-options"):
        client.update_table(TableName="table-options", DeletionProtectionEnabled=False)
        client.delete_table(TableName="table-options")


def test_tables_change_in_place_step_by_step(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(tables_at(0))
    workspace.apply()
    assert workspace.plan() == {}
    for number in range(1, max(map(len, STEPS.values()))):
        workspace.write(tables_at(number))
        planned = {address: one.actions for address, one in workspace.plan().items()}
        changing = [name for name, steps in STEPS.items() if number < len(steps)]
        assert planned == {f"aws_dynamodb_table.{label(name)}": ["update"] for name in changing}
        workspace.apply()
        assert workspace.plan() == {}
    workspace.destroy()


def tables_at(number: int) -> str:
    """Return the HCL of a table for each list of steps, at that step or its last."""
    return "".join(
        steps[min(number, len(steps) - 1)]
        .replace('"it"', f'"{label(name)}"')
        .replace('"table-options"', f'"table-options-{label(name)}"')
        for name, steps in STEPS.items()
    )


def label(name: str) -> str:
    """Return the name of a list of steps as a label."""
    return name.translate(str.maketrans(" ", "_", ","))


def test_an_option_that_is_off_is_no_change(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(table(""))
    workspace.apply()
    off = "ttl {\n enabled = false\n}\npoint_in_time_recovery {\n enabled = false\n}\n"
    workspace.write(table(off + "server_side_encryption {\n enabled = false\n}"))
    assert workspace.plan() == {}
    workspace.destroy()


def test_indexes_stand_on_the_table_as_configured(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    local = """
        range_key = "time"
        local_secondary_index {
          name            = "by-temperature"
          range_key       = "temperature"
          projection_type = "KEYS_ONLY"
        }
    """
    hcl = table(local + index("by-zone", "zone"), attributes="id:S time:N temperature:N zone:N")
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    told = aws_client("dynamodb").describe_table(TableName="table-options")["Table"]
    assert [one["AttributeName"] for one in told["KeySchema"]] == ["id", "time"]
    assert told["LocalSecondaryIndexes"][0]["KeySchema"] == [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "temperature", "KeyType": "RANGE"},
    ]
    assert told["GlobalSecondaryIndexes"][0]["IndexName"] == "by-zone"
    workspace.write(hcl.replace("by-temperature", "by-warmth"))
    assert workspace.plan()[IT].actions == ["delete", "create"]
    workspace.destroy()


def test_a_protected_table_stays(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(table("deletion_protection_enabled = true"))
    workspace.apply()
    with pytest.raises(Exception, match="protect"):
        workspace.destroy()
    assert workspace.addresses() == [IT]
    workspace.write(table(""))
    workspace.apply()
    workspace.destroy()


def test_an_items_id_names_its_keys(terraform_workspace: Make) -> None:
    item = """
        resource "aws_dynamodb_table_item" "it" {
          table_name = aws_dynamodb_table.it.name
          hash_key   = aws_dynamodb_table.it.hash_key
          range_key  = aws_dynamodb_table.it.range_key
          item       = jsonencode({
            id    = { S = "room" }
            time  = { N = "17" }
            data  = { B = "aGVsbG8=" }
            kinds = { SS = ["b", "a"] }
            deep  = { M = { list = { L = [{ BOOL = true }, { NULL = true }] } } }
          })
        }
    """
    hcl = table('range_key = "time"', attributes="id:S time:N") + item
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state("aws_dynamodb_table_item.it")["id"] == "table-options|id|room|time|17"
    workspace.destroy()
