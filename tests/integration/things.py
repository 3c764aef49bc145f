"""Things, certificates, roles and rules as the tests make them, with boto3 like any client."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils.waiting import wait_for

ALLOW_ALL = [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]
IOT_TRUST = {"Service": "iot.amazonaws.com"}


@dataclass(frozen=True)
class DeviceFolder:
    certificate: Path
    private_key: Path
    arn: str
    certificate_id: str
    policy: str


def create_device(
    iot: Any,
    folder: Path,
    policy: str,
    statements: list[dict[str, Any]] | None = None,
    active: bool = True,
) -> DeviceFolder:
    made = iot.create_keys_and_certificate(setAsActive=active)
    document = {"Version": "2012-10-17", "Statement": statements or ALLOW_ALL}
    iot.create_policy(policyName=policy, policyDocument=json.dumps(document))
    iot.attach_policy(policyName=policy, target=made["certificateArn"])
    folder.mkdir(parents=True)
    certificate, private_key = folder / "cert.pem", folder / "private.key"
    certificate.write_text(made["certificatePem"])
    private_key.write_text(made["keyPair"]["PrivateKey"])
    return DeviceFolder(
        certificate, private_key, made["certificateArn"], made["certificateId"], policy
    )


def create_table(dynamodb: Any, name: str) -> str:
    made = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])


def create_role(
    iam: Any,
    name: str,
    actions: dict[str, str] | None = None,
    principal: dict[str, str] = IOT_TRUST,
) -> str:
    """Return the ARN of a role with one inline statement for each action and its resource."""
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    if actions:
        put_role_policy(iam, name, actions)
    return str(role["Role"]["Arn"])


def put_role_policy(iam: Any, role: str, actions: dict[str, str]) -> None:
    allowed = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in actions.items()]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName=role, PolicyName="actions", PolicyDocument=document)


def create_rule(
    iot: Any,
    name: str,
    sql: str,
    actions: list[dict[str, Any]],
    error_action: dict[str, Any] | None = None,
) -> None:
    payload: dict[str, Any] = {
        "sql": sql,
        "awsIotSqlVersion": "2016-03-23",
        "actions": actions,
    }
    if error_action is not None:
        payload["errorAction"] = error_action
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload)


def put_item_action(role_arn: str, table: str) -> dict[str, Any]:
    return {"dynamoDBv2": {"roleArn": role_arn, "putItem": {"tableName": table}}}


def timestream_action(
    role_arn: str, database: str, table: str, dimensions: dict[str, str], unit: str | None
) -> dict[str, Any]:
    """Return an action with the time of the message, in a unit; without a timestamp for None."""
    action: dict[str, Any] = {
        "roleArn": role_arn,
        "databaseName": database,
        "tableName": table,
        "dimensions": [{"name": name, "value": value} for name, value in dimensions.items()],
    }
    if unit:
        action["timestamp"] = {"value": "${timestamp()}", "unit": unit}
    return {"timestream": action}


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 10.0) -> Any:
    found = wait_for(lambda: condition() or None, timeout_s)
    assert found is not None, f"not within {timeout_s} s: {what}"
    return found
