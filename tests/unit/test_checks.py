"""Running and reporting checks, and reading policy documents, without AWS."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lab_utils.checks import policies
from lab_utils.checks.base import Check, CheckContext, Finding, run_check, run_checks
from lab_utils.checks.catalogue import ALL_CHECKS, check_named, run_part
from lab_utils.checks.storage import describe_difference, unwrapped
from lab_utils.errors import LabError, SettingsError
from lab_utils.mqtt import DeviceFiles

ARN = "arn:aws:iot:eu-west-1:123456789012:"


def no_client(service: str) -> Any:
    raise AssertionError(service)


CONTEXT = CheckContext(client=no_client, outputs={}, device=no_client)


def make_check(outcome: Finding | Exception) -> Check:
    def run(_context: CheckContext) -> Finding:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check("part9-example", 9, 5, "something good", "try again", run)


def test_a_passed_check_earns_its_points_and_keeps_its_remark_as_the_hint() -> None:
    result = run_check(make_check(Finding(True, "good", "good", "could be tighter")), CONTEXT)
    assert (result.status, result.earned, result.hint) == ("passed", 5, "could be tighter")


def test_a_failed_check_says_seen_wanted_and_hint() -> None:
    result = run_check(make_check(Finding(False, "nothing", "a table")), CONTEXT)
    assert (result.status, result.earned) == ("failed", 0)
    assert (result.seen, result.wanted, result.hint) == ("nothing", "a table", "try again")


@pytest.mark.parametrize(
    ("share", "earned"), [(0.0, 0), (0.19, 0), (0.2, 1), (3 / 5, 3), (0.999, 4), (1.0, 5)]
)
def test_a_share_of_what_was_asked_for_earns_whole_points(share: float, earned: int) -> None:
    finding = Finding(share == 1.0, "a part", share=share)
    result = run_check(make_check(finding), CONTEXT)
    assert (result.earned, result.status) == (earned, "passed" if share == 1.0 else "failed")
    assert run_checks([make_check(finding)], CONTEXT).earned == earned


def test_a_check_of_files_says_that_there_are_none() -> None:
    for check_id in ("part5-pipeline", "part5-tests"):
        assert check_named(check_id, CONTEXT).seen == "there is no workspace to look at"


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
    assert report.checks[0].wanted == "something good"


def test_an_error_of_the_lab_is_seen_and_hint_in_its_own_words() -> None:
    result = run_check(make_check(LabError("connect", "The broker refused.", "look")), CONTEXT)
    assert (result.seen, result.hint) == ("The broker refused.", "look")


def test_a_finding_may_be_more_exact_than_its_check() -> None:
    exact = Finding(False, "40 is lost", "40 and more", hint="> or >=?")
    result = run_check(make_check(exact), CONTEXT)
    assert (result.wanted, result.hint) == ("40 and more", "> or >=?")


def test_the_report_calls_a_passed_checks_hint_a_remark() -> None:
    checks = [make_check(Finding(True, "good", remark="could be tighter"))]
    assert "  remark: could be tighter" in run_checks(checks, CONTEXT).to_text()


def test_the_report_has_the_contracts_keys_and_sums() -> None:
    checks = [make_check(Finding(True, "a", "a")), make_check(Finding(False, "b", "a"))]
    report = run_checks(checks, CONTEXT)
    found = report.to_json()
    assert (found["earned"], found["points"]) == (5, 10)
    keys = {"id", "part", "points", "earned", "status", "seen", "wanted", "hint"}
    assert [set(result) for result in found["checks"]] == [keys, keys]
    assert "5 of 10 points" in report.to_text()
    assert "seen:   b" in report.to_text()


@pytest.mark.parametrize(("part", "points"), [(1, 15), (2, 15), (3, 15), (4, 25), (5, 15), (6, 10)])
def test_the_parts_are_worth_their_points(part: int, points: int) -> None:
    assert sum(check.points for check in ALL_CHECKS if check.part == part) == points


def test_check_ids_are_unique_and_name_their_part() -> None:
    ids = [check.id for check in ALL_CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(check.id.startswith(f"part{check.part}-") for check in ALL_CHECKS)


def test_a_check_or_part_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(SettingsError, match="part1-certificate"):
        check_named("part1-certificat", CONTEXT)
    with pytest.raises(SettingsError, match="1, 2, 3, 4"):
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


def test_a_certificate_file_of_an_earlier_apply_is_told_from_a_foreign_one(tmp_path: Path) -> None:
    files = DeviceFiles(tmp_path / "test.cert.pem", tmp_path / "test.private.key", None)
    files.certificate.write_text(ssl.DER_cert_to_PEM_cert(b"of an earlier apply"))
    files.private_key.write_text("key")
    iot = boto3.client(
        "iot", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    context = replace(CONTEXT, client=lambda _service: iot, files=files)
    with Stubber(iot) as answers:
        for check_id in ("part1-certificate", "part1-policy", "part1-thing"):
            answers.add_response("list_certificates", {"certificates": []})
            result = check_named(check_id, context)
            assert "AWS IoT has no certificate at all" in result.seen
            assert "from an earlier apply" in result.seen
            assert "lab.apply()" in result.hint


def test_an_item_that_differs_is_described_by_what_is_missing_other_or_too_much() -> None:
    sent = {"id": "a", "temperature": 45, "zone_id": 1}
    assert describe_difference(sent, dict(sent)) == ""
    found = describe_difference(sent, {"id": "a", "temperature": "45", "payload": {"x": 1}})
    assert "temperature is '45' in the item, but 45 was sent" in found
    assert "zone_id is missing in the item" in found
    assert "payload is in the item, but not in what was sent" in found


def test_an_item_that_holds_a_reading_whole_is_the_reading() -> None:
    reading = {"id": "a", "temperature": 45, "sensor_id": 1, "zone_id": 1}
    assert unwrapped({"id": "a", "payload": reading}) == reading
    assert unwrapped(reading) is reading
    two = {"id": "a", "payload": reading, "more": {"x": 1}}
    assert unwrapped(two) is two


@pytest.mark.parametrize(
    ("outputs", "status"),
    [({"iot_endpoint": "host"}, "passed"), ({"broker": "host"}, "passed"), ({"x": "y"}, "failed")],
)
def test_the_endpoint_may_be_told_under_another_name(outputs: dict[str, str], status: str) -> None:
    iot = boto3.client("iot", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    source = {"mode": "data", "type": "aws_iot_endpoint", "name": "mine"}
    instance = {"attributes": {"endpoint_type": "iot:Data-ATS"}}
    state = {"resources": [{**source, "instances": [instance]}]}
    with Stubber(iot) as stub:
        stub.add_response("describe_endpoint", {"endpointAddress": "host"})
        context = replace(
            CONTEXT, client=lambda _service: iot, outputs=outputs, state=lambda: state
        )
        assert check_named("part1-endpoint", context).status == status
