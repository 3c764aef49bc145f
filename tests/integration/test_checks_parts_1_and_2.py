"""The checks of parts 1 and 2: a right solution under any names, and the wrong ones they catch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab_utils.checks.base import run_check
from lab_utils.checks.catalogue import ALL_CHECKS, run_part
from lab_utils.local_aws.session_file import Session
from tests.integration.solutions import SQL, Solution
from tests.integration.things import create_rule, put_item_action

TOPIC_ONLY_ELSEWHERE = [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
    {"Effect": "Allow", "Action": "iot:*", "Resource": "arn:aws:iot:*:*:topic/elsewhere"},
]


@pytest.fixture
def work(aws_session: Session, aws_client: Any, tmp_path: Path) -> Iterator[Solution]:
    """A right solution of part 1; a test adds part 2 or breaks something."""
    solution = Solution(aws_session, aws_client, tmp_path / "files")
    yield solution
    solution.remove()


def lost(work: Solution, check_id: str) -> str:
    """Return what a check saw that has to fail, and has to say what to do."""
    result = work.check(check_id)
    assert (result.status, result.earned) == ("failed", 0)
    assert result.wanted
    assert result.hint
    return result.seen


def test_a_right_solution_earns_all_points_and_is_left_as_it_was(work: Solution) -> None:
    work.add_part2()
    results = [result for part in (1, 2) for result in run_part(work.context, part).checks]
    assert [result.id for result in results if result.status != "passed"] == []
    assert sum(result.earned for result in results) == 30
    assert [result.hint for result in results] == [""] * len(results)
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
    assert "The connection was closed" in lost(work, "part1-connect")


def test_a_certificate_file_that_is_missing_or_foreign_is_caught(work: Solution) -> None:
    pem = work.device.certificate.read_text()
    work.device.certificate.write_text("no certificate")
    assert "holds no certificate" in lost(work, "part1-certificate")
    work.device.certificate.unlink()
    assert "there is no cert.pem" in lost(work, "part1-certificate")
    for check_id in ("part1-policy", "part1-thing"):
        assert lost(work, check_id) == "there is no certificate file yet"
        assert work.check(check_id).hint == "first part1-certificate."
    work.device.certificate.write_text(pem)
    work.iot.detach_policy(policyName=work.name, target=work.device.arn)
    work.iot.detach_thing_principal(thingName=work.name, principal=work.device.arn)
    work.iot.update_certificate(certificateId=work.device.certificate_id, newStatus="INACTIVE")
    work.iot.delete_certificate(certificateId=work.device.certificate_id)
    assert "not the one of files/cert.pem" in lost(work, "part1-certificate")


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


@pytest.mark.parametrize(("asked", "words"), [("iot:Data", "iot:Data"), (None, "no endpoint")])
def test_a_data_source_for_another_endpoint_type_is_caught(
    work: Solution, asked: str | None, words: str
) -> None:
    attributes = {"endpoint_type": asked}
    source = {"mode": "data", "type": "aws_iot_endpoint", "name": "iot_endpoint"}
    state = {"resources": [{**source, "instances": [{"attributes": attributes}]}]}
    check = next(one for one in ALL_CHECKS if one.id == "part1-endpoint")
    result = run_check(check, replace(work.context, state=lambda: state))
    assert result.status == "failed"
    assert f"the data source asks for {words}" in result.seen
    attributes["endpoint_type"] = "iot:Data-ATS"
    assert run_check(check, replace(work.context, state=lambda: state)).status == "passed"


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
    for check_id in ("part2-role", "part2-hot-45", "part2-hot-40", "part2-mild-39-9"):
        assert lost(work, check_id) == "there is no table Temperature"
        assert work.check(check_id).hint == "first part2-table."


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
    assert work.check("part2-hot-40").hint == "40 itself has to be stored: > or >=?"
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
    for check_id in ("part2-hot-45", "part2-hot-40"):
        assert "sensor_id and zone_id are missing in the item" in lost(work, check_id)
        assert "SELECT *" in work.check(check_id).hint
    assert work.items() == []


@pytest.mark.parametrize(
    "sql",
    [
        SQL.replace("/+", "/temp_1"),
        SQL.replace(">= 40", "= 40 OR temperature = 45"),
        SQL.replace("WHERE", "WHERE zone_id = 1 AND"),
        SQL.replace("WHERE", "WHERE sensor_id < 4 AND"),
    ],
)
def test_a_rule_that_loses_other_sensors_or_temperatures_is_caught(
    work: Solution, sql: str
) -> None:
    work.add_part2(sql=sql)
    seen = lost(work, "part2-hot-45")
    assert "on sensor/temperature/temp_4 (sensor_id 4, zone_id 2) was not stored" in seen
    assert sql in seen
    assert "every sensor" in work.check("part2-hot-45").hint
    assert work.items() == []


@pytest.mark.parametrize("topic_filter", ["sensor/#", "sensor/temperature/#", "#"])
def test_a_rule_that_takes_deeper_topics_too_is_caught(work: Solution, topic_filter: str) -> None:
    work.add_part2(sql=SQL.replace("sensor/temperature/+", topic_filter))
    seen = lost(work, "part2-mild-39-9")
    assert seen == "a reading on sensor/temperature/attic/temp_9 was stored"
    assert "exactly one level" in work.check("part2-mild-39-9").hint
    assert work.items() == []


@pytest.mark.parametrize("condition", ["temperature >= 40.0", "NOT temperature < 40"])
def test_another_way_to_say_the_same_earns_all_points(work: Solution, condition: str) -> None:
    work.add_part2(sql=SQL.replace("temperature >= 40", condition))
    assert run_part(work.context, 2).earned == 15


def test_a_rule_that_writes_elsewhere_is_named_with_its_sql(work: Solution) -> None:
    work.add_part2()
    role = work.iam.get_role(RoleName=work.name)["Role"]["Arn"]
    work.iot.delete_topic_rule(ruleName=work.name)
    create_rule(work.iot, work.name, SQL, [put_item_action(role, "Temperatures")])
    seen = lost(work, "part2-hot-45")
    assert "rules that write to Temperature: none" in seen
    assert f"{work.name} ({SQL})" in seen


def strict(client_ids: list[str]) -> list[dict[str, Any]]:
    topics = ["sensor/temperature/temp_?", "AC/AC-?"]
    arn = "arn:aws:iot:*:*:"
    return [
        {
            "Effect": "Allow",
            "Action": "iot:Connect",
            "Resource": [f"{arn}client/{one}" for one in client_ids],
        },
        {
            "Effect": "Allow",
            "Action": ["iot:Publish", "iot:Receive", "iot:Subscribe"],
            "Resource": [
                f"{arn}{kind}/{one}" for kind in ("topic", "topicfilter") for one in topics
            ],
        },
    ]


@pytest.mark.parametrize(
    "client_ids",
    [["temp_*", "AC-*"], ["temp_1", "temp_2", "temp_3", "temp_4", "AC-1", "AC-2"]],
)
def test_a_stricter_policy_for_the_house_earns_all_points(
    work: Solution, client_ids: list[str]
) -> None:
    work.add_part2()
    replace_policy(work, strict(client_ids))
    results = [result for part in (1, 2) for result in run_part(work.context, part).checks]
    assert [one.seen for one in results if one.status != "passed"] == []


def test_a_policy_without_the_air_conditioners_is_caught(work: Solution) -> None:
    replace_policy(work, strict(["temp_*"])[:1] + strict([])[1:])
    assert "iot:Connect on client/AC-1" in lost(work, "part1-policy")
    statements = json.loads(json.dumps(strict(["*"])).replace("AC/AC-?", "AC/none"))
    replace_policy(work, statements)
    seen = lost(work, "part1-policy")
    assert "iot:Subscribe on topicfilter/AC/AC-1, iot:Receive on topic/AC/AC-1" in seen
