"""The checks of parts 1 and 2: a right solution under any names, and the wrong ones they catch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_utils.checks.catalogue import run_part
from lab_utils.local_aws.session_file import Session
from tests.integration.solutions import SQL, Solution

TOPIC_ONLY_ELSEWHERE = [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
    {"Effect": "Allow", "Action": "iot:*", "Resource": "arn:aws:iot:*:*:topic/elsewhere"},
]


@pytest.fixture
def work(aws_session: Session, aws_client: Any, tmp_path: Path) -> Iterator[Solution]:
    """A right solution of part 1; a test adds part 2 or breaks something."""
    solution = Solution(aws_session, aws_client, tmp_path / "files")
    yield solution
    solution.remove_part2()


def lost(work: Solution, check_id: str) -> str:
    """Return what a check saw that has to fail, and has to say what to do."""
    result = work.check(check_id)
    assert (result.status, result.earned) == ("failed", 0)
    assert result.wanted
    assert result.hint
    return result.seen


def test_a_right_solution_earns_all_points_and_is_left_as_it_was(work: Solution) -> None:
    work.add_part2()
    report = run_part(work.context)
    assert [result.id for result in report.checks if result.status != "passed"] == []
    assert (report.earned, report.points) == (30, 30)
    assert [result.hint for result in report.checks] == [""] * len(report.checks)
    assert work.items() == []


def test_no_solution_at_all_fails_every_check_with_a_message(work: Solution) -> None:
    work.iot.update_certificate(certificateId=work.device.certificate_id, newStatus="INACTIVE")
    work.iot.detach_policy(policyName=work.name, target=work.device.arn)
    work.iot.detach_thing_principal(thingName=work.name, principal=work.device.arn)
    work.outputs = {}
    report = run_part(work.context)
    assert report.earned == 0
    assert all(result.seen and result.wanted and result.hint for result in report.checks)


def test_an_inactive_certificate_is_caught(work: Solution) -> None:
    work.iot.update_certificate(certificateId=work.device.certificate_id, newStatus="INACTIVE")
    assert "INACTIVE" in lost(work, "part1-certificate")
    assert "refused the connection" in lost(work, "part1-connect")


def test_a_certificate_file_that_is_missing_or_foreign_is_caught(work: Solution) -> None:
    pem = work.device.certificate.read_text()
    work.device.certificate.write_text("no certificate")
    assert "holds no certificate" in lost(work, "part1-certificate")
    work.device.certificate.unlink()
    assert "are not in" in lost(work, "part1-certificate")
    work.device.certificate.write_text(pem)
    work.iot.detach_policy(policyName=work.name, target=work.device.arn)
    work.iot.detach_thing_principal(thingName=work.name, principal=work.device.arn)
    work.iot.update_certificate(certificateId=work.device.certificate_id, newStatus="INACTIVE")
    work.iot.delete_certificate(certificateId=work.device.certificate_id)
    assert "not the one of the file" in lost(work, "part1-certificate")


def test_a_policy_that_is_not_attached_is_caught(work: Solution) -> None:
    work.iot.detach_policy(policyName=work.name, target=work.device.arn)
    assert "no policy is attached" in lost(work, "part1-policy")
    assert "refused the connection" in lost(work, "part1-connect")


def replace_policy(work: Solution, statements: list[dict[str, Any]]) -> None:
    document = {"Version": "2012-10-17", "Statement": statements}
    work.iot.create_policy_version(
        policyName=work.name, policyDocument=json.dumps(document), setAsDefault=True
    )


def test_a_policy_for_other_topics_is_caught(work: Solution) -> None:
    replace_policy(work, TOPIC_ONLY_ELSEWHERE)
    assert "iot:Publish on topic/sensor/temperature/temp_1" in lost(work, "part1-policy")
    assert "135 (Not authorized)" in lost(work, "part1-connect")


def test_a_policy_without_receive_is_caught(work: Solution) -> None:
    actions = ["iot:Connect", "iot:Publish", "iot:Subscribe"]
    replace_policy(work, [{"Effect": "Allow", "Action": actions, "Resource": "*"}])
    assert "iot:Receive" in lost(work, "part1-policy")
    assert "did not come back" in lost(work, "part1-connect")


def test_a_policy_that_allows_everything_is_remarked_upon_and_costs_nothing(
    work: Solution,
) -> None:
    replace_policy(work, [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}])
    result = work.check("part1-policy")
    assert result.status == "passed"
    assert "iot_policy.json" in result.hint


def test_a_thing_without_the_certificate_is_caught(work: Solution) -> None:
    work.iot.detach_thing_principal(thingName=work.name, principal=work.device.arn)
    assert "none with this certificate" in lost(work, "part1-thing")


@pytest.mark.parametrize("outputs", [{}, {"iot_endpoint": "example.com"}, {"endpoint": "x"}])
def test_a_missing_or_wrong_endpoint_is_caught(work: Solution, outputs: dict[str, str]) -> None:
    work.outputs = dict(outputs)
    assert "output" in lost(work, "part1-endpoint")


def test_a_check_does_not_throw_a_sensor_out(work: Solution) -> None:
    with work.make_device("temp_1") as sensor, sensor.subscribe("sensor/temperature/+") as inbox:
        assert work.check("part1-connect").status == "passed"
        inbox.wait(1)
        assert sensor.is_connected


@pytest.mark.parametrize("key", [("Id", "S"), ("id", "N"), ("temperature", "S")])
def test_a_wrong_key_is_caught(work: Solution, key: tuple[str, str]) -> None:
    work.add_part2(key=key)
    assert f"HASH {key[0]} ({key[1]})" in lost(work, "part2-table")
    assert lost(work, "part2-hot-45")


def test_a_missing_table_is_caught(work: Solution) -> None:
    work.add_part2()
    work.dynamodb.delete_table(TableName="Temperature")
    assert "there is no table Temperature" in lost(work, "part2-table")
    assert "there is no table Temperature" in lost(work, "part2-role")


@pytest.mark.parametrize("actions", [{}, {"dynamodb:GetItem": "*"}])
def test_a_role_that_may_not_put_items_is_caught(work: Solution, actions: dict[str, str]) -> None:
    work.add_part2(actions=actions)
    assert "implicitDeny" in lost(work, "part2-role")
    assert "was not stored" in lost(work, "part2-hot-45")


def test_a_role_for_another_table_is_caught(work: Solution) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/Humidity"
    work.add_part2(actions={"dynamodb:PutItem": arn})
    assert "implicitDeny" in lost(work, "part2-role")


def test_a_role_that_trusts_lambda_is_caught(work: Solution) -> None:
    work.add_part2(service="lambda.amazonaws.com")
    assert "trusts lambda.amazonaws.com" in lost(work, "part2-role")
    assert "was not stored" in lost(work, "part2-hot-45")


def test_a_role_that_is_not_there_any_more_is_caught(work: Solution) -> None:
    work.add_part2(actions={})
    work.iam.delete_role(RoleName=work.name)
    assert "cannot be read" in lost(work, "part2-role")


def test_no_rule_at_all_is_caught(work: Solution) -> None:
    work.add_part2()
    work.iot.delete_topic_rule(ruleName=work.name)
    assert "no topic rule writes to Temperature" in lost(work, "part2-role")
    assert "none" in lost(work, "part2-hot-45")


def test_a_role_that_may_do_more_is_remarked_upon_and_costs_nothing(work: Solution) -> None:
    work.add_part2(actions={"dynamodb:*": "*"})
    result = work.check("part2-role")
    assert (result.status, result.earned) == ("passed", 3)
    assert "delete the table" in result.hint
    assert "every other table" in result.hint


def test_a_strict_comparison_loses_only_the_reading_of_40(work: Solution) -> None:
    work.add_part2(sql=SQL.replace(">=", ">"))
    assert work.check("part2-hot-45").status == "passed"
    assert "temperature > 40" in lost(work, "part2-hot-40")
    assert work.check("part2-mild-39-9").status == "passed"


def test_a_threshold_that_is_too_low_is_caught_and_its_item_removed(work: Solution) -> None:
    work.add_part2(sql=SQL.replace("40", "39"))
    assert work.check("part2-hot-40").status == "passed"
    assert "39.9 was stored" in lost(work, "part2-mild-39-9")
    assert work.items() == []


def test_a_rule_without_where_is_caught(work: Solution) -> None:
    work.add_part2(sql="SELECT * FROM 'sensor/temperature/+'")
    assert "39.9 was stored" in lost(work, "part2-mild-39-9")


@pytest.mark.parametrize("topic_filter", ["sensor/+", "sensor/temperature", "temperature/+"])
def test_a_rule_on_the_wrong_topic_is_caught(work: Solution, topic_filter: str) -> None:
    work.add_part2(sql=SQL.replace("sensor/temperature/+", topic_filter))
    assert f"'{topic_filter}'" in lost(work, "part2-hot-45")


def test_a_disabled_rule_is_caught_and_39_9_not_called_right(work: Solution) -> None:
    work.add_part2(is_disabled=True)
    assert "disabled" in lost(work, "part2-hot-45")
    assert "nothing can be said of 39.9" in lost(work, "part2-mild-39-9")


def test_a_rule_that_stores_only_a_part_of_the_message_is_caught(work: Solution) -> None:
    work.add_part2(sql=SQL.replace("*", "id, temperature"))
    assert "stored was" in lost(work, "part2-hot-45")
    assert work.items() == []
