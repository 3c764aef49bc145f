"""Who may call Timestream, and what they are told if they may not."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.conftest import AwsClient

ACCOUNT, REGION = "123456789012", "eu-west-1"


class Users:
    """Makes users with a policy each."""

    def __init__(self, aws_client: AwsClient, unique: Callable[[str], str]) -> None:
        self._aws_client, self._unique = aws_client, unique
        self._iam = aws_client("iam")

    def client(self, *statements: dict[str, Any], service: str = "timestream-write") -> Any:
        """Return a client of a new user, whom the statements allow or deny something."""
        self.name = self._unique("user")
        self._iam.create_user(UserName=self.name)
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        if statements:
            self._iam.put_user_policy(
                UserName=self.name, PolicyName="own", PolicyDocument=json.dumps(document)
            )
        key = self._iam.create_access_key(UserName=self.name)["AccessKey"]
        return self._aws_client(
            service,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )


@pytest.fixture
def users(aws_client: AwsClient, unique: Callable[[str], str]) -> Users:
    return Users(aws_client, unique)


@pytest.fixture
def database(aws_client: AwsClient, unique: Callable[[str], str]) -> str:
    """A database with the tables ``readings`` and ``secrets``."""
    client, name = aws_client("timestream-write"), unique("house")
    client.create_database(DatabaseName=name, Tags=[{"Key": "team", "Value": "blue"}])
    for table in ("readings", "secrets"):
        client.create_table(DatabaseName=name, TableName=table)
    return name


def statement(action: str | list[str], resource: str, effect: str = "Allow", **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def arn(resource: str) -> str:
    return f"arn:aws:timestream:{REGION}:{ACCOUNT}:{resource}"


def denial(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return response["Error"]["Message"]


def reading() -> dict[str, Any]:
    return {"MeasureName": "m", "MeasureValue": "1", "Time": str(time.time_ns() // 1_000_000)}


def test_a_user_without_policies_may_do_nothing(users: Users, database: str) -> None:
    client = users.client()
    resource = arn(f"database/{database}/table/readings")
    names = {"DatabaseName": database, "TableName": "readings"}
    assert denial(client.write_records, **names, Records=[reading()]) == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{users.name} is not authorized to perform: "
        f"timestream:WriteRecords on resource: {resource} because no identity-based policy "
        "allows the timestream:WriteRecords action"
    )
    assert "timestream:DescribeEndpoints on resource: *" in denial(client.describe_endpoints)
    assert "timestream:ListDatabases on resource: *" in denial(client.list_databases)
    for call, action in (
        (client.describe_table, "DescribeTable"),
        (client.update_table, "UpdateTable"),
        (client.delete_table, "DeleteTable"),
    ):
        assert f"timestream:{action} on resource: {resource}" in denial(call, **names)
    owner = arn(f"database/{database}")
    for call, action in (
        (client.describe_database, "DescribeDatabase"),
        (client.create_database, "CreateDatabase"),
        (client.delete_database, "DeleteDatabase"),
        (client.list_tables, "ListTables"),
    ):
        told = denial(call, DatabaseName=database)
        assert f"timestream:{action} on resource: {owner} " in told
    assert f"timestream:TagResource on resource: {owner} " in denial(
        client.tag_resource, ResourceARN=owner, Tags=[]
    )


def test_a_permission_is_for_one_table(users: Users, database: str) -> None:
    allowed = statement("timestream:WriteRecords", arn(f"database/{database}/table/readings"))
    client = users.client(allowed)
    write = {"DatabaseName": database, "Records": [reading()]}
    assert client.write_records(TableName="readings", **write)["RecordsIngested"]["Total"] == 1
    assert "table/secrets" in denial(client.write_records, TableName="secrets", **write)


def test_an_explicit_deny_is_told_as_such(users: Users, database: str) -> None:
    client = users.client(
        statement("timestream:*", "*"), statement("timestream:DescribeTable", "*", "Deny")
    )
    told = denial(client.describe_table, DatabaseName=database, TableName="readings")
    assert told.endswith("with an explicit deny in an identity-based policy")


def test_reading_needs_select_on_the_table(users: Users, database: str) -> None:
    allowed = statement("timestream:Select", arn(f"database/{database}/table/readings"))
    client = users.client(allowed, service="timestream-query")
    client.query(QueryString=f'SELECT count(*) FROM "{database}"."readings"')
    told = denial(client.query, QueryString=f'SELECT count(*) FROM "{database}"."secrets"')
    assert f"timestream:Select on resource: {arn(f'database/{database}/table/secrets')}" in told
    assert "timestream:SelectValues on resource: *" in denial(client.query, QueryString="SELECT 1")


def test_conditions_on_tags_are_heeded(users: Users, database: str) -> None:
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    red = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    describe = "timestream:DescribeDatabase"
    client = users.client(statement(describe, "*", Condition=blue))
    assert client.describe_database(DatabaseName=database)
    client = users.client(statement(describe, "*", Condition=red))
    denial(client.describe_database, DatabaseName=database)
    tagged = {"StringEquals": {"aws:RequestTag/team": "red"}}
    client = users.client(statement("timestream:TagResource", "*", Condition=tagged))
    resource = arn(f"database/{database}")
    denial(client.tag_resource, ResourceARN=resource, Tags=[{"Key": "team", "Value": "green"}])
    client.tag_resource(ResourceARN=resource, Tags=[{"Key": "team", "Value": "red"}])


def test_a_wrong_signature_is_refused(aws_client: AwsClient) -> None:
    client = aws_client(
        "timestream-write", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )
    with pytest.raises(ClientError) as caught:
        client.list_databases()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_a_request_without_a_signature_is_refused(aws_session: Session) -> None:
    request = urllib.request.Request(
        aws_session.endpoint_url,
        data=b"{}",
        headers={
            "X-Amz-Target": "Timestream_20181101.ListDatabases",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    answer = json.loads(caught.value.read())
    caught.value.close()
    assert answer["__type"].endswith("MissingAuthenticationTokenException")
