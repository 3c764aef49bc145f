"""The invalid readings that a dashboard takes from DynamoDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pandas as pd
from botocore.exceptions import ClientError

from lab_utils.checks import storage
from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.part6_files import INVALID, explain, read_file
from lab_utils.checks.readings import (
    SENSORS,
    Reading,
    any_temperature,
    make_reading,
)
from lab_utils.errors import CheckError, QueryError
from lab_utils.house.topics import sensor_name, sensor_topic
from lab_utils.mqtt import Device
from lab_utils.statements import ask_dynamodb
from lab_utils.tables import read_table
from lab_utils.waiting import wait_for

ZONE = 2
"""Whose invalid readings are asked for."""
_ATTRIBUTES = ("sensor_id", "temperature")
_WARM, _HOT = (40, 42), (47, 50)


def look_at_invalid(context: CheckContext) -> Finding:
    """Return whether the statement finds the invalid readings of a zone, and no others."""
    statement = read_file(context, INVALID)
    storage.require_table(context)
    sent = _artefacts()
    try:
        _send(context, sent)
        return _judge(context, statement)
    finally:
        for reading in sent:
            with suppress(ClientError):  # What a student's table refuses is no verdict.
                storage.take_item(context, reading["id"], 0.0)


def _artefacts() -> list[Reading]:
    """Return readings of each sensor, so that no zone or degree can be left out unseen."""
    return [
        make_reading(any_temperature(*span), sensor, zone)
        for zone, sensors in SENSORS.items()
        for sensor in sensors
        for span in (_WARM, _HOT)
    ]


def _send(context: CheckContext, sent: list[Reading]) -> None:
    by_sensor: dict[str, list[Reading]] = {}
    for reading in sent:
        by_sensor.setdefault(sensor_name(reading["sensor_id"]), []).append(reading)
    for sensor, readings in by_sensor.items():
        context.with_device(sensor, _publisher(sensor_topic(sensor), readings))

    def look() -> bool | None:
        return all(storage.find_item(context, one["id"]) for one in sent) or None

    if wait_for(look, context.timeout_s) is None:
        raise CheckError(
            "send invalid readings",
            f"the check has sent {len(sent)} invalid readings of four sensors, and not all are in "
            f"{storage.TABLE}; {storage.describe_rules(context)}",
            "first part2-hot-45.",
        )


def _publisher(topic: str, readings: list[Reading]) -> Callable[[Device], None]:
    def publish(device: Device) -> None:
        for reading in readings:
            device.publish(topic, reading)

    return publish


def _judge(context: CheckContext, statement: str) -> Finding:
    client = context.client("dynamodb")
    table = read_table(client, storage.TABLE)
    try:
        found = ask_dynamodb(client, statement)
    except QueryError as error:
        raise explain(INVALID, error) from error
    if found.empty:
        seen = f"it finds nothing, while the table {storage.TABLE} holds {len(table)} items"
        return Finding(False, seen, hint=_NOTHING_HINT)
    lacking = [name for name in _ATTRIBUTES if name not in found]
    if lacking:
        seen = f"the items come without {' and '.join(lacking)}"
        return Finding(False, seen, hint="select id, sensor_id and temperature, or *.")
    # A house that runs beside the check may have stored more meanwhile.
    later = read_table(client, storage.TABLE)
    return _compare(_counted(found), _of_zone(table), _of_zone(later))


def _of_zone(table: pd.DataFrame) -> Counter[tuple[object, ...]]:
    return _counted(table[table["zone_id"] == ZONE])


def _counted(items: pd.DataFrame) -> Counter[tuple[object, ...]]:
    return Counter(items[list(_ATTRIBUTES)].itertuples(index=False, name=None))


def _compare(
    found: Counter[tuple[object, ...]],
    wanted: Counter[tuple[object, ...]],
    allowed: Counter[tuple[object, ...]],
) -> Finding:
    count = sum(wanted.values())
    missing, strange = wanted - found, found - (wanted | allowed)
    if not missing and not strange:
        return Finding(True, f"{count} invalid readings of zone {ZONE}, and no others")
    if strange:
        sensor, degrees = next(iter(strange))
        seen = f"it finds {degrees} of sensor {sensor}, which is not in zone {ZONE}"
        return Finding(False, seen, hint=f"WHERE zone_id = {ZONE} keeps the other zone out.")
    sensor, degrees = next(iter(missing))
    seen = f"{sum(missing.values())} of {count} are missing, such as {degrees} of sensor {sensor}"
    return Finding(False, seen, hint=f"all invalid readings of zone {ZONE}: no other condition.")


_NOTHING_HINT = (
    f"in DynamoDB the message's numbers are numbers: zone_id = {ZONE}, where '{ZONE}' in single "
    "quotes is a text that no zone_id equals. (In Timestream dimensions are texts.)"
)
