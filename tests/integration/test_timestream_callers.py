"""Who asks Timestream: tokens, users with narrow policies, and strangers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.attacked import AttackedTable, measure
from tests.integration.conftest import AwsClient

Unique = Callable[[str], str]


@pytest.fixture
def table(aws_session: Session, unique: Unique) -> AttackedTable:
    return AttackedTable(aws_session, unique)


def token_of(table: AttackedTable, sql: str) -> str:
    answer = table.query.query(QueryString=sql, MaxRows=1)
    while not answer["Rows"]:
        answer = table.query.query(QueryString=sql, NextToken=answer["NextToken"], MaxRows=1)
    return str(answer["NextToken"])


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    return str(failure.value.response["Error"]["Code"])


def test_a_token_is_of_one_query_and_one_caller(
    table: AttackedTable, aws_client: AwsClient, unique: Unique
) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    token = token_of(table, sql)
    query = table.query.query
    assert code_of(query, QueryString=f"{sql} ", NextToken=token) == "ValidationException"
    assert code_of(query, QueryString=sql, NextToken=token[:-1]) == "ValidationException"
    assert code_of(query, QueryString=sql, NextToken="x") == "ValidationException"
    keys = user_keys(aws_client("iam"), unique("other"), {"timestream:*": "*"})
    other = table.client("timestream-query", **keys)
    assert code_of(other.query, QueryString=sql, NextToken=token) in {
        "ValidationException",
        "AccessDeniedException",
    }
    assert query(QueryString=sql, NextToken=token, MaxRows=1)["Rows"]


def test_a_token_is_used_five_times_at_most(table: AttackedTable) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    token, query = token_of(table, sql), table.query.query
    pages = [query(QueryString=sql, NextToken=token, MaxRows=1)["Rows"] for _ in range(5)]
    assert pages == [pages[0]] * 5
    with pytest.raises(ClientError, match="Invalid pagination token"):
        query(QueryString=sql, NextToken=token)


def test_a_token_ends_with_the_use_of_the_next(table: AttackedTable) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 10)) AS t(x)"
    first, query = token_of(table, sql), table.query.query
    second = query(QueryString=sql, NextToken=first, MaxRows=1)["NextToken"]
    query(QueryString=sql, NextToken=second, MaxRows=1)
    with pytest.raises(ClientError, match="Invalid pagination token"):
        query(QueryString=sql, NextToken=first)


def test_a_cancelled_query_gives_no_more_rows(table: AttackedTable) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 5000)) AS t(x)"
    answer = table.query.query(QueryString=sql, MaxRows=1)
    while not answer["Rows"]:
        answer = table.query.query(QueryString=sql, NextToken=answer["NextToken"], MaxRows=1)
    table.query.cancel_query(QueryId=answer["QueryId"])
    code = code_of(table.query.query, QueryString=sql, NextToken=answer["NextToken"])
    assert code == "ConflictException"


def test_a_client_token_is_of_one_query(table: AttackedTable) -> None:
    token = uuid.uuid4().hex
    same = [table.query.query(QueryString="SELECT 1", ClientToken=token) for _ in range(2)]
    assert same[0]["Rows"] == same[1]["Rows"]
    other = code_of(table.query.query, QueryString="SELECT 2", ClientToken=token)
    assert other in {"ValidationException", "ConflictException"}


def user_keys(iam: Any, user: str, actions: dict[str, str]) -> dict[str, str]:
    """Return the keys of a new user who may do some actions, each on a resource."""
    iam.create_user(UserName=user)
    allowed = {"timestream:DescribeEndpoints": "*", **actions}
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in allowed.items()]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=user, PolicyName="narrow", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def test_a_user_reads_only_what_the_policy_names(
    table: AttackedTable, aws_client: AwsClient, unique: Unique
) -> None:
    table.put(measure())
    other = unique("secret")
    table.write.create_table(DatabaseName=table.name, TableName=other)
    arn = table.write.describe_table(DatabaseName=table.name, TableName=table.name)["Table"]["Arn"]
    keys = user_keys(aws_client("iam"), unique("user"), {"timestream:Select": arn})
    client = table.client("timestream-query", **keys)
    assert client.query(QueryString=f"SELECT * FROM {table.place}")["Rows"]
    denied = [
        f'SELECT * FROM "{table.name}"."{other}"',
        f'SELECT a.* FROM {table.place} a JOIN "{table.name}"."{other}" b ON a.time = b.time',
        f'SELECT (SELECT count(*) FROM "{table.name}"."{other}") FROM {table.place}',
        f'WITH x AS (SELECT * FROM "{table.name}"."{other}") SELECT 1 FROM {table.place}',
        f'SELECT 1 FROM {table.place} WHERE EXISTS (SELECT 1 FROM "{table.name}"."{other}")',
        f'SELECT time FROM {table.place} UNION ALL SELECT time FROM "{table.name}"."{other}"',
        "SELECT 1",
        f"SHOW MEASURES FROM {table.place}",
        f"DESCRIBE {table.place}",
        "SHOW DATABASES",
        f'SHOW TABLES FROM "{table.name}"',
    ]
    assert {sql: code_of(client.query, QueryString=sql) for sql in denied} == dict.fromkeys(
        denied, "AccessDeniedException"
    )


def test_a_user_writes_only_where_the_policy_allows(
    table: AttackedTable, aws_client: AwsClient, unique: Unique
) -> None:
    arn = table.write.describe_table(DatabaseName=table.name, TableName=table.name)["Table"]["Arn"]
    keys = user_keys(aws_client("iam"), unique("user"), {"timestream:WriteRecords": arn})
    table.write = table.client("timestream-write", **keys)
    table.put(measure())
    place = {"DatabaseName": table.name, "TableName": table.name}
    denied: list[tuple[str, dict[str, Any]]] = [
        ("write_records", {**place, "TableName": "another", "Records": [measure()]}),
        ("describe_table", place),
        ("update_table", place),
        ("delete_table", place),
        ("create_table", {**place, "TableName": "another"}),
        ("list_tables", {"DatabaseName": table.name}),
        ("list_databases", {}),
        ("create_database", {"DatabaseName": unique("another")}),
        ("delete_database", {"DatabaseName": table.name}),
        ("list_tags_for_resource", {"ResourceARN": arn}),
        ("tag_resource", {"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
    ]
    codes = {name: code_of(getattr(table.write, name), **given) for name, given in denied}
    assert codes == dict.fromkeys(codes, "AccessDeniedException")


def test_a_stranger_is_not_let_in(table: AttackedTable) -> None:
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}
    for service, call in (("timestream-write", "list_databases"), ("timestream-query", "query")):
        client = table.client(service, **keys)
        arguments = {"QueryString": "SELECT 1"} if call == "query" else {}
        assert code_of(getattr(client, call), **arguments) in {
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "AccessDeniedException",
        }
