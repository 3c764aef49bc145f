"""Part 2: invalid readings, and only those, reach the DynamoDB table."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from lab_utils.checks.base import TEST_TOPIC, Check, CheckContext, Finding
from lab_utils.checks.policies import is_trusted, read_document, trusted_services
from lab_utils.waiting import wait_for

TABLE, KEY = "Temperature", "id"
IOT_SERVICE = "iot.amazonaws.com"
_DYNAMODB_ACTIONS = ("dynamoDBv2", "dynamoDB")
_GRACE_S = 1.0
"""How long a reading that must not arrive is looked for, after a later one has arrived."""


def _table(context: CheckContext) -> Finding:
    wanted = f"a table {TABLE} with the hash key {KEY} of type S, and no range key"
    table = _described_table(context)
    if table is None:
        return Finding(False, f"there is no table {TABLE}", wanted)
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    keys = [
        f"{key['KeyType']} {key['AttributeName']} ({types[key['AttributeName']]})"
        for key in table["KeySchema"]
    ]
    return Finding(keys == [f"HASH {KEY} (S)"], f"its keys are: {', '.join(keys)}", wanted)


def _described_table(context: CheckContext) -> dict[str, Any] | None:
    try:
        described = context.client("dynamodb").describe_table(TableName=TABLE)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return dict(described["Table"])


def _role(context: CheckContext) -> Finding:
    wanted = f"the rule's role trusts {IOT_SERVICE} and may dynamodb:PutItem on the table {TABLE}"
    table = _described_table(context)
    roles = sorted({arn for rule in _rules(context) for arn in _role_arns(rule)})
    if table is None or not roles:
        seen = f"no topic rule writes to {TABLE}" if table else f"there is no table {TABLE}"
        return Finding(False, seen, wanted)
    findings = [_look_at_role(context, arn, table["TableArn"], wanted) for arn in roles]
    return next((one for one in findings if one.passed), findings[0])


def _look_at_role(context: CheckContext, arn: str, table_arn: str, wanted: str) -> Finding:
    name = arn.rsplit("/", 1)[-1]
    try:
        role = context.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        return Finding(False, f"the rule's role {arn} cannot be read: {error}", wanted)
    trust = read_document(role["AssumeRolePolicyDocument"])
    if not is_trusted(trust, IOT_SERVICE):
        services = ", ".join(trusted_services(trust)) or "no service"
        return Finding(False, f"the role {name} trusts {services}", wanted)
    decision = _decision(context, arn, "dynamodb:PutItem", table_arn)
    seen = f"for the role {name}, dynamodb:PutItem on the table is {decision}"
    return Finding(decision == "allowed", seen, wanted, _advice(context, arn, table_arn))


def _decision(context: CheckContext, role: str, action: str, resource: str) -> str:
    answer = context.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
    )
    return str(answer["EvaluationResults"][0]["EvalDecision"])


def _advice(context: CheckContext, role: str, table_arn: str) -> str:
    """Return a remark on a role that may do more than the rule needs."""
    too_much = {
        "delete the table (allow the action dynamodb:PutItem only)": (
            "dynamodb:DeleteTable",
            table_arn,
        ),
        "write to every other table (name the table's arn as Resource)": (
            "dynamodb:PutItem",
            f"{table_arn}-another",
        ),
    }
    found = [
        words
        for words, (action, resource) in too_much.items()
        if _decision(context, role, action, resource) == "allowed"
    ]
    return f"the role may also {' and '.join(found)}." if found else ""


def _hot(temperature: float) -> Callable[[CheckContext], Finding]:
    """Return the look for a reading that has to arrive."""

    def look(context: CheckContext) -> Finding:
        wanted = f"a reading of {temperature:g} on {TEST_TOPIC} is stored in {TABLE} as it was sent"
        reading = _reading(temperature)
        with context.new_device() as device:
            device.publish(TEST_TOPIC, reading)
        item = _taken(context, reading["id"], context.timeout_s)
        if item is None:
            return Finding(False, _not_stored(context, temperature), wanted)
        return Finding(item == reading, f"sent was {reading}, stored was {item}", wanted)

    return look


def _mild(context: CheckContext) -> Finding:
    wanted = "a reading of 39.9 is not stored, while a reading of 45 sent after it is"
    mild, hot = _reading(39.9), _reading(45)
    with context.new_device() as device:
        device.publish(TEST_TOPIC, mild)
        device.publish(TEST_TOPIC, hot)
    if _taken(context, hot["id"], context.timeout_s) is None:
        _taken(context, mild["id"], 0)
        seen = f"{_not_stored(context, 45)}; so nothing can be said of 39.9"
        return Finding(False, seen, wanted)
    item = _taken(context, mild["id"], _GRACE_S)
    seen = "45 was stored, 39.9 was not" if item is None else f"39.9 was stored: {item}"
    return Finding(item is None, seen, wanted)


def _not_stored(context: CheckContext, temperature: float) -> str:
    """Return that a reading did not arrive, and the rules that could have stored it."""
    rules = [
        f"{rule['ruleName']} ({rule['sql']}{', disabled' if rule.get('ruleDisabled') else ''})"
        for rule in _rules(context)
    ]
    return (
        f"{temperature:g} was not stored within {context.timeout_s:g} s; the rules that write to "
        f"{TABLE}: {'; '.join(rules) or 'none'}"
    )


def _reading(temperature: float) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "temperature": temperature, "sensor_id": 1, "zone_id": 1}


def _taken(context: CheckContext, reading_id: str, timeout_s: float) -> dict[str, Any] | None:
    """Return the item of a reading once it is there, and remove it; None if it never comes."""
    dynamodb, key = context.client("dynamodb"), {KEY: {"S": reading_id}}

    def look() -> Any:
        return dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")

    item = wait_for(look, timeout_s)
    if item is None:
        return None
    dynamodb.delete_item(TableName=TABLE, Key=key)
    deserialise = TypeDeserializer().deserialize
    values = {name: deserialise(value) for name, value in item.items()}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """Return a number as JSON has it: DynamoDB gives decimals, which equal no float."""
    if isinstance(value, str | bool) or value is None:
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def _rules(context: CheckContext) -> list[dict[str, Any]]:
    """Return the topic rules that write to the table."""
    iot = context.client("iot")
    pages = iot.get_paginator("list_topic_rules").paginate()
    names = [one["ruleName"] for page in pages for one in page["rules"]]
    rules = [iot.get_topic_rule(ruleName=name)["rule"] for name in names]
    return [rule for rule in rules if _role_arns(rule)]


def _role_arns(rule: dict[str, Any]) -> list[str]:
    """Return the roles under which a rule writes to the table."""
    found = [
        action[kind]
        for action in rule.get("actions", [])
        for kind in _DYNAMODB_ACTIONS
        if kind in action
    ]
    return [one["roleArn"] for one in found if one.get("putItem", one).get("tableName") == TABLE]


_ARRIVAL_HINT = (
    "1. is the rule there and enabled, with FROM 'sensor/temperature/+'? 2. does its WHERE take "
    "the reading (temperature >= 40)? 3. may its role put items (part2-role)? 4. switch on the "
    "logs of AWS IoT and read AWSIotLogsV2."
)
CHECKS = (
    Check(
        "part2-table",
        2,
        3,
        f'declare aws_dynamodb_table with name = "{TABLE}", hash_key = "{KEY}" and an attribute '
        f'block for "{KEY}" of type "S"; then lab.apply().',
        _table,
    ),
    Check(
        "part2-role",
        2,
        3,
        "1. aws_iam_role whose assume_role_policy names the service iot.amazonaws.com; 2. "
        "aws_iam_role_policy on it that allows dynamodb:PutItem on the table's arn; 3. the rule's "
        "action names the role's arn.",
        _role,
    ),
    Check("part2-hot-45", 2, 4, _ARRIVAL_HINT, _hot(45)),
    Check("part2-hot-40", 2, 3, _ARRIVAL_HINT, _hot(40)),
    Check(
        "part2-mild-39-9",
        2,
        2,
        "the rule's WHERE decides: temperature >= 40 takes 40 and all above, and nothing below.",
        _mild,
    ),
)
