"""The checks of part 3: right solutions of several kinds, and the wrong ones they catch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_utils.checks.catalogue import run_part
from lab_utils.local_aws.session_file import Session
from lab_utils.queries import run_query
from tests.integration.solutions import (
    DATABASE,
    DIMENSIONS,
    READINGS,
    READINGS_SQL,
    Solution,
    failed,
    write_permissions,
)
from tests.integration.things import create_rule, timestream_action

READING_CHECKS = ("part3-readings", "part3-dimensions", "part3-boundary")


@pytest.fixture
def work(aws_session: Session, aws_client: Any, tmp_path: Path) -> Iterator[Solution]:
    """A right solution of part 1; a test adds part 3, right or wrong."""
    solution = Solution(aws_session, aws_client, tmp_path / "files")
    yield solution
    solution.remove()


def passed(work: Solution) -> list[str]:
    """Return the hints of part 3's checks, which all have to pass."""
    report = run_part(work.context, 3)
    assert [(one.id, one.seen) for one in report.checks if one.status != "passed"] == []
    assert report.earned == 15
    return [one.hint for one in report.checks]


def test_a_right_solution_earns_all_points_without_a_remark(work: Solution) -> None:
    work.add_part3()
    assert set(passed(work)) == {""}


def test_no_check_decides_that_the_temperature_is_a_whole_number(work: Solution) -> None:
    work.add_part3()
    assert work.check("part3-boundary").status == "passed"
    sql = f'SHOW MEASURES FROM "{DATABASE}"."{READINGS}"'
    measures = run_query(work.aws_client("timestream-query"), sql).set_index("measure_name")
    assert measures.loc["temperature", "data_type"] == "double"


def test_the_checks_leave_no_artefact_in_the_table_of_part_2(work: Solution) -> None:
    work.add_part2()
    work.add_part3()
    passed(work)
    assert work.items() == []


def test_a_rule_that_keeps_artefacts_out_earns_all_points_and_is_remarked_upon(
    work: Solution,
) -> None:
    work.add_part3(sql=f"{READINGS_SQL} WHERE temperature < 40")
    [remark] = set(passed(work)) - {""}
    assert "keeps artefacts out" in remark


def test_a_rule_without_a_timestamp_earns_all_points(work: Solution) -> None:
    work.add_part3(unit=None)
    assert set(passed(work)) == {""}


def test_a_rule_for_each_sensor_earns_all_points(work: Solution) -> None:
    work.add_part3(sql=READINGS_SQL.replace("+", "temp_1"))
    role = work.iam.get_role(RoleName=work.readings_name)["Role"]["Arn"]
    action = timestream_action(role, DATABASE, READINGS, DIMENSIONS, "MILLISECONDS")
    for sensor in (2, 3, 4):
        sql = READINGS_SQL.replace("+", f"temp_{sensor}")
        create_rule(work.iot, f"{work.name}_{sensor}", sql, [action])
    assert set(passed(work)) == {""}


def test_a_further_dimension_is_remarked_upon_and_costs_nothing(work: Solution) -> None:
    work.add_part3(dimensions=DIMENSIONS | {"topic": "${topic()}"})
    assert "the dimensions topic are not asked for." in passed(work)


def test_a_table_whose_temperature_began_as_a_whole_number_earns_all_points(
    work: Solution,
) -> None:
    work.add_part3()
    reading = {"id": "whole", "temperature": 20, "sensor_id": 1, "zone_id": 1}
    with work.make_device(f"{work.name}-sensor") as device:
        device.publish("sensor/temperature/temp_1", reading)
    passed(work)


def test_no_solution_at_all_fails_every_check_with_a_message(work: Solution) -> None:
    report = run_part(work.context, 3)
    assert report.earned == 0
    assert all(result.seen and result.wanted and result.hint for result in report.checks)
    assert "there is no database iot; there are:" in failed(work, "part3-database").seen


def test_a_database_without_its_table_is_caught(work: Solution) -> None:
    work.timestream.create_database(DatabaseName=DATABASE)
    work.timestream.create_table(DatabaseName=DATABASE, TableName="temperature_sensor")
    assert work.check("part3-database").status == "passed"
    assert "temperature_sensor" in failed(work, "part3-table").seen
    for check_id in ("part3-role-write", *READING_CHECKS):
        result = failed(work, check_id)
        assert result.seen == "there is no table iot.temperaturesensor"
        assert result.hint == "first part3-table."


def test_no_rule_at_all_is_caught(work: Solution) -> None:
    work.add_part3()
    work.iot.delete_topic_rule(ruleName=work.readings_name)
    for check_id in ("part3-role-write", "part3-role-endpoints"):
        assert "no topic rule writes to iot.temperaturesensor" in failed(work, check_id).seen
    result = failed(work, "part3-readings")
    assert "rules that write to iot.temperaturesensor: none" in result.seen
    assert "declare aws_iot_topic_rule" in result.hint


def test_a_role_without_describe_endpoints_is_caught(work: Solution) -> None:
    work.add_part3()
    [arn] = [one for one in write_arns(work) if one != "*"]
    set_role_policy(work, {"timestream:WriteRecords": arn})
    assert work.check("part3-role-write").status == "passed"
    assert "DescribeEndpoints on * is implicitDeny" in failed(work, "part3-role-endpoints").seen
    result = failed(work, "part3-readings")
    assert "was not stored" in result.seen
    assert "part3-role-endpoints" in result.hint


def test_a_role_that_may_describe_endpoints_on_the_table_only_is_caught(work: Solution) -> None:
    work.add_part3()
    [arn] = [one for one in write_arns(work) if one != "*"]
    set_role_policy(work, {"timestream:WriteRecords": arn, "timestream:DescribeEndpoints": arn})
    assert "implicitDeny" in failed(work, "part3-role-endpoints").seen


@pytest.mark.parametrize("wrong", ["database", "another table", "no action"])
def test_a_role_that_may_not_write_to_the_table_is_caught(work: Solution, wrong: str) -> None:
    work.add_part3()
    [arn] = [one for one in write_arns(work) if one != "*"]
    actions = {
        "database": {"timestream:WriteRecords": arn.split("/table/")[0]},
        "another table": {"timestream:WriteRecords": f"{arn}s"},
        "no action": {"timestream:Select": arn},
    }[wrong]
    set_role_policy(work, actions | {"timestream:DescribeEndpoints": "*"})
    assert (
        "WriteRecords on the table iot.temperaturesensor is implicitDeny"
        in failed(work, "part3-role-write").seen
    )
    assert work.check("part3-role-endpoints").status == "passed"
    assert "was not stored" in failed(work, "part3-readings").seen


def write_arns(work: Solution) -> list[str]:
    described = work.timestream.describe_table(DatabaseName=DATABASE, TableName=READINGS)
    return list(write_permissions(described["Table"]["Arn"]).values())


def set_role_policy(work: Solution, actions: dict[str, str]) -> None:
    allowed = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in actions.items()]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    work.iam.put_role_policy(
        RoleName=work.readings_name, PolicyName="actions", PolicyDocument=document
    )


def test_a_role_that_may_do_more_is_remarked_upon_and_costs_nothing(work: Solution) -> None:
    work.add_part3(actions={"timestream:*": "*"})
    [remark] = set(passed(work)) - {""}
    assert "delete the table" in remark
    assert "every other table" in remark


def test_a_role_that_trusts_lambda_is_caught(work: Solution) -> None:
    work.add_part3(service="lambda.amazonaws.com")
    assert "trusts lambda.amazonaws.com" in failed(work, "part3-role-write").seen
    assert "was not stored" in failed(work, "part3-readings").seen


def test_a_misspelt_dimension_is_caught(work: Solution) -> None:
    names = {"sensor": "${sensor_id}", "temperature": "${temperature}", "zone_id": "${zone_id}"}
    work.add_part3(dimensions=names)
    assert work.check("part3-readings").status == "passed"
    result = failed(work, "part3-dimensions")
    assert "sensor = 4" in result.seen
    assert "sensor_id = 4" in result.wanted
    assert "spelt so" in result.hint


def test_a_missing_dimension_is_caught(work: Solution) -> None:
    work.add_part3(dimensions={name: DIMENSIONS[name] for name in ("sensor_id", "zone_id")})
    assert failed(work, "part3-dimensions").seen.endswith(
        "dimensions are sensor_id = 4, zone_id = 2"
    )


def test_a_dimension_of_plain_text_is_caught(work: Solution) -> None:
    work.add_part3(dimensions=DIMENSIONS | {"zone_id": "zone_id"})
    result = failed(work, "part3-dimensions")
    assert "zone_id = zone_id" in result.seen
    assert "$$" in result.hint


def test_a_template_that_names_an_alias_of_the_select_is_caught(work: Solution) -> None:
    sql = READINGS_SQL.replace("*", "*, temperature AS degrees")
    work.add_part3(sql=sql, dimensions=DIMENSIONS | {"temperature": "${degrees}"})
    hint = failed(work, "part3-dimensions").hint
    assert "the dimension temperature takes ${degrees}" in hint


@pytest.mark.parametrize("unit", ["SECONDS", "MICROSECONDS", "NANOSECONDS"])
def test_milliseconds_in_another_unit_are_caught(work: Solution, unit: str) -> None:
    work.add_part3(unit=unit)
    result = failed(work, "part3-readings")
    assert f"timestamp ${{timestamp()}} in {unit}" in result.seen
    assert "The unit is MILLISECONDS" in result.hint


def test_readings_that_are_stored_with_a_wrong_time_are_told_with_that_time(
    work: Solution,
) -> None:
    work.add_part3(unit="MICROSECONDS")
    work.timestream.update_table(
        DatabaseName=DATABASE,
        TableName=READINGS,
        MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True},
    )
    assert "was stored with the time 1970-01-" in failed(work, "part3-readings").seen


@pytest.mark.parametrize("topic_filter", ["sensor/+", "sensor/temperature", "temperature/+"])
def test_a_rule_on_another_topic_is_caught(work: Solution, topic_filter: str) -> None:
    work.add_part3(sql=READINGS_SQL.replace("sensor/temperature/+", topic_filter))
    assert f"'{topic_filter}'" in failed(work, "part3-readings").seen


def test_a_disabled_rule_is_caught(work: Solution) -> None:
    work.add_part3(is_disabled=True)
    result = failed(work, "part3-readings")
    assert "disabled" in result.seen
    assert "enabled = true" in result.hint


@pytest.mark.parametrize(
    "sql", [READINGS_SQL.replace("/+", "/temp_1"), f"{READINGS_SQL} WHERE zone_id = 1"]
)
def test_a_rule_that_loses_other_sensors_is_caught(work: Solution, sql: str) -> None:
    work.add_part3(sql=sql)
    result = failed(work, "part3-readings")
    assert "on sensor/temperature/temp_4 (sensor_id 4, zone_id 2) was not stored" in result.seen
    assert "temp_1 (" not in result.seen.split(";")[0]
    assert "every sensor" in result.hint


def test_a_where_that_takes_the_invalid_readings_is_caught(work: Solution) -> None:
    work.add_part3(sql=f"{READINGS_SQL} WHERE temperature >= 40")
    assert "temp_1" in failed(work, "part3-readings").seen
    failed(work, "part3-boundary")


def test_a_where_that_loses_valid_readings_below_40_is_caught(work: Solution) -> None:
    work.add_part3(sql=f"{READINGS_SQL} WHERE temperature < 39")
    assert work.check("part3-readings").status == "passed"
    result = failed(work, "part3-boundary")
    assert "39.9 on sensor/temperature/temp_1" in result.seen
    assert "39.9 is a valid reading" in result.hint


@pytest.mark.parametrize("topic_filter", ["sensor/temperature/#", "#"])
def test_a_rule_that_takes_deeper_topics_too_is_caught(work: Solution, topic_filter: str) -> None:
    work.add_part3(sql=READINGS_SQL.replace("sensor/temperature/+", topic_filter))
    result = failed(work, "part3-boundary")
    assert result.seen == "a reading on sensor/temperature/attic/temp_9 was stored"
    assert "exactly one level" in result.hint


def test_a_rule_that_selects_only_a_part_of_the_message_is_caught(work: Solution) -> None:
    work.add_part3(sql=READINGS_SQL.replace("*", "id, temperature"))
    result = failed(work, "part3-readings")
    assert "without the measures sensor_id, zone_id" in result.seen
    assert "SELECT *" in result.hint


def test_a_rule_that_writes_to_another_table_is_named(work: Solution) -> None:
    work.add_part3()
    role = work.iam.get_role(RoleName=work.readings_name)["Role"]["Arn"]
    work.iot.delete_topic_rule(ruleName=work.readings_name)
    action = timestream_action(role, DATABASE, "temperatures", DIMENSIONS, "MILLISECONDS")
    create_rule(work.iot, work.readings_name, READINGS_SQL, [action])
    seen = failed(work, "part3-readings").seen
    assert "rules that write to iot.temperaturesensor: none" in seen
    assert f"{work.readings_name} ({READINGS_SQL})" in seen
