"""What the doctor says of a real account, and the command itself."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from lab_utils.cli import main
from lab_utils.doctor import account, examination
from lab_utils.doctor.symptoms import Symptom, missing, note, ok
from lab_utils.settings import read_settings

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-west-1"}
CLOSED = "Only existing Timestream for LiveAnalytics customers can access the service."


def client(service: str) -> Any:
    return boto3.client(service, **KEYS)  # type: ignore[call-overload]


def identity(clock_s: float = 0.0, error: str = "") -> list[Symptom]:
    sts = client("sts")
    stub = Stubber(sts)
    if error:
        stub.add_client_error("get_caller_identity", error)
    else:
        headers = {"date": "Sat, 28 Nov 2026 09:00:00 GMT"}
        answer = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}
        known = {**answer, "ResponseMetadata": {"HTTPHeaders": headers}}
        stub.add_response("get_caller_identity", known)
    with stub:
        return list(account.examine_identity(sts, NOW + timedelta(seconds=clock_s)))


def test_the_account_and_the_identity_are_named() -> None:
    known, clock = identity()
    assert "account 123456789012 as arn:aws:iam::123456789012:user/me" in known.seen
    assert clock.status == "ok"


def test_credentials_that_aws_refuses_are_missing() -> None:
    [symptom] = identity(error="InvalidClientTokenId")
    assert (symptom.name, symptom.status) == ("credentials", "missing")


@pytest.mark.parametrize(("clock_s", "word"), [(600, "ahead of"), (-600, "behind")])
def test_a_clock_that_aws_would_refuse_is_missing(clock_s: float, word: str) -> None:
    clock = identity(clock_s)[1]
    assert clock.status == "missing"
    assert f"600 s {word} AWS's" in clock.seen


def test_timestream_that_is_closed_for_the_account_is_missing_with_the_way_on() -> None:
    write = client("timestream-write")
    with Stubber(write) as stub:
        stub.add_client_error("describe_endpoints", "AccessDeniedException", CLOSED)
        symptom = account.examine_timestream(write)
    assert symptom.status == "missing"
    assert "Only existing Timestream" in symptom.seen
    assert "LAB_TARGET=local" in symptom.fix


def test_timestream_that_refuses_for_another_reason_is_not_called_closed() -> None:
    write = client("timestream-write")
    with Stubber(write) as stub:
        stub.add_client_error("describe_endpoints", "ExpiredTokenException", "The token expired")
        symptom = account.examine_timestream(write)
    assert "closed" not in symptom.seen
    assert "expired" in symptom.fix


def test_a_refusal_for_another_reason_does_not_say_that_timestream_is_closed() -> None:
    write = client("timestream-write")
    with Stubber(write) as stub:
        stub.add_client_error("describe_endpoints", "AccessDeniedException", "not authorized")
        symptom = account.examine_timestream(write)
    assert symptom.status == "missing"
    assert "closed" not in symptom.seen
    assert "timestream:DescribeEndpoints" in symptom.fix


def test_timestream_that_answers_is_open() -> None:
    write = client("timestream-write")
    with Stubber(write) as stub:
        point = {"Address": "ingest-cell1.timestream.eu-west-1.amazonaws.com"}
        stub.add_response(
            "describe_endpoints", {"Endpoints": [{**point, "CachePeriodInMinutes": 1}]}
        )
        assert account.examine_timestream(write).status == "ok"


def test_a_region_without_timestream_is_missing() -> None:
    class Nowhere:
        def describe_endpoints(self) -> None:
            raise EndpointConnectionError(endpoint_url="https://ingest.timestream.nowhere")

    assert account.examine_timestream(Nowhere()).status == "missing"


def test_a_region_and_credentials_that_nobody_gave_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = read_settings(target="aws", environ={})
    assert [one.name for one in account.examine_account(nowhere)] == ["region"]
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = account.examine_account(read_settings(target="aws", region="eu-west-1", environ={}))
    assert [(one.name, one.status) for one in found] == [
        ("region", "ok"),
        ("credentials", "missing"),
    ]


def test_a_profile_that_does_not_exist_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    settings = read_settings(target="aws", region="eu-west-1", environ={})
    _region, credentials = account.examine_account(settings)
    assert credentials.status == "missing"
    assert "no-such-profile" in credentials.seen


def examined(*symptoms: Symptom) -> Any:
    def examine(_settings: object) -> Iterator[Symptom]:
        return iter(symptoms)

    return examine


@pytest.mark.parametrize(
    ("symptom", "status"),
    [(ok("git", "there"), 0), (note("port 1", "used"), 0), (missing("git", "gone", "get it"), 1)],
)
def test_the_command_ends_with_1_only_where_something_needed_is_missing(
    symptom: Symptom,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("lab_utils.commands.doctor.examine", examined(symptom))
    assert main(["doctor"]) == status
    assert capsys.readouterr().out.splitlines()[0] == symptom.line()
    assert main(["doctor", "--json"]) == status
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"is_well": status == 0, "symptoms": [symptom.to_json()]}


def test_a_setting_that_cannot_be_is_missing_and_the_examination_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_SPEED", "fast")
    monkeypatch.setattr("lab_utils.commands.doctor.examine", examined(ok("git", "there")))
    assert main(["doctor"]) == 1
    first, second, _sum = capsys.readouterr().out.splitlines()
    assert first.startswith("missing settings: the speed is 'fast'")
    assert second.startswith("ok")


def test_an_examination_goes_on_where_its_own_packages_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def refuse(name: str) -> Any:
        if name.endswith("network"):
            raise ModuleNotFoundError("No module named 'psutil'")
        return real(name)

    monkeypatch.setattr("lab_utils.doctor.examination.importlib.import_module", refuse)
    found = list(examination.examine(read_settings(target="local", workspace=tmp_path)))
    [network, ports] = [one for one in found if "psutil" in one.seen]
    assert (network.status, ports.name) == ("missing", "ports")
    assert {"Python", "packages", "git", "embedded AWS"} <= {one.name for one in found}


@pytest.mark.parametrize("target", ["local", "aws"])
def test_each_symptom_is_one_line(target: str, tmp_path: Path) -> None:
    settings = read_settings(target=target, workspace=tmp_path, environ={})
    found = list(examination.examine(settings))
    assert ("region" if target == "aws" else "port 4566") in {one.name for one in found}
    assert not [one for one in found if "\n" in one.line()]
