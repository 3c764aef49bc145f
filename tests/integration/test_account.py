"""LAB_TARGET=aws: the default credential chain, and refusals before anything is made.

There is no real AWS here. AWS's own setting AWS_ENDPOINT_URL, a part of the default chain that
the lab leaves alone, stands an embedded AWS in its place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils import Lab
from lab_utils.errors import TargetError
from lab_utils.local_aws.session_file import Session


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, aws_session: Session, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_session.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@pytest.mark.usefixtures("account")
def test_the_account_is_named_with_its_cost_before_anything_is_made(tmp_path: Path) -> None:
    lines: list[str] = []
    lab = Lab(target="aws", workspace=tmp_path / "work", speed=60, report=lines.append)
    assert "account 123456789012" in lines[0]
    assert "costs money" in lines[0]
    assert lab.settings.speed == 1
    assert isinstance(lab.client("iot").list_things()["things"], list)


@pytest.mark.usefixtures("account")
def test_the_environment_of_terraform_keeps_the_credentials_and_names_no_provider(
    tmp_path: Path,
) -> None:
    lab = Lab(target="aws", workspace=tmp_path, report=lambda _line: None)
    environment = lab.environment()
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert "TF_REATTACH_PROVIDERS" not in environment
    assert lab.device_files.ca is None


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", "security token"),
        ("AWS_REGION", "", "AWS_REGION"),
    ],
)
def test_what_aws_would_refuse_is_refused_with_a_way_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(TargetError, match=words):
        Lab(target="aws", workspace=tmp_path / "work", report=lambda _line: None)
    assert not (tmp_path / "work").exists()
