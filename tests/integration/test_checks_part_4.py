"""The checks of part 4: right functions of several authors, and the wrong ones they catch.

One embedded AWS at speed 120, one solution: a test changes what it is about, and the next one
finds it mended.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from lab_utils.checks.base import Finding, Report
from lab_utils.checks.catalogue import run_part
from lab_utils.checks.closed_loop import Command
from lab_utils.checks.loop_causes import explain_silence
from lab_utils.checks.readings import make_reading
from lab_utils.checks.strangers import collect_strangers
from tests.integration import air_conditioning
from tests.integration.air_conditioning import package, workbook_package
from tests.integration.solutions import (
    DATABASE,
    READINGS,
    Solution,
    failed,
    function_permissions,
    part4_solution,
)
from tests.integration.things import create_role, put_role_policy, wait_until

LOOP = ("hot", "cold", "zones", "mild", "artefacts", "edges")
SPEED = 120


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Solution]:
    """A right solution of parts 1, 3 and 4 in an embedded AWS of its own."""
    with part4_solution(tmp_path_factory.mktemp("part 4"), SPEED) as solution:
        yield solution


@pytest.fixture
def work(house: Solution) -> Iterator[Solution]:
    """The right solution; whatever the test changes is right again afterwards."""
    house.memory.clear()
    yield house
    allow(house, function_permissions(house.readings_arn))
    set_trust(house, "lambda.amazonaws.com")
    house.iot.enable_topic_rule(ruleName=house.readings_name)
    house.schedule("rate(1 minute)", [house.function()["FunctionArn"]])
    house.permit(house.rule_arn)
    if house.function()["CodeSha256"] != sha256(workbook_package()):
        house.deploy(workbook_package())


def sha256(code: bytes) -> str:
    """Return a package's checksum as Lambda tells it."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def allow(work: Solution, actions: dict[str, str]) -> None:
    """Let the function's role do this and nothing else."""
    put_role_policy(work.iam, work.function_name, actions)


def set_trust(work: Solution, service: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    work.iam.update_assume_role_policy(RoleName=work.function_name, PolicyDocument=document)


def without(work: Solution, action: str) -> dict[str, str]:
    """Return what the function's role needs, but for one action."""
    allowed = function_permissions(work.readings_arn)
    return {name: resource for name, resource in allowed.items() if name != action}


def lost(report: Report) -> set[str]:
    """Return which checks failed; each of them has to say what to do."""
    failed = [result for result in report.checks if result.status != "passed"]
    assert all(result.seen and result.wanted and result.hint for result in failed)
    return {result.id.removeprefix("part4-") for result in failed}


def replace_table(work: Solution) -> None:
    """Put an empty table in the place of the one with readings."""
    work.timestream.delete_table(DatabaseName=DATABASE, TableName=READINGS)
    work.timestream.create_table(DatabaseName=DATABASE, TableName=READINGS)


def cause(work: Solution, *commands: Command) -> Finding:
    """Return the reason that is told for silence, after a reading was sent."""
    began = work.read_timeline().now()
    with work.make_device(f"{work.name}-sensor") as device:
        device.publish("sensor/temperature/temp_1", make_reading(25.5))
    return explain_silence(work.context, commands, began)


def test_the_workbooks_function_earns_all_points_without_a_remark(work: Solution) -> None:
    report = run_part(work.context, 4)
    assert lost(report) == set(), report.to_text()
    assert report.earned == 25
    assert {result.hint for result in report.checks} == {""}


def test_another_authors_function_and_names_earn_all_points(work: Solution) -> None:
    """It repeats the state every minute with QoS 0, takes the measure, and may do less or more."""
    commands = "arn:aws:iot:eu-west-1:123456789012:topic/AC/AC-*"
    reading = {"timestream:Select": "*", "timestream:DescribeEndpoints": "*"}
    allow(work, {**reading, "iot:Publish": commands})
    work.schedule("cron(* * * * ? *)", [work.function()["FunctionArn"]])
    work.permit("arn:aws:events:eu-west-1:123456789012:rule/*")
    add_another_function(work)
    work.deploy(package(air_conditioning.BY_MEASURE))
    report = run_part(work.context, 4)
    work.functions.delete_function(FunctionName=f"{work.name}_another")
    work.events.remove_targets(Rule=f"{work.name}_hourly", Ids=["1"])
    work.events.delete_rule(Name=f"{work.name}_hourly")
    assert lost(report) == set(), report.to_text()
    [remark] = {result.hint for result in report.checks} - {""}
    assert "read every other table" in remark


def test_a_device_policy_that_allows_each_sensor_its_own_topic_is_enough(work: Solution) -> None:
    """And so is a rule that keeps artefacts out of the table."""
    arn = "arn:aws:iot:eu-west-1:123456789012"
    clients = [f"{arn}:client/{name}" for name in ("temp_1", "temp_2", "temp_3", "temp_4", "AC-*")]
    topics = {
        "iot:Publish": f"{arn}:topic/sensor/temperature/${{iot:ClientId}}",
        "iot:Subscribe": f"{arn}:topicfilter/AC/*",
        "iot:Receive": f"{arn}:topic/AC/*",
    }
    with device_policy(work, {"iot:Connect": clients, **topics}), valid_readings_only(work):
        report = run_part(work.context, 4)
    assert lost(report) == set(), report.to_text()


@contextmanager
def device_policy(work: Solution, allowed: Mapping[str, object]) -> Iterator[None]:
    """Let the devices do this and nothing else for a while."""
    name = work.device.policy
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in allowed.items()]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    work.iot.create_policy_version(policyName=name, policyDocument=document, setAsDefault=True)
    yield
    work.iot.set_default_policy_version(policyName=name, policyVersionId="1")


@contextmanager
def valid_readings_only(work: Solution) -> Iterator[None]:
    """Let part 3's rule take no artefacts for a while."""
    rule = work.iot.get_topic_rule(ruleName=work.readings_name)["rule"]
    payload = {name: rule[name] for name in ("sql", "actions", "awsIotSqlVersion")}
    filtered = payload | {"sql": f"{rule['sql']} WHERE temperature < 40"}
    work.iot.replace_topic_rule(ruleName=work.readings_name, topicRulePayload=filtered)
    yield
    work.iot.replace_topic_rule(ruleName=work.readings_name, topicRulePayload=payload)


def add_another_function(work: Solution) -> None:
    """Add a function that has nothing to do with the house, and a schedule of its own."""
    name = f"{work.name}_another"
    role = create_role(work.iam, name, None, {"Service": "lambda.amazonaws.com"})
    made = work.functions.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.12",
        Handler="main.run",
        Code={"ZipFile": package("def run(event, context): ...", "main")},
    )
    work.events.put_rule(Name=f"{work.name}_hourly", ScheduleExpression="rate(1 hour)")
    target = {"Id": "1", "Arn": made["FunctionArn"]}
    work.events.put_targets(Rule=f"{work.name}_hourly", Targets=[target])


@pytest.mark.parametrize(
    ("source", "exercises"),
    [
        ("AT_35_AND_WITHOUT_DATA", {"edges"}),
        ("NO_HYSTERESIS", {"mild"}),
        ("BLIND", set(LOOP)),
    ],
)
def test_a_function_that_decides_wrongly_loses_what_it_gets_wrong(
    work: Solution, source: str, exercises: set[str]
) -> None:
    work.deploy(package(getattr(air_conditioning, source)))
    report = run_part(work.context, 4)
    assert lost(report) == exercises, report.to_text()


def test_a_schedule_without_permission_is_told_as_the_cause_of_silence(work: Solution) -> None:
    work.permit(None)
    report = run_part(work.context, 4)
    assert lost(report) == {"permission", *LOOP}
    hot = next(result for result in report.checks if result.id == "part4-hot")
    assert "does not let events.amazonaws.com invoke it" in hot.seen


def test_a_permission_for_another_rule_is_caught(work: Solution) -> None:
    work.permit(f"{work.rule_arn}_other")
    result = failed(work, "part4-permission")
    assert f"but for {work.rule_arn}_other" in result.seen
    assert result.wanted.endswith(f"for {work.rule_arn}")
    assert "source_arn" in result.hint
    assert f"{work.rule_arn}_other" in cause(work).seen


def test_a_permission_for_every_rule_of_any_account_is_remarked_upon(work: Solution) -> None:
    work.permit("")
    result = work.check("part4-permission")
    assert result.status == "passed"
    assert "any rule of any account" in result.hint


def test_a_permission_is_seen_apart_from_the_target(work: Solution) -> None:
    work.schedule("rate(1 minute)", [])
    assert work.check("part4-permission").status == "passed"


def test_a_rule_without_the_function_as_target_is_caught(work: Solution) -> None:
    work.schedule("rate(1 minute)", [])
    result = failed(work, "part4-schedule")
    assert f"no scheduled rule has {work.function_name} as its target" in result.seen
    assert "no target" in result.seen
    assert "aws_cloudwatch_event_target" in result.hint
    other = "arn:aws:lambda:eu-west-1:123456789012:function:other"
    work.schedule("rate(1 minute)", [other])
    assert "target: other" in failed(work, "part4-schedule").seen
    assert "as its target" in cause(work).seen


def test_a_disabled_rule_is_caught(work: Solution) -> None:
    [target] = work.events.list_targets_by_rule(Rule=work.function_name)["Targets"]
    work.schedule("rate(1 minute)", [target["Arn"]], state="DISABLED")
    result = failed(work, "part4-schedule")
    assert "(rate(1 minute), disabled" in result.seen
    assert "ENABLED" in result.hint
    assert "disabled" in cause(work).seen


@pytest.mark.parametrize("expression", ["rate(5 minutes)", "cron(0/2 * * * ? *)"])
def test_a_rule_that_fires_too_seldom_is_caught(work: Solution, expression: str) -> None:
    [target] = work.events.list_targets_by_rule(Rule=work.function_name)["Targets"]
    work.schedule(expression, [target["Arn"]])
    result = failed(work, "part4-schedule")
    assert expression in result.seen
    assert "rate(1 minute)" in result.hint


def test_a_role_that_may_not_read_the_table_is_caught(work: Solution) -> None:
    allow(work, without(work, "timestream:Select"))
    assert (
        "timestream:Select on the table iot.temperaturesensor is implicitDeny"
        in failed(work, "part4-role").seen
    )
    assert work.check("part4-role-publish").status == "passed"
    result = failed(work, "part4-function")
    assert "not authorized to perform: timestream:Select" in result.seen
    assert "part4-role" in result.hint
    assert "timestream:Select" in cause(work).seen


@pytest.mark.parametrize("resource", [None, "the table"])
def test_a_role_that_may_not_describe_endpoints_on_everything_is_caught(
    work: Solution, resource: str | None
) -> None:
    allowed = without(work, "timestream:DescribeEndpoints")
    if resource:
        allowed["timestream:DescribeEndpoints"] = work.readings_arn
    allow(work, allowed)
    assert "DescribeEndpoints on * is implicitDeny" in failed(work, "part4-role").seen


@pytest.mark.parametrize("topic", [None, "AC/AC-1"])
def test_a_role_that_may_not_publish_to_both_zones_is_caught(
    work: Solution, topic: str | None
) -> None:
    allowed = without(work, "iot:Publish")
    if topic:
        allowed["iot:Publish"] = f"arn:aws:iot:eu-west-1:123456789012:topic/{topic}"
    allow(work, allowed)
    missing = "AC/AC-2" if topic else "AC/AC-1"
    seen = f"iot:Publish on the topic {missing} is implicitDeny"
    assert seen in failed(work, "part4-role-publish").seen
    assert work.check("part4-role").status == "passed"
    assert seen in cause(work).seen


def test_a_role_that_no_longer_trusts_lambda_is_caught(work: Solution) -> None:
    set_trust(work, "iot.amazonaws.com")
    for check_id in ("part4-role", "part4-role-publish"):
        assert "trusts iot.amazonaws.com" in failed(work, check_id).seen


def test_the_placeholder_is_told_by_its_error(work: Solution) -> None:
    work.deploy(package())
    result = failed(work, "part4-function")
    assert "No module named 'ac_control_lambda'" in result.seen
    assert "lab.deploy_lambda()" in result.hint
    assert "No module named" in cause(work).seen


def test_an_error_in_the_function_is_told(work: Solution) -> None:
    work.deploy(package("def lambda_handler(event, context):\n    return event['zone']"))
    result = failed(work, "part4-function")
    assert "KeyError: 'zone'" in result.seen
    assert "lab.logs" in result.hint


def test_a_function_that_needs_readings_is_given_some_before_it_is_judged(work: Solution) -> None:
    source = air_conditioning.replaced("means = {", "rows[0]\n    means = {")
    work.deploy(package(source))
    assert work.check("part4-function").status == "passed"


def test_a_module_that_the_runtime_lacks_is_named(work: Solution) -> None:
    work.deploy(package("import requests"))
    result = failed(work, "part4-function")
    assert "No module named 'requests'" in result.seen
    assert "requirements.txt" in result.hint


def test_a_function_that_hides_its_errors_is_told_its_roles_lack(work: Solution) -> None:
    source = "def lambda_handler(event, context):\n    print('denied, but who reads this?')"
    work.deploy(package(source))
    allow(work, without(work, "timestream:Select"))
    assert work.check("part4-function").status == "passed"
    assert "timestream:Select on the table" in cause(work).seen


def test_readings_of_another_house_are_noticed(work: Solution) -> None:
    own, other = make_reading(25.5), make_reading(26.5)
    with (
        collect_strangers(work.context, {own["id"]}) as found,
        work.make_device(f"{work.name}-sensor") as device,
    ):
        device.publish("sensor/temperature/temp_1", own)
        device.publish("sensor/temperature/temp_2", other)
        wait_until(lambda: found, "the other reading came")
        assert found == ["sensor/temperature/temp_2"]


def test_readings_that_are_not_stored_are_the_cause_of_silence(work: Solution) -> None:
    work.iot.disable_topic_rule(ruleName=work.readings_name)
    replace_table(work)
    found = cause(work)
    assert "are not in iot.temperaturesensor" in found.seen
    assert "lab.checks(3)" in found.hint


def test_whole_numbers_are_the_cause_of_silence_where_nothing_else_is(work: Solution) -> None:
    replace_table(work)
    with work.make_device(f"{work.name}-sensor") as device:
        device.publish("sensor/temperature/temp_1", make_reading(25))
    wait_until(lambda: "bigint" in cause(work).seen, "the whole number is stored")
    replace_table(work)


def test_a_message_that_no_air_conditioner_reads_is_the_cause_of_silence(work: Solution) -> None:
    found = cause(work, Command(1, None, 60.0, '{"enabled": true}'))
    assert found.seen == 'what came on AC/AC-1 was {"enabled": true}'
    assert '{"state": {"enabled": true}}' in found.hint


def test_a_function_that_sends_nothing_is_told_so(work: Solution) -> None:
    found = cause(work)
    assert "nothing came on AC/AC-1 and AC/AC-2" in found.seen
    assert "GROUP BY zone_id" in found.hint


def test_without_a_function_the_roles_are_looked_at_and_the_rest_fails_at_once(
    work: Solution,
) -> None:
    function = work.function()
    work.functions.delete_function(FunctionName=work.function_name)
    report = run_part(work.context, 4)
    work.functions.create_function(
        FunctionName=work.function_name,
        Role=function["Role"],
        Runtime=function["Runtime"],
        Handler=function["Handler"],
        Code={"ZipFile": workbook_package()},
        Timeout=function["Timeout"],
    )
    assert lost(report) == {"function", "schedule", "permission", *LOOP}
    by_id = {result.id: result for result in report.checks}
    assert by_id["part4-function"].seen == "there is no Lambda function"
    assert by_id["part4-hot"].hint == "first part4-function."
