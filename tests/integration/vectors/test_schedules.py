"""The documented schedule expressions and scheduled events, in a fast lab."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws.session_file import Session
from tests.integration.things import wait_until
from tests.integration.ticks import Ticks, time_of
from tests.integration.vectors.examples import Example, each, examples, shows

EXPRESSIONS = examples("eventbridge", "schedule_expression")


@pytest.fixture
def ticks(fast_session: Session, unique: Callable[[str], str]) -> Ticks:
    return Ticks(fast_session, unique)


@each(EXPRESSIONS)
def test_an_expression_is_taken_or_refused(example: Example, ticks: Ticks) -> None:
    name, expression = ticks.unique("rule"), example.given["schedule_expression"]
    if example.expect["valid"]:
        ticks.events.put_rule(Name=name, ScheduleExpression=expression)
        assert ticks.events.describe_rule(Name=name)["ScheduleExpression"] == expression
        return
    with pytest.raises(ClientError) as refused:
        ticks.events.put_rule(Name=name, ScheduleExpression=expression)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == "Parameter ScheduleExpression is not valid."


@shows("v697")
def test_a_target_gets_the_documented_event(example: Example, ticks: Ticks) -> None:
    url, queue = ticks.queue()
    made_at = ticks.now()
    name, arn = ticks.rule({"Arn": queue}, expression=example.given["schedule"])
    (event,) = ticks.received(url, 1)
    ticks.events.remove_targets(Rule=name, Ids=["0"])
    expected = example.expect["event"]
    assert set(event) == set(expected)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    # The rule counts from when it was made: some lab seconds after the clock was read.
    late = time_of(event) - made_at - timedelta(minutes=5)
    assert timedelta(seconds=-1) <= late < timedelta(minutes=5)
    own = {"region": ticks.session.region, "account": ticks.session.account, "resources": [arn]}
    same = {name: expected[name] for name in ("version", "detail-type", "source", "detail")}
    assert {**own, **same}.items() <= event.items()


@shows("v698")
def test_the_input_of_a_target_is_all_that_the_function_gets(
    example: Example, ticks: Ticks
) -> None:
    name, arn = ticks.rule()
    function, function_arn = ticks.function(arn)
    given = {"Id": "0", "Arn": function_arn, "Input": example.given["target_input"]}
    ticks.events.put_targets(Rule=name, Targets=[given])
    printed = wait_until(lambda: ticks.printed(function), "an invocation")
    ticks.events.remove_targets(Rule=name, Ids=["0"])
    assert printed[0][1] == example.expect["lambda_event"]


@shows("v699")
def test_a_rule_that_has_targets_is_not_deleted(example: Example, ticks: Ticks) -> None:
    assert example.expect["error"]
    name, _arn = ticks.rule({"Arn": ticks.queue()[1], "Input": json.dumps({})})
    with pytest.raises(ClientError, match="ValidationException"):
        ticks.events.delete_rule(Name=name)
    ticks.events.remove_targets(Rule=name, Ids=["0"])
    ticks.events.delete_rule(Name=name)
