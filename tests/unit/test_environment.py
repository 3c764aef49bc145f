"""The environment of the programs that the lab starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.environment import clean_environment
from lab_utils.settings import read_settings


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-the-machine")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/nowhere/terraform.rc")
    monkeypatch.setenv("TF_WORKSPACE", "elsewhere")
    monkeypatch.setenv("TF_VAR_zones", "2")
    monkeypatch.setenv("NO_PROXY", "intranet")


def test_on_the_embedded_aws_no_credentials_of_the_machine_pass(tmp_path: Path) -> None:
    settings = read_settings(target="local", workspace=tmp_path)
    environment = clean_environment(settings, {"AWS_ACCESS_KEY_ID": "test"})
    names = {name for name in environment if name.startswith("AWS_")}
    assert names == {"AWS_ACCESS_KEY_ID"}
    assert environment["NO_PROXY"] == environment["no_proxy"]
    assert {"intranet", "127.0.0.1", "localhost"} <= set(environment["NO_PROXY"].split(","))


def test_terraforms_variables_of_the_machine_do_not_pass_but_its_inputs_do(tmp_path: Path) -> None:
    settings = read_settings(target="local", workspace=tmp_path)
    environment = clean_environment(settings, {"TF_CLI_CONFIG_FILE": "ours"})
    names = {name for name in environment if name.startswith("TF_")}
    assert names == {"TF_CLI_CONFIG_FILE", "TF_VAR_zones"}
    assert environment["TF_CLI_CONFIG_FILE"] == "ours"
    assert environment["CHECKPOINT_DISABLE"] == "1"


def test_on_aws_the_credentials_pass_and_terraform_gets_a_configuration_of_ours(
    tmp_path: Path,
) -> None:
    settings = read_settings(target="aws", workspace=tmp_path, region="eu-west-1")
    environment = clean_environment(settings, {})
    assert environment["AWS_PROFILE"] == "work"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert Path(environment["TF_CLI_CONFIG_FILE"]).is_file()
