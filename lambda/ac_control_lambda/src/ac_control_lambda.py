"""Switches each zone's air conditioner by the zone's mean temperature of the last minute."""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import boto3

from decision import decide, mean_temperatures

DATABASE = os.environ.get("DATABASE", "iot")
TABLE = os.environ.get("TABLE", "temperaturesensor")
# Timestream holds a record for each measure of a reading, with the same dimensions: DISTINCT counts
# the reading once, also where one of its measures was refused (a whole number among decimals).
LAST_MINUTE = f"""
    SELECT DISTINCT time, sensor_id, zone_id, temperature
    FROM "{DATABASE}"."{TABLE}"
    WHERE time BETWEEN ago(1m) AND now()
"""
SAID = {True: "AC on", False: "AC off", None: "nothing is sent"}

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
# Made once: Lambda keeps the module for the next invocations.
timestream = boto3.client("timestream-query")
iot = boto3.client("iot-data")


def lambda_handler(_event: Any, _context: Any) -> dict[int, dict[str, Any]]:
    """Tell every zone's air conditioner what was decided; return the decisions by zone.

    Raises:
        RuntimeError: A zone could not be told; the others were. Lambda then tries twice more,
            which does no harm: each try decides anew, by the readings of the minute before it.
    """
    means = mean_temperatures(last_readings())
    if not means:
        logger.info("no reading in the last minute: nothing is sent")
    decisions, untold = {}, []
    for zone_id, (mean_c, count) in means.items():
        enabled = decide(mean_c)
        decisions[zone_id] = {"mean_c": mean_c, "readings": count, "enabled": enabled}
        text = f"mean {mean_c:.2f} C of {count} readings" if count else "no valid reading"
        logger.info("zone %d: %s: %s", zone_id, text, SAID[enabled])
        try:
            switch(zone_id, enabled)
        except Exception:
            logger.exception("zone %d: the air conditioner could not be told", zone_id)
            untold.append(zone_id)
    if untold:
        raise RuntimeError(f"the air conditioners of these zones could not be told: {untold}")
    return decisions


def last_readings() -> Iterator[dict[str, str | None]]:
    """Yield the readings of the last minute, from all pages of the answer."""
    try:
        for page in timestream.get_paginator("query").paginate(QueryString=LAST_MINUTE):
            for row in page["Rows"]:
                named = zip(page["ColumnInfo"], row["Data"], strict=True)
                yield {column["Name"]: value.get("ScalarValue") for column, value in named}
    except timestream.exceptions.ValidationException as error:
        # Dimensions become columns with the first record, so until then there are none to name.
        if "does not exist" not in str(error):
            raise
        logger.warning("nothing was ever written to the table? %s", error)


def switch(zone_id: int, enabled: bool | None) -> None:
    """Switch the air conditioner of a zone on or off; None leaves it as it is."""
    if enabled is None:
        return
    payload = json.dumps({"state": {"enabled": enabled}})
    iot.publish(topic=f"AC/AC-{zone_id}", qos=1, payload=payload.encode())
