"""Schedules on the lab clock, in a lab whose minute is half a second."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_utils.local_aws import control
from lab_utils.local_aws.session_file import Session
from lab_utils.settings import Settings
from tests.integration.conftest import client_of
from tests.integration.things import wait_until
from tests.integration.ticks import MINUTE, Ticks, time_of


@pytest.fixture
def ticks(fast_session: Session, unique: Callable[[str], str]) -> Iterator[Ticks]:
    """Makes schedules; those of a test's own rules are disabled after it."""
    made = Ticks(fast_session, unique)
    yield made
    for rule in made.events.list_rules(NamePrefix="rule")["Rules"]:
        made.events.disable_rule(Name=rule["Name"])


def test_a_rule_runs_every_lab_minute_without_drift(ticks: Ticks) -> None:
    url, queue = ticks.queue()
    ticks.rule({"Arn": queue})
    times = [time_of(event) for event in ticks.received(url, 5)]
    assert {later - earlier for earlier, later in pairwise(times)} == {MINUTE}


def test_a_cron_runs_on_the_minute(ticks: Ticks) -> None:
    url, queue = ticks.queue()
    ticks.rule({"Arn": queue}, expression="cron(0/2 * * * ? *)")
    times = [time_of(event) for event in ticks.received(url, 2)]
    assert times[1] - times[0] == 2 * MINUTE
    assert all((time.minute % 2, time.second) == (0, 0) for time in times)


def test_each_target_gets_its_own_input(ticks: Ticks) -> None:
    transformer = {
        "InputPathsMap": {"at": "$.time", "source": "$.resources[0]"},
        "InputTemplate": '{"at": <at>, "rule": <aws.events.rule-name>, "source": <source>, '
        '"taken": <aws.events.event.ingestion-time>}',
    }
    inputs: list[dict[str, Any]] = [
        {"Input": '{"zone": 1}'},
        {"InputPath": "$.resources[0]"},
        {"InputTransformer": transformer},
        {},
    ]
    queues = [ticks.queue() for _ in inputs]
    given = [{"Arn": arn, **one} for (_url, arn), one in zip(queues, inputs, strict=True)]
    before = ticks.now()
    name, arn = ticks.rule(*given)
    constant, path, made, whole = (ticks.received(url, 1)[0] for url, _arn in queues)
    assert constant == {"zone": 1}
    assert path == arn
    assert (made["at"], made["rule"], made["source"]) == (whole["time"], name, arn)
    assert before < datetime.fromisoformat(made["taken"]) <= ticks.now()


def test_a_changed_rule_takes_effect_at_once(ticks: Ticks) -> None:
    url, queue = ticks.queue()
    name, _arn = ticks.rule({"Arn": queue}, expression="rate(1 day)")
    changed_at = ticks.now()
    ticks.events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    first = time_of(ticks.received(url, 1)[0])
    assert timedelta() < first + timedelta(seconds=1) - changed_at < 5 * MINUTE
    ticks.events.disable_rule(Name=name)
    disabled_at = ticks.now()
    other_url, other = ticks.queue()
    ticks.rule({"Arn": other})
    ticks.received(other_url, 3)
    late = [time_of(event) for event in ticks.received(url, 0)]
    assert all(time <= disabled_at for time in late)
    ticks.events.enable_rule(Name=name)
    again = [time_of(event) for event in ticks.received(url, 2)]
    assert (again[-1] - first) % MINUTE == timedelta()


def test_a_rule_invokes_a_function_only_with_its_permission(ticks: Ticks) -> None:
    name, arn = ticks.rule()
    allowed, allowed_arn = ticks.function(arn)
    silent, silent_arn = ticks.function(f"{arn}-of-another")
    targets = [{"Id": "1", "Arn": allowed_arn}, {"Id": "2", "Arn": silent_arn}]
    ticks.events.put_targets(Rule=name, Targets=targets)
    wait_until(lambda: len(ticks.printed(allowed)) >= 3, "three invocations")
    assert ticks.printed(silent) == []
    ticks.events.disable_rule(Name=name)
    sums = {metric: metric_sum(ticks, metric, name) for metric in ("Triggered", "", "Failed")}
    assert sums[""] == 2 * sums["Failed"]
    assert sums["Triggered"] >= sums["Failed"] >= 3
    ticks.events.enable_rule(Name=name)
    ticks.functions.remove_permission(FunctionName=allowed, StatementId="rule")
    heard = len(ticks.printed(allowed))
    ticks.functions.remove_permission(FunctionName=silent, StatementId="rule")
    ticks.allow(silent, arn)
    wait_until(lambda: len(ticks.printed(silent)) >= 3, "the other function is invoked")
    assert len(ticks.printed(allowed)) <= heard + 1


def metric_sum(ticks: Ticks, prefix: str, rule: str) -> float:
    name = "TriggeredRules" if prefix == "Triggered" else f"{prefix}Invocations"
    answer = client_of(ticks.session, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName=name,
        Dimensions=[{"Name": "RuleName", "Value": rule}],
        StartTime=ticks.now() - timedelta(days=1),
        EndTime=ticks.now() + timedelta(days=1),
        Period=86_400,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_a_function_error_is_retried_after_one_and_two_lab_minutes(ticks: Ticks) -> None:
    function, arn = ticks.function(None)
    once, once_arn = ticks.function(None, retries=0)
    for one in (arn, once_arn):
        payload = json.dumps({"fails": True}).encode()
        ticks.functions.invoke(FunctionName=one, InvocationType="Event", Payload=payload)
    wait_until(lambda: len(ticks.printed(function)) >= 3, "three attempts")
    times_s = [ms / 1000 for ms, _event in ticks.printed(function)]
    waits = [later - earlier for earlier, later in pairwise(times_s)]
    assert len(waits) == 2
    assert (waits[0] > 59.9, waits[1] > 119.9) == (True, True)
    assert len(ticks.printed(once)) == 1


def test_a_restarted_lab_goes_on_with_its_rules(lab_workspace: Settings) -> None:
    def unique(stem: str) -> str:
        return f"{stem}_of_restart"

    first = Ticks(control.start(lab_workspace, speed=120), unique)
    name, _arn = first.rule()
    counted_from = first.now()
    control.stop(lab_workspace)
    second = Ticks(control.start(lab_workspace, speed=120), unique)
    restarted_at = second.now()
    assert restarted_at >= counted_from
    url, queue = second.queue()
    second.events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue}])
    times = [time_of(event) for event in second.received(url, 2)]
    assert times[1] - times[0] == MINUTE
    assert times[0] >= restarted_at.replace(microsecond=0)
    # Still on the grid of the rule's creation, which was a few lab seconds before the reading.
    assert (counted_from - times[0]) % MINUTE < timedelta(seconds=30)


def test_eventbridge_scheduler_follows_the_lab_clock(ticks: Ticks) -> None:
    url, queue = ticks.queue()
    role = "arn:aws:iam::123456789012:role/scheduler"
    once = ticks.now() + 3 * MINUTE
    payload = '{"at": "<aws.scheduler.scheduled-time>"}'
    common = {"FlexibleTimeWindow": {"Mode": "OFF"}}
    target = {"Arn": queue, "RoleArn": role, "Input": payload}
    for name, expression, more in (
        (ticks.unique("once"), f"at({once:%Y-%m-%dT%H:%M:%S})", {}),
        (ticks.unique("often"), "rate(1 minute)", {"EndDate": once + 3 * MINUTE}),
    ):
        ticks.scheduler.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            Target=target,
            ActionAfterCompletion="DELETE",
            **common,
            **more,
        )
    wait_until(lambda: not ticks.scheduler.list_schedules()["Schedules"], "both are over")
    times = [datetime.fromisoformat(message["at"]) for message in ticks.received(url, 4)]
    assert once.replace(microsecond=0) in times
    assert all(time <= once + 3 * MINUTE for time in times)
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        ticks.scheduler.create_schedule(
            Name="wrong", ScheduleExpression="rate(1 week)", Target=target, **common
        )


def test_the_clock_tells_the_same_time_to_a_rule_and_to_who_asks(ticks: Ticks) -> None:
    url, queue = ticks.queue()
    ticks.rule({"Arn": queue})
    before = ticks.now()
    time = time_of(ticks.received(url, 1)[0])
    assert before < time + timedelta(seconds=1)
    assert time <= ticks.now()


NO_RULE = "Rule junk does not exist on EventBus default."


@pytest.mark.parametrize(
    ("operation", "request_", "words"),
    [
        ("put_rule", {"Name": "a b", "ScheduleExpression": "rate(1 day)"}, "regular expression"),
        ("put_rule", {"Name": "n" * 65, "ScheduleExpression": "rate(1 day)"}, "equal to 64"),
        ("put_rule", {"Name": "n", "ScheduleExpression": "cron(60 * * * ? *)"}, "is not valid."),
        ("put_rule", {"Name": "n"}, "must be specified."),
        ("enable_rule", {"Name": "junk"}, NO_RULE),
        ("disable_rule", {"Name": "junk"}, NO_RULE),
        ("describe_rule", {"Name": "junk"}, NO_RULE),
        ("list_targets_by_rule", {"Rule": "junk"}, NO_RULE),
        ("remove_targets", {"Rule": "junk", "Ids": ["1"]}, NO_RULE),
        ("put_targets", {"Rule": "junk", "Targets": [{"Id": "1", "Arn": "arn:aws:x"}]}, NO_RULE),
    ],
)
def test_what_eventbridge_refuses_is_refused_in_its_words(
    operation: str, request_: dict[str, Any], words: str, ticks: Ticks
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(ticks.events, operation)(**request_)
    assert refused.value.response["Error"]["Message"].endswith(words) or words in str(refused.value)


def test_targets_are_five_at_most_and_their_input_is_json(ticks: Ticks) -> None:
    name, _arn = ticks.rule(expression="rate(1 day)")
    arn = ticks.queue()[1]
    six = [{"Id": str(number), "Arn": arn} for number in range(6)]
    with pytest.raises(ClientError, match="LimitExceededException"):
        ticks.events.put_targets(Rule=name, Targets=six)
    ticks.events.put_targets(Rule=name, Targets=six[:5])
    with pytest.raises(ClientError, match="LimitExceededException"):
        ticks.events.put_targets(Rule=name, Targets=six[5:])
    with pytest.raises(ClientError, match="JSON syntax error in input for target 1"):
        ticks.events.put_targets(Rule=name, Targets=[{**six[1], "Input": "{zone: 1}"}])


def test_a_rule_that_is_put_again_without_a_state_is_enabled(ticks: Ticks) -> None:
    name, _arn = ticks.rule(expression="rate(1 day)")
    ticks.events.disable_rule(Name=name)
    ticks.events.put_rule(Name=name, ScheduleExpression="rate(1 day)")
    assert ticks.events.describe_rule(Name=name)["State"] == "ENABLED"


def test_an_event_without_what_it_needs_is_told_of(ticks: Ticks) -> None:
    good = {"Source": "mine", "DetailType": "tick", "Detail": "{}"}
    entries = [good, {**good, "Detail": "x"}, {"Detail": "{}"}, good]
    answer = ticks.events.put_events(Entries=entries)
    codes = [entry.get("ErrorCode", "") for entry in answer["Entries"]]
    assert (answer["FailedEntryCount"], codes) == (
        2,
        ["", "MalformedDetail", "InvalidArgument", ""],
    )
    assert all("EventId" in answer["Entries"][index] for index in (0, 3))
