"""Running and reporting checks, and reading policy documents, without AWS."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab_utils.checks import policies
from lab_utils.checks.base import Check, CheckContext, Finding, run_check, run_checks
from lab_utils.checks.catalogue import ALL_CHECKS, check_named, run_part
from lab_utils.errors import LabError, SettingsError

ARN = "arn:aws:iot:eu-west-1:123456789012:"


def no_client(service: str) -> Any:
    raise AssertionError(service)


CONTEXT = CheckContext(client=no_client, outputs={}, device=no_client)


def make_check(outcome: Finding | Exception) -> Check:
    def run(_context: CheckContext) -> Finding:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check("part9-example", 9, 5, "try again", run)


def test_a_passed_check_earns_its_points_and_keeps_its_remark_as_the_hint() -> None:
    result = run_check(make_check(Finding(True, "good", "good", "could be tighter")), CONTEXT)
    assert (result.status, result.earned, result.hint) == ("passed", 5, "could be tighter")


def test_a_failed_check_says_seen_wanted_and_hint() -> None:
    result = run_check(make_check(Finding(False, "nothing", "a table")), CONTEXT)
    assert (result.status, result.earned) == ("failed", 0)
    assert (result.seen, result.wanted, result.hint) == ("nothing", "a table", "try again")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetRole"),
            "AccessDenied",
        ),
        (LabError("connect", "The broker refused.", "look"), "The broker refused."),
        (KeyError("roleArn"), "KeyError: 'roleArn'"),
        (ValueError("not JSON"), "not JSON"),
    ],
)
def test_an_error_in_a_check_is_what_it_saw_and_stops_no_other(
    error: Exception, words: str
) -> None:
    report = run_checks([make_check(error), make_check(Finding(True, "", ""))], CONTEXT)
    assert [result.status for result in report.checks] == ["failed", "passed"]
    assert words in report.checks[0].seen


def test_the_report_has_the_contracts_keys_and_sums() -> None:
    checks = [make_check(Finding(True, "a", "a")), make_check(Finding(False, "b", "a"))]
    report = run_checks(checks, CONTEXT)
    found = report.to_json()
    assert (found["earned"], found["points"]) == (5, 10)
    keys = {"id", "part", "points", "earned", "status", "seen", "wanted", "hint"}
    assert [set(result) for result in found["checks"]] == [keys, keys]
    assert "5 of 10 points" in report.to_text()
    assert "seen:   b" in report.to_text()


@pytest.mark.parametrize("part", [1, 2])
def test_a_part_is_worth_15_points(part: int) -> None:
    assert sum(check.points for check in ALL_CHECKS if check.part == part) == 15


def test_check_ids_are_unique_and_name_their_part() -> None:
    ids = [check.id for check in ALL_CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(check.id.startswith(f"part{check.part}-") for check in ALL_CHECKS)


def test_a_check_or_part_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(SettingsError, match="part1-certificate"):
        check_named("part1-certificat", CONTEXT)
    with pytest.raises(SettingsError, match="1, 2"):
        run_part(CONTEXT, 99)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(action: Any, resource: Any = "*", effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "is_allowed"),
    [
        ([statement("iot:Publish", f"{ARN}topic/a/b")], True),
        ([statement(["iot:Connect", "iot:Publish"], f"{ARN}topic/a/*")], True),
        ([statement("iot:Pub*", "arn:aws:iot:*:*:topic/a/?")], True),
        ([statement("IOT:publish", f"{ARN}topic/a/b")], True),
        ([statement("iot:Publish", f"{ARN}topic/${{iot:ClientId}}/b")], True),
        ([statement("iot:Publish", f"{ARN}topic/a/+")], False),
        ([statement("iot:Publish", f"{ARN}topic/a")], False),
        ([statement("iot:Subscribe", f"{ARN}topic/a/b")], False),
        ([statement("iot:*"), statement("iot:Publish", "*", "Deny")], False),
        ([], False),
    ],
)
def test_policies_allow_what_they_name_and_a_deny_wins(
    statements: list[dict[str, Any]], is_allowed: bool
) -> None:
    found = policies.is_allowed([document(*statements)], "iot:Publish", f"{ARN}topic/a/b")
    assert found is is_allowed


def trust(service: Any, effect: str = "Allow", action: str = "sts:AssumeRole") -> dict[str, Any]:
    return document({"Effect": effect, "Principal": {"Service": service}, "Action": action})


@pytest.mark.parametrize(
    ("trust_policy", "is_trusted"),
    [
        (trust("iot.amazonaws.com"), True),
        (trust(["lambda.amazonaws.com", "iot.amazonaws.com"]), True),
        (trust("lambda.amazonaws.com"), False),
        (trust("iot.amazonaws.com", "Deny"), False),
        (trust("iot.amazonaws.com", action="sts:TagSession"), False),
        (document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}), False),
        ({"Statement": trust("iot.amazonaws.com")["Statement"][0]}, True),
    ],
)
def test_a_role_trusts_the_services_that_its_trust_policy_names(
    trust_policy: dict[str, Any], is_trusted: bool
) -> None:
    assert policies.is_trusted(trust_policy, "iot.amazonaws.com") is is_trusted
