"""Functions as several authors write them, and what they do with readings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from tests.integration.air_conditioning import BY_MEASURE, MEAN_BY_SQL

WITH_A_CLASS = '''
import json
import os
from statistics import mean

import boto3


class Controller:
    """Switches the air conditioners."""

    ON_ABOVE = float(os.environ.get("ON_ABOVE", "35"))
    OFF_BELOW: float = 20
    ARTEFACT = 40.0
    TOPICS = {1: "AC/AC-1", 2: "AC/AC-2"}

    def __init__(self):
        self.iot = boto3.client("iot-data")

    def readings(self, zone):
        rows = boto3.client("timestream-query").query(
            QueryString="SELECT zone_id, temperature FROM iot.temperaturesensor "
            "WHERE time >= ago(1m)"
        )["Rows"]
        found = []
        for row in rows:
            if int(row["Data"][0]["ScalarValue"]) != zone:
                continue
            value = float(row["Data"][1]["ScalarValue"])
            if value >= self.ARTEFACT:
                continue
            found.append(value)
        return found

    def decide(self, values):
        if not values:
            return None
        average = mean(values)
        return True if average > self.ON_ABOVE else (False if average < self.OFF_BELOW else None)

    def switch(self, zone, enabled):
        if enabled is not None:
            message = {"state": {"enabled": enabled}}
            self.iot.publish(topic=self.TOPICS[zone], qos=1, payload=json.dumps(message))


def lambda_handler(event, context):
    controller = Controller()
    for zone in controller.TOPICS:
        controller.switch(zone, controller.decide(controller.readings(zone)))
'''

CHAINED = """
import boto3

LOW, HIGH = 20, 35
ON = '{"state": {"enabled": true}}'
OFF = '{"state": {"enabled": false}}'


def lambda_handler(event, context):
    sums, counts = {}, {}
    query = "SELECT zone_id, temperature FROM iot.temperaturesensor WHERE time >= ago(1m)"
    for row in boto3.client("timestream-query").query(QueryString=query)["Rows"]:
        zone, value = [one["ScalarValue"] for one in row["Data"]]
        if not float(value) < 40:
            continue
        sums[zone] = sums.get(zone, 0) + float(value)
        counts[zone] = counts.get(zone, 0) + 1
    for zone, total in sums.items():
        average = total / counts[zone]
        if LOW <= average <= HIGH:
            continue
        elif average > HIGH:
            send(zone, ON)
        else:
            send(zone, OFF)


def send(zone, text):
    boto3.client("iot-data").publish(topic="AC/AC-" + zone, qos=1, payload=text)
"""

ZONE_BY_ZONE = '''
import json
import boto3

def mean_of(zone):
    sql = f"""SELECT AVG(CAST(temperature AS DOUBLE)) FROM iot.temperaturesensor
        WHERE time >= ago(1m) AND zone_id = '{zone}' AND CAST(temperature AS DOUBLE) < 40"""
    rows = boto3.client("timestream-query").query(QueryString=sql)["Rows"]
    value = rows[0]["Data"][0].get("ScalarValue")
    return float(value) if value is not None else None

def control(zone, on=35.0, off=20.0):
    iot = boto3.client("iot-data")
    average = mean_of(zone)
    if average is None:
        return
    if average > on:
        say(iot, zone, True)
    if average < off:
        say(iot, zone, False)

def say(iot, zone, on):
    message = json.dumps({"state": {"enabled": on}})
    iot.publish(topic="AC/AC-%d" % zone, qos=1, payload=message)

def lambda_handler(event, context):
    control(1)
    control(2)
'''

FIRST_PAGE = '''
import json
import boto3

zones = [1, 2]

class Reader:
    """Looks at the first page only, and hides what goes wrong."""

    def __init__(self, client):
        self.pages = client.get_paginator("query")

    def mean(self, zone):
        sql = f"""SELECT temperature FROM iot.temperaturesensor
            WHERE time > ago(1m) and zone_id = '{zone}'"""
        try:
            for page in self.pages.paginate(QueryString=sql):
                return mean_of(page)
        except Exception as error:
            print("the query failed:", error)

def mean_of(page):
    values = []
    for row in page["Rows"]:
        if float(row["Data"][0]["ScalarValue"]) < 40:
            values.append(float(row["Data"][0]["ScalarValue"]))
    try:
        return sum(values) / len(values)
    except Exception as error:
        print("no mean:", error)

def tell(client, enable, zone):
    message = json.dumps({"state": {"enabled": enable}})
    client.publish(topic="AC/AC-{}".format(zone), qos=1, payload=message)

def lambda_handler(event, context):
    reader, iot = Reader(boto3.client("timestream-query")), boto3.client("iot-data")
    for zone in zones:
        average = reader.mean(str(zone))
        print("zone {}: {} C, AC/AC-{}".format(zone, average, zone))
        if average is not None and average > 35:
            tell(iot, True, str(zone))
        if average is not None and average < 20:
            tell(iot, False, str(zone))

if __name__ == "__main__":
    for zone in zones:
        tell(boto3.client("iot-data"), Reader(None).mean(zone) > 35, zone)
'''

AUTHORS = {
    "mean by SQL": MEAN_BY_SQL,
    "by measure": BY_MEASURE,
    "with a class": WITH_A_CLASS,
    "chained": CHAINED,
    "zone by zone": ZONE_BY_ZONE,
    "first page": FIRST_PAGE,
}

SCENES: tuple[dict[int, list[float]], ...] = (
    *({zone: [mean]} for zone in (1, 2) for mean in (34.5, 35, 35.5, 36.5, 39.5, 27, 20.5, 20)),
    *({zone: [mean]} for zone in (1, 2) for mean in (19.5, 18.5, -5, 40, 40.5, 45, 84)),
    {1: [36, 38.5], 2: [12, 18.5]},
    {1: [12], 2: [38]},
    {1: [20, 39, 39, 39], 2: [10, 25, 26, 12]},
    {1: [39, 38, 37, 36], 2: [39, 39, 39, 20.5]},
    {1: [39, 39, 28], 2: [10, 10, 10, 30]},
    {1: [35.5, 35.5, 34.75], 2: [19.5, 19.75, 20.5]},
    {1: [30, 34, 40, 40.5, 49], 2: [18, 19, 40, 45, 49]},
    {1: [18, 25], 2: [45, 12]},
    {},
)
"""Readings by zone; between them they tell every mistake from what is right."""


class FakeAws:
    """A Timestream that knows as much SQL as the authors, and an AWS IoT."""

    def __init__(self, readings: dict[int, list[float]]) -> None:
        self.readings = readings
        self.sent: list[tuple[str, object]] = []

    def query(self, QueryString: str, NextToken: str | None = None) -> dict[str, Any]:  # noqa: N803
        if not re.search(r"ago\((1m|60s)\)", QueryString):
            raise ValueError("not the last minute")
        if NextToken is None and "measure_value" in QueryString:
            return {"Rows": [], "NextToken": "more"}
        data = [list(map(_datum, row)) for row in self._rows(QueryString)]
        return {"Rows": [{"Data": row} for row in data]}

    def get_paginator(self, _operation: str) -> FakeAws:
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        return [self.query(**request), self.query(**request)]

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        zone = re.search(r"zone_id = '(\d)'", sql)
        bound = re.search(r"AS DOUBLE\) < *(\d+)", sql)
        limit = float(bound[1]) if bound else 1000.0
        chosen = {int(zone[1]): self.readings.get(int(zone[1]), [])} if zone else self.readings
        kept = {key: [one for one in values if one < limit] for key, values in chosen.items()}
        fold: Callable[[list[float]], float] = max if "MAX" in sql else _mean
        if not re.search("AVG|MAX", sql):
            found = [(key, one) for key, values in kept.items() for one in values]
            return [(one,) if zone else (key, one) for key, one in found]
        if zone:
            return [(fold(values) if values else None,) for values in kept.values()]
        return [(key, fold(values)) for key, values in kept.items() if values]

    def publish(self, topic: str, qos: int, payload: str | bytes) -> None:
        assert qos in (0, 1)
        self.sent.append((topic, json.loads(payload)["state"]["enabled"]))


def _datum(value: object) -> dict[str, object]:
    return {"NullValue": True} if value is None else {"ScalarValue": str(value)}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


Done = list[tuple[list[tuple[str, object]], str]]


def behaviour(text: str) -> Done:
    """Return what a function does in every scene: what it sends, or how it fails."""
    done: Done = []
    code = compile(text, "function.py", "exec")
    for readings in SCENES:
        aws = FakeAws(readings)
        ended = ""
        with patch("boto3.client", lambda *_names, aws=aws, **_options: aws):
            try:
                names: dict[str, Any] = {"__name__": "function"}
                exec(code, names)
                names["lambda_handler"]({}, None)
            except Exception as error:  # noqa: BLE001 (whatever a mistake leads to)
                ended = type(error).__name__
        done.append((sorted(aws.sent, key=str), ended))
    return done
