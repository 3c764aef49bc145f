"""Functions that control the air conditioners, of several authors: right ones and wrong ones."""

from __future__ import annotations

from lab_utils.settings import CHECKOUT
from tests.integration.lambdas import packed

SOURCES = CHECKOUT / "lambda" / "ac_control_lambda" / "src"
HANDLER = "ac_control_lambda.lambda_handler"

MEAN_BY_SQL = '''
import json, boto3

QUERY = """
    SELECT zone_id, AVG(CAST(temperature AS DOUBLE)) AS mean
    FROM "iot"."temperaturesensor" WHERE time > ago(1m) GROUP BY zone_id
"""

def lambda_handler(event, context):
    rows = boto3.client("timestream-query").query(QueryString=QUERY)["Rows"]
    means = {row["Data"][0]["ScalarValue"]: float(row["Data"][1]["ScalarValue"]) for row in rows}
    for zone, mean in means.items():
        if mean > 35:
            send(zone, True)
        elif mean < 20:
            send(zone, False)

def send(zone, enabled):
    boto3.client("iot-data").publish(
        topic=f"AC/AC-{zone}", qos=1, payload=json.dumps({"state": {"enabled": enabled}})
    )
'''
"""A right one, from which the others are made by replacing a part."""

BY_MEASURE = '''
import json, os
from collections import defaultdict
import boto3

known = {}

def lambda_handler(event, context):
    """Takes the measure, keeps the last state, and repeats it every minute, with QoS 0."""
    client, token, temperatures = boto3.client("timestream-query"), {}, defaultdict(list)
    while token is not None:
        answer = client.query(QueryString=(
            "SELECT zone_id, measure_value::double FROM iot.temperaturesensor "
            "WHERE measure_name = 'temperature' AND time between ago(60s) and now() ORDER BY time"
        ), **token)
        for zone, value in (row["Data"] for row in answer["Rows"]):
            if value.get("ScalarValue") and float(value["ScalarValue"]) < 40:
                temperatures[int(zone["ScalarValue"])].append(float(value["ScalarValue"]))
        token = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else None
    iot = boto3.client("iot-data", region_name=os.environ["AWS_REGION"])
    for zone in (1, 2):
        values = temperatures[zone]
        if values and sum(values) / len(values) > 35.0:
            known[zone] = True
        if values and sum(values) / len(values) < 20.0:
            known[zone] = False
        if zone in known:
            body = {"state": {"enabled": known[zone]}, "zone": zone, "readings": len(values)}
            iot.publish(topic="AC/AC-%d" % zone, qos=0, payload=json.dumps(body).encode())
    return {"statusCode": 200}
'''


def replaced(old: str, new: str) -> str:
    """Return the right function with a part of it replaced."""
    assert old in MEAN_BY_SQL
    return MEAN_BY_SQL.replace(old, new)


BLIND = replaced("for zone, mean in means.items():", "for zone, mean in ((1, 40), (2, 10)):")
NO_HYSTERESIS = replaced("elif mean < 20:", "else:")
AT_35_AND_WITHOUT_DATA = replaced("mean > 35", "mean >= 35").replace(
    "in means.items()", "in [(z, means.get(str(z), 0)) for z in (1, 2)]"
)


def package(source: str = "", module: str = "ac_control_lambda") -> bytes:
    """Return a zip with one module; without a source, the placeholder with nothing in it."""
    return packed({f"{module}.py": source} if source else {})


def workbook_package() -> bytes:
    """Return a zip with the workbook's own function."""
    return packed({path.name: path.read_bytes() for path in sorted(SOURCES.glob("*.py"))})
