"""Settings: an argument, else the environment, else the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_utils.errors import SettingsError
from lab_utils.settings import CHECKOUT, read_settings


def test_the_default_is_the_embedded_aws_in_the_checkout() -> None:
    settings = read_settings(environ={})
    assert settings.is_local
    assert settings.workspace == CHECKOUT
    assert (settings.region, settings.speed) == ("eu-west-1", 1)


def test_an_argument_wins_over_the_environment(tmp_path: Path) -> None:
    environ = {"LAB_TARGET": "aws", "LAB_SPEED": "5", "AWS_REGION": "us-east-1"}
    settings = read_settings(
        target="local", speed=60, region="eu-north-1", workspace=tmp_path, environ=environ
    )
    assert (settings.target, settings.speed, settings.region) == ("local", 60, "eu-north-1")
    assert settings.workspace == tmp_path.resolve()


def test_a_real_account_runs_at_speed_1_and_needs_a_region_of_its_own() -> None:
    settings = read_settings(target="aws", speed=60, environ={})
    assert (settings.speed, settings.region) == (1, "")


@pytest.mark.parametrize("speed", ["0", "121", "fast", "1.5"])
def test_a_speed_out_of_range_is_refused_with_the_range(speed: str) -> None:
    with pytest.raises(SettingsError, match="from 1 to 120"):
        read_settings(environ={"LAB_SPEED": speed})


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="local, aws"):
        read_settings(environ={"LAB_TARGET": "azure"})


def test_a_course_names_the_old_runtimes_that_it_keeps() -> None:
    assert read_settings(environ={}).kept_runtimes == ()
    kept = read_settings(environ={"LAB_KEEP_RUNTIMES": "python3.7, python3.8,"}).kept_runtimes
    assert kept == ("python3.7", "python3.8")
    with pytest.raises(SettingsError, match="names python3, java8, which is no Python runtime"):
        read_settings(environ={"LAB_KEEP_RUNTIMES": "python3,java8"})
