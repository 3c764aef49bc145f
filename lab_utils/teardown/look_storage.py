"""What DynamoDB, Timestream and S3 have of the practical: what holds data, and costs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lab_utils.teardown.calls import Call
from lab_utils.teardown.leftovers import Leftover
from lab_utils.teardown.look import Look, unless_gone
from lab_utils.teardown.ownership import MAYBE, has_tag

_GOING = "DELETING"


def look_at_dynamodb(look: Look) -> Iterator[Leftover]:
    """Yield the tables of DynamoDB."""
    client = look.client("dynamodb")
    for name in look.every("dynamodb", "list_tables", "TableNames"):
        told = unless_gone(partial(client.describe_table, TableName=name), None)
        if told is None:
            continue
        table = told["Table"]
        arn = table["TableArn"]
        tagged = arn in look.tagged
        if why := look.owner.reason("aws_dynamodb_table", name, arn, is_tagged=tagged):
            calls = (Call("dynamodb", "delete_table", {"TableName": name}),)
            is_going = table["TableStatus"] == _GOING
            yield Leftover("DynamoDB", "table", name, why, calls, is_going=is_going)


def look_at_timestream(look: Look) -> Iterator[Leftover]:
    """Yield the tables and the databases of Timestream, each table before its database."""
    for database in look.every("timestream-write", "list_databases", "Databases"):
        name, arn = database["DatabaseName"], database["Arn"]
        kind = "aws_timestreamwrite_database"
        why = look.owner.reason(kind, name, arn, is_tagged=_is_tagged(look, arn))
        if why:
            yield from _tables(look, name, why)
            calls = (Call("timestream-write", "delete_database", {"DatabaseName": name}),)
            yield Leftover("Timestream", "database", name, why, calls)


def _tables(look: Look, database: str, whose: str) -> Iterator[Leftover]:
    kin = f"made by hand in the database {database}, which cannot go before it"
    kin = look.owner.doubted(kin) if MAYBE in whose else kin
    arguments = {"DatabaseName": database}
    for table in look.every("timestream-write", "list_tables", "Tables", **arguments):
        identifiers = (f"{table['TableName']}:{database}", table["Arn"])
        tagged = _is_tagged(look, table["Arn"])
        kind = "aws_timestreamwrite_table"
        why = look.owner.reason(kind, *identifiers, is_tagged=tagged, kin=kin) or kin
        call = Call(
            "timestream-write", "delete_table", {**arguments, "TableName": table["TableName"]}
        )
        name = f"{database}.{table['TableName']}"
        is_going = table.get("TableStatus") == _GOING
        yield Leftover("Timestream", "table", name, why, (call,), is_going=is_going)


def look_at_s3(look: Look) -> Iterator[Leftover]:
    """Yield the buckets; they are emptied by a command, not by a call of ours."""
    for bucket in look.every("s3", "list_buckets", "Buckets"):
        name = bucket["Name"]
        arn = f"arn:aws:s3:::{name}"
        why = look.owner.reason("aws_s3_bucket", name, arn, is_tagged=arn in look.tagged)
        if why:
            by_hand = f"aws s3 rb --force s3://{name}"
            yield Leftover("S3", "bucket", name, why, by_hand=by_hand)


def _is_tagged(look: Look, arn: str) -> bool:
    client = look.client("timestream-write")
    told: dict[str, Any] = unless_gone(lambda: client.list_tags_for_resource(ResourceARN=arn), {})
    return has_tag({one["Key"]: one["Value"] for one in told.get("Tags", [])})
