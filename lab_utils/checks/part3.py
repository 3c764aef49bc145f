"""Part 3: readings reach the Timestream table, with their dimensions and their time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lab_utils.checks import records, storage
from lab_utils.checks.base import TEST_SENSOR, TEST_TOPIC, Check, CheckContext, Finding
from lab_utils.checks.readings import (
    ATTIC_TOPIC,
    LEVEL_HINT,
    Reading,
    any_temperature,
    describe_reading,
    make_reading,
    publish_reading,
)
from lab_utils.checks.records import DIMENSIONS, MEASURES, NAME, StoredReading
from lab_utils.checks.roles import IOT_SERVICE, look_at_roles
from lab_utils.checks.rules import Rule, describe_writers, list_rules
from lab_utils.errors import MqttError
from lab_utils.house.topics import sensor_name
from lab_utils.mqtt import Device
from lab_utils.waiting import wait_for

_OTHER_SENSOR, _OTHER_ZONE = 4, 2
_GRACE_S = 1.0
"""How long a reading that must not arrive is looked for, after a later one has arrived."""
_PLAIN_TEMPLATE = re.compile(r"\$\{\s*([A-Za-z_]\w*)\s*\}")


def _database(context: CheckContext) -> Finding:
    if records.describe_database(context):
        return Finding(True, f"there is a database {records.DATABASE}")
    others = records.other_databases(context)
    return Finding(False, f"there is no database {records.DATABASE}; there are: {others}")


def _table(context: CheckContext) -> Finding:
    if records.describe_database(context) is None:
        seen = f"there is no database {records.DATABASE}, so it has no table"
        return Finding(False, seen, hint="first part3-database.")
    table = records.describe_table(context)
    if table:
        return Finding(table["TableStatus"] == "ACTIVE", f"{NAME} is {table['TableStatus']}")
    others = records.other_tables(context)
    return Finding(False, f"there is no table {NAME}; the database's tables: {others}")


def _role_write(context: CheckContext) -> Finding:
    arn = records.require_table(context)["Arn"]
    too_much = {
        "delete the table (allow the action timestream:WriteRecords only)": (
            "timestream:DeleteTable",
            arn,
        ),
        "write to every other table (name the table's arn as Resource)": (
            "timestream:WriteRecords",
            f"{arn}-another",
        ),
    }
    needed = ("timestream:WriteRecords", arn, f"the table {NAME}")
    return _look_at_roles(context, needed, too_much)


def _role_endpoints(context: CheckContext) -> Finding:
    return _look_at_roles(context, ("timestream:DescribeEndpoints", "*", "*"), {})


def _look_at_roles(
    context: CheckContext, needed: tuple[str, str, str], too_much: dict[str, tuple[str, str]]
) -> Finding:
    rules = list_rules(context)
    arns = {one["roleArn"] for rule in rules for one in records.timestream_actions(rule)}
    if not arns:
        return Finding(False, f"no topic rule writes to {NAME}", hint=_NO_RULE_HINT)
    return look_at_roles(context, sorted(arns), needed, too_much)


def _readings(context: CheckContext) -> Finding:
    """Send a reading from a sensor of each zone, of temperatures that no WHERE can know."""
    records.require_table(context)
    sent = {
        TEST_SENSOR: make_reading(any_temperature(20, 30)),
        sensor_name(_OTHER_SENSOR): make_reading(
            any_temperature(20, 30), _OTHER_SENSOR, _OTHER_ZONE
        ),
    }
    for sensor, reading in sent.items():
        publish_reading(context, sensor, reading)
    stored: dict[str, StoredReading | None] = {}
    left_s = context.timeout_s
    for sensor, reading in sent.items():
        stored[sensor] = records.wait_for_reading(context, reading, left_s)
        left_s = left_s if stored[sensor] else 0.0
    lost = [sensor for sensor, one in stored.items() if one is None]
    if lost:
        hint = "" if len(lost) == len(sent) else _ONE_SENSOR_HINT
        return _lost(context, {sensor: sent[sensor] for sensor in lost}, hint)
    found = frozenset.intersection(*(one.measures for one in stored.values() if one))
    missing = [name for name in MEASURES if name not in found]
    if missing:
        seen = f"readings were stored, but without the measures {', '.join(missing)}"
        return Finding(False, seen, hint=_SELECT_HINT)
    return Finding(True, "a reading of each zone was stored, with its time and measures")


def _dimensions(context: CheckContext) -> Finding:
    records.require_table(context)
    sensor = sensor_name(_OTHER_SENSOR)
    reading = make_reading(any_temperature(20, 30), _OTHER_SENSOR, _OTHER_ZONE)
    publish_reading(context, sensor, reading)
    stored = records.wait_for_reading(context, reading, context.timeout_s)
    if stored is None:
        return _lost(context, {sensor: reading}, "")
    wanted = {name: str(reading[name]) for name in DIMENSIONS}
    wrong = {name for name, value in wanted.items() if stored.dimensions.get(name) != value}
    seen = f"the reading's dimensions are {_pairs(stored.dimensions)}"
    if wrong:
        hint = _template_hint(list_rules(context)) or _DIMENSION_HINT
        return Finding(False, seen, f"the dimensions {_pairs(wanted)}", hint=hint)
    extra = sorted(set(stored.dimensions) - set(wanted))
    remark = f"the dimensions {', '.join(extra)} are not asked for." if extra else ""
    return Finding(True, seen, remark=remark)


def _boundary(context: CheckContext) -> Finding:
    records.require_table(context)
    # No whole numbers: the first record of a measure decides its type for good.
    sent = _Boundary(make_reading(39.9), make_reading(any_temperature(20, 30)), make_reading(45.5))
    context.with_device(TEST_SENSOR, sent.publish)
    stored = records.wait_for_reading(context, sent.mild, context.timeout_s)
    has_artefact = bool(stored) and _has_come(context, sent.artefact)
    has_attic = bool(stored) and _has_come(context, sent.attic)
    # The rule of part 2 has stored the artefact, and takes a while if it is not there yet.
    with suppress(ClientError):
        storage.take_item(context, sent.artefact["id"], _GRACE_S)
    if stored is None:
        return _lost(context, {TEST_SENSOR: sent.mild}, _BOUNDARY_HINT)
    if has_attic:
        return Finding(False, f"a reading on {ATTIC_TOPIC} was stored", hint=LEVEL_HINT)
    if has_artefact:
        return Finding(True, "39.9 was stored, and 45.5 as well, as by the practical's own rule")
    return Finding(True, "39.9 was stored, 45.5 was not", remark=_FILTER_REMARK)


@dataclass(frozen=True)
class _Boundary:
    """A reading just below 40, one of a deeper topic and an artefact."""

    mild: Reading
    attic: Reading
    artefact: Reading

    def publish(self, device: Device) -> None:
        # A policy that refuses this topic keeps such readings from every rule.
        with suppress(MqttError):
            device.publish(ATTIC_TOPIC, self.attic)
        device.publish(TEST_TOPIC, self.artefact)
        device.publish(TEST_TOPIC, self.mild)


def _has_come(context: CheckContext, reading: Reading) -> bool:
    return wait_for(lambda: records.find_reading(context, reading), _GRACE_S) is not None


def _lost(context: CheckContext, lost: dict[str, Reading], hint: str) -> Finding:
    """Return that readings did not arrive, the rules that could have stored them, and a hint."""
    rules = list_rules(context)
    words = " and ".join(describe_reading(*one) for one in lost.items())
    seen = f"{words} was not stored within {context.timeout_s:g} s"
    first = records.find_reading(
        context, next(iter(lost.values())), within="time > from_milliseconds(0)"
    )
    if first:
        seen = f"{words} was stored with the time {first.time:%Y-%m-%d %H:%M}"
    writers = describe_writers(
        rules, NAME, lambda rule: bool(records.timestream_actions(rule)), records.describe_writer
    )
    return Finding(False, f"{seen}; {writers}", hint=_cause(rules) or hint or _ARRIVAL_HINT)


def _cause(rules: list[Rule]) -> str:
    """Return the hint to what is plainly wrong with the rules that write to the table."""
    writers = [rule for rule in rules if records.timestream_actions(rule)]
    if not writers:
        return _NO_RULE_HINT
    if all(rule.get("ruleDisabled") for rule in writers):
        return "the rule is disabled: set enabled = true."
    return _unit_hint(writers) or _template_hint(writers)


def _unit_hint(rules: list[Rule]) -> str:
    for rule in rules:
        for action in records.timestream_actions(rule):
            stamp = action.get("timestamp", {})
            unit = stamp.get("unit", "MILLISECONDS")
            if unit != "MILLISECONDS" and stamp["value"].replace(" ", "") == "${timestamp()}":
                return (
                    f"timestamp() counts milliseconds, and the action takes it for {unit}: that "
                    "is no time that the table accepts. The unit is MILLISECONDS."
                )
    return ""


def _template_hint(rules: list[Rule]) -> str:
    """Return the hint to a dimension whose template names what no reading has."""
    for rule in rules:
        for action in records.timestream_actions(rule):
            for dimension in action["dimensions"]:
                match = _PLAIN_TEMPLATE.fullmatch(dimension["value"])
                if match and match[1] not in make_reading(20.5):
                    return (
                        f"the dimension {dimension['name']} takes {match[0]}: a template sees the "
                        "message as the sensor sent it, which has no such attribute; names that "
                        "the SELECT gives (AS ...) are unknown to it."
                    )
    return ""


def _pairs(dimensions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sorted(dimensions.items())) or "none"


_NO_RULE_HINT = (
    f'declare aws_iot_topic_rule with a timestream block: database_name = "{records.DATABASE}", '
    f'table_name = "{records.TABLE}", role_arn, three dimension blocks and a timestamp block.'
)
_ARRIVAL_HINT = (
    "1. does the rule have FROM 'sensor/temperature/+', and no WHERE that keeps valid readings "
    "out? 2. may its role write (part3-role-write, part3-role-endpoints)? 3. ask "
    "lab.trace(topic, reading) why."
)
_ONE_SENSOR_HINT = (
    "the rule takes some readings and loses others: it has to take those of every sensor and "
    "zone (FROM 'sensor/temperature/+'), and all below 40."
)
_BOUNDARY_HINT = "39.9 is a valid reading: which does the rule's WHERE keep out?"
_SELECT_HINT = (
    "each attribute of the SELECT becomes a measure; the exercise asks for SELECT *. A measure "
    "that was first written with another type is refused: DESCRIBE the table."
)
_DIMENSION_HINT = (
    "one dimension block for each of sensor_id, temperature and zone_id, spelt so, with the value "
    '"$${sensor_id}" and so on: $$ in Terraform stands for the $ that AWS IoT is to see.'
)
_FILTER_REMARK = (
    "the rule keeps artefacts out of the table. That is right too: the exercise's SELECT * stores "
    "them as well, and its queries leave them out."
)
CHECKS = (
    Check(
        "part3-database",
        3,
        2,
        f"a Timestream database {records.DATABASE}",
        "declare aws_timestreamwrite_database with "
        f'database_name = "{records.DATABASE}"; then lab.apply().',
        _database,
    ),
    Check(
        "part3-table",
        3,
        2,
        f"a table {records.TABLE} in the database {records.DATABASE}",
        "declare aws_timestreamwrite_table with the database's name and "
        f'table_name = "{records.TABLE}"; then lab.apply().',
        _table,
    ),
    Check(
        "part3-role-write",
        3,
        2,
        f"the rule's role trusts {IOT_SERVICE} and may timestream:WriteRecords on the table {NAME}",
        "aws_iam_role_policy on the rule's role with a statement that allows "
        "timestream:WriteRecords on the table's arn. A second policy of the same name replaces the "
        "first.",
        _role_write,
    ),
    Check(
        "part3-role-endpoints",
        3,
        2,
        "the rule's role may timestream:DescribeEndpoints on *",
        "a second statement that allows timestream:DescribeEndpoints on *: a client of Timestream "
        "asks for its endpoint first, and that belongs to no table.",
        _role_endpoints,
    ),
    Check(
        "part3-readings",
        3,
        3,
        f"a reading of any sensor is stored in {NAME} at its time, an attribute a record",
        _ARRIVAL_HINT,
        _readings,
    ),
    Check(
        "part3-dimensions",
        3,
        2,
        f"each record has the dimensions {', '.join(DIMENSIONS)} with the reading's values",
        _DIMENSION_HINT,
        _dimensions,
    ),
    Check(
        "part3-boundary",
        3,
        2,
        "a reading of 39.9 is stored, and one below a further topic level (attic) is not",
        _BOUNDARY_HINT,
        _boundary,
    ),
)
