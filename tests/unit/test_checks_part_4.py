"""Schedules, permissions and what an observation of the loop says, without AWS."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, mean
from typing import Any

import pytest

from lab_utils.checks import loop_verdicts, weather
from lab_utils.checks.closed_loop import Command, Observation, Scene
from lab_utils.checks.invocations import Invocation, describe_failure, shorten_log
from lab_utils.checks.schedules import EVERY_MINUTE, Schedule, invokers, may_invoke, minutes_of
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C

RULE = "arn:aws:events:eu-west-1:123456789012:rule/every_minute"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:any"


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "cron(* * * * ? *)",
        "cron(0/1 * ? * * *)",
        "cron(*/1 * * * ? *)",
        "cron(0-59 * * * ? *)",
        "cron(0-29,30-59 * * * ? *)",
    ],
)
def test_these_schedules_fire_every_minute(expression: str) -> None:
    assert minutes_of(expression) == EVERY_MINUTE


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("rate(5 minutes)", 12),
        ("rate(1 hour)", 0),
        ("cron(0/2 * * * ? *)", 30),
        ("cron(7 * * * ? *)", 1),
        ("cron(* 8 * * ? *)", 0),
        ("cron(* * * * MON-FRI *)", 0),
        ("cron(* * * *)", 0),
        ("at(2026-11-28T08:00:00)", 0),
        ("", 0),
    ],
)
def test_other_schedules_do_not(expression: str, count: int) -> None:
    assert len(minutes_of(expression)) == count


def test_two_schedules_together_may_fire_every_minute() -> None:
    even, odd = minutes_of("cron(0/2 * * * ? *)"), minutes_of("cron(1/2 * * * ? *)")
    assert even | odd == EVERY_MINUTE
    assert not even & odd


def test_a_target_is_the_function_or_a_version_of_it_and_no_other_of_a_longer_name() -> None:
    def target(arn: str) -> str | None:
        return Schedule("rule", RULE, "rate(1 minute)", True, (arn,)).target_of(FUNCTION)

    assert target(FUNCTION) == FUNCTION
    assert target(f"{FUNCTION}:live") == f"{FUNCTION}:live"
    assert target(f"{FUNCTION}_other") is None


def policy(
    condition: dict[str, Any] | None,
    principal: Any = "events.amazonaws.com",
    action: str = "lambda:InvokeFunction",
    effect: str = "Allow",
) -> dict[str, Any]:
    named = principal if principal == "*" else {"Service": principal}
    statement = {"Effect": effect, "Principal": named, "Action": action, "Resource": FUNCTION}
    return {"Statement": [statement | ({"Condition": condition} if condition else {})]}


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": [*first["Statement"], *second["Statement"]]}


@pytest.mark.parametrize(
    ("document", "may"),
    [
        (policy({"ArnLike": {"AWS:SourceArn": RULE}}), True),
        (policy({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:123456789012:rule/*"}}), True),
        (policy({"StringEquals": {"aws:SourceArn": [RULE]}}), True),
        (policy(None), True),
        (policy(None, principal="*"), True),
        (policy({"ArnLike": {"AWS:SourceArn": f"{RULE}_other"}}), False),
        (policy({"StringEquals": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}), False),
        (policy(None, principal="s3.amazonaws.com"), False),
        (policy(None, action="lambda:GetFunction"), False),
        (policy(None, effect="Deny"), False),
        (both(policy(None), policy({"ArnLike": {"AWS:SourceArn": RULE}}, effect="Deny")), False),
        ({}, False),
    ],
)
def test_a_policy_lets_events_invoke_a_function_for_the_sources_that_it_names(
    document: dict[str, Any], may: bool
) -> None:
    assert may_invoke(document, RULE) is may


def test_the_sources_of_a_policy_are_told() -> None:
    other = f"{RULE}_other"
    assert invokers(policy({"ArnLike": {"AWS:SourceArn": other}})) == [other]
    assert invokers(policy(None)) == ["any source"]
    assert invokers({}) == []


LOG = """INIT_START Runtime Version: python:3.13
START RequestId: 1 Version: $LATEST
[ERROR] AccessDeniedException: no
Traceback (most recent call last):
\u00a0\u00a0File "/var/task/ac_control_lambda.py", line 8, in lambda_handler
\u00a0\u00a0\u00a0\u00a0query()
\u00a0\u00a0File "/var/runtime/botocore/client.py", line 606, in _api_call
\u00a0\u00a0\u00a0\u00a0raise error
END RequestId: 1
REPORT RequestId: 1
"""


def test_a_failed_invocation_is_told_with_the_end_of_its_log_and_no_line_of_a_library() -> None:
    ended = Invocation("AccessDeniedException", "no", shorten_log(LOG))
    assert describe_failure(ended).splitlines() == [
        "AccessDeniedException: no",
        "  [ERROR] AccessDeniedException: no",
        "  Traceback (most recent call last):",
        '    File "/var/task/ac_control_lambda.py", line 8, in lambda_handler',
        "      query()",
    ]
    assert describe_failure(Invocation("KeyError", "'x'", ())) == "KeyError: 'x'"


def test_the_mean_at_the_limit_is_exactly_35_even_if_one_reading_more_came_from_one_side() -> None:
    low, high = (weather.LIMIT.temperature(room) for room in (0, 1))
    assert low < ON_ABOVE_C < high
    pairs = [low, high] * 12
    for readings in (pairs, pairs[1:], pairs[:-1], [*pairs, low], sorted(pairs[:4])):
        assert mean(readings) == fmean(readings) == sum(readings) / len(readings) == ON_ABOVE_C


@pytest.mark.parametrize("length", range(10, 25))
def test_artefacts_leave_a_cold_zone_cold_whichever_readings_the_last_minute_holds(
    length: int,
) -> None:
    warmest = [high for _low, high in weather.COLD_WITH_ARTEFACTS.rooms] * 30
    for number in range(weather.FIRST_ARTEFACT, len(warmest), weather.ARTEFACT_EVERY):
        warmest[number] = 46
    for start in range(len(warmest) - length):
        assert fmean(warmest[start : start + length]) < OFF_BELOW_C


def test_no_reading_of_a_mild_zone_alone_would_switch_it() -> None:
    assert max(high for _low, high in weather.MILD_AFTER_COLD.rooms) <= ON_ABOVE_C
    assert min(low for low, _high in weather.MILD_AFTER_HOT.rooms) >= OFF_BELOW_C


Told = tuple[int, bool, float]


def scene(*told: Told, zones: Sequence[int] = (1, 2)) -> Scene:
    commands = tuple(Command(zone, is_on, after_s, "") for zone, is_on, after_s in told)
    return Scene(dict.fromkeys(zones, weather.HOT), commands)


ON_OFF = scene((1, True, 60), (2, False, 60))
OFF_ON = scene((1, False, 60), (2, True, 60))
NOTHING = scene()
RIGHT = Observation(ON_OFF, OFF_ON, NOTHING, NOTHING)
JUDGES = {
    name.removeprefix("judge_"): getattr(loop_verdicts, name)
    for name in dir(loop_verdicts)
    if name.startswith("judge_")
}


def lost(observation: Observation) -> set[str]:
    """Return which exercises an observation fails."""
    findings = {name: judge(observation) for name, judge in JUDGES.items()}
    assert all(finding.seen for finding in findings.values())
    return {name for name, finding in findings.items() if not finding.passed}


ALL = {"hot", "cold", "zones", "mild", "artefacts", "edges"}
REPEATED = scene((1, False, 60), (2, True, 60))
"""What a function sends that repeats the state every minute."""


@pytest.mark.parametrize(
    ("observation", "exercises"),
    [
        (RIGHT, set()),
        (Observation(ON_OFF, OFF_ON, REPEATED, REPEATED), set()),
        (Observation(scene((1, False, 3), (1, True, 60), (2, False, 60)), OFF_ON), set()),
        (Observation(NOTHING), ALL),
        (Observation(ON_OFF, NOTHING), ALL - {"hot", "cold"}),
        (Observation(OFF_ON, ON_OFF), ALL),
        (Observation(ON_OFF, ON_OFF), ALL),
        (Observation(scene((1, True, 60)), scene((1, False, 60))), {"zones", "artefacts"}),
        (Observation(scene((1, True, 60), (2, True, 60)), OFF_ON), {"zones", "artefacts"}),
        (Observation(ON_OFF, OFF_ON, scene((2, False, 60)), NOTHING), {"mild"}),
        (Observation(ON_OFF, OFF_ON, scene((1, True, 60)), NOTHING), {"mild"}),
        (Observation(ON_OFF, OFF_ON, NOTHING, scene((2, False, 10))), {"mild"}),
        (Observation(ON_OFF, OFF_ON, NOTHING, scene((1, True, 105))), {"edges"}),
        (Observation(ON_OFF, OFF_ON, NOTHING, scene((2, False, 105))), {"edges"}),
        (
            Observation(ON_OFF, OFF_ON, scene((2, False, 60)), scene((2, False, 105))),
            {"mild"},
        ),
        (
            Observation(ON_OFF, OFF_ON, scene((2, False, 60)), scene((1, True, 105))),
            {"mild", "edges"},
        ),
    ],
)
def test_an_observation_earns_what_it_shows(observation: Observation, exercises: set[str]) -> None:
    assert lost(observation) == exercises


def test_what_the_zones_were_told_is_what_was_seen() -> None:
    seen = loop_verdicts.judge_zones(Observation(scene((1, True, 60)), scene((1, False, 60))))
    assert "zone 1 (hot) was switched on, zone 2 (hot) was told nothing; then" in seen.seen
    assert "the other zone works" in seen.hint


def test_the_cause_of_silence_is_what_was_seen_by_all() -> None:
    silent = Observation(NOTHING, cause="the rule is asleep", hint="wake it")
    for judge in JUDGES.values():
        finding = judge(silent)
        assert "the rule is asleep" in finding.seen
        assert finding.hint == "wake it"


def test_a_house_that_runs_beside_the_checks_is_told() -> None:
    mixed = Observation(NOTHING, cause="nothing came", hint="look", strangers=48)
    for judge in JUDGES.values():
        finding = judge(mixed)
        assert "48 other readings" in finding.seen
        assert "stop it" in finding.hint


def test_a_message_of_another_form_is_shown() -> None:
    text = '{"state": {"enabled": "true"}}'
    sent = Scene(dict.fromkeys((1, 2), weather.HOT), (Command(1, None, 60, text),))
    finding = loop_verdicts.judge_hot(Observation(sent, scene((1, False, 60))))
    assert f"zone 1 (hot) was sent {text}, which is no command" in finding.seen
    assert '{"state": {"enabled": true}}' in finding.hint


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (Observation(OFF_ON, ON_OFF), "exchanged"),
        (Observation(ON_OFF, ON_OFF), "the same whether it is hot or cold"),
        (Observation(scene((1, True, 60)), scene((2, True, 60))), "below 20"),
        (Observation(scene((2, False, 60)), scene((1, False, 60))), "above 35"),
    ],
)
def test_the_hint_names_what_a_function_makes_of_its_readings(
    observation: Observation, words: str
) -> None:
    assert words in loop_verdicts.judge_zones(observation).hint
