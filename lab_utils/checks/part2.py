"""Part 2: invalid readings, and only those, reach the DynamoDB table."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from lab_utils.checks.base import Check, CheckContext, Finding
from lab_utils.waiting import wait_for

TABLE, KEY = "Temperature", "id"
_TOPIC = "sensor/temperature/temp_1"
_CLIENT_ID = "temp_1"
_GRACE_S = 1.0
"""How long a reading that must not arrive is looked for, after a later one has arrived."""


def _table(context: CheckContext) -> Finding:
    wanted = f"a table {TABLE} with the hash key {KEY} of type S, and no range key"
    dynamodb = context.client("dynamodb")
    names = dynamodb.list_tables()["TableNames"]
    if TABLE not in names:
        return Finding(False, f"the tables are: {', '.join(names) or 'none'}", wanted)
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    keys = [
        f"{key['KeyType']} {key['AttributeName']} ({types[key['AttributeName']]})"
        for key in table["KeySchema"]
    ]
    return Finding(keys == [f"HASH {KEY} (S)"], f"its keys are: {', '.join(keys)}", wanted)


def _role(context: CheckContext) -> Finding:
    wanted = "the rule's role trusts iot.amazonaws.com and may dynamodb:PutItem on the table"
    roles = sorted({arn for rule in _rules(context) for arn in _role_arns(rule)})
    if not roles:
        return Finding(False, "no topic rule writes to DynamoDB, so none has a role", wanted)
    findings = [_look_at_role(context, arn, wanted) for arn in roles]
    return next((one for one in findings if one.passed), findings[0])


def _look_at_role(context: CheckContext, arn: str, wanted: str) -> Finding:
    iam, name = context.client("iam"), arn.rsplit("/", 1)[-1]
    trust = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    if "iot.amazonaws.com" not in trust:
        return Finding(False, f"the role {name} does not trust iot.amazonaws.com", wanted)
    table_arn = context.client("dynamodb").describe_table(TableName=TABLE)["Table"]["TableArn"]
    decisions = {
        one["EvalActionName"]: one["EvalDecision"]
        for one in iam.simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=["dynamodb:PutItem", "dynamodb:DeleteTable"],
            ResourceArns=[table_arn],
        )["EvaluationResults"]
    }
    may_put = decisions["dynamodb:PutItem"] == "allowed"
    seen = f"for the role {name}, dynamodb:PutItem on the table is {decisions['dynamodb:PutItem']}"
    may_more = decisions["dynamodb:DeleteTable"] == "allowed"
    remark = "the role may even delete the table: allow dynamodb:PutItem only." if may_more else ""
    return Finding(may_put, seen, wanted, remark)


def _hot(temperature: float) -> Callable[[CheckContext], Finding]:
    """Return the look for a reading that has to arrive."""

    def look(context: CheckContext) -> Finding:
        wanted = f"a reading of {temperature:g} is stored in {TABLE} as it was sent"
        reading = _reading(temperature)
        with context.device(_CLIENT_ID) as device:
            device.publish(_TOPIC, reading)
        item = _taken(context, reading["id"], context.timeout_s)
        if item is None:
            return Finding(False, f"it did not arrive within {context.timeout_s:g} s", wanted)
        return Finding(item == reading, f"stored was {item}", wanted)

    return look


def _mild(context: CheckContext) -> Finding:
    wanted = "a reading of 39.9 is not stored, while a reading of 45 sent after it is"
    mild, hot = _reading(39.9), _reading(45)
    with context.device(_CLIENT_ID) as device:
        device.publish(_TOPIC, mild)
        device.publish(_TOPIC, hot)
    if _taken(context, hot["id"], context.timeout_s) is None:
        return Finding(False, "the reading of 45 was not stored, so nothing can be said", wanted)
    item = _taken(context, mild["id"], _GRACE_S)
    seen = "45 was stored, 39.9 was not" if item is None else f"39.9 was stored: {item}"
    return Finding(item is None, seen, wanted)


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
    iot = context.client("iot")
    names = [one["ruleName"] for one in iot.list_topic_rules()["rules"]]
    return [iot.get_topic_rule(ruleName=name)["rule"] for name in names]


def _role_arns(rule: dict[str, Any]) -> list[str]:
    return [
        action[kind]["roleArn"]
        for action in rule.get("actions", [])
        for kind in ("dynamoDBv2", "dynamoDB")
        if kind in action
    ]


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
