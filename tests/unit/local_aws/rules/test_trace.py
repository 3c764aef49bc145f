"""Why a rule did not fire."""

from __future__ import annotations

import asyncio
from typing import Any

from lab_utils.local_aws.rules.definition import RuleBook
from lab_utils.local_aws.rules.engine import RuleEngine
from lab_utils.local_aws.rules.services import Answer
from lab_utils.local_aws.rules.trace import Trace
from tests.unit.local_aws.rules.doubles import (
    FUNCTION,
    PLACE,
    PUT,
    REPUBLISH,
    Services,
    declared,
    message_on,
)


def traced(
    services: Services, rules: dict[str, dict[str, Any]], payload: object
) -> dict[str, dict[str, Any]]:
    stored = {(PLACE.account, PLACE.region, name): rule for name, rule in rules.items()}
    book = RuleBook(lambda: stored, services)

    async def run() -> list[dict[str, Any]]:
        trace = Trace(book.rules(PLACE), "sensor/a")
        engine = RuleEngine(book, services, lambda _: ())
        await engine.evaluate(message_on("sensor/a", payload), [trace])
        await trace.complete()
        await engine.close()
        return trace.rows()

    return {row["rule"]: row for row in asyncio.run(run())}


def test_every_rule_says_what_it_made_of_the_message() -> None:
    services = Services(denied={"iot:Publish"})
    hot = "SELECT id, temperature * 2 AS t FROM 'sensor/+' WHERE temperature >= 40"
    rows = traced(
        services,
        {
            "hot": declared(hot, PUT, REPUBLISH),
            "deep": declared("SELECT * FROM 'sensor/+/+'", PUT),
            "off": declared("SELECT * FROM '#'", PUT, ruleDisabled=True),
            "broken": declared("SELEC", PUT),
        },
        {"id": "a", "temperature": 45.5},
    )
    assert list(rows) == ["hot", "deep", "off", "broken"]
    assert rows["hot"]["topic"] == "'sensor/+' matches"
    assert rows["hot"]["condition"] == "temperature = 45.5 -> true"
    assert rows["hot"]["message"] == '{"id":"a","t":91}'
    table = PLACE.arn("dynamodb", "table/Temperature")
    assert rows["hot"]["roles"] == [
        f"allowed: dynamodb:PutItem on {table}",
        f"denied: iot:Publish on {PLACE.arn('iot', 'topic/errors')}",
    ]
    assert rows["hot"]["actions"][0] == "dynamoDBv2: ok"
    assert rows["hot"]["actions"][1].startswith("republish: User: arn:aws:sts::")
    assert rows["deep"]["topic"] == "no match: 'sensor/+/+' takes 3 levels, and 'sensor/a' has 2"
    assert not rows["deep"]["matched"]
    assert rows["off"]["topic"] == "the rule is switched off"
    assert rows["broken"]["problem"]


def test_a_condition_that_is_not_true_shows_the_values_that_it_saw() -> None:
    sql = "SELECT * FROM 'sensor/+' WHERE temperature >= 40 AND zone = 'a'"
    row = traced(Services(), {"r": declared(sql, PUT)}, {"temperature": 21.5})["r"]
    assert row["condition"] == "temperature = 21.5, zone = Undefined -> not true"
    assert (row["message"], row["actions"]) == (None, [])


def test_a_rule_on_a_thread_is_waited_for() -> None:
    services = Services(answers={"lambda": Answer(200, b'"kitchen"')}, delay_s=0.05)
    sql = f"SELECT 'a' AS id, aws_lambda('{FUNCTION}', {{}}) AS room FROM 'sensor/+'"
    row = traced(services, {"rule": declared(sql, PUT)}, {})["rule"]
    assert row["message"] == '{"id":"a","room":"kitchen"}'
    assert row["actions"] == ["dynamoDBv2: ok"]
    assert row["roles"][0] == f"aws_lambda of {FUNCTION}: ok"


def test_sql_that_fails_says_why() -> None:
    sql = f"SELECT aws_lambda('{FUNCTION}', {{}}) AS room FROM 'sensor/+'"
    row = traced(Services(invokers=set()), {"rule": declared(sql, PUT)}, {})["rule"]
    assert "is not authorized to perform: lambda:InvokeFunction" in row["problem"]
