"""The packages that are kept: pip finds them without a network, and says what is not there."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_utils import wheels
from lab_utils.checks.base import say_nothing
from lab_utils.errors import PipelineError
from lab_utils.pipeline.packages import installed
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.settings import read_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose name has a blank, as a student's may have."""
    place = tmp_path / "two words" / "wheels"
    monkeypatch.setattr(wheels, "FOLDER", place)
    return place


def write_wheel(folder: Path, name: str = "shelf", version: str = "1.5") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "BOOKS = 3\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{place},sha256={digest(text)},{len(text)}" for place, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for place, text in files.items():
            wheel.writestr(place, text)


def digest(text: str) -> str:
    found = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


def pip(cwd: Path, *words: str, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), **(variables or {})}
    command = [sys.executable, "-m", "pip", *words]
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_package_script_installs_what_is_kept(tmp_path: Path, folder: Path) -> None:
    write_wheel(folder)
    (tmp_path / "requirements.txt").write_text("shelf\n")
    words = "install", "-r", "requirements.txt", "--target", "package/"
    status, told = pip(tmp_path, *words, variables=wheels.pip_variables())
    assert status == 0, told
    assert (tmp_path / "package" / "shelf.py").exists()


def test_another_version_is_refused_in_pip_s_own_words(tmp_path: Path, folder: Path) -> None:
    write_wheel(folder)
    words = "install", "shelf==1.4", "--target", "package/"
    status, told = pip(tmp_path, *words, variables=wheels.pip_variables())
    assert status == 1
    assert "No matching distribution found for shelf==1.4" in told
    assert "(from versions: 1.5)" in told


def test_without_a_network_what_was_kept_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(PipelineError, match="pip says: ERROR"):
        wheels.get(say_nothing)
    assert wheels.kept() == ["shelf-1.5-py3-none-any.whl"]
    assert [path.name for path in folder.parent.iterdir()] == ["wheels"]


def test_what_is_got_takes_the_place_of_what_was_kept(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(folder, version="1.4")
    write_wheel(tmp_path / "index", version="1.5")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", (tmp_path / "index").as_uri())
    monkeypatch.setattr(wheels, "GIVEN", ())
    monkeypatch.setattr(wheels, "ALSO", ("shelf",))
    monkeypatch.setattr(wheels, "OLDER", ())
    said: list[str] = []
    assert wheels.get(said.append) == wheels.kept() == ["shelf-1.5-py3-none-any.whl"]
    assert said[0].startswith("1 packages")


def test_jobs_that_are_enclosed_ask_no_network(tmp_path: Path, folder: Path) -> None:
    settings = read_settings(workspace=tmp_path, environ={})
    free = Pipeline(settings, dict)
    enclosed = Pipeline(settings, dict, enclose=lambda command, _cwd: [*command])
    assert free._environment("eu-west-1") == {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
    }
    assert enclosed._environment("")["PIP_NO_INDEX"] == "1"
    write_wheel(folder)
    assert free._environment("") == {"PIP_FIND_LINKS": folder.as_uri()}


def test_the_packages_are_those_that_the_practical_names() -> None:
    named = {*wheels.GIVEN, *(one.partition("==")[0] for one in wheels.ALSO)}
    assert {"boto3", "awsiotsdk", "awsiot", "urllib3"} <= named
    versions = {one.name.lower(): one.version for one in installed(wheels.GIVEN)}
    assert {"boto3", "botocore", "awsiotsdk", "awscrt", "urllib3"} <= versions.keys()
