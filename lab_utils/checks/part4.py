"""Part 4: every minute, a function switches each zone's air conditioner by its mean temperature."""

from __future__ import annotations

from collections.abc import Callable

from lab_utils.checks import loop_verdicts, records, trigger
from lab_utils.checks.base import Check, CheckContext, Finding
from lab_utils.checks.closed_loop import Observation
from lab_utils.checks.functions import LAMBDA_SERVICE
from lab_utils.checks.loop_causes import observe_loop
from lab_utils.checks.schedules import EVENTS_SERVICE
from lab_utils.house.commands import WANTED
from lab_utils.thresholds import OFF_BELOW_C, ON_ABOVE_C

_PART = 4


def _watched(
    name: str, points: int, wanted: str, hint: str, judge: Callable[[Observation], Finding]
) -> Check:
    """Return a check of what the loop does, which is watched once for all of them."""
    check_id = f"part{_PART}-{name}"

    def run(context: CheckContext) -> Finding:
        return judge(observe_loop(context, check_id))

    return Check(check_id, _PART, points, wanted, hint, run)


_MEAN_HINT = (
    "the mean is of all readings of the zone in the last minute: AVG, not MAX, MIN or the last "
    "one; each record of a reading has the dimension temperature, a text: CAST(temperature AS "
    "DOUBLE). lab.logs(...) shows what the function found."
)
CHECKS = (
    Check(
        "part4-role",
        _PART,
        2,
        f"the function's role trusts {LAMBDA_SERVICE}, and may timestream:Select on the table "
        f"{records.NAME} and timestream:DescribeEndpoints on *",
        f"1. aws_iam_role whose assume_role_policy names {LAMBDA_SERVICE}; 2. aws_iam_role_policy "
        "on it with two statements: timestream:Select on the table's arn, "
        "timestream:DescribeEndpoints on *. A second policy of the same name replaces the first.",
        trigger.look_at_reading_role,
    ),
    Check(
        "part4-role-publish",
        _PART,
        2,
        f"the function's role trusts {LAMBDA_SERVICE}, and may iot:Publish on AC/AC-1 and AC/AC-2",
        "another aws_iam_role_policy on the same role that allows iot:Publish. Its name must be "
        "another one: a second policy of the same name replaces the first.",
        trigger.look_at_publishing_role,
    ),
    Check(
        "part4-function",
        _PART,
        3,
        "a Lambda function with the deployed code, whose invocation succeeds",
        "1. declare aws_lambda_function, lab.apply(); 2. lab.package_lambda() and "
        "lab.deploy_lambda(); 3. lab.invoke(...) and lab.logs(...) say what fails.",
        trigger.look_at_code,
    ),
    Check(
        "part4-schedule",
        _PART,
        2,
        "an enabled rule fires every minute, and has the function as its target",
        'declare aws_cloudwatch_event_rule with schedule_expression = "rate(1 minute)", and '
        "aws_cloudwatch_event_target with the rule's name and the function's arn.",
        trigger.look_at_schedule,
    ),
    Check(
        "part4-permission",
        _PART,
        3,
        f"the function's policy lets {EVENTS_SERVICE} invoke it for the rule",
        'declare aws_lambda_permission with action = "lambda:InvokeFunction", principal = '
        f"\"{EVENTS_SERVICE}\", the function's name and, as source_arn, the rule's arn. Without it "
        "the schedule fires, and nothing happens.",
        trigger.look_at_permission,
    ),
    _watched(
        "hot",
        3,
        f"a zone with a mean above {ON_ABOVE_C:g} in the last minute is sent {WANTED} on its "
        "topic AC/AC-N, by the schedule, within two minutes",
        _MEAN_HINT,
        loop_verdicts.judge_hot,
    ),
    _watched(
        "cold",
        3,
        f"a zone with a mean below {OFF_BELOW_C:g} in the last minute is sent "
        f"{WANTED.replace('true', 'false')} on its topic AC/AC-N, by the schedule, within two "
        "minutes",
        _MEAN_HINT,
        loop_verdicts.judge_cold,
    ),
    _watched(
        "zones",
        2,
        "zones 1 and 2 are each switched on and off by their own readings",
        "one mean for each zone (GROUP BY zone_id), and for each zone its own message on its own "
        "topic AC/AC-N.",
        loop_verdicts.judge_zones,
    ),
    _watched(
        "mild",
        2,
        f"a zone with a mean from {OFF_BELOW_C:g} to {ON_ABOVE_C:g} stays as it is, on or off",
        f"three cases: above {ON_ABOVE_C:g} on, below {OFF_BELOW_C:g} off, else send nothing. An "
        "else that sends false switches off a zone that has just begun to cool.",
        loop_verdicts.judge_mild,
    ),
    _watched(
        "artefacts",
        1,
        "a cold zone is switched off although 5 % of its readings are artefacts, whether the rule "
        "of part 3 stores them or not",
        _MEAN_HINT,
        loop_verdicts.judge_artefacts,
    ),
    _watched(
        "edges",
        2,
        f"a zone with a mean of exactly {ON_ABOVE_C:g}, and one without readings in the last "
        "minute, stay as they are",
        f"on is above {ON_ABOVE_C:g}, off is below {OFF_BELOW_C:g}, and the mean of nothing is "
        "neither.",
        loop_verdicts.judge_edges,
    ),
)
