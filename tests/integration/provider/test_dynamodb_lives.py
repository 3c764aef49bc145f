"""The lives of the DynamoDB resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.provider.lifecycle import Lead, Life, is_there

TABLE = """
    resource "aws_dynamodb_table" "it" {{
      name         = "{name}"
      billing_mode = "PAY_PER_REQUEST"
      hash_key     = "id"
      attribute {{
        name = "id"
        type = "S"
      }}
      {more}
    }}
"""
TAGGED = 'tags = { part = "2" }'
ITEM = """
    resource "aws_dynamodb_table_item" "it" {{
      table_name = aws_dynamodb_table.it.name
      hash_key   = aws_dynamodb_table.it.hash_key
      item       = jsonencode({{ id = {{ S = "{id}" }}, {more} }})
    }}
"""


def item(identifier: str, more: str) -> str:
    """Return the HCL of a table and an item."""
    return TABLE.format(name="life-items", more="") + ITEM.format(id=identifier, more=more)


def has_item(client: Callable[[str], Any]) -> bool:
    """Return whether the table of the items is there and holds any."""
    call = client("dynamodb").scan
    return is_there(call, TableName="life-items") and call(TableName="life-items")["Count"] > 0


LIVES = {
    "table item": Life(
        address="aws_dynamodb_table_item.it",
        created=item("one", 'temperature = { N = "45" }'),
        updated=item("two", 'zone = { N = "1" }, seen = { BOOL = true }'),
        drift=lambda client: client("dynamodb").put_item(
            TableName="life-items", Item={"id": {"S": "two"}, "zone": {"N": "2"}}
        ),
        drifted=frozenset({"item"}),
        vanish=lambda client: client("dynamodb").delete_item(
            TableName="life-items", Key={"id": {"S": "two"}}
        ),
        exists=has_item,
        import_id=None,
    ),
    "table": Life(
        address="aws_dynamodb_table.it",
        created=TABLE.format(name="life-table", more=""),
        updated=TABLE.format(name="life-table", more=TAGGED),
        replaced=TABLE.format(name="life-table-2", more=TAGGED),
        drift=lambda client: client("dynamodb").update_table(
            TableName="life-table", DeletionProtectionEnabled=True
        ),
        drifted=frozenset({"deletion_protection_enabled"}),
        vanish=lambda client: client("dynamodb").delete_table(TableName="life-table"),
        exists=lambda client: any(
            is_there(client("dynamodb").describe_table, TableName=name)
            for name in ("life-table", "life-table-2")
        ),
    ),
}


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)
