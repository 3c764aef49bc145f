"""Part 2: invalid readings, and only those, reach the DynamoDB table."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from lab_utils.checks.base import TEST_SENSOR, TEST_TOPIC, Check, CheckContext, Finding
from lab_utils.checks.readings import (
    ATTIC_TOPIC,
    LEVEL_HINT,
    any_temperature,
    describe_reading,
    make_reading,
    publish_reading,
)
from lab_utils.checks.roles import IOT_SERVICE, look_at_roles
from lab_utils.checks.rules import list_rules
from lab_utils.checks.storage import (
    KEY,
    TABLE,
    describe_difference,
    describe_keys,
    describe_rules,
    describe_table,
    find_item,
    require_table,
    role_arns,
    take_item,
    unwrapped,
)
from lab_utils.errors import MqttError
from lab_utils.house.topics import sensor_name
from lab_utils.mqtt import Device
from lab_utils.waiting import wait_for

_OTHER_SENSOR, _OTHER_ZONE = 4, 2
_GRACE_S = 1.0
"""How long a reading that must not arrive is looked for, after a later one has arrived."""


def _table(context: CheckContext) -> Finding:
    table = describe_table(context)
    if table is None:
        return Finding(False, f"there is no table {TABLE}")
    keys = describe_keys(table)
    return Finding(keys == [f"HASH {KEY} (S)"], f"its keys are: {', '.join(keys)}")


def _role(context: CheckContext) -> Finding:
    table = describe_table(context)
    if table is None:
        return Finding(False, f"there is no table {TABLE}", hint="first part2-table.")
    roles = sorted({arn for rule in list_rules(context) for arn in role_arns(rule)})
    if not roles:
        return Finding(False, f"no topic rule writes to {TABLE}")
    arn = table["TableArn"]
    too_much = {
        "delete the table (allow the action dynamodb:PutItem only)": ("dynamodb:DeleteTable", arn),
        "write to every other table (name the table's arn as Resource)": (
            "dynamodb:PutItem",
            f"{arn}-another",
        ),
    }
    return look_at_roles(context, roles, ("dynamodb:PutItem", arn, "the table"), too_much)


def _hot_45(context: CheckContext) -> Finding:
    """Look for the practical's own reading, and for one that no WHERE can know beforehand."""
    require_table(context)
    other = make_reading(any_temperature(41, 49), _OTHER_SENSOR, _OTHER_ZONE)
    sent = {TEST_SENSOR: make_reading(45), sensor_name(_OTHER_SENSOR): other}
    for sensor, reading in sent.items():
        publish_reading(context, sensor, reading)
    stored: dict[str, Any] = {}
    left_s = context.timeout_s
    for sensor, reading in sent.items():
        stored[sensor] = take_item(context, reading["id"], left_s)
        left_s = left_s if stored[sensor] else 0.0
    lost = [sensor for sensor in sent if stored[sensor] is None]
    if lost:
        hint = "" if len(lost) == len(sent) else _ONE_SENSOR_HINT
        return _lost(context, [describe_reading(sensor, sent[sensor]) for sensor in lost], hint)
    return _compared([(reading, stored[sensor]) for sensor, reading in sent.items()])


def _hot_40(context: CheckContext) -> Finding:
    require_table(context)
    reading, hotter = make_reading(40), make_reading(45)
    publish_reading(context, TEST_SENSOR, reading)
    item = take_item(context, reading["id"], context.timeout_s)
    if item is not None:
        return _compared([(reading, item)])
    lost = _lost(context, [describe_reading(TEST_SENSOR, reading)])
    if not any(role_arns(rule) for rule in list_rules(context)):
        return lost
    publish_reading(context, TEST_SENSOR, hotter)
    if take_item(context, hotter["id"], context.timeout_s) is None:
        return lost
    return Finding(False, f"{lost.seen}; but 45 was stored", hint=_BOUNDARY_HINT)


def _mild(context: CheckContext) -> Finding:
    require_table(context)
    mild, attic, control = make_reading(39.9), make_reading(45), make_reading(45)

    def send(device: Device) -> None:
        device.publish(TEST_TOPIC, mild)
        # A policy that refuses this topic keeps such readings from every rule.
        with suppress(MqttError):
            device.publish(ATTIC_TOPIC, attic)
        device.publish(TEST_TOPIC, control)

    context.with_device(TEST_SENSOR, send)
    has_control = take_item(context, control["id"], context.timeout_s) is not None
    unwanted = _unwanted(context, mild["id"], attic["id"], _GRACE_S if has_control else 0.0)
    if unwanted == mild["id"]:
        return Finding(False, "39.9 was stored")
    if unwanted == attic["id"]:
        seen = f"a reading on {ATTIC_TOPIC} was stored"
        return Finding(False, seen, hint=LEVEL_HINT)
    if has_control:
        return Finding(True, "45 was stored, 39.9 was not")
    lost = _lost(context, [describe_reading(TEST_SENSOR, control)], _ARRIVAL_HINT)
    return Finding(False, f"{lost.seen}; so nothing can be said of 39.9", hint=lost.hint)


def _unwanted(context: CheckContext, mild: str, attic: str, timeout_s: float) -> str | None:
    """Return the id of a reading that should not be in the table, and remove both."""

    def look() -> str | None:
        return next((one for one in (mild, attic) if find_item(context, one)), None)

    found = wait_for(look, timeout_s)
    for reading_id in (mild, attic):
        take_item(context, reading_id, 0.0)
    return found


def _lost(context: CheckContext, lost: list[str], hint: str = "") -> Finding:
    """Return that readings did not arrive, and the rules that could have stored them."""
    seen = f"{' and '.join(lost)} was not stored within {context.timeout_s:g} s"
    return Finding(False, f"{seen}; {describe_rules(context)}", hint=hint)


def _compared(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Finding:
    """Return whether the items are the readings that were sent."""
    remark = ""
    for reading, item in pairs:
        held = unwrapped(item)
        remark = remark if held is item else _WHOLE_REMARK
        difference = describe_difference(reading, held)
        if difference:
            seen = f"{reading['temperature']:g} was stored, but {difference}"
            return Finding(False, seen, hint=_SELECT_HINT)
    stored = " and ".join(f"{reading['temperature']:g}" for reading, _ in pairs)
    return Finding(True, f"{stored} was stored as it was sent", remark=remark)


_ARRIVAL_HINT = (
    "1. is the rule there and enabled, with FROM 'sensor/temperature/+'? 2. does its WHERE take "
    "the reading (temperature >= 40)? 3. may its role put items (part2-role)? 4. switch on the "
    "logs of AWS IoT and read AWSIotLogsV2."
)
_ONE_SENSOR_HINT = (
    "the rule takes some hot readings and loses others: it has to take those of every sensor and "
    "zone (FROM 'sensor/temperature/+'), and all of 40 and more (WHERE temperature >= 40)."
)
_BOUNDARY_HINT = "40 itself has to be stored: > or >=?"
_SELECT_HINT = "the SELECT decides what is stored; the exercise asks for SELECT *."
_WHOLE_REMARK = (
    "the action dynamodb keeps a reading whole, as one attribute; dynamodbv2, which the exercise "
    "asks for, makes a column of each of its attributes."
)
CHECKS = (
    Check(
        "part2-table",
        2,
        3,
        f"a table {TABLE} with the hash key {KEY} of type S, and no range key",
        f'declare aws_dynamodb_table with name = "{TABLE}", hash_key = "{KEY}" and an attribute '
        f'block for "{KEY}" of type "S"; then lab.apply().',
        _table,
    ),
    Check(
        "part2-role",
        2,
        3,
        f"the rule's role trusts {IOT_SERVICE} and may dynamodb:PutItem on the table {TABLE}",
        "1. aws_iam_role whose assume_role_policy names the service iot.amazonaws.com; 2. "
        "aws_iam_role_policy on it that allows dynamodb:PutItem on the table's arn; 3. the rule's "
        "action names the role's arn.",
        _role,
    ),
    Check(
        "part2-hot-45",
        2,
        4,
        f"a reading of 45, and any other above 40 from any sensor, is stored in {TABLE} as it "
        "was sent",
        _ARRIVAL_HINT,
        _hot_45,
    ),
    Check(
        "part2-hot-40",
        2,
        3,
        f"a reading of 40 on {TEST_TOPIC} is stored in {TABLE} as it was sent",
        _ARRIVAL_HINT,
        _hot_40,
    ),
    Check(
        "part2-mild-39-9",
        2,
        2,
        "a reading of 39.9 and one below a further topic level (attic) are not stored, while a "
        "reading of 45 sent after them is",
        "the rule's WHERE decides: temperature >= 40 takes 40 and all above, and nothing below.",
        _mild,
    ),
)
